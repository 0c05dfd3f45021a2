"""Deno: tasks, Fresh and plain scripts."""

import re

from hivemind_agents.repository.facts import (
    CERTAIN,
    LIKELY,
    SURE,
    Dependencies,
    Dependency,
    Fact,
    Finding,
    Match,
)
from hivemind_agents.repository.languages.assemble import assemble
from hivemind_agents.repository.readers.routes import scan_routes
from hivemind_agents.repository.readers.structured import read_json, table, text_of
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

_FRAMEWORKS = (
    ("fresh", r"\bfresh\b|\$fresh"),
    ("hono", r"\bhono\b"),
    ("oak", r"/oak(?:[@/\"']|$)|@oak/oak"),
    ("lume", r"\blume\b"),
    ("opine", r"/opine"),
    ("aleph", r"/aleph"),
    ("express", r"npm:express|from [\"']express[\"']"),
    ("danet", r"@danet/core"),
)

# Deno's own drivers, by the package of npm that does the same.
_DRIVERS = (
    ("deno.land/x/postgres", "postgres"),
    ("jsr:@db/postgres", "postgres"),
    ("jsr:@bartlomieju/postgres", "postgres"),
    ("deno.land/x/mysql", "mysql2"),
    ("jsr:@db/mysql", "mysql2"),
    ("deno.land/x/mongo", "mongodb"),
    ("jsr:@db/mongo", "mongodb"),
    ("deno.land/x/redis", "redis"),
    ("jsr:@db/redis", "redis"),
    ("jsr:@iuioiua/redis", "redis"),
)


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as Deno: a deno.json beside no package.json, or code that only Deno runs."""
    manifest = tree.has("deno.json", "deno.jsonc")
    scripts = tree.sources(".ts", ".tsx", ".js", limit=60)
    uses = next(
        (
            path
            for path in scripts
            if re.search(
                r"https://deno\.land|\bDeno\.(?:serve|env|listen|args|readTextFile|exit)\b|"
                r"from\s+[\"'](?:jsr|npm):",
                tree.text(path) or "",
            )
        ),
        None,
    )
    lock = tree.has("deno.lock")
    scripted = _scripts(tree)
    uses = uses or ("package.json" if scripted else None)
    if (
        manifest is None
        and (uses is None or ("package.json" in tree and not scripted))
        and not (lock and "package.json" not in tree)
    ):
        return None
    content = read_json(tree, manifest) if manifest else {}
    tasks = {
        name: text_of(value) or text_of(table(value).get("command")) or ""
        for name, value in table(content.get("tasks")).items()
    } or scripted
    imports = table(content.get("imports"))
    if "package.json" in tree and uses is None and not (tasks or imports):
        return None  # a deno.json for the editor alone, beside a Node program
    entry = _entry(tree, tasks, scripts)
    everything = " ".join(
        [
            *(str(item) for pair in imports.items() for item in pair),
            *((tree.text(path) or "")[:5000] for path in scripts[:30]),
        ]
    )
    framework = next(
        (name for name, pattern in _FRAMEWORKS if re.search(pattern, everything)), None
    )
    match = _match(tree, framework, tasks, entry, manifest)
    return assemble(
        match,
        language="deno",
        manifest=manifest or entry or "deno.lock",
        language_confidence=CERTAIN if manifest and "package.json" not in tree else LIKELY,
        version=_version(tree),
        manager=Fact(
            "deno", CERTAIN if manifest or lock else LIKELY, (manifest or lock or entry or "",)
        ),
        dependencies=_dependencies(tree, imports, manifest),
        health=scan_routes(tree, (".ts", ".tsx", ".js"), r"\.get\(\s*[\"'](/[^\"']*)[\"']")
        or Fact("/", LIKELY, match.evidence)
        if match.kind == "web"
        else None,
    )


def _scripts(tree: FileTree) -> dict[str, str]:
    """The scripts of a package.json that Deno is to run: its start calls it."""
    scripts = table(read_json(tree, "package.json").get("scripts"))
    found = {name: text_of(value) or "" for name, value in scripts.items()}
    return found if found.get("start", "").startswith("deno ") else {}


def _dependencies(tree: FileTree, imports: dict[str, object], manifest: str | None) -> Dependencies:
    found = []
    for value in imports.values():
        name = re.match(r"(?:npm|jsr):/?(@?[\w.-]+(?:/[\w.-]+)?)", str(value))
        if name and manifest:
            found.append(Dependency(name.group(1), "", tree.where(manifest, str(value))))
        for word, driver in _DRIVERS:
            if word in str(value) and manifest:
                found.append(Dependency(driver, "", tree.where(manifest, str(value))))
    for path in tree.sources(".ts", ".js", limit=60):
        found.extend(
            Dependency(hit.group(1), "", tree.where(path, hit.group(0)))
            for hit in re.finditer(
                r"(?:from|import)\s*\(?[\"']npm:(@?[\w.-]+(?:/[\w.-]+)?)", tree.text(path) or ""
            )
        )
        for word, driver in _DRIVERS:
            if word in (tree.text(path) or ""):
                found.append(Dependency(driver, "", tree.where(path, word)))
    return Dependencies(found)


def _entry(tree: FileTree, tasks: dict[str, str], scripts: list[str]) -> str | None:
    for name in ("start", "serve", "dev"):
        for word in re.findall(r"[\w./-]+\.(?:tsx?|jsx?|mjs)\b", tasks.get(name, "")):
            if word.removeprefix("./") in tree:
                return str(word.removeprefix("./"))
    return tree.has(
        "main.ts",
        "main.tsx",
        "mod.ts",
        "index.ts",
        "server.ts",
        "app.ts",
        "src/main.ts",
        "src/index.ts",
        "main.js",
        "index.js",
        "server.js",
        "src/server.ts",
    ) or (scripts[0] if len(scripts) == 1 else None)


def _version(tree: FileTree) -> Fact[str] | None:
    return plain_version_file(tree, ".dvmrc", ".deno-version") or tool_version(tree, "deno")


def _match(
    tree: FileTree,
    framework: str | None,
    tasks: dict[str, str],
    entry: str | None,
    manifest: str | None,
) -> Match:
    where = tuple(item for item in (manifest, entry) if item)
    text = tree.text(entry) or "" if entry else ""
    build = ("deno task build",) if "build" in tasks else ()
    if framework == "lume":
        return Match(
            framework="lume",
            kind="static",
            evidence=where,
            build=build or ("deno task lume",),
            document_root="_site",
        )
    serves = re.search(
        r"Deno\.serve|\bserve\(|\.listen\(|Deno\.listen|serveHttp|await start\(|"
        r"export default\s*\{",
        text,
    ) or "deno serve" in " ".join(tasks.values())
    serves = serves or framework == "fresh"
    production = next(
        (
            name
            for name in ("start", "preview", "serve", "prod")
            if name in tasks and "--watch" not in tasks[name]
        ),
        None,
    )
    if production:
        start, sure = f"deno task {production}", 0.9
    elif entry:
        start, sure = f"deno run -A {entry}", 0.82
    else:
        start, sure = None, 0.3
    if not serves and entry:
        inner = next(
            (
                path
                for path in tree.sources(".ts", ".tsx", limit=60)
                if re.search(r"Deno\.serve|\.listen\(", tree.text(path) or "")
            ),
            None,
        )
        serves = bool(inner and framework)
    if serves:
        return Match(
            framework=framework,
            kind="web",
            confidence=SURE,
            kind_confidence=SURE,
            evidence=where,
            start=start,
            start_confidence=sure,
            build=build,
            port=8000,
        )
    works = re.search(
        r"\bDeno\.cron\(|\bwhile\s*\(\s*true\s*\)|\bsetInterval\(|discordeno|harmony|grammy|telegraf",
        text,
    )
    if works and start:
        return Match(
            framework=None,
            kind="worker",
            kind_confidence=0.8,
            evidence=where,
            start=start,
            start_confidence=sure,
            build=build,
            processes={"worker": start},
        )
    exports = (
        manifest is not None
        and re.search(r"\"exports\"", tree.text(manifest) or "")
        and not tasks.get("start")
    )
    return Match(
        framework=None,
        kind="library" if exports else "cli",
        kind_confidence=0.75 if exports else 0.85,
        evidence=where,
        start=None if exports else start,
        start_confidence=sure,
        build=build,
    )
