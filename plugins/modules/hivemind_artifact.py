#!/usr/bin/python
"""Publish an artifact, sign a URL of it, or remove those that nothing uses any more."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hivemind_artifact
short_description: Keep the artifacts in the state bucket
options:
  state:
    description: >-
      C(present) publishes O(path), C(signed) gives a URL of O(digest), C(unused) removes O(digests)
      that no other deployment's record names.
    type: str
    choices: [present, signed, unused]
    required: true
  path: {description: Archive on the controller., type: path}
  digest: {description: SHA-256 of the archive., type: str}
  digests: {description: Artifacts that may go., type: list, elements: str, default: []}
  deployment: {description: Whose artifacts they are., type: str}
  expires_seconds: {description: How long the URL is good for., type: int, default: 900}
author: [HiveMind]
"""

import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.hivemind_aws import failures_told, session


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "signed", "unused"], "required": True},
            "path": {"type": "path"},
            "digest": {"type": "str"},
            "digests": {"type": "list", "elements": "str", "default": []},
            "deployment": {"type": "str"},
            "expires_seconds": {"type": "int", "default": 900},
        },
        required_if=[
            ("state", "present", ["path"]),
            ("state", "signed", ["digest"]),
            ("state", "unused", ["deployment"]),
        ],
        supports_check_mode=True,
    )
    params = module.params
    with failures_told(module, "keep the artifacts"):
        from hivemind_agents.state.artifacts import ArtifactStore, digest_of
        from hivemind_agents.state.bucket import StateBucket
        from hivemind_agents.state.records import RecordStore

        bucket = StateBucket.open(session())
        store = ArtifactStore(bucket)
        if params["state"] == "present":
            archive = Path(params["path"])
            digest = digest_of(archive)
            changed = not store.exists(digest)
            if changed and not module.check_mode:
                store.put(archive)
            module.exit_json(changed=changed, digest=digest, bytes=archive.stat().st_size)
        if params["state"] == "signed":
            endpoint = os.environ.get("HIVEMIND_HOST_S3_ENDPOINT_URL")
            url = store.presigned_url(params["digest"], params["expires_seconds"], endpoint)
            module.exit_json(changed=False, url=url)
        used = {
            release.artifact_digest
            for record in RecordStore(bucket).list()
            if record.name != params["deployment"] and record.status != "destroyed"
            for release in record.releases
        }
        removable = sorted({d for d in params["digests"] if d not in used and store.exists(d)})
        if not module.check_mode:
            for digest in removable:
                store.delete(digest)
    module.exit_json(changed=bool(removable), removed=removable)


if __name__ == "__main__":
    main()
