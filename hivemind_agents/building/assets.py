"""Front ends beside an application: built where a manifest asks for it, their tools left out."""

import re
import shlex
from collections.abc import Iterable

from hivemind_agents.building.model import Step
from hivemind_agents.building.node_managers import manager_of
from hivemind_agents.building.node_manifests import Manifests
from hivemind_agents.building.node_runtime import BUILD_ENV, RUNTIME, node_step, old_bundler
from hivemind_agents.repository.readers.structured import table, text_of
from hivemind_agents.repository.report import RepositoryReport

# Folders that people put a browser's code into, beside a server's.
CLIENTS = (
    "client", "frontend", "front-end", "web", "ui", "webapp", "front", "app/client",
    "src/client", "assets", "theme/static_src", "vue", "vue3", "src-ui", "spa",
)  # fmt: skip
_BUILDERS = frozenset({
    "vite", "webpack", "react-scripts", "@vue/cli-service", "@angular/cli", "parcel",
    "parcel-bundler", "rollup", "esbuild", "tailwindcss", "@tailwindcss/cli", "laravel-mix", "gulp",
    "grunt", "sass", "node-sass", "postcss-cli", "snowpack", "browserify",
    "@symfony/webpack-encore",
    "brunch", "svelte", "less", "rspack", "@rspack/cli", "@rsbuild/core", "typescript", "uglify-js",
    "clean-css-cli", "bun", "lightningcss-cli", "elm", "preact-cli", "ember-cli", "next", "astro",
})  # fmt: skip
_SCRIPTS = ("build", "production", "prod", "build:prod", "build:production", "build:css")


def front_end_steps(
    report: RepositoryReport, files: frozenset[str], more: Iterable[str] = ()
) -> tuple[Step, ...]:
    """Build the front ends of an application in another language than Node.

    `more`: folders beyond those of the usual names. Each step brings its own PATH and environment;
    what only the build needs goes at the end. Empty where no manifest asks for a build.
    """
    manifests = Manifests(files)
    folders = [
        folder
        for folder in dict.fromkeys(("", *CLIENTS, *more))
        if folder in manifests.folders
        and _script(manifests, folder)
        and _bundles(manifests, folder)
    ]
    # A build of the root that enters the others builds them itself.
    own = _script(manifests, "") if "" in folders else None
    if own:
        script = manifests.script("", own) or ""
        folders = ["", *(folder for folder in folders if folder and folder not in script)]
    if not folders:
        return ()
    wanted = next((version for folder in folders if (version := _node(manifests, folder))), None)
    env = {**BUILD_ENV, **old_bundler(manifests, wanted)}
    get = node_step(wanted)
    steps = [get]
    for folder in folders:
        steps += _build(manifests, folder, report)
    # With its own environment: the recipe around it is of another language.
    steps = [
        step.model_copy(update={"command": f"{_exports(env)}; {step.command}"})
        if step.phase != "tools" or step is not get else step
        for step in steps
    ]  # fmt: skip
    modules = " ".join(shlex.quote(f"{folder}/node_modules".lstrip("/")) for folder in folders)
    return (
        *steps,
        Step(title="take the front end's tools away", command=f"rm -rf {RUNTIME} {modules}"),
    )


def client_steps(manifests: Manifests, started: Iterable[str]) -> tuple[Step, ...]:
    """Build a browser's code in a folder beside a Node server, where no script of the root does.

    Packages of such folders go at the end: the server hands out what was built.
    """
    scripts = " ".join(
        str(script)
        for name, script in table(manifests.read("").get("scripts")).items()
        if re.search(r"build|install|prepare", str(name))
    )
    steps: list[Step] = []
    for folder in CLIENTS:
        if (
            folder not in manifests.folders
            or folder in manifests.members
            or folder in set(started)
            or not _bundles(manifests, folder)
        ):
            continue
        if not re.search(rf"(?<![\w-]){re.escape(folder)}(?![\w-])", scripts) and _script(
            manifests, folder
        ):
            steps += _build(manifests, folder, None)
        steps.append(
            Step(title=f"take the tools of {folder} away", command=f"rm -rf {folder}/node_modules")
        )
    return tuple(steps)


def _build(manifests: Manifests, folder: str, report: RepositoryReport | None) -> list[Step]:
    """Install and build in one folder, by the manager whose lock lies there."""
    inner = manifests.inside(folder)
    name = _manager_name(inner)
    manager = manager_of(name, inner)
    script = _script(manifests, folder)
    enter = f"cd {shlex.quote(folder)} && " if folder else ""
    shown = folder or "the front end"
    steps = []
    if manager.tool:
        steps.append(Step(title=f"get {manager.name}", command=manager.tool, phase="tools"))
    steps.append(
        Step(
            title=f"install the packages of {shown}",
            command=f"{enter}{{ {manager.install}; }}",
            phase="dependencies",
        )
    )
    if script and not (report and _done_by(report, folder)):
        steps.append(Step(title=f"build {shown}", command=f"{enter}{manager.name} run {script}"))
    return steps


def _done_by(report: RepositoryReport, folder: str) -> bool:
    """Whether Recon's own commands build it already."""
    pattern = rf"^(?:cd {re.escape(folder)} && )?(?:npm|yarn|pnpm|bun) run "
    return any(re.match(pattern, command) for command in report.build)


def _script(manifests: Manifests, folder: str) -> str | None:
    for name in _SCRIPTS:
        script = manifests.script(folder, name)
        if script and not re.match(r"\s*(?:echo|exit|true)\b", script):
            return name
    return None


def _bundles(manifests: Manifests, folder: str) -> bool:
    """Whether the folder's packages make files for browsers, not only checks of style."""
    return bool(_BUILDERS.intersection(manifests.packages(folder)))


def _node(manifests: Manifests, folder: str) -> str | None:
    return text_of(table(manifests.read(folder).get("engines")).get("node"))


def _manager_name(manifests: Manifests) -> str:
    name, version = manifests.manager
    if name:
        return "yarn-berry" if name == "yarn" and not version.startswith("1") else name
    locks = {
        "pnpm-lock.yaml": "pnpm", "bun.lock": "bun", "bun.lockb": "bun", "yarn.lock": "yarn",
        "package-lock.json": "npm",
    }  # fmt: skip
    found = next(
        (manager for lock, manager in locks.items() if lock in set(manifests.files)), "npm"
    )
    return "yarn-berry" if found == "yarn" and ".yarnrc.yml" in set(manifests.files) else found


def _exports(env: dict[str, str]) -> str:
    values = " ".join(f"{name}={shlex.quote(value)}" for name, value in env.items())
    return f"export PATH=/app/{RUNTIME}/bin:$PATH {values}"
