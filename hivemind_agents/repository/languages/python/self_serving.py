"""Frameworks whose programs bring their own server: a script is run, no object is pointed at."""

import re
from dataclasses import replace

from hivemind_agents.repository.facts import LIKELY, SURE, Fact, Match
from hivemind_agents.repository.languages.python.project import PythonProject, target
from hivemind_agents.repository.languages.python.serving import script_start

_STREAMLIT_NAMES = (
    "streamlit_app.py",
    "app.py",
    "main.py",
    "Home.py",
    "home.py",
    "index.py",
    "streamlit.py",
)


def detect(project: PythonProject) -> Match | None:
    """The first that fits of aiohttp, Sanic, Tornado, Streamlit, Gradio and their kin."""
    for look in _LOOKS:
        found = look(project)
        if found:
            return found
    return None


def _match(
    project: PythonProject, framework: str, where: str, start: str, *, port: int, rank: int = 60
) -> Match:
    return Match(
        framework=framework,
        kind="web",
        rank=rank,
        confidence=SURE,
        evidence=(*project.where(framework), where),
        start=start,
        start_confidence=LIKELY,
        start_evidence=(where,),
        port=port,
    )


def _aiohttp(project: PythonProject) -> Match | None:
    for module in project.modules:
        line = module.calls_any("aiohttp.web.run_app", "aiohttp.web.TCPSite", "web.run_app")
        if line:
            where = f"{module.path}:{line}"
            start = script_start(project, module.path)
            return _match(project, "aiohttp", where, start, port=8080, rank=66)
    served = project.served("aiohttp.web.Application")
    if served is None:
        return None
    folder, name = target(project, served.module.path, served.name)
    chdir = f"cd {folder} && " if folder else ""
    if project.dependencies.runtime("gunicorn"):
        start = (
            f"{chdir}gunicorn {name} --worker-class aiohttp.GunicornWebWorker --bind 0.0.0.0:$PORT"
        )
    else:
        start = f"{chdir}python -m aiohttp.web -H 0.0.0.0 -P $PORT {name}"
    return _match(project, "aiohttp", served.where, start, port=8080, rank=66)


def _sanic(project: PythonProject) -> Match | None:
    served = project.served("sanic.Sanic", "sanic.app.Sanic")
    if served is None:
        return None
    folder, name = target(project, served.module.path, served.name)
    enter = f"cd {folder} && " if folder else ""
    factory = " --factory" if served.factory else ""
    start = f"{enter}sanic {name}{factory} --host=0.0.0.0 --port=$PORT"
    return _match(project, "sanic", served.where, start, port=8000, rank=72)


def _tornado(project: PythonProject) -> Match | None:
    for module in project.modules:
        line = module.calls_any("tornado.web.Application", "tornado.httpserver.HTTPServer")
        if line and (".listen" in module.text or module.main_guard):
            return _match(
                project, "tornado", f"{module.path}:{line}", script_start(project, module.path),
                port=8888,
            )  # fmt: skip
    return None


def _streamlit(project: PythonProject) -> Match | None:
    pages = [module for module in project.modules if "streamlit" in module.imports
             and "/pages/" not in f"/{module.path}"]  # fmt: skip
    if not pages:
        return None

    def order(path: str) -> tuple[int, int, str]:
        name = path.rsplit("/", 1)[-1]
        known = _STREAMLIT_NAMES.index(name) if name in _STREAMLIT_NAMES else 99
        return path.count("/"), known, path

    page = min(pages, key=lambda module: order(module.path))
    start = (
        f"streamlit run {page.path} --server.port $PORT --server.address 0.0.0.0"
        " --server.headless true"
    )
    where = project.tree.where(page.path, "streamlit")
    found = _match(project, "streamlit", where, start, port=8501, rank=58)
    return replace(found, health_path=Fact("/_stcore/health", SURE, (where,)))


def _gradio(project: PythonProject) -> Match | None:
    for module in project.modules:
        made = [name for name in module.calls if re.match(
            r"gradio\.(Interface|Blocks|ChatInterface|TabbedInterface|load)$", name)]  # fmt: skip
        if made and "launch" in module.text:
            where = f"{module.path}:{module.calls[made[0]]}"
            start = f"GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT python {module.path}"
            return _match(project, "gradio", where, start, port=7860, rank=59)
    return None


def _solara(project: PythonProject) -> Match | None:
    """Solara's components are served by its own command."""
    for module in project.modules:
        found = "solara" in module.imports and re.search(r"@solara\.component\b", module.text)
        if found:
            start = f"solara run {module.path} --host 0.0.0.0 --port $PORT --production"
            where = project.tree.where(module.path, "@solara.component")
            return _match(project, "solara", where, start, port=8765)
    return None


def _functions(project: PythonProject) -> Match | None:
    """A function of a cloud, served by the functions framework."""
    for module in project.modules:
        found = "functions_framework" in module.imports and re.search(
            r"@functions_framework\.(http|cloud_event)\b[^\n]*\n(?:@[^\n]*\n)*(?:async\s+)?def\s+(\w+)",
            module.text,
        )
        if found:
            sort = " --signature-type cloudevent" if found.group(1) == "cloud_event" else ""
            source = "" if module.path == "main.py" else f" --source {module.path}"
            start = f"functions-framework --target {found.group(2)}{source}{sort} --port $PORT"
            where = project.tree.where(module.path, "@functions_framework")
            return _match(project, "functions-framework", where, start, port=8080)
    return None


def _bentoml(project: PythonProject) -> Match | None:
    """A service of BentoML, which its own command serves; a script that saves a model is none."""
    for module in project.modules:
        found = "bentoml" in module.imports and re.search(
            r"@bentoml\.service\b[^\n]*(?:\n(?!class\b)[^\n]*)*\nclass\s+(\w+)|"
            r"(?m:^)(\w+)\s*=\s*bentoml\.Service\(",
            module.text,
        )
        if found:
            folder, name = target(project, module.path, found.group(1) or found.group(2))
            enter = f"cd {folder} && " if folder else ""
            where = f"{module.path}:{module.text.count(chr(10), 0, found.end()) + 1}"
            start = f"{enter}bentoml serve {name} --host 0.0.0.0 --port $PORT"
            return _match(project, "bentoml", where, start, port=3000)
    return None


def _webpy(project: PythonProject) -> Match | None:
    """web.py takes its address from the command line."""
    for module in project.modules:
        line = module.calls_any("web.application") if "web" in module.imports else None
        if line:
            start = f"{script_start(project, module.path)} 0.0.0.0:$PORT"
            return _match(project, "web.py", f"{module.path}:{line}", start, port=8080)
    return None


# package: (call that serves, command with {file}, port)
_SCRIPTS: dict[str, tuple[tuple[str, ...], str, int]] = {
    "chainlit": ((), "chainlit run {file} --host 0.0.0.0 --port $PORT --headless", 8000),
    "nicegui": (("nicegui.ui.run",), "python {file}", 8080),
    "cherrypy": (("cherrypy.quickstart", "cherrypy.engine.start"), "python {file}", 8080),
    "panel": (
        (".servable",),
        "panel serve {file} --address 0.0.0.0 --port $PORT --allow-websocket-origin='*'",
        5006,
    ),
    "shiny": (
        ("shiny.App", "shiny.express.ui.page_opts", "shiny.express.input"),
        "shiny run --host 0.0.0.0 --port $PORT {file}",
        8000,
    ),
    "flet": (
        ("flet.app", "flet.run"),
        "flet run --web --host 0.0.0.0 --port $PORT {file}",
        8550,
    ),
    "mesop": (
        ("mesop.page", "mesop.features.page.page"),
        "mesop {file} --port $PORT --prod",
        32123,
    ),
    "voila": (("voila.app.main",), "voila --no-browser --port=$PORT {file}", 8866),
    "marimo": (
        ("marimo.App",),
        "marimo run {file} --host 0.0.0.0 --port $PORT --headless",
        2718,
    ),
    "taipy": (("taipy.gui.Gui", "taipy.Gui", "taipy.run"), "python {file}", 5000),
    "pywebio": (("pywebio.start_server",), "python {file}", 8080),
    "justpy": (("justpy.justpy",), "python {file}", 8000),
    "litserve": (("litserve.LitServer",), "python {file}", 8000),
    "reflex": (("reflex.App",), "reflex run --env prod --backend-host 0.0.0.0", 8000),
}


def _scripts(project: PythonProject) -> Match | None:
    for package, (calls, command, port) in _SCRIPTS.items():
        for module in project.modules:
            if package not in module.imports:
                continue
            line = module.calls_any(*calls) if calls else 1
            if line:
                where = f"{module.path}:{line}"
                return _match(
                    project, package, where, command.format(file=module.path), port=port, rank=57
                )
    return None


_LOOKS = (
    _sanic, _aiohttp, _tornado, _streamlit, _gradio, _webpy, _bentoml, _solara, _functions,
    _scripts,
)  # fmt: skip
