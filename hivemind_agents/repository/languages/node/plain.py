"""Node without a framework: what the code that the start script reaches does decides."""

import re

from hivemind_agents.repository.facts import GUESS, LIKELY, SURE, WEAK, Match
from hivemind_agents.repository.languages.node.nx import built_program
from hivemind_agents.repository.languages.node.project import MANIFEST, NodeProject
from hivemind_agents.repository.readers.structured import text_of
from hivemind_agents.repository.report import Kind

LISTENS = (
    r"\.listen\(|createServer\(|Bun\.serve\(|createSecureServer\(|Deno\.serve\(|"
    r"new WebSocketServer\(|"
    r"new WebSocket\.Server\(|\bserve\(\s*\{|\bserve\(\s*app|startStandaloneServer\(|"
    r"Hapi\.[sS]erver\(|new Elysia\(|"
    r"export default \{[^}]*\bfetch\b|export default app\b|\.start\(\s*process\.env\.PORT|"
    r"\.run\(\s*\{\s*port|http\.Server\(|\.bindAsync\("
)
_WORKS = (
    r"socketMode\s*:\s*true|new Worker\(|\.process\(|cron\.schedule\(|new CronJob\(|"
    r"client\.login\(|"
    r"\.login\(process\.env|bot\.launch\(|"
    r"new TelegramBot\(|channel\.consume\(|consumer\.run\(|\.subscribe\([\"']|startPolling|"
    r"scheduleJob\(|each(?:Message|Batch)\s*[:(]|new Cron\(|Worker\.create\(|boss\.work\(|"
    r"(?:from|require\()\s*[\"'](?:discord\.js|eris|telegraf|grammy|node-telegram-bot-api|tmi\.js|"
    r"whatsapp-web\.js|@whiskeysockets/baileys|mineflayer|@sapphire/framework|discordx)[\"']"
)
_DEVELOPMENT = re.compile(
    r"\bnodemon\b|ts-node-dev|\bnext dev\b|\bvite\b(?!.*(?:build|preview))|"
    r"webpack(?:-dev-server| serve)|\bng serve\b|"
    r"\bnode --watch\b|--watch\b|tsx watch|react-scripts start|vue-cli-service serve|"
    r"gatsby develop|astro dev|nuxt(?:i)? dev|"
    r"remix (?:vite:)?dev|react-router dev|parcel (?!build)\S+|live-server|browser-sync|"
    r"nest start --watch|strapi develop|"
    r"web-dev-server|snowpack dev|rsbuild dev|rspack (?:dev|serve)|vinxi dev|grunt serve|"
    r"adonis serve|ace serve|vitepress dev|docusaurus start|eleventy --serve|concurrently"
)


def start_of(
    project: NodeProject, *, prefer: tuple[str, ...] = ()
) -> tuple[str | None, float, str]:
    """(command, confidence, evidence): a script for production, else the entry file itself."""
    for name in (*prefer, "start"):
        script = project.scripts.get(name)
        if script and not is_development(project.expanded(script)):
            sure = 0.95 if name == "start" else 0.88
            if re.match(r"\s*(?:npx )?nx (?:run \S+:)?serve\b", script):
                built = built_program(project)
                if built:
                    return f"node {built[1]}", LIKELY, project.script_where(name)
                sure = GUESS  # made for developers, and there is no other
            return project.run(name), sure, project.script_where(name)
    for name in ("start:prod", "start:production", "prod", "production", "serve:prod"):
        script = project.scripts.get(name)
        if script and not is_development(script):
            return project.run(name), 0.88, project.script_where(name)
    return _entry_itself(project)


def _entry_itself(project: NodeProject) -> tuple[str | None, float, str]:
    """The entry file, or what it is compiled to."""
    built = built_program(project)
    if built:
        return f"node {built[1]}", LIKELY, "nx.json"
    runner = "bun" if project.manager.value == "bun" else "node"
    entry = project.entry_of(project.scripts.get("start", "")) or project.entry
    if entry is None:
        return None, WEAK, MANIFEST
    if entry.endswith((".ts", ".mts", ".tsx")) and runner == "node":
        compiled = _compiled(project, entry)
        if compiled:
            return f"node {compiled}", LIKELY - 0.1, entry
        return project.exec(f"tsx {entry}"), GUESS, entry
    sure = LIKELY if "main" in project.package or entry in {"server.js", "index.js"} else GUESS
    return f"{runner} {entry}", sure, entry


def is_development(script: str) -> bool:
    """Whether a script serves a developer at work."""
    return bool(_DEVELOPMENT.search(script)) and "json-server" not in script


def _compiled(project: NodeProject, entry: str) -> str | None:
    """Where the compiler puts the entry."""
    main = text_of(project.package.get("main")) or ""
    if re.match(r"\.?/?(dist|build|lib|out)/", main):
        return main.removeprefix("./")
    config = project.tree.search("tsconfig.json", r"\"outDir\"\s*:\s*\"\.?/?([^\"]+)\"")
    if config is None or not project.build:
        return None
    root = project.tree.search("tsconfig.json", r"\"rootDir\"\s*:\s*\"\.?/?([^\"]+)\"")
    inner = entry
    if (root and root.group(1).strip("/") == "src") or (root is None and entry.startswith("src/")):
        inner = entry.removeprefix("src/")
    return f"{config.group(1).strip('/')}/{re.sub(r'[.][mc]?tsx?$', '.js', inner)}"


def plain_match(project: NodeProject) -> Match:  # noqa: PLR0911 - a verdict each
    """A server, a worker, a program of the shell, a library, or only tools."""
    serves = None if project.reaches(r"socketMode\s*:\s*true") else project.reaches(LISTENS)
    start, sure, where = start_of(project)
    functions = project.dependencies.runtime("firebase-functions")
    if functions and not serves:
        return Match(
            framework=None, kind="library", rank=12, evidence=(functions.where,),
            kind_confidence=0.75,
            notes=("functions that a platform calls; nothing here listens by itself",),
        )  # fmt: skip
    if serves and start:
        return Match(
            framework=None, kind="web", rank=20, evidence=(serves,), kind_confidence=0.88,
            start=start, start_confidence=sure, start_evidence=(where,), port=3000,
        )  # fmt: skip
    works = project.reaches(_WORKS)
    if works and start:
        return Match(
            framework=None,
            kind="worker",
            rank=15,
            evidence=(works,),
            kind_confidence=LIKELY,
            start=start,
            start_confidence=sure,
            start_evidence=(where,),
            processes={"worker": start},
        )
    static = _front_end(project)
    if static:
        return static
    if "start" in project.scripts and start and not _served_folder(project):
        endless = project.reaches(r"setInterval\(|while\s*\(true\)")
        kind: Kind = "worker" if endless else "cli"
        sureness = GUESS if endless or not project.entry else 0.85
        if re.search(r"\bserve\b|http-server", project.scripts["start"]):
            kind, sureness = "web", GUESS
        return Match(
            framework=None,
            kind=kind,
            rank=10,
            evidence=(project.script_where("start"),),
            kind_confidence=sureness,
            start=start,
            start_confidence=sure,
            start_evidence=(where,),
        )
    folder = _served_folder(project)
    if folder:
        return Match(
            framework=None,
            kind="static",
            rank=12,
            evidence=(project.script_where("start"),),
            kind_confidence=LIKELY,
            document_root=folder,
            single_page=" -s" in project.scripts["start"],
        )
    if project.package.get("bin"):
        return _program(project)
    return _library_or_script(project, start, sure, where)


_FLAG_WITH_VALUE = re.compile(r"(?:^|\s)-{1,2}(?:a|p|l|d|host|port|listen|address)[ =]\S+")


def _served_folder(project: NodeProject) -> str | None:
    """The folder that a start script hands to a plain file server."""
    found = re.match(
        r"\s*(?:npx\s+)?(?:serve|http-server|live-server|lite-server|sirv)\b(.*)$",
        project.scripts.get("start", ""),
    )
    if found is None:
        return None
    plain = _FLAG_WITH_VALUE.sub(" ", found.group(1))
    words = [
        word
        for word in plain.split()
        if not word.startswith("-") and not word.isdigit() and "$" not in word and ":" not in word
    ]
    return words[0].removeprefix("./").rstrip("/") or "." if words else "."


def _front_end(project: NodeProject) -> Match | None:
    """A bundler of whatever make whose output is a page."""
    bundler = project.dependencies.first(
        "parcel",
        "parcel-bundler",
        "webpack",
        "rollup",
        "esbuild",
        "@rspack/core",
        "snowpack",
        "gulp",
        "@rsbuild/core",
    )
    makes_page = bundler is not None and bundler.name == "@rsbuild/core"
    makes_page = makes_page or project.dependencies.first("html-webpack-plugin") is not None
    page = makes_page or project.tree.has(
        "index.html", "src/index.html", "public/index.html", "app/index.html", "source/index.html"
    )
    if bundler is None or not page or not project.build:
        return None
    start = project.scripts.get("start", "")
    tools = re.search(r"\b(webpack|parcel|rollup|gulp|rsbuild|rspack)\b", start)
    if start and not (tools or is_development(start) or _served_folder(project)):
        return None
    name = {"parcel-bundler": "parcel", "@rspack/core": "rspack", "@rsbuild/core": "rsbuild"}.get(
        bundler.name, bundler.name
    )
    return Match(
        framework=name if name in {"parcel", "rspack", "rsbuild", "snowpack"} else None,
        kind="static",
        rank=14,
        confidence=LIKELY,
        evidence=(bundler.where,),
        kind_confidence=LIKELY,
        document_root=_served_folder(project) or _bundled(project) or "dist",
    )


def _bundled(project: NodeProject) -> str | None:
    """The folder that webpack's configuration writes to."""
    _, text = project.config("webpack.config", "webpack.prod", "webpack.common", "config/webpack")
    found = re.search(
        r"\bpath\s*:\s*(?:path\.)?(?:resolve|join)\(\s*__dirname\s*,\s*[\"']\.?/?([\w/-]+)[\"']",
        text,
    )
    return found.group(1).strip("/") if found else None


def _program(project: NodeProject) -> Match:
    start = f"node {project.program}" if project.program else None
    return Match(
        framework=None, kind="cli", rank=10, evidence=(project.tree.where(MANIFEST, '"bin"'),),
        kind_confidence=0.85, start=start, start_confidence=0.75,
    )  # fmt: skip


def _library_or_script(project: NodeProject, start: str | None, sure: float, where: str) -> Match:
    package = project.package
    published = any(
        key in package for key in ("exports", "types", "typings", "files", "publishConfig")
    ) or str(package.get("module", "")).startswith(("dist", "./dist", "lib", "./lib", "es"))
    if published and "start" not in project.scripts:
        return Match(
            framework=None, kind="library", rank=8, evidence=(MANIFEST,), kind_confidence=LIKELY
        )
    if project.entry and start:
        private = (
            bool(package.get("private")) or not package.get("main") or "start" in project.scripts
        )
        text = project.tree.text(project.entry) or ""
        exports = re.search(r"module\.exports|exports\.\w+\s*=|^export ", text, re.M)
        prints = re.search(r"console\.|process\.(?:exit|stdout|argv)", text)
        kind: Kind = "library" if exports and not prints and not private else "cli"
        return Match(
            framework=None,
            kind=kind,
            rank=7,
            evidence=(where,),
            kind_confidence=LIKELY - 0.05,
            start=start if kind == "cli" else None,
            start_confidence=sure,
            start_evidence=(where,),
        )
    page = project.tree.has("index.html", "public/index.html")
    if page:
        root = page.rpartition("/")[0] or "."
        return Match(
            framework=None,
            kind="static",
            rank=6,
            evidence=(page,),
            kind_confidence=LIKELY,
            document_root=root,
        )
    return Match(
        framework=None, kind="library", rank=3, evidence=(MANIFEST,), kind_confidence=GUESS,
        notes=("no start script, no main file and no file with a usual entry's name was found",),
    )  # fmt: skip


__all__ = ["SURE", "is_development", "plain_match", "start_of"]
