"""Node: packages by the repository's own package manager, Node itself as a part of the release."""

import re
import shlex
from collections.abc import Iterable

from hivemind_agents.building import assets, static
from hivemind_agents.building.files import text_of
from hivemind_agents.building.model import Recipe, Step
from hivemind_agents.building.node_commands import Resolved, names_development, resolve
from hivemind_agents.building.node_managers import LOCKS, Manager, manager_of
from hivemind_agents.building.node_manifests import Manifests
from hivemind_agents.building.node_runtime import BUILD_ENV, RUNTIME, node_step, old_bundler
from hivemind_agents.building.programs import FOLDER
from hivemind_agents.domain.deployment import StaticSite
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.report import RepositoryReport

# What the recipe does itself when Recon lists it among the commands.
_INSTALLS = re.compile(
    r"^(?:npm (?:ci|install|i)|yarn(?: install)?|pnpm (?:install|i)|bun (?:install|i))(?:\s+-\S+)*$"
)
# Folders that a framework keeps from build to build.
_BUILD_CACHES = {
    "next": (".next/cache",),
    "angular": (".angular/cache",),
    "gatsby": (".cache",),
    "create-react-app": ("node_modules/.cache",),
    "nuxt": ("node_modules/.cache",),
    "astro": ("node_modules/.astro",),
}
# What a framework writes down of its build, with times in it.
_LEAVINGS = {"next": (".next/trace", ".next/trace-build", ".next/diagnostics")}
_BINDING = {
    "astro": {"HOST": "0.0.0.0"},  # noqa: S104 - behind the load balancer
    "nuxt": {"HOST": "0.0.0.0"},  # noqa: S104
    "sveltekit": {"HOST": "0.0.0.0", "PROTOCOL_HEADER": "x-forwarded-proto"},  # noqa: S104
    "next": {"HOSTNAME": "0.0.0.0"},  # noqa: S104
    "angular": {"HOST": "0.0.0.0"},  # noqa: S104
}
_PRELOADED = Step(
    title="let the server listen where it is asked to",
    command=f"cp {FOLDER}/listen.cjs {RUNTIME}/listen.cjs",
)
_IMPORT = re.compile(
    r"(?m)^(?:import\s[^;'\"]*?from\s*|import\s*|(?:const|let|var)\s[^=\n]+=\s*require\()"
    r"['\"]((?:@[\w.-]+/)?[\w.-]+)"
)


def application(report: RepositoryReport, files: frozenset[str]) -> Recipe:
    """A server or worker of Node, or a site that Node builds."""
    manifests = Manifests(files)
    if report.kind == "static":
        return _site(report, files, manifests)
    manager = manager_of(report.package_manager or "npm", manifests)
    resolved = {name: resolve(command, manifests) for name, command in _commands(report).items()}
    folders = sorted({folder for one in resolved.values() for folder in one.folders})
    keeps = _needs_development(report, manifests, resolved.values(), files)
    programs = {program for one in resolved.values() for program in one.programs}
    server = _svelte_server(report, manifests, files)
    added = sorted(
        {package for one in resolved.values() for package in one.fetched}.union(server[:1])
    )
    clients = assets.client_steps(manifests, folders)
    steps = [
        *_tools(report, manifests, manager),
        *(step for step in clients if step.phase == "tools"),
        *_dependencies(report, manager, manifests, added),
        *(step for step in clients if step.phase == "dependencies"),
        *([_as_server(server[1])] if server else []),
        *_builds(report, manifests),
        *(step for step in clients if step.phase == "build"),
        *([] if keeps or not _has_development(manifests) else [_prune(manager)]),
        _pack(manager, ["node", *programs], report),
        *([_PRELOADED] if (listens := _listens(report)) else []),
    ]
    return Recipe(
        name=f"node-{report.package_manager or 'npm'}",
        steps=tuple(steps),
        env={**BUILD_ENV, **old_bundler(manifests, report.runtime_version)},
        reads_env=True,
        processes={name: one.command for name, one in resolved.items()},
        search_path=(
            *(f"{folder}/node_modules/.bin" for folder in folders if folder),
            "node_modules/.bin",
            f"{RUNTIME}/bin",
        ),
        runtime_env={
            "NODE_ENV": "production",
            **_BINDING.get(report.framework or "", {}),
            **listens,
        },
        packages=tuple(sorted(report.system_packages)),
        added=tuple(added),
        kept=_kept(manifests),
        keyed_by=_keyed_by(files, manifests),
        warnings=(f"packages for development stay in the release: {keeps}",) if keeps else (),
        versions=_versions(programs, report),
    )


def _listens(report: RepositoryReport) -> dict[str, str]:
    """For code that names its port, or the host's own address: what mends it at run time."""
    if report.runtime == "bun" or not any(
        behaviour.about in {"binding", "port"} for behaviour in report.behaviours
    ):
        return {}
    return {
        "NODE_OPTIONS": f"--require /app/{RUNTIME}/listen.cjs",
        **({"HIVEMIND_NAMED_PORT": str(report.port)} if report.port else {}),
    }


def _commands(report: RepositoryReport) -> dict[str, str]:
    """Recon's processes; the start command is that of `web` or `worker` when it has no name yet."""
    processes = dict(report.processes)
    main = "worker" if report.kind == "worker" else "web"
    if report.start:
        processes.setdefault(main, report.start)
    if main not in processes:
        raise RepositoryError(
            "there is no start command: package.json has no script `start`, and no file with a "
            "server's usual name was found",
            mend="give one with --start (app_start_command), e.g. 'node server.js'",
        )
    return processes


_ELSEWHERE = "adapter-(auto|vercel|netlify|cloudflare-workers|cloudflare)"


def _svelte_server(
    report: RepositoryReport, manifests: Manifests, files: Iterable[str]
) -> tuple[str, ...]:
    """(package, configuration) where SvelteKit would be built for somebody else's platform."""
    if report.framework != "sveltekit" or report.kind != "web":
        return ()
    for name in ("svelte.config.js", "svelte.config.mjs", "svelte.config.ts"):
        text = text_of(files, name) or ""
        if "adapter-node" not in text and re.search(f"@sveltejs/{_ELSEWHERE}", text):
            first = re.search(r"\d+", manifests.packages("").get("@sveltejs/kit", ""))
            version = "1" if first and first[0] == "1" else "5"
            return f"@sveltejs/adapter-node@{version}", name
    return ()


def _as_server(config: str) -> Step:
    return Step(
        title="let SvelteKit build a server",
        command=f"sed -Ei 's#@sveltejs/{_ELSEWHERE}#@sveltejs/adapter-node#' {config}",
    )


def _tools(report: RepositoryReport, manifests: Manifests, manager: Manager) -> list[Step]:
    steps = [node_step(report.runtime_version if report.runtime != "bun" else None)]
    if manager.tool:
        steps.append(Step(title=f"get {manager.name}", command=manager.tool, phase="tools"))
    if report.runtime == "bun" and manager.name != "bun":
        bun = manager_of("bun", manifests)
        assert bun.tool is not None  # noqa: S101 - it is never Node's own
        steps.append(Step(title="get bun", command=bun.tool, phase="tools"))
    return steps


def _dependencies(
    report: RepositoryReport, manager: Manager, manifests: Manifests, added: Iterable[str]
) -> list[Step]:
    steps = []
    if manifests.read(""):
        steps.append(
            Step(title="install the packages", command=manager.install, phase="dependencies")
        )
    # Folders that Recon's commands enter have packages of their own.
    for command in report.build:
        found = re.fullmatch(r"cd (\S+) && (.+)", command)
        if found and _INSTALLS.match(found[2]):
            inner = manager_of(report.package_manager or "npm", manifests.inside(found[1]))
            steps.append(
                Step(
                    title=f"install the packages of {found[1]}",
                    command=f"cd {found[1]} && {{ {inner.install}; }}",
                    phase="dependencies",
                )
            )
    if packages := shlex.join(added):
        steps.append(
            Step(
                title="add what the start command asks for",
                command=f"{manager.add} {packages}",
                phase="dependencies",
            )
        )
    return steps


def _builds(report: RepositoryReport, manifests: Manifests) -> list[Step]:
    """Recon's commands but for installing, between restoring and keeping the framework's cache."""
    commands = [
        command for command in report.build
        if not _INSTALLS.match(re.sub(r"^cd \S+ && ", "", command))
    ]  # fmt: skip
    steps = [Step(title="build", command=command) for command in commands]
    caches = _BUILD_CACHES.get(report.framework or "", ())
    if not caches or not steps:
        return steps
    folder = next((f"{one}/" for one in sorted(manifests.members) if _mentions(commands, one)), "")
    before, after = [], []
    for cache in caches:
        place, kept = f"{folder}{cache}", f"/cache/build/{cache.replace('/', '-').strip('.')}"
        before.append(f"mkdir -p {place} && {{ cp -a {kept}/. {place}/ 2>/dev/null || true; }}")
        after += [f"rm -rf {folder}{name}" for name in _LEAVINGS.get(report.framework or "", ())]
        after.append(
            f"{{ rm -rf {kept}; mkdir -p /cache/build; mv {place} {kept} 2>/dev/null || true; }}"
        )
    return [
        Step(title="take the cache of the last build", command=" && ".join(before)),
        *steps,
        Step(title="keep the cache for the next build", command=" && ".join(after)),
    ]


def _mentions(commands: Iterable[str], folder: str) -> bool:
    return any(re.search(rf"(?<![\w/]){re.escape(folder)}(?![\w-])", one) for one in commands)


def _prune(manager: Manager) -> Step:
    assert manager.prune is not None  # noqa: S101 - each has one
    return Step(title="take the packages for development away", command=manager.prune)


def _pack(manager: Manager, programs: Iterable[str], report: RepositoryReport) -> Step:
    names = sorted({*programs, *(["bun"] if report.runtime == "bun" else [])})
    return Step(
        title="put the runtime into the release",
        command=f"rm -rf {manager.leavings} && "
        f"python3 {FOLDER}/runtimes.py pack {shlex.join(names)}",
    )


def _has_development(manifests: Manifests) -> bool:
    return any(manifests.packages(folder, dev=True) for folder in ("", *manifests.members))


def _needs_development(
    report: RepositoryReport,
    manifests: Manifests,
    commands: Iterable[Resolved],
    files: frozenset[str],
) -> str | None:
    """Why development packages have to stay, or None: a command or the server's code uses one."""
    found = list(commands)
    folders = {folder for one in found for folder in one.folders}
    developed = manifests.developed(folders)
    if not developed:
        return None
    words = {word for one in found for word in one.words}
    if package := names_development(words, developed):
        return f"a start command runs {package}"
    if any("npm_" in one.command or one.programs for one in found):
        # A script that a package manager runs may call anything.
        return "a package manager starts the application"
    if report.build:
        # What is compiled imports what its bundler left outside; manifests say it rightly then.
        return None
    for name in sorted(_entry_files(found, files)):
        text = text_of(files, name) or ""
        for imported in _IMPORT.findall(text):
            if imported in developed:
                return f"{name} imports {imported}"
    return None


def _entry_files(commands: Iterable[Resolved], files: frozenset[str]) -> set[str]:
    """Scripts that start commands name, and the JavaScript of the folders beside them."""
    named = {
        word.removeprefix("./") for one in commands for word in one.command.split()
        if re.search(r"\.[cm]?js$", word)
    }  # fmt: skip
    return {
        name for name in files
        if name in named
        or (re.search(r"\.[cm]?js$", name) and name.count("/") <= 2
            and re.match(r"(?:src|server|app|lib|routes|api|config|models|controllers)/", name)
            and not re.search(r"\.(?:test|spec|config)\.|/(?:test|tests|__tests__)/", name))
    }  # fmt: skip


def _kept(manifests: Manifests) -> tuple[str, ...]:
    folders = [f"{folder}/node_modules" for folder in manifests.folders if folder]
    return ("node_modules", *sorted(folders))


def _keyed_by(files: frozenset[str], manifests: Manifests) -> tuple[str, ...] | None:
    """The files that decide what is installed; None where a script of the repository decides."""
    if manifests.deciding_scripts:
        return None
    local = [
        spec for folder in manifests.folders for spec in manifests.packages(folder).values()
        if spec.startswith(("file:", "link:"))
    ]  # fmt: skip
    if local:
        return None
    deciding = {
        "package.json", *LOCKS, ".npmrc", ".yarnrc", ".yarnrc.yml", "pnpm-workspace.yaml",
        ".nvmrc", ".node-version", "bunfig.toml", ".pnpmfile.cjs",
    }  # fmt: skip
    pattern = re.compile(
        r"(?:.*/)?patches/[^/]+\.patch$|\.yarn/(?:releases|plugins|patches)/[^/]+\.\w+$|.*\.prisma$"
    )
    return tuple(
        sorted(
            name
            for name in files
            if "node_modules/" not in name
            and (name.rpartition("/")[2] in deciding or pattern.match(name))
        )
    )


def _versions(programs: Iterable[str], report: RepositoryReport) -> dict[str, str]:
    versions = {"node": f"{RUNTIME}/bin/node --version"}
    if report.runtime == "bun" or "bun" in set(programs):
        versions["bun"] = f"{RUNTIME}/bin/bun --version"
    return versions


def _site(report: RepositoryReport, files: frozenset[str], manifests: Manifests) -> Recipe:
    """Files that a build makes: only its output folder is the release."""
    if not _builds(report, manifests):
        return static.files(report.model_copy(update={"build": ()}), files)
    manager = manager_of(report.package_manager or "npm", manifests)
    root = (report.document_root or "dist").strip("/") or "."
    steps = [
        *_tools(report, manifests, manager),
        *_dependencies(report, manager, manifests, ()),
        *_builds(report, manifests),
        Step(
            title="keep what was built, and nothing else",
            command=f"python3 {FOLDER}/site.py {shlex.quote(root)}",
        ),
    ]
    return Recipe(
        name=f"node-{report.package_manager or 'npm'}-static",
        steps=tuple(steps),
        env={**BUILD_ENV, **old_bundler(manifests, report.runtime_version)},
        reads_env=True,
        processes={"web": "nginx"},
        search_path=("node_modules/.bin", f"{RUNTIME}/bin"),
        packages=("nginx-light",),
        kept=_kept(manifests),
        keyed_by=_keyed_by(files, manifests),
        static=StaticSite(document_root=root, single_page=report.single_page),
        versions={},
    )
