#!/usr/bin/python
"""Register hosts in a target group, or take them out, and wait until that is so."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hivemind_targets
short_description: Register hosts with a load balancer, or drain them
description:
  - Registered targets are waited for until all are healthy, deregistered ones until they are
    unused. What a target says of itself is returned when the time is over. The load balancer goes
    on to drain the targets then, for as long as its own setting says.
  - Unlike M(community.aws.elb_target) it has a check mode, takes all hosts at once and tells why a
    target is not healthy.
options:
  target_group_arn: {description: The target group., type: str, required: true}
  instance_ids:
    description: The hosts; of C(absent) all registered ones when empty.
    type: list
    elements: str
    default: []
  port: {description: Port of the application on the hosts., type: int}
  state: {description: Registered or not., type: str, choices: [present, absent], default: present}
  wait_seconds: {description: Longest wait., type: int, default: 300}
author: [HiveMind]
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.hivemind_aws import failures_told, session


class Group:
    """One target group, as its API tells of it."""

    def __init__(self, client: Any, arn: str, *, must_exist: bool) -> None:
        self._client = client
        self._arn = arn
        self._must_exist = must_exist

    def health(self) -> dict[str, dict[str, str]]:
        """Instance id to state, reason and description; those that drain are among them."""
        try:
            answer = self._client.describe_target_health(TargetGroupArn=self._arn)
        except self._client.exceptions.TargetGroupNotFoundException:
            # A deletion that failed half-way took it: nothing is registered any more.
            if self._must_exist:
                raise
            return {}
        return {
            entry["Target"]["Id"]: {
                "state": entry["TargetHealth"]["State"],
                "reason": entry["TargetHealth"].get("Reason", ""),
                "description": entry["TargetHealth"].get("Description", ""),
            }
            for entry in answer["TargetHealthDescriptions"]
        }

    def register(self, ids: list[str], port: int | None) -> None:
        extra = {"Port": port} if port else {}
        self._client.register_targets(
            TargetGroupArn=self._arn, Targets=[{"Id": each, **extra} for each in ids]
        )

    def deregister(self, ids: list[str]) -> None:
        self._client.deregister_targets(
            TargetGroupArn=self._arn, Targets=[{"Id": each} for each in ids]
        )

    def wait(self, ids: list[str], wanted: str, seconds: int) -> dict[str, dict[str, str]]:
        """Their health once all are `wanted`, or when the time is over.

        A host that nobody knows any more counts as unused.
        """
        end = time.monotonic() + seconds
        while True:
            health = self.health()
            known = {each: health.get(each, {"state": "unused"}) for each in ids}
            done = all(target["state"] == wanted for target in known.values())
            if done or time.monotonic() >= end:
                return known
            time.sleep(1 if seconds - (end - time.monotonic()) < 30 else 3)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "target_group_arn": {"type": "str", "required": True},
            "instance_ids": {"type": "list", "elements": "str", "default": []},
            "port": {"type": "int"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "wait_seconds": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    params = module.params
    with failures_told(module, "work on the load balancer's targets"):
        group = Group(
            session().client("elbv2"),
            params["target_group_arn"],
            must_exist=params["state"] == "present",
        )
        health = group.health()
        if params["state"] == "present":
            wanted = "healthy"
            ids = params["instance_ids"]
            pending = [
                each
                for each in ids
                if health.get(each, {}).get("state") in {None, "draining", "unused"}
            ]
            if pending and not module.check_mode:
                group.register(pending, params["port"])
        else:
            wanted = "unused"
            ids = params["instance_ids"] or sorted(health)
            ids = [each for each in ids if each in health]
            pending = [each for each in ids if health[each]["state"] not in {"draining", "unused"}]
            if pending and not module.check_mode:
                group.deregister(pending)
        if ids and not module.check_mode:
            health = group.wait(ids, wanted, params["wait_seconds"])
        targets = [{"id": each, **health.get(each, {"state": "unused"})} for each in ids]
    module.exit_json(
        changed=bool(pending),
        targets=targets,
        reached=module.check_mode or all(target["state"] == wanted for target in targets),
    )


if __name__ == "__main__":
    main()
