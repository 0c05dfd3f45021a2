"""Celery workers, beside a web process or alone."""

import re

from hivemind_agents.repository.facts import LIKELY, Match
from hivemind_agents.repository.languages.python.project import PythonProject, target
from hivemind_agents.repository.readers.python_source import PythonModule


def celery_processes(project: PythonProject) -> dict[str, str]:
    """The worker's and, with a schedule, the beat's command; none where Celery is not used."""
    found = _application(project)
    if found is None:
        return {}
    module, name = found
    folder, path = target(project, module.path, name)
    enter = f"cd {folder} && " if folder else ""
    package = path.split(":")[0]
    name = (
        package.removesuffix(".celery") if package.endswith(".celery") else path.replace(":", ".")
    )
    processes = {"worker": f"{enter}celery -A {name} worker --loglevel=info"}
    if "beat_schedule" in module.text or project.dependencies.runtime("django-celery-beat"):
        processes["beat"] = f"{enter}celery -A {name} beat --loglevel=info"
    return processes


# Flask's documentation keeps it there.
_EXTENSION = re.compile(r"(?m)^(\w+)\s*=\s*\w+\.extensions\[[\"']celery[\"']\]")


def _application(project: PythonProject) -> tuple[PythonModule, str] | None:
    """(module, name) of the object that a worker is pointed at."""
    for module, name, _ in project.objects("celery.Celery"):
        return module, name
    made = {
        name
        for module in project.modules
        for name, constructor in module.factories.items()
        if constructor == "celery.Celery"
    }
    for module in project.modules:
        for name, (constructor, _) in module.objects.items():
            if constructor.rpartition(".")[2] in made:
                return module, name
        if project.dependencies.runtime("celery") and (hit := _EXTENSION.search(module.text)):
            return module, hit[1]
    return None


def detect(project: PythonProject) -> Match | None:
    """A repository whose only long-running part is a Celery worker."""
    processes = celery_processes(project)
    if not processes:
        return None
    return Match(
        framework="celery",
        kind="worker",
        rank=30,
        confidence=LIKELY,
        kind_confidence=0.88,
        evidence=project.where("celery"),
        start=processes["worker"],
        processes=processes,
    )
