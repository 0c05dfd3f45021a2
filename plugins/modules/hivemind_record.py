#!/usr/bin/python
"""Read the record of a deployment, or merge facts into it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hivemind_record
short_description: Read or change the record of a deployment
description:
  - Merges by RFC 7396; lists are replaced, null removes.
  - What only keeps books (the run, its stage, times, the fence) does not count as a change.
options:
  name: {description: The deployment's name., type: str, required: true}
  merge: {description: Facts to merge; reads when absent., type: dict}
  fence: {description: Fence of the lease that the writer holds., type: int}
  base:
    description: >-
      The record as an earlier task of a check knows it. In check mode facts are merged into it,
      and nothing is written.
    type: dict
author: [HiveMind]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.hivemind_aws import failures_told, session

_BOOKS = frozenset({"updated_at", "fence", "run_id", "stage", "id", "created_at"})


def _content(record: dict[str, Any] | None) -> dict[str, Any] | None:
    if record is None:
        return None
    content = {key: value for key, value in record.items() if key not in _BOOKS}
    if content.get("verification"):
        # When it was looked at keeps books, too; what was seen does not.
        content["verification"] = {**content["verification"], "checked_at": None}
    return content


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "merge": {"type": "dict"},
            "fence": {"type": "int"},
            "base": {"type": "dict"},
        },
        supports_check_mode=True,
    )
    name, facts = module.params["name"], module.params["merge"]
    with failures_told(module, f"{'read' if facts is None else 'change'} the record of {name!r}"):
        from hivemind_agents.domain.deployment import Deployment
        from hivemind_agents.state.bucket import StateBucket, StateBucketMissing
        from hivemind_agents.state.records import RecordStore, merged

        aws = session()
        try:
            store: RecordStore | None = RecordStore(StateBucket.open(aws))
        except StateBucketMissing:
            if facts is not None and not module.check_mode:
                raise
            store = None
        before = store.read(name) if store else None
        if module.check_mode and module.params["base"]:
            before = Deployment.model_validate_json(module.jsonify(module.params["base"]))
        if facts is None:
            after = before
        elif module.check_mode or store is None:
            after = merged(name, before, facts, region=aws.region_name)
        else:
            after = store.merge(
                name, facts, fence=module.params["fence"] or None, region=aws.region_name
            )
    old = before.model_dump(mode="json") if before else None
    new = after.model_dump(mode="json") if after else None
    module.exit_json(changed=_content(old) != _content(new), record=new)


if __name__ == "__main__":
    main()
