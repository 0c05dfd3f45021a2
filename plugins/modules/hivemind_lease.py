#!/usr/bin/python
"""Take or let go the lease of a deployment, and read its record with it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hivemind_lease
short_description: Take or let go the lease of a deployment
description:
  - One writer a deployment. The same run enters its lease again.
  - The callback plugin of the same project renews it while C(ansible-playbook) runs, and lets it go
    at the end.
  - In check mode nothing is taken.
options:
  name: {description: The deployment's name., type: str, required: true}
  verb: {description: What the run does., type: str, required: true}
  run_id: {description: The run; HIVEMIND_RUN_ID when absent., type: str}
  state: {description: Whether to hold it., type: str, choices: [held, released], default: held}
  fence: {description: Fence of the lease to let go., type: int}
author: [HiveMind]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.hivemind_aws import failures_told, held_lease, run_id, session


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "verb": {"type": "str", "required": True},
            "run_id": {"type": "str"},
            "state": {"type": "str", "choices": ["held", "released"], "default": "held"},
            "fence": {"type": "int"},
        },
        required_if=[("state", "released", ["fence"])],
        supports_check_mode=True,
    )
    name, verb = module.params["name"], module.params["verb"]
    with failures_told(module, f"take the lease of {name!r}"):
        from hivemind_agents.state.bucket import StateBucket, StateBucketMissing
        from hivemind_agents.state.lease import LeaseStore, Owner
        from hivemind_agents.state.records import RecordStore

        run = module.params["run_id"] or run_id()
        try:
            bucket = StateBucket.open(session())
        except StateBucketMissing:
            if module.params["state"] == "released":
                raise
            module.exit_json(changed=False, bucket=None, fence=0, reentered=False, record=None)
        leases = LeaseStore(bucket)
        if module.params["state"] == "released":
            if not module.check_mode:
                leases.release(held_lease(name, run, verb, module.params["fence"]))
            module.exit_json(changed=False, bucket=bucket.name, fence=0, reentered=False)
        fence, reentered = 0, False
        if not module.check_mode:
            lease = leases.acquire(name, Owner.here(run, verb))
            fence, reentered = lease.fence, lease.reentered
        record = RecordStore(bucket).read(name)
    module.exit_json(
        changed=False,
        bucket=bucket.name,
        fence=fence,
        reentered=reentered,
        run_id=run,
        record=record.model_dump(mode="json") if record else None,
    )


if __name__ == "__main__":
    main()
