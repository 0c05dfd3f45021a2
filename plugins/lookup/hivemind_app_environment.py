"""The environment file of a release, with its secrets: for tasks that have `no_log`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: hivemind_app_environment
short_description: The environment file of a release, secrets resolved
description: >-
  Its terms are the deployment's record and a release's number. The host's own address is among the
  names that the application answers to, where it is told them.
options:
  _terms: {description: The record and the number., required: true}
author: [HiveMind]
"""

import json
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.errors import HivemindError, told
from hivemind_agents.hosting.connected import known_to, wishes_of, withheld
from hivemind_agents.hosting.environment import application_environment, environment_file
from hivemind_agents.hosting.names import (
    reached_as,
    with_host_names,
    with_own_url,
    without_https,
)
from hivemind_agents.state.secrets import resolve
from hivemind_agents.state.session import session


class LookupModule(LookupBase):
    """`lookup('hivemind_app_environment', hivemind_record, 3)`."""

    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[str]:
        record = Deployment.model_validate_json(json.dumps(terms[0]))
        release = record.release(int(terms[1]))
        if release is None:
            raise AnsibleError(f"{record.name!r} has no release {terms[1]}")
        report = record.recon or {}
        known = known_to(record, release)
        try:
            env = application_environment(
                deployment_name=record.name,
                release=release,
                database=known.database,
                cache=known.cache,
                resolve=lambda reference: resolve(session(), reference),
                wishes=wishes_of(record, release),
            )
            env |= withheld(record, release)
            here = str((variables or {}).get("inventory_hostname", ""))
            addresses = {instance.id: instance.private_ip for instance in record.instances}
            named = report.get("host_variables", {})
            env = with_host_names(env, named, record, addresses.get(here))
            env = with_own_url(env, report.get("url_variables", ()), record)
            env |= reached_as(record, addresses.get(here))
            env = without_https(env, report.get("https_variables", ()), record)
            return [environment_file(env)]
        except HivemindError as error:
            raise AnsibleError(told(error)) from error
