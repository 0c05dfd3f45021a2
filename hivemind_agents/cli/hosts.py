"""Reaching a deployment's hosts by SSH: the key in memory alone, the host keys pinned."""

import os
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hivemind_agents.errors import AccessError, UserError

if TYPE_CHECKING:
    import boto3

    from hivemind_agents.domain.deployment import Deployment, Instance

USER = "admin"


class Reach:
    """How to reach the hosts of one deployment."""

    def __init__(self, key: Path, known_hosts: Path) -> None:
        self._key = key
        self._known_hosts = known_hosts

    def command(self, host: "Instance", remote: Sequence[str], *, terminal: bool) -> list[str]:
        """The ssh command; `remote` is empty for a shell. Pure.

        One word is the remote shell's to read, as with ssh; several are quoted for it.
        """
        words = [remote[0] if len(remote) == 1 else shlex.join(remote)] if remote else []
        return [
            "ssh",
            *(("-t",) if terminal else ("-T",)),
            *("-i", str(self._key)),
            *("-o", "IdentitiesOnly=yes"),
            *("-o", f"HostKeyAlias={host.id}"),
            *("-o", "HashKnownHosts=no"),
            *("-o", f"UserKnownHostsFile={self._known_hosts}"),
            *("-o", "StrictHostKeyChecking=accept-new"),
            *("-o", "ConnectTimeout=10"),
            *("-o", "LogLevel=ERROR"),
            f"{USER}@{host.public_ip or host.private_ip}",
            *words,
        ]


@contextmanager
def reach(record: "Deployment", session: "boto3.Session") -> Iterator[Reach]:
    """Keep the deployment's key in a folder in memory while it is needed.

    Raises UserError where there is no host yet, AccessError where the key cannot be read.
    """
    from hivemind_agents.state.secrets import resolve

    if not record.instances or not record.ssh_key_parameter:
        raise UserError(
            f"{record.name!r} has no host (status {record.status})",
            mend=f"hivemind status {record.name}",
        )
    reference = record.ssh_key_parameter
    key = resolve(session, reference if ":" in reference else f"ssm:{reference}")
    with tempfile.TemporaryDirectory(prefix="hivemind-ssh-", dir=_memory()) as folder:
        key_file = Path(folder) / "key"
        key_file.touch(mode=0o600)
        key_file.write_text(key.rstrip("\n") + "\n")
        known = Path(folder) / "known_hosts"
        known.write_text("".join(f"{line}\n" for line in record.ssh_host_keys))
        yield Reach(key_file, known)


def chosen(record: "Deployment", host: str | None) -> "Instance":
    """The host that is meant by its id, its address or its number; the first one if None."""
    live = live_hosts(record)
    if host is None:
        return live[0]
    for number, instance in enumerate(live, 1):
        if host in (instance.id, instance.public_ip, instance.private_ip, str(number)):
            return instance
    known = ", ".join(f"{number} ({instance.id})" for number, instance in enumerate(live, 1))
    raise UserError(f"{record.name!r} has no host {host!r}", mend=f"--host one of {known}")


def live_hosts(record: "Deployment") -> "list[Instance]":
    """The hosts of the live slot, or all where it has none."""
    live = [host for host in record.instances if host.slot == record.active_slot]
    if live or record.instances:
        return live or list(record.instances)
    raise UserError(
        f"{record.name!r} has no host (status {record.status})",
        mend=f"hivemind status {record.name}",
    )


def _memory() -> str:
    """A folder whose files never reach a disk."""
    for folder in (os.environ.get("XDG_RUNTIME_DIR"), "/dev/shm"):  # noqa: S108 - it is memory
        if folder and os.access(folder, os.W_OK):
            return folder
    raise AccessError(
        "there is no folder in memory for the SSH key (XDG_RUNTIME_DIR, /dev/shm)",
        mend="export XDG_RUNTIME_DIR=/run/user/$(id -u)",
    )
