"""Applications that speak WSGI, other than Flask and Django."""

import re

from hivemind_agents.repository.facts import SURE, Match
from hivemind_agents.repository.languages.python.project import PythonProject, Served
from hivemind_agents.repository.languages.python.serving import script_start, wsgi_start

FRAMEWORKS: dict[str, tuple[str, ...]] = {
    "falcon": ("falcon.App", "falcon.API"),
    "bottle": ("bottle.Bottle", "bottle.default_app"),
    "pyramid": ("pyramid.config.Configurator",),
    "dash": ("dash.Dash", "dash_extensions.enrich.DashProxy"),
}


def detect(project: PythonProject) -> Match | None:
    """The object that a server is pointed at; Dash's is its `server`."""
    for framework, constructors in FRAMEWORKS.items():
        served = project.served(*constructors) or (
            _paste_factory(project) if framework == "pyramid" else None
        )
        if served is None:
            continue
        adds: tuple[str, ...] = ()
        if framework == "dash":
            server = next(
                (
                    name
                    for name in ("server", "application")
                    if re.search(
                        rf"(?m)^{name}\s*=\s*{re.escape(served.name)}\.server\b", served.module.text
                    )
                ),
                None,
            )
            if server is None:
                start = script_start(project, served.module.path)
            else:
                start, adds = wsgi_start(project, served)
                start = start.replace(f":{served.name}", f":{server}", 1)
        elif framework == "pyramid":
            start = script_start(project, served.module.path)
            if "production.ini" in project.tree:
                start = "pserve production.ini http_port=$PORT"
        else:
            start, adds = wsgi_start(project, served)
        return Match(
            framework=framework,
            kind="web",
            rank=70,
            confidence=SURE,
            evidence=(*project.where(framework), served.where),
            start=start,
            start_evidence=(served.where,),
            port=8050 if framework == "dash" else 8080,
            adds=adds,
        )
    return _bottle_functions(project)


def _paste_factory(project: PythonProject) -> Served | None:
    """Pyramid's `main(global_config, **settings)`, which an .ini file names."""
    for module in project.modules:
        line = module.calls_any("pyramid.config.Configurator")
        if line and "main" in module.functions:
            return Served(module, "main", line, factory=True)
    return None


def _bottle_functions(project: PythonProject) -> Match | None:
    """Bottle without an application object: `route` and `run` of the module itself."""
    for module in project.modules:
        line = module.calls_any("bottle.run")
        if line:
            return Match(
                framework="bottle",
                kind="web",
                rank=70,
                evidence=(*project.where("bottle"), f"{module.path}:{line}"),
                start=script_start(project, module.path),
                port=8080,
            )
    return None
