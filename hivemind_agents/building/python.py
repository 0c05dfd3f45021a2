"""Python: a virtual environment at `/app/.venv`, on the system's interpreter of the hosts."""

import re
import shlex
from collections.abc import Callable, Iterable
from functools import partial

from hivemind_agents.building import python_django as django
from hivemind_agents.building import python_installers as installers
from hivemind_agents.building import python_pins as pins
from hivemind_agents.building import python_scm as scm
from hivemind_agents.building import python_versions as versions
from hivemind_agents.building.assets import front_end_steps
from hivemind_agents.building.files import text_of
from hivemind_agents.building.model import Recipe, Step
from hivemind_agents.building.programs import FOLDER
from hivemind_agents.building.samples import sample_steps
from hivemind_agents.building.system_packages import for_building, for_running
from hivemind_agents.domain.deployment import StaticSite
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.languages.python.samples import filled, samples
from hivemind_agents.repository.report import RepositoryReport

Install = Callable[[Iterable[str], versions.Python], tuple[Step, ...]]

# Servers that are added where a repository has none: exact, so that builds can be repeated.
SERVERS = {
    "gunicorn": "gunicorn==23.0.0",
    "uvicorn": "uvicorn==0.35.0",
    "hypercorn": "hypercorn==0.17.3",
    "waitress": "waitress==3.0.2",
    "daphne": "daphne==4.2.1",
    "whitenoise": "whitenoise==6.9.0",
}
# What the recipe does itself when Recon lists it among the commands.
_INSTALLS = re.compile(
    r"^(python3? -m venv|(python3? -m )?pip3? install|uv (sync|venv|pip)|"
    r"(poetry|pdm|pipenv) (install|sync)|conda env|source |\. )\b"
)
_LEAVE_OUT = (".lock", "uv_cache.json")
_FRONT = re.compile(
    r"^([\w.-]+/){0,2}(package(-lock)?\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|"
    r"bun\.lockb?|\.npmrc|\.yarnrc(\.yml)?)$"
)
_ENV = {
    **installers.PIP_ENV,
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "VIRTUAL_ENV": "/app/.venv",
    # Compiled extensions name no temporary folder.
    "CFLAGS": "-g0",
}


def pip(report: RepositoryReport, files: frozenset[str]) -> Recipe:
    """Dependencies by pip, from a requirements file or the project itself."""
    return _recipe("python-pip", report, files, partial(installers.pip, needs=report.needs))


def uv(report: RepositoryReport, files: frozenset[str]) -> Recipe:
    """Dependencies by uv, from its lock file."""
    if "pyproject.toml" not in files:
        return pip(report, files)
    return _recipe("python-uv", report, files, partial(installers.uv, needs=report.needs))


def poetry(report: RepositoryReport, files: frozenset[str]) -> Recipe:
    """Dependencies by Poetry, from its lock file."""
    return _recipe("python-poetry", report, files, installers.poetry)


def pipenv(report: RepositoryReport, files: frozenset[str]) -> Recipe:
    """Dependencies by Pipenv, from its lock file."""
    return _recipe("python-pipenv", report, files, installers.pipenv)


def pdm(report: RepositoryReport, files: frozenset[str]) -> Recipe:
    """Dependencies by PDM, from its lock file."""
    return _recipe("python-pdm", report, files, partial(installers.pdm, needs=report.needs))


def conda(report: RepositoryReport, files: frozenset[str]) -> Recipe:
    """Conda's list has no recipe; a requirements file beside it has."""
    install: Install = installers.pip if installers.requirements_file(files) else installers.conda
    return _recipe("python-pip", report, files, install)


# Gunicorn imports it for them, and since 27 lists it for its extra alone.
_OF_GEVENT = re.compile(r"\bgunicorn\b.*\s(?:-k|--worker-class)[ =]\S*gevent")
_PACKAGING = "packaging==25.0"


def _recipe(
    name: str, report: RepositoryReport, files: frozenset[str], install: Install
) -> Recipe:  # fmt: skip
    python = versions.choose(report, files)
    site = report.kind == "static"
    named = {"web": "nginx"} if site else _processes(report)
    processes, static, wanted = django.wrapped(named, report, files)
    added = (*_added(report), *(SERVERS[name] for name in wanted))
    steps = [*install(files, python)]
    by_pip = any(f"-m venv {_VENV}" in step.command for step in steps) or any(
        "--seed" in step.command for step in steps
    )
    adds = installers.PIP_INSTALL if by_pip else installers.UV_INSTALL
    more = {"add what production needs": f"{adds} {shlex.join(added)}"} if added else {}
    if any(_OF_GEVENT.search(command) for command in processes.values()):
        more["add what workers of gevent need"] = (
            f".venv/bin/python -c 'import packaging' 2>/dev/null || {adds} {_PACKAGING}"
        )
    if more and not by_pip and not any(step.title == "get uv" for step in steps):
        steps.insert(0, installers.tool(installers.UV))
    # Before the project itself, whose step is not kept for the next build.
    first = sum(_kept(step) for step in steps)
    steps[first:first] = [
        Step(title=title, command=command, phase="dependencies") for title, command in more.items()
    ]
    front = front_end_steps(report, files)
    translations = _translations(files)
    settings = _settings(files) if report.framework == "django" else ()
    static = (*settings, *translations, *static)
    built = [*static, *(step for step in front if not _kept(step)), *_build_steps(report)]
    first = sum(_kept(step) for step in steps)
    steps[first:first] = sorted(filter(_kept, front), key=lambda step: step.phase != "tools")
    kept, keyed_by = _kept_for_next_time(files, python, with_front=bool(front))
    if by_pip:
        # A release installs nothing any more. What old packages import of setuptools stays.
        later = any(installers.PIP_INSTALL in step.command for step in steps if not _kept(step))
        steps.append(
            Step(
                title="take the installer away",
                command=".venv/bin/pip uninstall --quiet --yes pip",
                phase="build" if later else "dependencies",
            )
        )
    recipe = Recipe(
        name=name,
        steps=(*steps, *built),
        env={**_ENV, **installers.UV_ENV, **scm.told(files)},
        defaults=django.build_defaults(report) if built else {},
        reads_env=bool(built),
        processes=processes,
        search_path=(".venv/bin",),
        packages=tuple(sorted({"python3", *for_running(report)})),
        build_packages=tuple(
            sorted(
                {
                    *for_building(report),
                    *pins.packages(files),
                    *(("gettext",) if translations else ()),
                }
            )
        ),
        compiled_python=python.compiled,
        added=added,
        warnings=python.warnings,
        leave_out=_LEAVE_OUT,
        kept=kept,
        keyed_by=keyed_by,
        versions={"python": ".venv/bin/python --version"},
        inventory=".venv/bin/python -c 'import importlib.metadata as m; "
        "[print(d.name, d.version) for d in m.distributions()]'",
    )
    return _as_site(recipe, report) if site else recipe


def _as_site(recipe: Recipe, report: RepositoryReport) -> Recipe:
    """The recipe of files that a program in Python makes: only its output is the release."""
    root = (report.document_root or "site").strip("/") or "."
    keep = Step(
        title="keep what was built, and nothing else",
        command=f"python3 {FOLDER}/site.py {shlex.quote(root)}",
    )
    return recipe.model_copy(
        update={
            "name": f"{recipe.name}-static",
            "steps": (*recipe.steps, keep),
            "search_path": (".venv/bin",),
            "packages": ("nginx-light",),
            "static": StaticSite(document_root=root, single_page=report.single_page),
            "versions": {},
            "inventory": None,
        }
    )


_VENV = ".venv"
# Django and Babel read the compiled form alone; a text that is out of order costs its language.
_MSGFMT = (
    "find . -name .venv -prune -o -name node_modules -prune -o -path '*/LC_MESSAGES/*.po' -exec "
    """sh -c 'for f; do msgfmt -o "${f%.po}.mo" "$f" || true; done' sh {} +"""
)


def _translations(files: Iterable[str]) -> tuple[Step, ...]:
    """Compile the translations of which the repository has the texts alone."""
    names = frozenset(files)
    if any(
        "/LC_MESSAGES/" in name and f"{name[:-3]}.mo" not in names
        for name in names
        if name.endswith(".po")
    ):
        return (Step(title="compile the translations", command=_MSGFMT),)
    return ()


def _settings(files: frozenset[str]) -> tuple[Step, ...]:
    """Write the settings that the repository has as a sample alone, for where they run."""
    found = samples(files, lambda name: text_of(files, name))
    return sample_steps(files, found, filled)


def _kept_for_next_time(
    files: frozenset[str], python: versions.Python, *, with_front: bool
) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """The folders that the dependency steps make, and the files that decide what is in them."""
    folders = (".venv", versions.MANAGED_FOLDER) if python.managed else (".venv",)
    decisive = installers.dependency_files(files)
    if not with_front or decisive is None:
        return folders, decisive
    manifests = [name for name in files if _FRONT.search(name)]
    modules = {name.removesuffix("package.json") + "node_modules" for name in manifests
               if name.endswith("package.json")}  # fmt: skip
    return (*folders, *sorted(modules)), tuple(sorted({*decisive, *manifests}))


def _kept(step: Step) -> bool:
    return step.phase != "build"


def _processes(report: RepositoryReport) -> dict[str, str]:
    """Recon's processes; the start command is that of `web` or `worker` when it has no name yet."""
    processes = dict(report.processes)
    main = "worker" if report.kind == "worker" else "web"
    if report.start:
        processes.setdefault(main, report.start)
    if main not in processes:
        raise RepositoryError(
            "there is no start command: neither a Procfile nor a framework that is known was found",
            mend="give one with --start (app_start_command), the port as $PORT, e.g. "
            "'gunicorn --bind 0.0.0.0:$PORT app:app'",
        )
    return processes


def _added(report: RepositoryReport) -> tuple[str, ...]:
    return tuple(SERVERS.get(name.lower(), name) for name in report.adds)


def _build_steps(report: RepositoryReport) -> list[Step]:
    steps = [
        Step(title="build", command=command)
        for command in report.build
        if not _INSTALLS.match(command)
    ]
    if not any(_RUNS_THE_CODE.search(step.command) for step in steps):
        return steps
    before = Step(title="note what is there", command=f"touch {_BEFORE}")
    return [before, *steps, Step(title="take away what ran along", command=_TAKE_AWAY)]


# The application itself, which starts to write its log, and makes a key where it has none. Those
# of a build are no part of a release: it could not change them, and every host would have the key.
_RUNS_THE_CODE = re.compile(r"\bmanage\.py\b|-m django\b|\bflask\b")
_BEFORE = "/tmp/hivemind-before"  # noqa: S108 - the container's own
_TAKE_AWAY = (
    "find . -name .venv -prune -o -name node_modules -prune -o -type f "
    f"-newer {_BEFORE} '(' -name '*.log' -o -path '*/logs/*' -o -name .secret "
    "-o -name '.secret[_-]key*' -o -name 'secret[_-]key*' -o -name 'secretkey*' ')' "
    "! -name '*.py' -exec rm -f {} +"
)
