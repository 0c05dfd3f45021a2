"""Node (and Bun): from package.json and the code that its start script reaches to one finding."""

import re
from dataclasses import replace

from hivemind_agents.repository.facts import (
    CERTAIN,
    GUESS,
    LIKELY,
    SURE,
    WEAK,
    Fact,
    Finding,
    Match,
)
from hivemind_agents.repository.languages import detectors
from hivemind_agents.repository.languages.assemble import assemble, best
from hivemind_agents.repository.languages.node import builds, health, listening, prisma
from hivemind_agents.repository.languages.node import project as reading
from hivemind_agents.repository.languages.node.plain import plain_match
from hivemind_agents.repository.languages.node.project import NodeProject
from hivemind_agents.repository.platforms.copied import templates
from hivemind_agents.repository.tree import FileTree


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as Node, if it has a package.json or a script of JavaScript."""
    if reading.MANIFEST not in tree:
        return _script_alone(tree)
    project = reading.read_project(tree)
    match = best(look(project) for look in detectors(__name__)) or plain_match(project)
    if _only_for_pages(project, match):
        return None
    runtime, version = _runtime(project)
    manager = project.manager
    if not project.dependencies and not project.scripts and manager.confidence < CERTAIN:
        manager = Fact(manager.value, LIKELY, manager.evidence)
    settings = templates(tree)
    if match.kind == "web" and match.start and (given := listening.given_port(project, match)):
        match = replace(match, start=f"{given}=$PORT {match.start}")
    read = tuple(use for template in settings for use in template.uses)
    return assemble(
        replace(
            match,
            processes={**_processes(project), **match.processes},
            env=(*match.env, *read),
        ),
        language="node",
        manifest=reading.MANIFEST,
        dependencies=project.dependencies,
        runtime=runtime,
        version=version,
        manager=manager,
        install=(
            reading.install_command(tree, manager.value),
            *(template.command for template in settings),
            *((generated,) if (generated := prisma.generate(project)) else ()),
            *(() if match.build else project.build),
        ),
        health=health.health_path(project, match),
        weight=_serves(project, match),
    )


# What shows pages to who writes them, and makes them anew when they change.
_DEVELOPERS_TOOLS = (
    r"\b(?:gulp|grunt|webpack|rollup|parcel|live-server|lite-server)\b|browser-?[sS]ync"
)


def _only_for_pages(project: NodeProject, match: Match) -> bool:
    """Whether the manifest only brings tools for pages that are there as they are served: they are
    a site of plain files.
    """
    package = project.package
    if match.kind not in {"cli", "library"} or match.framework or package.get("bin"):
        return False
    if match.kind == "library" and any(key in package for key in ("main", "module", "exports")):
        return False  # its page shows what others import
    start = project.expanded(project.scripts.get("start", ""))
    tools = re.search(_DEVELOPERS_TOOLS, start) or project.reaches(_DEVELOPERS_TOOLS)
    page = project.tree.has("index.html", "dist/index.html", "public/index.html")
    if page is None or (start and not tools):
        return False
    text = project.tree.text(page) or ""
    # A page of sources is made into another one first.
    return not re.search(r"node_modules/|src=[\"']/?src/|\.(?:tsx?|jsx|scss)[\"']", text)


def _serves(project: NodeProject, match: Match) -> float:
    """A front end's build beside a server of another language is not what runs."""
    if match.kind == "web":
        return CERTAIN - 0.04 if match.framework else SURE - 0.03
    if match.kind == "worker":
        return GUESS
    if match.kind == "static":
        return GUESS - 0.05
    if match.start:
        return GUESS - 0.15
    return WEAK - 0.2 if not project.entry else WEAK - 0.05


def _runtime(project: NodeProject) -> tuple[str, Fact[str] | None]:
    tree, package = project.tree, project.package
    start = project.scripts.get("start", "")
    by_bun = project.manager.value == "bun" and not re.search(r"(?:^|\s)node\s", start)
    explicit = re.match(r"\s*bun\s", start) or project.reaches(r"\bBun\.serve\b|from [\"']bun[\"']")
    if by_bun or explicit:
        return "bun", reading.bun_version(tree, package) or reading.node_version(tree, package)
    return "node", reading.node_version(tree, package)


# Scripts that bring tables up to date, those of production first.
_MIGRATIONS = (
    "release", "db:migrate:deploy", "migrate:deploy", "migrate:prod", "db:migrate:prod",
    "migration:run:prod", "db:migrate", "migrate", "migration:run", "migrations:run",
    "migrate:run", "migrate:up", "migration:up", "db:migrate:up", "migrate:latest",
    "db:migrate:latest", "knex:migrate", "sequelize:migrate", "typeorm:migrate", "migrate-db",
)  # fmt: skip
# Programs that migrate only when they are told which way.
_WANTS_WORD = re.compile(
    r"\s*(?:npx )?(?:node-pg-migrate|db-migrate)\b(?!.*\s(?:up|down|redo|create)\b)"
)


def _processes(project: NodeProject) -> dict[str, str]:
    """Migrations before traffic, and workers that the scripts name."""
    found: dict[str, str] = {}
    if release := prisma.release(project):
        found["release"] = release
    else:
        for name in _MIGRATIONS:
            script = project.scripts.get(name)
            if script and not re.search(r"--?dev\b|migrate dev|echo", script):
                if name == "release" and not builds.connects(project, name):
                    continue  # the author's own, who publishes with it
                found["release"] = project.run(name)
                if _WANTS_WORD.match(script):
                    found["release"] += " up"  # what the author types after it
                break
    if "release" not in found and (release := builds.migrations(project)):
        found["release"] = release
    for name in ("worker", "start:worker", "workers", "queue"):
        if name in project.scripts:
            found["worker"] = project.run(name)
            break
    return found


def _script_alone(tree: FileTree) -> Finding | None:
    """JavaScript without a manifest: a lone script that is run by Node."""
    entry = tree.has(
        "server.js", "app.js", "main.js", "index.js", "index.mjs", "index.ts", "main.ts"
    )
    if entry is None or tree.has("deno.json", "deno.jsonc", "deno.lock"):
        return None
    text = tree.text(entry) or ""
    if re.search(r"\bDeno\.|https://deno\.land|from [\"'](?:jsr|npm):", text):
        return None
    browser = tree.has("index.html") and re.search(r"\b(document|window)\.", text)
    if browser or (tree.has("index.html") and "require(" not in text and "import " not in text):
        return None
    serves = re.search(r"\.listen\(|createServer|Bun\.serve", text)
    runtime = "bun" if "Bun." in text else "node"
    return Finding(
        language=Fact("node", LIKELY, (entry,)),
        manifest=entry,
        serves=LIKELY if serves else WEAK - 0.15,
        runtime=runtime,
        version=reading.node_version(tree, {}),
        kind=Fact("web" if serves else "cli", LIKELY, (entry,)),
        start=Fact(f"{runtime} {entry}", LIKELY, (entry,)),
        port=3000 if serves else None,
    )
