"""Huey: tasks that a consumer of its own runs."""

import re

from hivemind_agents.repository.facts import SURE, Match
from hivemind_agents.repository.languages.python.project import PythonProject, target

KINDS = ("", "Redis", "PriorityRedis", "RedisExpire", "Sqlite", "File")
QUEUES = tuple(f"huey.{kind}Huey" for kind in KINDS)


def huey_processes(project: PythonProject) -> dict[str, str]:
    """The consumer's command, by the object that has tasks."""
    for module, name, _ in project.objects(*QUEUES):
        if re.search(rf"@{re.escape(name)}\.(?:periodic_)?task\b", module.text):
            folder, path = target(project, module.path, name)
            enter = f"cd {folder} && " if folder else ""
            return {"worker": f"{enter}huey_consumer {path.replace(':', '.')}"}
    return {}


def detect(project: PythonProject) -> Match | None:
    """A repository whose tasks are all that it has."""
    processes = huey_processes(project)
    if not processes:
        return None
    return Match(
        framework="huey", kind="worker", rank=30, confidence=SURE, kind_confidence=0.85,
        evidence=project.where("huey"), start=processes["worker"], processes=processes,
    )  # fmt: skip
