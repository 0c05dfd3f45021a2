"""Workers of queues that a web application fills: Celery, RQ, Django Q, arq and their kin."""

import re

from hivemind_agents.repository.languages.python.arq_worker import arq_processes
from hivemind_agents.repository.languages.python.celery_app import celery_processes
from hivemind_agents.repository.languages.python.dramatiq_actors import dramatiq_processes
from hivemind_agents.repository.languages.python.huey_tasks import huey_processes
from hivemind_agents.repository.languages.python.project import PythonProject
from hivemind_agents.repository.languages.python.taskiq_broker import taskiq_processes

_QUEUE = re.compile(r"\b(?:rq\.)?Queue\(\s*(?:name\s*=\s*)?(?:[\"']([\w.-]+)[\"'])?")
_KEY = re.compile(r"(?m)^( +)([\"'][\w.-]+[\"']|[A-Z_]+)\s*:")
_DJANGO_QUEUES = re.compile(r"(?ms)^RQ_QUEUES\s*=\s*\{(.*?)^\}")


def queue_processes(project: PythonProject, manage: str | None = None) -> dict[str, str]:
    """The workers' commands. `manage`: how Django's commands are called."""
    found = celery_processes(project)
    listed = project.dependencies.runtime
    if "worker" in found:
        return found
    if manage and listed("django-rq"):
        found["worker"] = " ".join([manage, "rqworker", *_django_queues(project)])
    elif manage and listed("django-q", "django-q2"):
        found["worker"] = f"{manage} qcluster"
    elif manage and listed("huey") and _installs_huey(project):
        found["worker"] = f"{manage} run_huey"
    elif listed("rq") and (names := _queues(project)):
        found["worker"] = f"rq worker --url $REDIS_URL {' '.join(names)}"
    else:
        found |= (
            arq_processes(project)
            or dramatiq_processes(project)
            or taskiq_processes(project)
            or huey_processes(project)
        )
    return found


def _queues(project: PythonProject) -> list[str]:
    names: dict[str, None] = {}
    for module in project.modules:
        if "rq" in module.imports:
            names.update((hit[1] or "default", None) for hit in _QUEUE.finditer(module.text))
    return list(names)


def _django_queues(project: PythonProject) -> list[str]:
    """The queues of `RQ_QUEUES`; none where a command of the project's own knows them."""
    if any(path.endswith("/management/commands/rqworker.py") for path in project.tree.paths):
        return []
    for module in project.modules:
        if found := _DJANGO_QUEUES.search(module.text):
            keys = _KEY.findall(found[1])
            outer = min((len(indent) for indent, _ in keys), default=0)
            named = [key for indent, key in keys if len(indent) == outer]
            names = [key.strip("\"'") if key[0] in "\"'" else _constant(project, key)
                     for key in named]  # fmt: skip
            if names and None not in names:
                return [name for name in names if name]
    return ["default"]


def _constant(project: PythonProject, name: str) -> str | None:
    """The text that a module gives a name, if one does."""
    value = re.compile(rf"(?m)^{name}\s*=\s*[\"']([\w.-]+)[\"']")
    return next((hit[1] for module in project.modules if (hit := value.search(module.text))), None)


def _installs_huey(project: PythonProject) -> bool:
    return any("huey.contrib.djhuey" in module.text for module in project.modules)
