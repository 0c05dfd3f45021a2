"""Read the record of a deployment, or merge facts into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hivemind_agents.controller import ControllerAction
from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.state.bucket import StateBucket, StateBucketMissing
from hivemind_agents.state.records import RecordStore, merged
from hivemind_agents.state.session import session

_BOOKS = frozenset({"updated_at", "fence", "run_id", "stage", "id", "created_at"})


class ActionModule(ControllerAction):
    """Merges by RFC 7396; lists are replaced, null removes.

    What only keeps books (the run, its stage, times, the fence) does not count as a change.
    """

    ARGUMENTS = {
        "name": {"type": "str", "required": True},
        # Facts to merge; reads when absent.
        "merge": {"type": "dict"},
        # Of the lease that the writer holds.
        "fence": {"type": "int"},
        # The record as an earlier task of a check knows it. In check mode facts are merged into
        # it, and nothing is written.
        "base": {"type": "dict"},
    }

    def doing(self, parameters: Mapping[str, Any]) -> str:
        does = "read" if parameters["merge"] is None else "change"
        return f"{does} the record of {parameters['name']!r}"

    def work(self, parameters: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
        name, facts = parameters["name"], parameters["merge"]
        aws = session()
        try:
            store: RecordStore | None = RecordStore(StateBucket.open(aws))
        except StateBucketMissing:
            if facts is not None and not check:
                raise
            store = None
        before = store.read(name) if store else None
        if check and parameters["base"]:
            before = Deployment.model_validate_json(json.dumps(parameters["base"]))
        if facts is None:
            after = before
        elif check or store is None:
            after = merged(name, before, facts, region=aws.region_name)
        else:
            after = store.merge(
                name, facts, fence=parameters["fence"] or None, region=aws.region_name
            )
        old = before.model_dump(mode="json") if before else None
        new = after.model_dump(mode="json") if after else None
        return {"changed": _content(old) != _content(new), "record": new}


def _content(record: dict[str, Any] | None) -> dict[str, Any] | None:
    if record is None:
        return None
    content = {key: value for key, value in record.items() if key not in _BOOKS}
    if content.get("verification"):
        # When it was looked at keeps books, too; what was seen does not.
        content["verification"] = {**content["verification"], "checked_at": None}
    return content
