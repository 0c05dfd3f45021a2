"""render.yaml: Render's blueprint."""

import re

from hivemind_agents.repository.facts import CERTAIN, SURE, Fact
from hivemind_agents.repository.platforms import Declared, Service, clocked
from hivemind_agents.repository.readers.environment import NAME, Use
from hivemind_agents.repository.readers.structured import items, read_yaml, table, text_of
from hivemind_agents.repository.tree import FileTree

_KINDS = {"web": "web", "pserv": "web", "worker": "worker", "static_site": "static"}


def detect(tree: FileTree) -> Declared | None:
    path = tree.has("render.yaml", "render.yml")
    content = read_yaml(tree, path) if path else {}
    if not path or not content:
        return None
    processes: dict[str, Fact[str]] = {}
    needs: dict[str, Service] = {}
    env: list[Use] = []
    sets: dict[str, str] = {}
    jobs: list[tuple[str | None, str | None, str | None]] = []
    build: tuple[str, ...] = ()
    health = root = disk = None
    for entry in items(content.get("services")):
        service = table(entry)
        sort = text_of(service.get("type")) or ""
        if sort in {"redis", "keyvalue"}:
            needs["redis"] = Service(
                need="redis", where=tree.where(path, re.compile(r"type:\s*(redis|keyvalue)"))
            )
        if text_of(service.get("rootDir")) not in {None, ".", "./"}:
            continue
        command = text_of(service.get("startCommand"))
        if sort == "cron":
            jobs.append((text_of(service.get("name")), command, text_of(service.get("schedule"))))
        elif command and sort in _KINDS:
            processes.setdefault(
                _KINDS[sort], Fact(command, CERTAIN, (tree.where(path, command[:30]),))
            )
        built = text_of(service.get("buildCommand"))
        build = build or ((built,) if built and sort == "web" else ())
        checked = text_of(service.get("healthCheckPath"))
        health = health or (
            Fact(checked, SURE, (tree.where(path, "healthCheckPath"),)) if checked else None
        )
        published = text_of(service.get("staticPublishPath"))
        root = root or (
            Fact(
                published.removeprefix("./").rstrip("/") or ".",
                SURE,
                (tree.where(path, "staticPublishPath"),),
            )
            if published
            else None
        )
        disk = disk or (tree.where(path, re.compile(r"\bdisk:")) if service.get("disk") else None)
        for item in items(service.get("envVars")):
            variable = table(item)
            name = text_of(variable.get("key"))
            if name and NAME.match(name):
                value = text_of(variable.get("value"))
                given = value is not None or bool(
                    {"generateValue", "fromDatabase", "fromService"} & set(variable)
                )
                env.append(Use(name, tree.where(path, name), value, optional=given))
                if value is not None:
                    sets.setdefault(name, value)
    for _ in items(content.get("databases")):
        needs["postgresql"] = Service(need="postgresql", where=tree.where(path, "databases:"))
    schedules, notes = clocked(jobs, path)
    return Declared(
        source="render", processes=processes, build=build, services=tuple(needs.values()),
        env=tuple(env), health_path=health, document_root=root, disk=disk,
        schedules=schedules, notes=notes, sets=sets,
    )  # fmt: skip
