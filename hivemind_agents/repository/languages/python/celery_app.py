"""Celery workers, beside a web process or alone."""

from hivemind_agents.repository.facts import LIKELY, Match
from hivemind_agents.repository.languages.python.project import PythonProject, target


def celery_processes(project: PythonProject) -> dict[str, str]:
    """The worker's and, with a schedule, the beat's command; none where Celery is not used."""
    found = next(iter(project.objects("celery.Celery")), None)
    if found is None:
        return {}
    module, name, _ = found
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
