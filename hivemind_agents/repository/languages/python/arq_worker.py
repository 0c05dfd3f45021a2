"""arq: functions that a worker of its own runs."""

import re

from hivemind_agents.repository.facts import SURE, Match
from hivemind_agents.repository.languages.python.project import PythonProject, target

_SETTINGS = re.compile(r"(?m)^class\s+(\w*WorkerSettings)\b")


def arq_processes(project: PythonProject) -> dict[str, str]:
    """The worker's command, by the class that configures it."""
    for module in project.modules:
        found = "arq" in module.imports and _SETTINGS.search(module.text)
        if found:
            folder, path = target(project, module.path, found.group(1))
            enter = f"cd {folder} && " if folder else ""
            return {"worker": f"{enter}arq {path.replace(':', '.')}"}
    return {}


def detect(project: PythonProject) -> Match | None:
    """A repository whose worker is all that it has."""
    processes = arq_processes(project)
    if not processes:
        return None
    return Match(
        framework="arq", kind="worker", rank=30, confidence=SURE, kind_confidence=0.85,
        evidence=project.where("arq"), start=processes["worker"], processes=processes,
    )  # fmt: skip
