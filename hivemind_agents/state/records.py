"""Deployment records: one JSON document each, changed by compare-and-swap."""

import json
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.errors import StateError
from hivemind_agents.state.bucket import StateBucket, StoredObject, WriteConflict

PREFIX = "records/"
_ATTEMPTS = 10


class FenceRefused(StateError):
    """The writer's lease is older than that of the last writer: it was overtaken."""

    def __init__(self, name: str, ours: int, theirs: int) -> None:
        super().__init__(
            f"the record of {name!r} was not written: this run's lease (fence {ours}) was "
            f"overtaken by a later one (fence {theirs})",
            mend=f"hivemind runs {name} (who works on it), then hivemind resume",
        )


class RecordStore:
    """The records of a target's account and region."""

    def __init__(self, bucket: StateBucket) -> None:
        self._bucket = bucket

    def read(self, name: str) -> Deployment | None:
        """The record of that name; None when there is none."""
        stored = self._bucket.get(_key(name))
        return None if stored is None else _parse(name, stored)

    def list(self) -> list[Deployment]:
        """All records, by name; those destroyed are among them."""
        names = [
            key.removeprefix(PREFIX).removesuffix(".json")
            for key in self._bucket.list(PREFIX)
            if key.endswith(".json")
        ]
        if not names:
            return []
        with ThreadPoolExecutor(max_workers=min(16, len(names))) as pool:
            return [record for record in pool.map(self.read, names) if record is not None]

    def update(
        self, name: str, change: Callable[[Deployment | None], Deployment], fence: int | None
    ) -> Deployment:
        """Change a record, and return it as it is stored now.

        `change` gets the present record (None: there is none) and may be called again when
        somebody else wrote in between, so it must be pure. `fence` is the writer's lease; None
        for a writer that needs none. A change that changes nothing writes nothing.
        Raises FenceRefused, StateError.
        """
        for _ in range(_ATTEMPTS):
            stored = self._bucket.get(_key(name))
            old = None if stored is None else _parse(name, stored)
            if old is not None and fence is not None and old.fence > fence:
                raise FenceRefused(name, fence, old.fence)
            new = change(old)
            if fence is not None:
                new = new.model_copy(update={"fence": fence})
            if old is not None and _content(old) == _content(new):
                return old
            new = new.model_copy(update={"updated_at": datetime.now(UTC)})
            # Parsed again: a change made by `model_copy` was not validated.
            document = new.model_dump_json(indent=1)
            Deployment.model_validate_json(document)
            try:
                if stored is None:
                    self._bucket.put(_key(name), document.encode(), if_none_match=True)
                else:
                    self._bucket.put(_key(name), document.encode(), if_match=stored.etag)
            except WriteConflict:
                continue
            return new
        raise StateError(
            f"the record of {name!r} changed {_ATTEMPTS} times while it was being written",
            mend=f"hivemind runs {name} (who else works on it), then try again",
        )

    def merge(
        self, name: str, patch: Mapping[str, Any], *, fence: int | None, region: str
    ) -> Deployment:
        """Merge a part of a document into a record (RFC 7396: null removes, lists are replaced).

        A record that does not exist is made in `region`, with a new id.
        Raises StateError saying which field does not fit.
        """
        return self.update(name, lambda old: merged(name, old, patch, region=region), fence)

    def delete(self, name: str) -> None:
        """Forget a record (its versions stay in the bucket)."""
        self._bucket.delete(_key(name))


def merged(
    name: str, old: Deployment | None, patch: Mapping[str, Any], *, region: str
) -> Deployment:
    """The record with `patch` merged into it; a new one when `old` is None. Pure but for the id."""
    now = datetime.now(UTC).isoformat()
    base: dict[str, Any] = (
        {
            "id": str(uuid.uuid4()),
            "name": name,
            "region": region,
            "created_at": now,
            "updated_at": now,
        }
        if old is None
        else old.model_dump(mode="json")
    )
    try:
        return Deployment.model_validate_json(json.dumps(merge_patch(base, patch), default=str))
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise StateError(f"this does not fit into the record of {name!r}: {problems}") from error


def merge_patch(document: Any, patch: Any) -> Any:  # noqa: ANN401 - JSON values
    """RFC 7396: objects merge key by key, null removes a key, all else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(document) if isinstance(document, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def _key(name: str) -> str:
    return f"{PREFIX}{name}.json"


def _content(record: Deployment) -> dict[str, Any]:
    return record.model_dump(exclude={"updated_at", "fence"})


def _parse(name: str, stored: StoredObject) -> Deployment:
    try:
        return Deployment.model_validate_json(stored.body)
    except ValidationError as error:
        raise StateError(
            f"the record of {name!r} cannot be read by this version of HiveMind: "
            f"{error.error_count()} fields do not fit (first: {error.errors()[0]['loc']})",
            mend="upgrade HiveMind to the version that wrote it",
        ) from error
