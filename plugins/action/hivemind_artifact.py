"""Publish an artifact, sign a URL of it, or remove those that nothing uses any more."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hivemind_agents.controller import ControllerAction
from hivemind_agents.state.artifacts import ArtifactStore, digest_of
from hivemind_agents.state.bucket import StateBucket
from hivemind_agents.state.records import RecordStore
from hivemind_agents.state.session import session

# Nothing is left of these but the record.
_GONE = frozenset({"destroyed", "rolled-back"})


class ActionModule(ControllerAction):
    """Keeps the artifacts in the state bucket.

    `present` publishes `path`, `signed` gives a URL of `digest`, `unused` removes those of
    `digests` that no other deployment's record names.
    """

    ARGUMENTS = {
        "state": {"type": "str", "choices": ["present", "signed", "unused"], "required": True},
        # Archive on the controller.
        "path": {"type": "path"},
        # SHA-256 of the archive.
        "digest": {"type": "str"},
        # Artifacts that may go.
        "digests": {"type": "list", "elements": "str", "default": []},
        # Whose artifacts they are.
        "deployment": {"type": "str"},
        # How long the URL is good for.
        "expires_seconds": {"type": "int", "default": 900},
    }
    REQUIRED_IF = (
        ("state", "present", ["path"]),
        ("state", "signed", ["digest"]),
        ("state", "unused", ["deployment"]),
    )

    def doing(self, parameters: Mapping[str, Any]) -> str:
        return "keep the artifacts"

    def work(self, parameters: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
        bucket = StateBucket.open(session())
        store = ArtifactStore(bucket)
        if parameters["state"] == "present":
            archive = Path(parameters["path"])
            digest = digest_of(archive)
            changed = not store.exists(digest)
            if changed and not check:
                store.put(archive)
            return {"changed": changed, "digest": digest, "bytes": archive.stat().st_size}
        if parameters["state"] == "signed":
            endpoint = os.environ.get("HIVEMIND_HOST_S3_ENDPOINT_URL")
            url = store.presigned_url(parameters["digest"], parameters["expires_seconds"], endpoint)
            return {"url": url}
        used = {
            release.artifact_digest
            for record in RecordStore(bucket).list()
            if record.name != parameters["deployment"] and record.status not in _GONE
            for release in record.releases
        }
        removable = sorted({d for d in parameters["digests"] if d not in used and store.exists(d)})
        if not check:
            for digest in removable:
                store.delete(digest)
        return {"changed": bool(removable), "removed": removable}
