"""Applications that speak ASGI: FastAPI, Starlette and their kin."""

from hivemind_agents.repository.facts import LIKELY, SURE, Match
from hivemind_agents.repository.languages.python import aerich, alembic
from hivemind_agents.repository.languages.python.project import PythonProject
from hivemind_agents.repository.languages.python.queues import queue_processes
from hivemind_agents.repository.languages.python.serving import asgi_start

# framework: (constructors, rank). A FastAPI application may mount all of the others.
FRAMEWORKS: dict[str, tuple[tuple[str, ...], int]] = {
    "fastapi": (("fastapi.FastAPI", "fastapi.applications.FastAPI"), 80),
    "litestar": (("litestar.Litestar", "litestar.app.Litestar", "starlite.Starlite"), 76),
    "quart": (("quart.Quart",), 75),
    "blacksheep": (("blacksheep.Application", "blacksheep.server.Application"), 75),
    "fasthtml": (("fasthtml.FastHTML", "fasthtml.common.FastHTML", "fasthtml.common.fast_app"), 75),
    "falcon": (("falcon.asgi.App",), 75),
    "esmerald": (("esmerald.Esmerald",), 75),
    "flama": (("flama.Flama", "flama.applications.Flama"), 75),
    "python-socketio": (("socketio.ASGIApp",), 50),
    "robyn": (("robyn.Robyn",), 60),
    "starlette": (("starlette.applications.Starlette",), 65),
}


def detect(project: PythonProject) -> Match | None:
    """The object that a server is pointed at, of the highest framework."""
    for framework, (constructors, rank) in FRAMEWORKS.items():
        served = project.served(*constructors)
        if served is None:
            continue
        start, adds = asgi_start(project, served)
        if framework == "robyn":
            start, adds = f"python {served.module.path}", ()
        processes = queue_processes(project)
        if migration := alembic.upgrade(project) or aerich.upgrade(project):
            processes["release"] = migration
        return Match(
            framework=framework,
            kind="web",
            rank=rank,
            confidence=SURE + 0.04,
            evidence=(*project.where(framework), served.where),
            start=start,
            start_confidence=SURE if not served.factory else LIKELY,
            start_evidence=(served.where,),
            processes=processes,
            port=8000,
            adds=adds,
        )
    return None
