"""Workers of queues that a web application fills: RQ, Django-RQ, Django Q, Huey."""

import re

from hivemind_agents.repository.languages.python.celery_app import celery_processes
from hivemind_agents.repository.languages.python.project import PythonProject, target

_QUEUE = re.compile(r"\b(?:rq\.)?Queue\(\s*(?:name\s*=\s*)?(?:[\"']([\w.-]+)[\"'])?")
_DJANGO_QUEUES = re.compile(r"(?ms)^RQ_QUEUES\s*=\s*\{(.*?)^\}")


def queue_processes(project: PythonProject, manage: str | None = None) -> dict[str, str]:
    """The workers' commands. `manage`: how Django's commands are called."""
    found = celery_processes(project)
    listed = project.dependencies.runtime
    if "worker" in found:
        return found
    if manage and listed("django-rq"):
        found["worker"] = f"{manage} rqworker {' '.join(_django_queues(project))}"
    elif manage and listed("django-q", "django-q2"):
        found["worker"] = f"{manage} qcluster"
    elif manage and listed("huey") and _installs_huey(project):
        found["worker"] = f"{manage} run_huey"
    elif listed("rq") and (names := _queues(project)):
        found["worker"] = f"rq worker --url $REDIS_URL {' '.join(names)}"
    elif listed("huey") and (command := _huey(project)):
        found["worker"] = command
    return found


def _queues(project: PythonProject) -> list[str]:
    names: dict[str, None] = {}
    for module in project.modules:
        if "rq" in module.imports:
            names.update((hit[1] or "default", None) for hit in _QUEUE.finditer(module.text))
    return list(names)


def _django_queues(project: PythonProject) -> list[str]:
    for module in project.modules:
        if found := _DJANGO_QUEUES.search(module.text):
            names = re.findall(r"(?m)^ {2,8}[\"']([\w.-]+)[\"']\s*:\s*\{", found[1])
            if names:
                return names
    return ["default"]


def _installs_huey(project: PythonProject) -> bool:
    return any("huey.contrib.djhuey" in module.text for module in project.modules)


def _huey(project: PythonProject) -> str | None:
    found = next(iter(project.objects("huey.RedisHuey", "huey.PriorityRedisHuey")), None)
    if found is None:
        return None
    module, name, _ = found
    folder, path = target(project, module.path, name)
    enter = f"cd {folder} && " if folder else ""
    return f"{enter}huey_consumer {path.replace(':', '.')}"
