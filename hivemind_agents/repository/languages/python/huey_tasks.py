"""Huey: tasks that a consumer of its own runs."""

import re

from hivemind_agents.repository.facts import SURE, Match
from hivemind_agents.repository.languages.python.project import PythonProject, target

KINDS = ("", "Redis", "PriorityRedis", "RedisExpire", "Sqlite", "File")
QUEUES = tuple(f"huey.{kind}Huey" for kind in KINDS)


def detect(project: PythonProject) -> Match | None:
    """A repository whose tasks are all that it has."""
    for module, name, line in project.objects(*QUEUES):
        if not re.search(rf"@{re.escape(name)}\.(?:periodic_)?task\b", module.text):
            continue
        folder, path = target(project, module.path, name)
        enter = f"cd {folder} && " if folder else ""
        start = f"{enter}huey_consumer {path.replace(':', '.')}"
        return Match(
            framework="huey", kind="worker", rank=30, confidence=SURE, kind_confidence=0.85,
            evidence=(*project.where("huey"), f"{module.path}:{line}"), start=start,
            processes={"worker": start},
        )  # fmt: skip
    return None
