#!/usr/bin/python
"""Write and remove files, folders and links of a host in one call: calls cost more than that."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hivemind_files
short_description: Write files, folders and links
description:
  - Runs on hosts, with the standard library alone. Entries are made in their order.
  - A file or link appears whole, by a rename.
options:
  files:
    description: What has to be there.
    type: list
    elements: dict
    required: true
    options:
      path: {description: Where., type: path, required: true}
      state:
        description: >-
          C(link) replaces what is there, C(directory) makes the folders above it too, C(absent)
          removes a file, a link or a folder with all that is in it.
        type: str
        choices: [file, directory, link, absent]
        default: file
      content: {description: Of a file. A C(template) with C(variables) is made into it., type: str}
      src: {description: What a link names., type: str}
      mode: {description: Of a file or folder, octal., type: str}
      owner: {description: Name of a user; the caller's where absent., type: str}
      group: {description: Name of a group; the owner's name where absent., type: str}
author: [HiveMind]
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule


def _file(module: AnsibleModule, path: Path, entry: dict[str, Any]) -> tuple[str, str] | None:
    content = entry["content"].encode()
    before = path.read_bytes() if path.is_file() and not path.is_symlink() else None
    if before == content:
        return None
    if not module.check_mode:
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(number, "wb") as file:
                file.write(content)
            _attributes(module, Path(name), entry)
            os.replace(name, path)  # noqa: PTH105 - of a name that is no Path
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    return (before or b"").decode(errors="replace"), entry["content"]


def _directory(module: AnsibleModule, path: Path, _entry: dict[str, Any]) -> tuple[str, str] | None:
    if path.is_dir():
        return None
    if not module.check_mode:
        path.mkdir(parents=True)
    return "", "folder\n"


def _link(module: AnsibleModule, path: Path, entry: dict[str, Any]) -> tuple[str, str] | None:
    before = str(path.readlink()) if path.is_symlink() else ""
    if before == entry["src"]:
        return None
    if not module.check_mode:
        half = path.with_name(f".{path.name}.new")
        half.unlink(missing_ok=True)
        half.symlink_to(entry["src"])
        half.replace(path)
    return f"{before}\n" if before else "", f"{entry['src']}\n"


def _absent(module: AnsibleModule, path: Path, _entry: dict[str, Any]) -> tuple[str, str] | None:
    if not path.exists() and not path.is_symlink():
        return None
    folder = path.is_dir() and not path.is_symlink()
    if not module.check_mode:
        if folder:
            shutil.rmtree(path)
        else:
            path.unlink()
    return "folder\n" if folder else "file\n", ""


def _attributes(module: AnsibleModule, path: Path, entry: dict[str, Any]) -> bool:
    """Whether mode, owner or group had to change."""
    # What a check did not make has none.
    if entry["state"] in {"link", "absent"} or not path.exists():
        return False
    wanted = {
        "path": str(path),
        "mode": entry["mode"],
        "owner": entry["owner"],
        "group": entry["group"] or entry["owner"],
        "secontext": [None, None, None],
        "attributes": None,
    }
    return bool(module.set_fs_attributes_if_different(wanted, changed=False))


MAKERS = {"file": _file, "directory": _directory, "link": _link, "absent": _absent}
ENTRY = {
    "path": {"type": "path", "required": True},
    "state": {"type": "str", "choices": list(MAKERS), "default": "file"},
    "content": {"type": "str"},
    "src": {"type": "str"},
    "mode": {"type": "str"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
}
REQUIRED_IF = [("state", "file", ["content"]), ("state", "link", ["src"])]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "files": {
                "type": "list", "elements": "dict", "required": True,
                "options": ENTRY, "required_if": REQUIRED_IF,
            }
        },
        supports_check_mode=True,
    )  # fmt: skip
    changed: list[str] = []
    differences: list[dict[str, str]] = []
    for entry in module.params["files"]:
        path = Path(entry["path"])
        try:
            difference = MAKERS[entry["state"]](module, path, entry)
        except OSError as error:
            module.fail_json(msg=f"{path} cannot be written: {error.strerror or error}")
        dressed = _attributes(module, path, entry)
        if difference or dressed:
            changed.append(str(path))
            before, after = difference or ("", "")
            header = {"before_header": str(path), "after_header": str(path)}
            differences.append({**header, "before": before, "after": after})
    module.exit_json(changed=bool(changed), paths=changed, diff=differences)


if __name__ == "__main__":
    main()
