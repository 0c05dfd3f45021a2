"""Where the Ansible half and the machine's own folders are."""

import contextlib
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


def give_back() -> None:
    """Under `sudo -E`, let what root made in the caller's own folders belong to the caller.

    Otherwise the next command without sudo could not read it. Builds stay root's, whose they are.
    """
    caller = os.environ.get("SUDO_UID", "")
    if os.geteuid() != 0 or not caller.isdigit() or not int(caller):
        return
    home, owner = Path.home(), int(caller)
    if not home.is_dir() or home.stat().st_uid != owner:
        return
    for folder in (config_dir(), state_dir(), home / ".ansible"):
        if not folder.is_relative_to(home):
            continue
        for made in (folder, *folder.parents):
            if made == home:
                break
            _hand_over(made, owner)
        for path, folders, files in os.walk(folder):
            folders[:] = [name for name in folders if name != "builds"]
            for name in (*folders, *files):
                _hand_over(Path(path, name), owner)


def _hand_over(path: Path, owner: int) -> None:
    with contextlib.suppress(OSError):
        if path.lstat().st_uid == 0:
            os.chown(path, owner, -1, follow_symlinks=False)


def _folder(own: str, xdg: str, fallback: str) -> Path:
    if named := os.environ.get(own):
        return Path(named)
    base = os.environ.get(xdg)
    return (Path(base) if base else Path.home() / fallback) / "hivemind"
