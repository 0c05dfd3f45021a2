"""compose files: the services that the application stands beside, and the variables it is given."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from hivemind_agents.repository.facts import LIKELY, Fact
from hivemind_agents.repository.platforms import Declared, need_of, services
from hivemind_agents.repository.readers.environment import NAME, Use
from hivemind_agents.repository.readers.structured import items, read_yaml, table, text_of
from hivemind_agents.repository.tree import FileTree

_FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml",
          "docker-compose.prod.yml", "docker-compose.production.yml")  # fmt: skip
NAMES = (*_FILES, *(f"{folder}/{name}" for folder in ("docker", "deploy") for name in _FILES))


def detect(tree: FileTree) -> Declared | None:
    path = tree.has(*NAMES)
    content = read_yaml(tree, path) if path else {}
    found = table(content.get("services"))
    if path is None or not found:
        return None
    images: list[tuple[str, str]] = []
    env: list[Use] = []
    built = [table(service) for service in found.values() if table(service).get("build")]
    own = built or _published_image(found.values())
    beside = {
        str(name): text_of(table(service).get("image")) or ""
        for name, service in found.items()
        if table(service) not in own
    }
    connects = [
        (each, tree.where(path, name))
        for service in own
        for name, value in _pairs(service.get("environment"))
        if (each := _connected(name, value or "", beside))
    ]
    for name, value in found.items():
        service = table(value)
        image = text_of(service.get("image"))
        if image and service not in own:
            images.append(
                (image, tree.where(path, re.compile(rf"image:\s*[\"']?{re.escape(image)}")))
            )
        if service in own and len(own) == 1:
            env.extend(_variables(tree, path, service.get("environment")))
        del name
    return Declared(
        source="compose", binding=False, services=services(images, strong=bool(own)),
        connects=services(connects), env=tuple(env),
        volumes=tuple(_volumes(tree, own[0])) if len(own) == 1 else (),
        port=None if built else _published(tree, path, found.values()),
    )  # fmt: skip


def _published_image(entries: Iterable[object]) -> list[dict[str, Any]]:
    """Where nothing is built here, the service that has a port and depends on others: it runs the
    application's image as its author publishes it.
    """
    return [
        service for service in map(table, entries)
        if service.get("depends_on") and service.get("ports")
        and not need_of(text_of(service.get("image")) or "")
    ][:1]  # fmt: skip


def _published(tree: FileTree, path: str, entries: Iterable[object]) -> Fact[int] | None:
    """The port inside the first container that publishes one, where nothing is built here."""
    for entry in entries:
        for item in items(table(entry).get("ports")):
            given = text_of(item) or text_of(table(item).get("target")) or ""
            inner = re.search(r"(\d{2,5})(?:/tcp)?$", given)
            if inner:
                return Fact(int(inner.group(1)), LIKELY, (tree.where(path, "ports:"),))
    return None


# `${DATA_DIR:-./data}`, whose colon parts nothing.
_GIVEN = re.compile(r"\$\{\w+(?::?[-?]([^}]*))?\}")


def _volumes(tree: FileTree, service: dict[str, Any]) -> Iterator[str]:
    """Folders of the container that stay: not what is mounted from the repository, nor files."""
    for item in items(service.get("volumes")):
        source, _, rest = _GIVEN.sub(r"\1", text_of(item) or "").partition(":")
        target, _, options = rest.partition(":")
        if isinstance(item, dict):
            source, target = text_of(item.get("source")) or "", text_of(item.get("target")) or ""
            options = "ro" if item.get("read_only") else ""
        own = source.removeprefix("./").rstrip("/")
        ours = source.startswith(".") and (own in {"", "."} or _has_files(tree, own))
        last = target.rstrip("/").rpartition("/")[2]
        if target.startswith("/") and "ro" not in options and not ours and "." not in last[1:]:
            yield target


def _has_files(tree: FileTree, folder: str) -> bool:
    """Whether the repository has files there, beyond what only holds the folder's place."""
    inside = (path for path in tree.paths if path.startswith(f"{folder}/"))
    return any(not path.rpartition("/")[2].startswith(".") for path in inside)


def _connected(name: str, value: str, beside: dict[str, str]) -> str | None:
    """The scheme of a connection's URL, or the image of the service that a host's name is."""
    scheme = re.match(r"(postgres|postgresql|mysql|mariadb)(?:\+\w+)?://", value)
    if scheme:
        return scheme[1]
    return beside.get(value) if re.search(r"(?i)(HOST|HOSTNAME|SERVER)$", name) else None


def _pairs(value: object) -> list[tuple[str, str | None]]:
    if isinstance(value, dict):
        return [(str(name), text_of(item)) for name, item in value.items()]
    split = [str(item).partition("=") for item in items(value)]
    return [(name, rest if equals else None) for name, equals, rest in split]


def _variables(tree: FileTree, path: str, value: object) -> list[Use]:
    return [
        Use(name, tree.where(path, name), None, optional=False)
        for name, _ in _pairs(value)
        if NAME.match(name)
    ]
