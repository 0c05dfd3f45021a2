"""Configuration files that choose a database: Prisma, Django, Spring and others."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.choices import Choice, choice
from hivemind_agents.repository.configured_php import read_php
from hivemind_agents.repository.configured_ruby import read_ruby
from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.readers.branches import (
    made_in_vain,
    only_in_development,
    only_on_demand,
    staged,
)
from hivemind_agents.repository.readers.python_source import read_module
from hivemind_agents.repository.services import BOUND, DRIVERS
from hivemind_agents.repository.tree import FileTree


def read_choices(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    """Every choice that a configuration states."""
    yield from _prisma(tree)
    yield from _drizzle(tree)
    yield from _meteor(tree)
    yield from read_ruby(tree, finding)
    yield from _django(tree)
    yield from read_php(tree, finding)
    yield from _spring(tree, finding)
    yield from _quarkus(finding)
    yield from _tried_redis(tree, finding)
    yield from _in_memory(tree, finding)
    yield from _entity_framework(tree, finding)
    yield from _ecto(tree)


def _prisma(tree: FileTree) -> Iterator[Choice]:
    providers: dict[str, str] = {}
    for path in tree.sources(".prisma", limit=5):
        found = tree.search(path, r"datasource\s+\w+\s*\{[^}]*?provider\s*=\s*\"(\w+)\"")
        if found:
            where = tree.where(path, re.compile(r"provider\s*=\s*\"" + found.group(1)))
            providers.setdefault(found.group(1), where)
    # A schema for each of several databases: one of them is used.
    first = "postgresql" if "postgresql" in providers else next(iter(providers), "")
    for provider, where in providers.items():
        yield from choice(provider, where, required=provider == first)


def _drizzle(tree: FileTree) -> Iterator[Choice]:
    path = tree.has("drizzle.config.ts", "drizzle.config.js", "drizzle.config.mjs")
    found = tree.search(path, r"(?:dialect|driver)\s*:\s*[\"'](\w+)[\"']") if path else None
    if path and found:
        yield from choice(found.group(1), tree.where(path, found.group(0)))


def _meteor(tree: FileTree) -> Iterator[Choice]:
    path = ".meteor/packages"
    if tree.search(path, r"(?m)^mongo\b"):
        yield Choice("mongodb", tree.where(path, "mongo"))


# An engine may be the project's own: `"ENGINE": "shop.core.sqlite_backend"`.
_SQLITE = re.compile(r"sqlite3|spatialite|sqlite:|[\"']ENGINE[\"']:\s*[\"'][\w.]+\.\w*sqlite")


def _django(tree: FileTree) -> Iterator[Choice]:
    """`DATABASES`: an engine that is written plainly is required; behind a condition it is not."""
    for path in tree.sources(".py", limit=300):
        if "settings" not in path:
            continue
        text = tree.text(path) or ""
        if "DATABASES" not in text:
            continue
        engines = re.findall(
            r"django\.(?:db|contrib\.gis\.db)\.backends\.(\w+)|[\"'](djongo|"
            r"django_mongodb_backend)[\"']",
            text,
        )
        names = {
            one.replace("spatialite", "sqlite3").replace("postgresql_psycopg2", "postgresql")
            or "mongodb"
            for one, _ in engines
        }
        local = re.search(r"(?:local|dev|test)\w*\.py$", path)
        for name in sorted(names - {"sqlite3"}):
            where = tree.where(path, re.compile(rf"backends\.{name}|{name}"))
            fallback = any(not _is_aside(text, found.start()) for found in _SQLITE.finditer(text))
            if not (local and fallback):
                yield from choice(name, where, required=not fallback)
        url = re.search(r"dj_database_url\.(?:config|parse)\(|env\.db(?:_url)?\(", text)
        if url and not names - {"sqlite3"}:
            fallback = any(
                not _is_aside(text, found.start()) for found in re.finditer("sqlite", text)
            )
            if fallback or not re.search(r"(?i)mysql", text):
                yield Choice("postgresql", tree.where(path, url.group(0)), required=not fallback)


def _is_aside(text: str, position: int) -> bool:
    return only_in_development(text, position) or only_on_demand(text, position)


def _tried_redis(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    """Redis whose connection is only tried: the code goes on without it."""
    if finding.language.value != "python" or finding.dependencies.runtime(*BOUND - {"redis"}):
        return
    for path in tree.sources(".py", limit=300):
        if "redis" not in (tree.text(path) or ""):
            continue
        for line in made_in_vain(read_module(tree, path), "redis"):
            yield Choice("redis", f"{path}:{line}", required=False)
            return


def _spring(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    if finding.language.value not in {"java", "kotlin", "scala"}:
        return
    for path in [
        *tree.named("application.properties"),
        *tree.named("application.yml"),
        *tree.named("application.yaml"),
        *_of_production(tree),
    ]:
        text = _without_profiles(tree.text(path) or "")
        if "/test/" in path:
            continue
        for found in re.finditer(
            r"(?m)^(?!\s*#).*?(?:jdbc|r2dbc):(?:pool:)?(postgresql|mysql|mariadb):", text
        ):
            yield from choice(found.group(1), f"{path}:{text.count(chr(10), 0, found.end()) + 1}")
        kind = re.search(r"(?m)^[ \t]*quarkus\.datasource\.db-kind\s*=\s*(\w+)", text)
        if kind:
            yield from choice(kind.group(1), tree.where(path, kind.group(0)))
        sort = re.search(r"(?m)^[ \t]*(?:[\w.]*\.)?db-type\s*[:=]\s*(postgres|mysql|mariadb)", text)
        if sort:
            yield from choice(sort.group(1), tree.where(path, sort.group(0)))
        for need, where in _spring_stores(path, text):
            yield Choice(need, where)


def _of_production(tree: FileTree) -> Iterator[str]:
    """Settings of the profile for production, and of the one that is active unless told."""
    profiles = ["prod", "production"]
    for path in (*tree.named("application.properties"), *tree.named("application.yml"),
                 *tree.named("application.yaml")):  # fmt: skip
        found = tree.search(
            path, r"(?m)^\s*(?:spring\.profiles\.)?active\s*[:=]\s*(?:\$\{\w+:)?([\w-]+)\}?\s*$"
        )
        if found and not re.search(r"(?i)^(?:h2|hsqldb|test|local)$", found.group(1)):
            profiles.append(found.group(1))
    for profile in dict.fromkeys(profiles):
        for suffix in ("properties", "yml", "yaml"):
            yield from tree.named(f"application-{profile}.{suffix}")


_SPRING_STORES = {
    "mongodb": re.compile(r"spring\.(?:data\.)?mongodb\.(?:uri|host|database)$|mongodb\.uri$"),
    "redis": re.compile(r"spring\.(?:data\.)?redis\.(?:host|url|cluster\.nodes)$|^redis\.uri$"),
}


def _spring_stores(path: str, text: str) -> Iterator[tuple[str, str]]:
    """Stores by the whole name of a setting, nested in YAML or dotted in properties."""
    above: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        found = re.match(r"([ \t]*)([\w.-]+)[ \t]*(?:=|:(?:\s|$))", line)
        if found is None:
            continue
        indent = len(found.group(1))
        above = [item for item in above if item[0] < indent]
        name = ".".join((*(part for _, part in above), found.group(2)))
        above.append((indent, found.group(2)))
        for need, pattern in _SPRING_STORES.items():
            if pattern.search(name):
                yield need, f"{path}:{number}"


def _quarkus(finding: Finding) -> Iterator[Choice]:
    """A data source's extension connects at the start; only development gets one by itself."""
    if finding.dependencies.runtime("io.quarkus:quarkus-jdbc-h2"):
        return
    for name, need in DRIVERS["jvm"].items():
        listed = finding.dependencies.runtime(name) if name.startswith("io.quarkus:") else None
        if listed and need in {"postgresql", "mysql", "mongodb"}:
            yield Choice(need, listed.where)


def _without_profiles(text: str) -> str:
    """The text with the documents of profiles other than production's blanked."""
    parts = re.split(r"(?m)(^(?:#?---)[ \t]*$)", text)
    for place, part in enumerate(parts):
        profile = re.search(
            r"(?m)^[ \t]*(?:spring\.)?(?:config\.activate\.)?(?:on-profile|profiles)"
            r"[ \t]*[:=][ \t]*(\S+)",
            part,
        )
        if len(parts) > 1 and profile and "prod" not in profile.group(1):
            parts[place] = re.sub(r"[^\n]", " ", part)
    return "".join(parts)


def _in_memory(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    """Drivers beside an embedded database, which serves unless the configuration names another."""
    embedded = finding.dependencies.runtime(
        "com.h2database:h2",
        "org.hsqldb:hsqldb",
        "org.apache.derby:derby",
        "io.quarkus:quarkus-jdbc-h2",
    )
    if embedded is None or any(
        choice.need in {"postgresql", "mysql"} for choice in _spring(tree, finding)
    ):
        return
    listed = {
        need: dependency.where
        for name, dependency in finding.dependencies.items()
        if (need := DRIVERS["jvm"].get(name)) and not dependency.dev
    }
    stores = {"postgresql", "mysql", "mongodb", "redis"} & listed.keys()
    for need in sorted(stores):
        # One program does not use three stores at once: they are profiles.
        if need in {"postgresql", "mysql"} or len(stores) > 2:
            yield Choice(need, listed[need], required=False)


def _entity_framework(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    """The provider that .NET's code asks for; beside SQLite or memory it is a choice."""
    if finding.language.value != "dotnet":
        return
    found: dict[str, str] = {}
    for path in tree.sources(".cs", ".fs", limit=400):
        text = tree.text(path, limit=200_000) or ""
        for call in re.finditer(
            r"(?m)^(?!\s*//).*?\.Use(Npgsql|My[Ss][Qq][Ll]|Sqlite|InMemoryDatabase)\(", text
        ):
            where = f"{path}:{text.count(chr(10), 0, call.end()) + 1}"
            if not staged(text, call.start(1)):
                found.setdefault(call.group(1).lower(), where)
    embedded = bool({"sqlite", "inmemorydatabase"} & found.keys())
    for provider, need in (("npgsql", "postgresql"), ("mysql", "mysql")):
        if provider in found:
            yield Choice(need, found[provider], not embedded)


def _ecto(tree: FileTree) -> Iterator[Choice]:
    if "mix.exs" not in tree:
        return
    for path in tree.sources(".ex", ".exs", limit=300):
        found = tree.search(
            path, r"adapter:\s*Ecto\.Adapters\.(Postgres|MyXQL|MySQL)|use Ash(Postgres)\.Repo"
        )
        if found:
            yield Choice(
                "postgresql" if "Postgres" in found.groups() else "mysql",
                tree.where(path, found.group(0)),
            )
            return
