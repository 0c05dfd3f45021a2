"""Take or let go the lease of a deployment, and read its record with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hivemind_agents.controller import ControllerAction
from hivemind_agents.state.bucket import StateBucket, StateBucketMissing
from hivemind_agents.state.lease import LeaseStore, Owner
from hivemind_agents.state.records import RecordStore
from hivemind_agents.state.session import held_lease, run_id, session


class ActionModule(ControllerAction):
    """One writer a deployment. The same run enters its lease again.

    The callback plugin of the same name renews it while `ansible-playbook` runs, and lets it go at
    the end. In check mode nothing is taken. Before the state bucket is made, `bucket` is null.
    """

    ARGUMENTS = {
        "name": {"type": "str", "required": True},
        # What the run does.
        "verb": {"type": "str", "required": True},
        # HIVEMIND_RUN_ID when absent.
        "run_id": {"type": "str"},
        "state": {"type": "str", "choices": ["held", "released"], "default": "held"},
        # Of the lease to let go.
        "fence": {"type": "int"},
    }
    REQUIRED_IF = (("state", "released", ["fence"]),)

    def doing(self, parameters: Mapping[str, Any]) -> str:
        return f"take the lease of {parameters['name']!r}"

    def work(self, parameters: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
        name, verb = parameters["name"], parameters["verb"]
        release = parameters["state"] == "released"
        run = parameters["run_id"] or run_id()
        try:
            bucket = StateBucket.open(session())
        except StateBucketMissing:
            if release:
                raise
            return {"bucket": None, "fence": 0, "reentered": False, "record": None}
        leases = LeaseStore(bucket)
        if release:
            if not check:
                leases.release(held_lease(name, run, verb, parameters["fence"]))
            return {"bucket": bucket.name, "fence": 0, "reentered": False}
        fence, reentered = 0, False
        if not check:
            lease = leases.acquire(name, Owner.here(run, verb))
            fence, reentered = lease.fence, lease.reentered
        record = RecordStore(bucket).read(name)
        return {
            "bucket": bucket.name,
            "fence": fence,
            "reentered": reentered,
            "run_id": run,
            "record": record.model_dump(mode="json") if record else None,
        }
