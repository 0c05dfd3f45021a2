"""Where the Ansible half and the machine's own folders are."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def ansible_home() -> Path:
    """The folder with `ansible.cfg`, `playbooks`, `roles`, `plugins`, `cfn`, `inventories`.

    In a wheel they are data inside the package; in a checkout they stand beside it.
    """
    packaged = _PACKAGE / "data"
    return packaged if (packaged / "playbooks").is_dir() else _PACKAGE.parent


def config_dir() -> Path:
    """The user's settings: targets, and which of them is current."""
    return _folder("HIVEMIND_CONFIG_DIR", "XDG_CONFIG_HOME", ".config")


def state_dir() -> Path:
    """This machine's runs: the run store, the workflow engine's file, plans, build caches."""
    return _folder("HIVEMIND_STATE_DIR", "XDG_STATE_HOME", ".local/state")


def _folder(own: str, xdg: str, fallback: str) -> Path:
    if named := os.environ.get(own):
        return Path(named)
    base = os.environ.get(xdg)
    return (Path(base) if base else Path.home() / fallback) / "hivemind"
