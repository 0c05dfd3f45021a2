"""What the sandbox gives out and the API does not record: VPC numbers and addresses."""

import json
import threading
from collections.abc import Callable, Iterable
from functools import cache
from ipaddress import IPv4Address
from typing import TypedDict

from hivemind_sandbox.settings import Settings

FIRST_PUBLIC = 16
"""Offset in the sandbox's slice; below it are the operator and room for more of its like."""


class Addresses(TypedDict):
    private: str
    subnet: str
    public: str | None


class _File(TypedDict):
    next_public: int
    vpcs: dict[str, int]
    interfaces: dict[str, Addresses]


@cache
def of(settings: Settings) -> "Allocations":
    """The process's one view of a sandbox's allocations."""
    return Allocations(settings)


class Allocations:
    """Kept in a file of their own, written at each change, so that no crash loses one."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.directory / "allocations.json"
        self._internet = settings.internet
        self._lock = threading.RLock()
        self._data: _File = {"next_public": FIRST_PUBLIC, "vpcs": {}, "interfaces": {}}
        if self._path.exists():
            self._data = json.loads(self._path.read_text())

    def vpc_number(self, vpc_id: str) -> int:
        with self._lock:
            known = self._data["vpcs"]
            if vpc_id not in known:
                taken = set(known.values())
                known[vpc_id] = next(n for n in range(1024) if n not in taken)
                self._save()
            return known[vpc_id]

    def release_vpc(self, vpc_id: str) -> None:
        with self._lock:
            if self._data["vpcs"].pop(vpc_id, None) is not None:
                self._save()

    def public_address(self, in_use: Iterable[str | None]) -> str:
        """The next address that nobody has; addresses come back late, as stale names do."""
        with self._lock:
            taken = {*in_use, *(held["public"] for held in self._data["interfaces"].values())}
            size = self._internet.num_addresses
            for step in range(size):
                offset = self._data["next_public"] + step
                if offset >= size - 1:
                    offset = FIRST_PUBLIC + offset % (size - 1)
                address = str(IPv4Address(self._internet[offset]))
                if address not in taken:
                    self._data["next_public"] = offset + 1 if offset + 2 < size else FIRST_PUBLIC
                    self._save()
                    return address
        raise RuntimeError(f"all {size} public addresses of {self._internet} are in use")

    def interface(self, key: str, make: Callable[[], Addresses]) -> Addresses:
        """The addresses that `key` holds; `make` gives them the first time."""
        with self._lock:
            held = self._data["interfaces"]
            if key not in held:
                held[key] = make()
                self._save()
            return held[key]

    def release_interface(self, key: str) -> Addresses | None:
        with self._lock:
            gone = self._data["interfaces"].pop(key, None)
            if gone is not None:
                self._save()
            return gone

    def interfaces(self) -> dict[str, Addresses]:
        with self._lock:
            return dict(self._data["interfaces"])

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".new")
        temporary.write_text(json.dumps(self._data, indent=1))
        temporary.replace(self._path)
