"""Front ends and sites that are built to files: Vite, Create React App, Angular, Gatsby and kin."""

import re

from hivemind_agents.repository.facts import CERTAIN, LIKELY, SURE, Match
from hivemind_agents.repository.languages.node.plain import LISTENS, is_development
from hivemind_agents.repository.languages.node.project import NodeProject
from hivemind_agents.repository.readers.structured import read_json, table, text_of

# framework: (packages, output folder, single page)
SITES: dict[str, tuple[tuple[str, ...], str, bool]] = {
    "gatsby": (("gatsby",), "public", False),
    "docusaurus": (("@docusaurus/core", "docusaurus"), "build", False),
    "vitepress": (("vitepress",), ".vitepress/dist", False),
    "vuepress": (("vuepress",), ".vuepress/dist", False),
    "eleventy": (("@11ty/eleventy",), "_site", False),
    "hexo": (("hexo",), "public", False),
    "gridsome": (("gridsome",), "dist", False),
    "metalsmith": (("metalsmith",), "build", False),
    "storybook": (("@storybook/html",), "storybook-static", False),
    "create-react-app": (("react-scripts", "react-app-rewired", "@craco/craco"), "build", True),
    "vue-cli": (("@vue/cli-service",), "dist", True),
    "ember": (("ember-cli",), "dist", True),
    "preact-cli": (("preact-cli",), "build", True),
    "stencil": (("@stencil/core",), "www", True),
    "aurelia": (("aurelia-cli",), "dist", True),
    "quasar": (("@quasar/app-vite", "@quasar/app-webpack"), "dist/spa", True),
    "ionic": (("@ionic/app-scripts",), "www", True),
    "expo": (("expo",), "dist", True),
}  # fmt: skip


def detect(project: NodeProject) -> Match | None:
    """A site's builder, unless the start script runs a server of the repository's own."""
    if _serves_itself(project):
        return None
    match = _angular(project) or _listed(project) or _vite(project)
    if match and project.published and not project.builds_with(*_PROGRAMS):
        return None  # a library, and its documents or examples
    return match


_PROGRAMS = (
    "gatsby", "docusaurus", "vitepress", "vuepress", "eleventy", "hexo", "gridsome",
    "react-scripts",
    "vue-cli-service", "ember", "preact", "stencil", "quasar", "expo", "ng", "vite", "craco", "nx",
    "metalsmith", "react-app-rewired", "au", "ionic-app-scripts", "11ty",
)  # fmt: skip


def _serves_itself(project: NodeProject) -> bool:
    script = project.scripts.get("start", "")
    entry = project.entry_of(script)
    return bool(entry and not is_development(script) and project.reaches(LISTENS)) or (
        entry is not None
        and entry.endswith(("server.js", "server.ts"))
        and not is_development(script)
    )


def _listed(project: NodeProject) -> Match | None:
    for framework, (packages, output, single_page) in SITES.items():
        listed = project.dependencies.first(*packages)
        if listed is None:
            continue
        if (
            framework == "expo"
            and "web" not in project.scripts
            and not project.dependencies.first("react-native-web")
        ):
            continue
        build = project.build
        if not build and "docs:build" in project.scripts:
            build = (project.run("docs:build"),)
        commands = {
            "gatsby": "gatsby build",
            "eleventy": "eleventy",
            "hexo": "hexo generate",
            "docusaurus": "docusaurus build",
            "create-react-app": "react-scripts build",
            "expo": "expo export --platform web",
            "vitepress": "vitepress build",
        }
        if not build and framework in commands:
            build = (project.exec(commands[framework]),)
        return Match(
            framework=framework,
            kind="static",
            rank=75,
            confidence=CERTAIN - 0.03,
            evidence=(listed.where,),
            kind_confidence=SURE,
            document_root=_output(project, framework, output),
            single_page=single_page,
            build=build,
        )
    return None


def _output(project: NodeProject, framework: str, output: str) -> str:
    """The folder that the site is built to, where its configuration or script changes it."""
    script = project.scripts.get("docs:build", "") + " " + project.scripts.get("build", "")
    if framework in {"vitepress", "vuepress"}:
        folder = re.search(rf"{framework} build\s+([\w./-]+)", script)
        if folder or project.tree.has_folder(f"docs/.{framework}"):
            return f"{(folder.group(1) if folder else 'docs').strip('/')}/{output}"
    if framework == "eleventy":
        flag = re.search(r"--output[= ]\.?/?([\w/-]+)", script)
        _, text = project.config(".eleventy", "eleventy.config")
        changed = flag or re.search(r"output\s*:\s*[\"']\.?/?([^\"']+)[\"']", text)
        return changed.group(1).rstrip("/") if changed else output
    return output


def _vite(project: NodeProject) -> Match | None:
    listed = project.dependencies.first("vite", "vite-plus", "rolldown-vite")
    path, text = project.config("vite.config")
    # A workspace's member may have its builder from the root.
    member = path and any("vite build" in script for script in project.scripts.values())
    if listed is None and not member:
        return None
    page = project.tree.has(
        "index.html", "src/index.html", "client/index.html", "public/index.html"
    )
    folder = None if page else _nx_site(project)
    page = page or (f"{folder}/index.html" if folder else None)
    builds = "vite" in project.scripts.get("build", "") or "vite build" in " ".join(
        project.scripts.values()
    )
    if page is None and not builds:
        return None
    published = any(key in project.package for key in ("files", "exports", "module", "types"))
    if re.search(r"\blib\s*:\s*\{", text) and (page is None or published):
        return None
    if page is None and re.search(r"laravel|symfony|ruby|rails", text):
        return None
    changed = re.search(r"outDir\s*:\s*[\"']\.?/?([^\"']+)[\"']", text)
    flag = re.search(r"--outDir[= ]\.?/?([\w/-]+)", project.scripts.get("build", ""))
    stated = flag or changed
    output = f"dist/{folder}" if folder else "dist"
    if stated:
        output = stated.group(1).rstrip("/")
    return Match(
        framework="vite",
        kind="static",
        rank=65,
        confidence=CERTAIN - 0.03,
        evidence=(listed.where if listed else path,),
        kind_confidence=SURE if page else LIKELY,
        document_root=output,
        single_page=True,
        build=(project.exec(f"nx build {folder.rpartition('/')[2]}"),)
        if folder
        else project.build or (project.exec("vite build"),),
    )


def _nx_site(project: NodeProject) -> str | None:
    """The folder of an Nx workspace's page, whose packages the root's manifest lists."""
    if "nx.json" not in project.tree:
        return None
    folders = [path.rpartition("/")[0] for path in project.tree.named("index.html")]
    return next(
        (
            folder
            for folder in folders
            if folder and project.tree.has(f"{folder}/vite.config.ts", f"{folder}/vite.config.mts")
        ),
        None,
    )


def _angular(project: NodeProject) -> Match | None:
    listed = project.dependencies.first("@angular/core")
    if listed is None or not project.tree.has(
        "angular.json", ".angular-cli.json", "project.json", "nx.json"
    ):
        return None
    content = read_json(project.tree, "angular.json")
    projects = table(content.get("projects"))
    name = (
        text_of(content.get("defaultProject"))
        or next(
            (
                key
                for key, value in projects.items()
                if table(value).get("projectType") != "library"
            ),
            None,
        )
        or text_of(project.package.get("name"))
        or "app"
    )
    build = table(
        table(
            table(projects.get(name)).get("architect") or table(projects.get(name)).get("targets")
        ).get("build")
    )
    options = table(build.get("options"))
    path = options.get("outputPath")
    base = text_of(path) or text_of(table(path).get("base")) or f"dist/{name}"
    application = str(build.get("builder", "")).endswith(":application")
    build_command = project.build or (project.exec("ng build"),)
    serves = options.get("ssr") or (
        project.dependencies.runtime("@angular/ssr", "@nguniversal/express-engine")
        and project.tree.has("server.ts", "src/server.ts")
    )
    if serves and options.get("outputMode") != "static":
        start = f"node {base}/server/server.mjs"
        script = next((key for key in project.scripts if key.startswith("serve:ssr")), None)
        return Match(
            framework="angular",
            kind="web",
            rank=76,
            confidence=CERTAIN,
            evidence=(listed.where,),
            kind_confidence=0.9,
            start=project.run(script) if script else start,
            start_confidence=LIKELY,
            port=4000,
            build=build_command,
        )
    root = (
        f"{base}/browser"
        if application and not (isinstance(path, dict) and path.get("browser") == "")
        else base
    )
    return Match(
        framework="angular",
        kind="static",
        rank=76,
        confidence=CERTAIN,
        evidence=(listed.where,),
        kind_confidence=SURE,
        document_root=root.removeprefix("./"),
        single_page=True,
        build=build_command,
    )
