"""Files in which a repository tells a platform how to run it: evidence, weighed with the code.

One module a platform, each with `detect(tree) -> Declared | None`; found by being there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hivemind_agents.domain.schedule import Schedule, on_calendar, schedule_name
from hivemind_agents.repository.facts import Fact
from hivemind_agents.repository.languages import detectors
from hivemind_agents.repository.readers.environment import Use
from hivemind_agents.repository.tree import FileTree


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A database or the like that a platform is told to provide."""

    need: str
    where: str
    strong: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What one file says. `binding`: its web command was written for production."""

    source: str
    processes: Mapping[str, Fact[str]] = field(default_factory=dict)
    binding: bool = True
    build: tuple[str, ...] = ()
    port: Fact[int] | None = None
    services: tuple[Service, ...] = ()
    # Databases that the application's own service is told to connect to.
    connects: tuple[Service, ...] = ()
    env: tuple[Use, ...] = ()
    # Values that the file gives to variables of the running application.
    sets: Mapping[str, str] = field(default_factory=dict)
    health_path: Fact[str] | None = None
    document_root: Fact[str] | None = None
    language: Fact[str] | None = None
    version: Fact[str] | None = None
    system_packages: tuple[str, ...] = ()
    disk: str | None = None
    # Folders of a container that are kept, absolute, and the one that it works in.
    volumes: tuple[str, ...] = ()
    workdir: str = ""
    schedules: tuple[Schedule, ...] = ()
    notes: tuple[str, ...] = ()
    kind: Fact[str] | None = None


def read_platforms(tree: FileTree) -> list[Declared]:
    """What every platform file of the folder says, the most telling first."""
    found = tree.memo("platforms", lambda: [look(tree) for look in detectors(__name__)])
    order = {name: place for place, name in enumerate(ORDER)}
    return sorted(
        (item for item in found if item), key=lambda item: order.get(item.source, len(ORDER))
    )


ORDER = (
    "procfile",
    "render",
    "railpack",
    "railway",
    "nixpacks",
    "fly",
    "heroku",
    "app_json",
    "dockerfile",
    "compose",
)


def clocked(
    jobs: Iterable[tuple[str | None, str | None, str | None]], source: str
) -> tuple[tuple[Schedule, ...], tuple[str, ...]]:
    """(schedules, notes) of jobs as (name, command, cron); what is wrong becomes a note."""
    found: dict[str, Schedule] = {}
    notes = []
    for name, command, cron in jobs:
        if not command or not cron:
            continue
        plain = re.sub(r"[^a-z0-9]+", "-", (name or "").lower()).strip("-")[:30]
        if not plain or plain in found:
            plain = schedule_name(plain or command, set(found))
        try:
            on_calendar(cron)
        except ValueError as error:
            notes.append(f"{source}: {command!r} is left out: {error}")
            continue
        found[plain] = Schedule(name=plain, command=command, cron=cron)
    return tuple(found.values()), tuple(notes)


def need_of(text: str) -> str | None:
    """The need that an image's or an add-on's name stands for."""
    lowered = text.lower()
    for words, need in (
        (
            ("postgres", "postgis", "timescale", "pgvector", "cockroach", "supabase/postgres"),
            "postgresql",
        ),
        (("mysql", "mariadb", "jawsdb", "cleardb", "percona"), "mysql"),
        (("mongo", "ormongo"), "mongodb"),
        (("redis", "valkey", "keydb", "dragonfly", "upstash"), "redis"),
        (("minio", "localstack", "seaweedfs", "bucketeer", "cloudcube"), "object-storage"),
        (
            ("mailhog", "mailpit", "mailcatcher", "sendgrid", "mailgun", "postmark", "mailtrap"),
            "smtp",
        ),
    ):
        if any(word in lowered for word in words):
            return need
    return None


def services(names: Iterable[tuple[str, str]], *, strong: bool = True) -> tuple[Service, ...]:
    """The needs among (name, evidence)."""
    found: dict[str, Service] = {}
    for name, where in names:
        need = need_of(name)
        if need and need not in found:
            found[need] = Service(need=need, where=where, strong=strong)
    return tuple(found.values())
