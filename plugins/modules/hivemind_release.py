#!/usr/bin/python
"""Bring a release to a host: fetch its artifact, compare it with what was built, unpack it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hivemind_release
short_description: Fetch, compare and unpack the artifact of a release
description:
  - Runs on hosts, with the standard library alone. A release is there whole, or not at all.
  - The artifact is digested while it is fetched; what does not match is never unpacked.
options:
  number: {description: Number of the release., type: int, required: true}
  url: {description: Signed URL of the artifact., type: str, required: true}
  digest: {description: SHA-256 of the artifact, in hexadecimal digits., type: str, required: true}
  home: {description: Folder of the deployment with its C(releases)., type: path, required: true}
  program:
    description: Program of C(sh) that unpacks; it gets archive, folder and C(arguments).
    type: str
    required: true
  arguments: {description: More arguments of the program., type: list, elements: str, default: []}
author: [HiveMind]
"""

import hashlib
import os
import subprocess
import time
from pathlib import Path
from urllib.error import HTTPError

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.urls import open_url

ATTEMPTS = 4
PAUSE_SECONDS = 2
TIMEOUT_SECONDS = 60
CHUNK = 1 << 20
CHANGED = """\
the artifact of release {number} is not what was built: it was changed in the bucket
(recorded: sha256:{digest}). It was not installed.
FIX: delete artifacts/sha256/{digest} in the state bucket and deploy again; it is built anew"""
UNFETCHED = """\
the artifact of release {number} cannot be fetched from the bucket: {why}
FIX: look whether the host reaches S3, then run the same command again"""


def fetch(url: str, archive: Path) -> str:
    """Write what the URL gives; return its digest. Raises `OSError`."""
    digest = hashlib.sha256()
    with (
        open_url(url, timeout=TIMEOUT_SECONDS) as answer,
        os.fdopen(os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
    ):
        expected = answer.headers.get("Content-Length")
        while chunk := answer.read(CHUNK):
            digest.update(chunk)
            file.write(chunk)
        if expected is not None and file.tell() != int(expected):
            raise OSError(f"it ended after {file.tell()} of {expected} bytes")
    return digest.hexdigest()


def why_not(error: OSError) -> str:
    """What went wrong, without the URL, which is a credential."""
    if isinstance(error, HTTPError):
        return f"HTTP {error.code} {error.reason}"
    return str(getattr(error, "reason", None) or error.strerror or error)


def bring(module: AnsibleModule, archive: Path, folder: Path) -> None:
    given = module.params
    for attempt in range(1, ATTEMPTS + 1):
        try:
            digest = fetch(given["url"], archive)
            break
        except OSError as error:
            if attempt == ATTEMPTS:
                why = why_not(error)
                module.fail_json(msg=UNFETCHED.format(number=given["number"], why=why))
            time.sleep(PAUSE_SECONDS)
    if digest != given["digest"]:
        module.fail_json(msg=CHANGED.format(number=given["number"], digest=given["digest"]))
    done = subprocess.run(
        ["/bin/sh", "-euc", given["program"], "unpack", archive, folder, *given["arguments"]],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        why = done.stderr.strip()[-2000:] or f"exit code {done.returncode}"
        module.fail_json(msg=f"release {given['number']} cannot be unpacked: {why}")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "number": {"type": "int", "required": True},
            "url": {"type": "str", "required": True, "no_log": True},
            "digest": {"type": "str", "required": True},
            "home": {"type": "path", "required": True},
            "program": {"type": "str", "required": True},
            "arguments": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    home, number = Path(module.params["home"]), module.params["number"]
    folder, archive = home / "releases" / str(number), home / f"release-{number}.tar.gz"
    there = folder.is_dir()
    if not there and not module.check_mode:
        try:
            bring(module, archive, folder)
        finally:
            archive.unlink(missing_ok=True)
    module.exit_json(changed=not there)


if __name__ == "__main__":
    main()
