"""Filters of our playbooks: thin doors to `hivemind_agents.provisioning`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.errors import HivemindError
from hivemind_agents.provisioning import facts, infrastructure, leftovers, template
from hivemind_agents.provisioning.stack_failures import first_failure


def stack_plan(  # noqa: PLR0917 - a filter's arguments have no names
    given: Mapping[str, Any],
    record: Mapping[str, Any],
    parameters: Mapping[str, str],
    outputs: Mapping[str, str],
    image_id: str,
    ssh_public_key: str,
    admin_cidr: str,
) -> dict[str, Any]:
    """Template, parameters, tags and stack policy for a deployment, from the verb's arguments."""
    try:
        shape = infrastructure.decide(
            _plain(given),
            record=Deployment.model_validate_json(json.dumps(_plain(record))),
            parameters=_plain(parameters),
            outputs=_plain(outputs),
            image_id=image_id,
            ssh_public_key=ssh_public_key,
            admin_cidr=admin_cidr,
        )
    except HivemindError as error:
        mend = f"\nFIX: {error.mend}" if error.mend else ""
        raise AnsibleFilterError(f"{error.message}{mend}") from error
    body = template.render(shape)
    return {
        "shape": shape.model_dump(mode="json"),
        "template": body,
        "template_digest": template.digest(body),
        "parameters": template.parameters(shape),
        "tags": template.tags(shape),
        "policy": template.stack_policy(shape),
    }


def stack_facts(
    outputs: Mapping[str, str], hosts: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """What the record keeps of a stack: load balancer, database, hosts, URL."""
    return facts.from_stack(_plain(outputs), _plain(hosts))


def stack_failure(events: Sequence[Mapping[str, Any]], stack: str) -> dict[str, str] | None:
    """The earliest real failure of the stack's last operation, with the act that mends it."""
    found = first_failure(_plain(events), stack)
    return found and {**found.model_dump(), "sentence": found.sentence}


def removal_command(resource: Mapping[str, Any], region: str) -> str:
    """The command that removes what a stack could not (an entry of `stack_resource_list`)."""
    return leftovers.removal_command(
        resource["resource_type"], resource.get("physical_resource_id") or "", region
    )


def short_error(text: str) -> str:
    """An error without the chain of wrappers that Ansible puts around it."""
    return re.sub(r"^Task failed: |Finalization of task args .*? failed: ", "", text).strip()


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


class FilterModule:
    """Names as the playbooks use them."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "hivemind_stack_plan": stack_plan,
            "hivemind_stack_facts": stack_facts,
            "hivemind_stack_failure": stack_failure,
            "hivemind_removal_command": removal_command,
            "hivemind_short_error": short_error,
        }
