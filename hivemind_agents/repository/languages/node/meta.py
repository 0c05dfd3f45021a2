"""Frameworks that render pages on a server, or build them as files: Next, Nuxt, Astro and kin."""

import re

from hivemind_agents.repository.facts import CERTAIN, LIKELY, SURE, Match
from hivemind_agents.repository.languages.node.plain import is_development, start_of
from hivemind_agents.repository.languages.node.project import NodeProject


def detect(project: NodeProject) -> Match | None:
    """The first whose package is listed; each decides between a server and files."""
    looks = (
        _blitz,
        _next,
        _nuxt,
        _tanstack,
        _react_router,
        _remix,
        _sveltekit,
        _solid,
        _qwik,
        _astro,
        _redwood,
        _medusa,
        _by_command,
    )
    match = next((found for look in looks if (found := look(project))), None)
    if match and project.published and not project.builds_with(*_PROGRAMS):
        return None  # a library for the framework, which lists it to be tried out
    return match


_PROGRAMS = (
    "next", "nuxt", "nuxi", "remix", "react-router", "vite", "astro", "vinxi", "qwik", "blitz",
    "rw", "medusa", "waku", "mastra", "nitro", "nitropack", "node-red", "n8n", "vike",
)  # fmt: skip


def _web(
    project: NodeProject, framework: str, listed: str, fallback: str | None, *, port: int = 3000,
    rank: int = 85, notes: tuple[str, ...] = (), build: tuple[str, ...] = (),
) -> Match:  # fmt: skip
    start, sure, where = None, LIKELY, listed
    script = project.scripts.get("start")
    if script and not is_development(script):
        start, sure, where = project.run("start"), SURE, project.script_where("start")
    else:
        start = fallback
        for name in ("start:prod", "serve"):
            other = project.scripts.get(name, "")
            if other and not is_development(other) and "preview" not in other:
                start, where = project.run(name), project.script_where(name)
                break
    return Match(
        framework=framework, kind="web", rank=rank, confidence=CERTAIN, kind_confidence=SURE,
        evidence=(listed,), start=start, start_confidence=sure, start_evidence=(where,), port=port,
        notes=notes, build=build,
    )  # fmt: skip


def _static(
    framework: str, listed: str, root: str, *, single_page: bool = False, confidence: float = SURE,
    build: tuple[str, ...] = (), where: str | None = None, rank: int = 85,
) -> Match:  # fmt: skip
    return Match(
        framework=framework,
        kind="static",
        rank=rank,
        confidence=CERTAIN,
        kind_confidence=confidence,
        evidence=(listed, where) if where else (listed,),
        document_root=root,
        single_page=single_page,
        build=build,
    )


def _own_server(project: NodeProject) -> bool:
    """A custom server file is what the start script runs."""
    entry = project.entry_of(project.scripts.get("start", ""))
    return entry is not None


def _next(project: NodeProject) -> Match | None:
    listed = project.dependencies.first("next")
    if listed is None:
        return None
    path, text = project.config("next.config")
    build = project.build or (project.exec("next build"),)
    exported = re.search(
        r"output\s*:\s*[\"']export[\"']", text
    ) or "next export" in project.scripts.get("build", "")
    if exported and not _own_server(project):
        root = re.search(r"distDir\s*:\s*[\"']\.?/?([^\"']+)[\"']", text)
        where = project.tree.where(path, re.compile(r"output\s*:")) if path else listed.where
        return _static(
            "next", listed.where, root.group(1) if root else "out", where=where, build=build
        )
    return _web(project, "next", listed.where, project.exec("next start"), build=build)


def _nuxt(project: NodeProject) -> Match | None:
    listed = project.dependencies.first("nuxt", "nuxt3", "nuxt-edge", "nuxt-start")
    if listed is None:
        return None
    _, text = project.config("nuxt.config")
    build_script = project.scripts.get("build", "") + project.scripts.get("heroku-postbuild", "")
    old = bool(re.match(r"[\^~]?[12]\.", listed.spec))
    generated = re.search(
        r"target\s*:\s*[\"']static[\"']|preset\s*:\s*[\"'](?:static|github_pages)[\"']", text
    )
    build = project.build or (project.exec("nuxt build"),)
    if "generate" in build_script or generated:
        return _static("nuxt", listed.where, "dist" if old else ".output/public", build=build)
    if (
        re.search(r"\bssr\s*:\s*false", text)
        and "start" not in project.scripts
        and not project.tree.has_folder("server")
    ):
        return _static("nuxt", listed.where, ".output/public", single_page=True, confidence=LIKELY,
                       build=(project.exec("nuxt generate"),))  # fmt: skip
    if old:
        return _web(project, "nuxt", listed.where, project.exec("nuxt start"), build=build)
    script = project.scripts.get("start", "")
    if script and "preview" in script:
        # A preview is no production start; the built server is.
        return Match(
            framework="nuxt", kind="web", rank=85, confidence=CERTAIN, evidence=(listed.where,),
            start="node .output/server/index.mjs", start_confidence=SURE, port=3000, build=build,
        )  # fmt: skip
    return _web(project, "nuxt", listed.where, "node .output/server/index.mjs", build=build)


def _tanstack(project: NodeProject) -> Match | None:
    listed = project.dependencies.first(
        "@tanstack/react-start", "@tanstack/start", "@tanstack/solid-start"
    )
    if listed is None:
        return None
    return _web(project, "tanstack-start", listed.where, "node .output/server/index.mjs")


def _react_router(project: NodeProject) -> Match | None:
    listed = project.dependencies.first(
        "@react-router/dev", "@react-router/serve", "@react-router/node"
    )
    if listed is None:
        return None
    path, text = project.config("react-router.config")
    if (
        re.search(r"\bssr\s*:\s*false", text)
        and not project.dependencies.runtime("@react-router/serve", "express")
    ) or (re.search(r"\bssr\s*:\s*false", text)):
        return _static(
            "react-router",
            listed.where,
            "build/client",
            single_page=True,
            where=project.tree.where(path, "ssr"),
        )
    return _web(
        project,
        "react-router",
        listed.where,
        project.exec("react-router-serve ./build/server/index.js"),
    )


def _remix(project: NodeProject) -> Match | None:
    listed = project.dependencies.first(
        "@remix-run/dev", "@remix-run/node", "@remix-run/serve", "@remix-run/react"
    )
    if listed is None or not (
        project.dependencies.first("@remix-run/dev")
        or project.dependencies.first("@remix-run/serve")
    ):
        return None
    _, vite = project.config("vite.config")
    if re.search(r"\bssr\s*:\s*false", vite) and "remix" in vite:
        return _static("remix", listed.where, "build/client", single_page=True)
    output = "build/server/index.js" if "remix" in vite else "build/index.js"
    return _web(project, "remix", listed.where, project.exec(f"remix-serve {output}"))


def _sveltekit(project: NodeProject) -> Match | None:
    listed = project.dependencies.first("@sveltejs/kit")
    if listed is None:
        return None
    path, text = project.config("svelte.config")
    if "adapter-static" in text:
        fallback = bool(re.search(r"fallback\s*:", text))
        root = re.search(r"pages\s*:\s*[\"']([^\"']+)[\"']", text)
        return _static(
            "sveltekit",
            listed.where,
            root.group(1) if root else "build",
            single_page=fallback,
            where=project.tree.where(path, "adapter-static"),
        )
    if "adapter-node" in text or project.dependencies.first("@sveltejs/adapter-node"):
        output = re.search(r"\bout\s*:\s*[\"']\.?/?([^\"']+)[\"']", text)
        return _web(
            project, "sveltekit", listed.where, f"node {output.group(1) if output else 'build'}"
        )
    return _web(
        project, "sveltekit", listed.where, "node build",
        notes=("SvelteKit is built with @sveltejs/adapter-node, not with the adapter it names",),
    )  # fmt: skip


def _solid(project: NodeProject) -> Match | None:
    listed = project.dependencies.first("@solidjs/start", "solid-start")
    if listed is None:
        return None
    if project.dependencies.first("solid-start-static"):
        return _static("solid-start", listed.where, "dist/public")
    return _web(project, "solid-start", listed.where, "node .output/server/index.mjs")


def _qwik(project: NodeProject) -> Match | None:
    listed = project.dependencies.first("@builder.io/qwik-city", "@qwik.dev/router")
    if listed is None:
        return None
    if project.tree.has("adapters/static/vite.config.ts", "adapters/static/vite.config.mts"):
        return _static("qwik", listed.where, "dist")
    return _web(project, "qwik", listed.where, "node server/entry.express")


def _astro(project: NodeProject) -> Match | None:
    listed = project.dependencies.first("astro")
    if listed is None:
        return None
    path, text = project.config("astro.config")
    serves = re.search(r"output\s*:\s*[\"'](?:server|hybrid)[\"']", text) or (
        "@astrojs/node" in text or re.search(r"adapter\s*:\s*node\(", text)
    )
    if serves:
        standalone = "node ./dist/server/entry.mjs"
        match = _web(project, "astro", listed.where, standalone, port=4321)
        if match.start and "preview" in project.scripts.get("start", ""):
            match = Match(
                framework="astro",
                kind="web",
                rank=85,
                confidence=CERTAIN,
                evidence=(listed.where,),
                start=standalone,
                start_confidence=SURE,
                port=4321,
            )
        return match
    root = re.search(r"outDir\s*:\s*[\"']\.?/?([^\"']+)[\"']", text)
    del path
    if _own_server(project):
        return None
    return _static("astro", listed.where, (root.group(1) if root else "dist").rstrip("/"))


def _redwood(project: NodeProject) -> Match | None:
    listed = project.dependencies.first("@redwoodjs/core")
    return _web(project, "redwood", listed.where, "yarn rw serve", port=8910) if listed else None


def _blitz(project: NodeProject) -> Match | None:
    listed = project.dependencies.first("blitz")
    return (
        _web(project, "blitz", listed.where, project.exec("blitz start"), rank=88)
        if listed
        else None
    )


# package: (framework, command without a script, port)
_COMMANDS = {
    "waku": ("waku", "waku start", 8080),
    "mastra": ("mastra", "mastra start", 4111),
    "nitropack": ("nitro", "", 3000),
    "nitro": ("nitro", "", 3000),
    "node-red": ("node-red", "node-red", 1880),
    "vike": ("vike", "", 3000),
    "@analogjs/platform": ("analog", "node dist/analog/server/index.mjs", 3000),
    "n8n": ("n8n", "n8n start", 5678),
    "@wasp.sh/wasp-cli": ("wasp", "", 3000),
}


def _by_command(project: NodeProject) -> Match | None:
    """Frameworks whose own command serves what it has built."""
    for package, (framework, command, port) in _COMMANDS.items():
        listed = project.dependencies.first(package)
        scripts = " ".join(project.scripts.values())
        if listed is None or not re.search(rf"\b{package.rpartition('/')[2]}\b|\bvite\b", scripts):
            continue
        fallback = project.exec(command) if command and " dist/" not in command else command
        if framework == "nitro":
            fallback = "node .output/server/index.mjs"
        if not fallback and "start" not in project.scripts and "serve" not in project.scripts:
            continue
        return _web(project, framework, listed.where, fallback or None, port=port, rank=70)
    return None


def _medusa(project: NodeProject) -> Match | None:
    listed = project.dependencies.first("@medusajs/medusa")
    if listed is None:
        return None
    start, _, _ = start_of(project)
    return _web(project, "medusa", listed.where, start or project.exec("medusa start"), port=9000)
