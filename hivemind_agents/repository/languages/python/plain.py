"""Python without a framework that serves: a script, a worker, a program of the shell, a library."""

import re

from hivemind_agents.repository.facts import GUESS, LIKELY, SURE, WEAK, Match
from hivemind_agents.repository.languages.python.project import PythonProject, Served, acts
from hivemind_agents.repository.languages.python.serving import script_start, wsgi_start
from hivemind_agents.repository.readers.python_source import PythonModule
from hivemind_agents.repository.readers.structured import read_toml, table

ENTRIES = (
    "main.py", "app.py", "start.py", "run.py", "server.py", "bot.py", "hello.py", "index.py",
    "worker.py", "__main__.py", "application.py", "cli.py", "script.py", "program.py", "manage.py",
)  # fmt: skip
_SERVERS = (
    "http.server.HTTPServer",
    "http.server.ThreadingHTTPServer",
    "http.server.test",
    "socketserver.TCPServer",
    "socketserver.ThreadingTCPServer",
    "wsgiref.simple_server.make_server",
    "uvicorn.run",
    "uvicorn.Server",
    "waitress.serve",
    "werkzeug.serving.run_simple",
    "HTTPServer",
    "asyncio.start_server",
    "websockets.serve",
    "websockets.server.serve",
    "grpc.server",
    "grpc.aio.server",
    "websockets.asyncio.server.serve",
    "eventlet.wsgi.server",
    "gevent.pywsgi.WSGIServer",
    "hypercorn.asyncio.serve",
    "mcp.server.fastmcp.FastMCP.run",
    # Bots that are called by the web instead of asking.
    ".run_webhook",
    ".listenTCP",
    "klein.run",
    ".start_webhook",
)
_WORKERS = re.compile(
    r"\.(run_polling|start_polling|infinity_polling|polling|start_consuming|run_forever|work|"
    r"basic_consume|idle|consume_cli|loop_forever|run_until_disconnected|run_worker)\b"
)
_BOTS = (
    "discord",
    "telegram",
    "telebot",
    "aiogram",
    "slack_bolt",
    "pyrogram",
    "nextcord",
    "disnake",
    "telethon",
    "twitchio",
    "interactions",
)
_QUEUES = ("dramatiq", "rq", "huey", "arq", "pika", "kafka", "confluent_kafka", "faust", "nameko",
           "schedule", "apscheduler", "temporalio", "aio_pika")  # fmt: skip


def plain_match(project: PythonProject) -> Match:  # noqa: PLR0911 - a verdict each
    """What the entry script does decides."""
    static = _static_generator(project)
    if static:
        return static
    entry = entry_module(project)
    if entry is None:
        return _without_entry(project)
    start = script_start(project, entry.path)
    reachable = [entry, *_imported(project, entry)]
    tools = _tool_server(reachable)
    if tools:
        return Match(
            framework=None, kind="web", rank=22, evidence=(tools,), kind_confidence=LIKELY,
            start=start, start_confidence=LIKELY, port=8000,
        )  # fmt: skip
    for module in reachable:
        line = module.calls_any(*_SERVERS) or _accepts(module) or _called_by_slack(module)
        if line:
            where = f"{module.path}:{line}"
            adds: tuple[str, ...] = ()
            # Named as servers look for it (PEP 3333), in a file that starts none itself.
            made = entry.objects.get("application")
            if made and module is not entry and not entry.main_guard:
                start, adds = wsgi_start(
                    project, Served(entry, "application", made[1], factory=False)
                )
            return Match(
                framework=None, kind="web", rank=20, evidence=(where,), kind_confidence=0.88,
                start=start, start_confidence=LIKELY, port=_port(module) or 8000, adds=adds,
            )  # fmt: skip
    for module in reachable:
        works = _works_without_end(module)
        if works:
            return Match(
                framework=None, kind="worker", rank=15, evidence=(works,), start=start,
                kind_confidence=LIKELY, start_confidence=LIKELY, processes={"worker": start},
            )  # fmt: skip
    script = _console_script(project)
    if script and not _root_entry(entry):
        return script
    known = entry.path in ENTRIES or entry.main_guard
    return Match(
        framework=None, kind="cli", rank=10, evidence=(entry.path,), start=start,
        kind_confidence=0.88 if known else GUESS, start_confidence=0.88 if known else GUESS,
    )  # fmt: skip


def _accepts(module: PythonModule) -> int | None:
    """The line where a bare socket takes connections."""
    return module.calls_any(".accept") if "socket" in module.imports else None


def _called_by_slack(module: PythonModule) -> int | None:
    """Bolt's own server; in socket mode it asks Slack instead."""
    if "slack_bolt" not in module.imports or "SocketMode" in module.text:
        return None
    return module.calls_any("slack_bolt.App().start", "app.start", "bolt.start", "slack.start")


def _tool_server(modules: list[PythonModule]) -> str | None:
    """A server of tools for models (MCP) that listens; one that speaks on stdio is a program."""
    for module in modules:
        if not {"mcp", "fastmcp"} & module.imports:
            continue
        found = re.search(r"transport\s*=\s*[\"'](?:http|sse|streamable-http)[\"']", module.text)
        if found:
            return f"{module.path}:{module.text.count(chr(10), 0, found.start()) + 1}"
    return None


def _root_entry(entry: PythonModule) -> bool:
    return entry.path in ENTRIES[:4]


def entry_module(project: PythonProject) -> PythonModule | None:
    """The file that a person would run."""
    by_path = {module.path: module for module in project.modules}
    for name in ENTRIES:
        if name in by_path:
            return by_path[name]
    for prefix in (
        "src/",
        "app/",
        f"{project.tree.name}/",
        f"{project.tree.name.replace('-', '_')}/",
    ):
        for name in ("main.py", "app.py", "__main__.py"):
            if prefix + name in by_path:
                return by_path[prefix + name]
    mains = [module for module in project.modules if module.path.endswith("__main__.py")]
    root = [
        module
        for module in project.modules
        if "/" not in module.path
        and module.path
        not in {
            "setup.py",
            "conftest.py",
            "noxfile.py",
            "__init__.py",
            "tasks.py",
            "fabfile.py",
            "config.py",
            "settings.py",
            "gunicorn.conf.py",
            "conf.py",
        }
    ]
    guarded = [module for module in root if module.main_guard]
    if mains:
        return mains[0]
    alone = guarded[0] if len(guarded) == 1 else _lasting(root)
    if alone:
        return alone
    below = [
        module
        for module in project.modules
        if module.path.count("/") == 1 and module.path.rsplit("/", 1)[-1] in ENTRIES[:9]
    ]
    if not root and len(below) == 1:
        return below[0]
    packaged = bool(project.tree.has("setup.py")) or "build-system" in read_toml(
        project.tree, "pyproject.toml"
    )
    return root[0] if len(root) == 1 and not packaged else None


def _lasting(root: list[PythonModule]) -> PythonModule | None:
    """Of several that can be run, the one that goes on running: a server, not its client."""
    runnable = [module for module in root if module.main_guard or acts(module)]
    for lasting in (
        [module for module in runnable if module.calls_any(*_SERVERS) or _accepts(module)],
        [module for module in runnable if _works_without_end(module)],
    ):
        if len(lasting) == 1:
            return lasting[0]
    return None


def _imported(project: PythonProject, entry: PythonModule) -> list[PythonModule]:
    """Modules of the repository that the entry imports, at most two steps away."""
    names = {module.path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): module
             for module in project.modules}  # fmt: skip
    seen = {entry.path}
    found: list[PythonModule] = []
    frontier = [entry]
    for _ in range(2):
        following: list[PythonModule] = []
        for module in frontier:
            wanted = module.imports | {origin.lstrip(".") for origin in module.origins.values()}
            for name in sorted(wanted):
                hit = names.get(name) or names.get(name.rpartition(".")[0])
                if hit and hit.path not in seen:
                    seen.add(hit.path)
                    following.append(hit)
        found.extend(following)
        frontier = following
    return found


def is_only_kept_alive(project: PythonProject, served: PythonModule) -> bool:
    """Whether a page is served from a thread beside a bot, which is what is started."""
    entry = entry_module(project)
    return (
        entry is not None
        and entry is not served
        and any(name in entry.imports for name in _BOTS)
        and "Thread" in served.text
        and _works_without_end(entry) is not None
    )


def _works_without_end(module: PythonModule) -> str | None:
    for call, line in module.calls.items():
        if _WORKERS.search(call):
            return f"{module.path}:{line}"
    if "temporalio" in module.imports and "temporalio.worker.Worker" in module.calls:
        return f"{module.path}:{module.calls['temporalio.worker.Worker']}"
    bot = next((name for name in _BOTS if name in module.imports), None)
    if bot and any(
        call.endswith((".run", ".start", ".login", ".connect")) for call in module.calls
    ):
        return f"{module.path}:1"
    queue = next((name for name in _QUEUES if name in module.imports), None)
    blocking = (
        "BlockingScheduler" in module.text or module.endless or "consumer" in module.text.lower()
    )
    if queue and blocking:
        return f"{module.path}:{module.endless or 1}"
    waits = re.search(r"sleep|consume|poll|get_message|recv|brpop|blpop|xread", module.text)
    if module.endless and waits and not re.search(r"\binput\(", module.text):
        return f"{module.path}:{module.endless}"
    return None


def _port(module: PythonModule) -> int | None:
    found = re.search(r"(?i)\bport\b[^\n]{0,60}?\b(\d{4,5})\b", module.text)
    return int(found.group(1)) if found and int(found.group(1)) < 65536 else None


def _console_script(project: PythonProject) -> Match | None:
    content = read_toml(project.tree, "pyproject.toml")
    scripts = table(table(content.get("project")).get("scripts")) or table(
        table(table(content.get("tool")).get("poetry")).get("scripts")
    )
    named = [(str(name), "pyproject.toml") for name in scripts]
    for path in ("setup.py", "setup.cfg"):
        found = project.tree.search(path, r"console_scripts[^\[\n]*[\[\n][\s\"']*([\w-]+)\s*=")
        if found:
            named.append((found.group(1), path))
    if not named:
        return None
    name, where = named[0]
    return Match(
        framework=None, kind="cli", rank=12, evidence=(project.tree.where(where, name),),
        start=name, kind_confidence=LIKELY, start_confidence=LIKELY,
    )  # fmt: skip


def _without_entry(project: PythonProject) -> Match:
    script = _console_script(project)
    if script:
        return script
    packaged = project.tree.has("setup.py", "setup.cfg", "pyproject.toml")
    return Match(
        framework=None, kind="library" if packaged else "cli", rank=5,
        evidence=(packaged,) if packaged else (),
        kind_confidence=LIKELY if packaged else WEAK,
        notes=() if packaged else ("no Python file looks like the one to run",),
    )  # fmt: skip


def _only_documents(project: PythonProject, configuration: str) -> bool:
    """Whether there is nothing but the configuration of Sphinx and its documents."""
    folder = configuration.rpartition("/")[0]
    modules = [item.path for item in project.modules if item.path != configuration]
    index = [f"{folder}/index.{end}".lstrip("/") for end in ("rst", "md")]
    return not modules and project.tree.has(*index) is not None


def _static_generator(project: PythonProject) -> Match | None:
    """Sites that Python only builds: MkDocs, Pelican, Sphinx."""
    tree = project.tree
    package = any(module.path.endswith("__init__.py") for module in project.modules)
    for manifest, name, command, output in (
        ("mkdocs.yml", "mkdocs", "mkdocs build", "site"),
        ("mkdocs.yaml", "mkdocs", "mkdocs build", "site"),
        ("pelicanconf.py", "pelican", "pelican content{} -o output", "output"),
        (
            next(iter(tree.root_files("*.lektorproject")), "lektor.lektorproject"),
            "lektor",
            "lektor build -O public",
            "public",
        ),
        ("_toc.yml", "jupyter-book", "jupyter-book build .", "_build/html"),
        ("conf.py", "sphinx", "sphinx-build . public", "public"),
        ("source/conf.py", "sphinx", "sphinx-build source public", "public"),
        ("docs/conf.py", "sphinx", "sphinx-build docs public", "public"),
        ("docs/source/conf.py", "sphinx", "sphinx-build docs/source public", "public"),
    ):
        if manifest in tree and not package:
            listed = project.dependencies.first(name)
            if name == "sphinx" and (
                entry_module(project) or not (listed or _only_documents(project, manifest))
            ):
                continue
            published = " -s publishconf.py" if "publishconf.py" in tree else ""
            return Match(
                framework=name, kind="static", rank=40, confidence=SURE, evidence=(manifest,),
                build=(command.format(published),), document_root=output, start_confidence=LIKELY,
                adds=() if listed else (name,),
            )  # fmt: skip
    return None
