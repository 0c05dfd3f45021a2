"""Python's installers: the steps by which each brings an application's packages to `/app/.venv`.

Only what production needs is installed; a lock file is taken as it is, or refused. uv is installed
exactly, into the deployment's cache; the lock files of Poetry, Pipenv and PDM are read by a program
of ours and installed by pip, from this machine's index, against their digests.
"""

import json
import re
import shlex
import tomllib
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from packaging.utils import canonicalize_name

from hivemind_agents.building import python_locks as locks
from hivemind_agents.building import python_pins as pins
from hivemind_agents.building.files import text_of
from hivemind_agents.building.model import Step
from hivemind_agents.building.programs import FOLDER
from hivemind_agents.building.python_versions import (
    COMPILED,
    GET_PYTHON,
    MANAGED_FOLDER,
    SYSTEM_INTERPRETER,
    Python,
)
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.languages.python.manifests import PRODUCTION_EXTRAS, REQUIREMENTS
from hivemind_agents.repository.readers.structured import items, table

UV = "uv==0.13.9"
_TOOLS = "/cache/tools"
_UV = f"{_TOOLS}/uv/bin/uv"
PIP_INSTALL = ".venv/bin/pip install --quiet --no-compile"
UV_INSTALL = f"{_UV} pip install --python .venv/bin/python"
_CONSTRAINTS = "/tmp/build-tools.txt"  # noqa: S108 - the container's own

PIP_ENV = {
    "PIP_CACHE_DIR": "/cache/pip",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_COMPILE": "1",
    "PIP_NO_INPUT": "1",
    "PIP_NO_PYTHON_VERSION_WARNING": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
}
UV_ENV = {
    "UV_CACHE_DIR": "/cache/uv",
    "UV_COMPILE_BYTECODE": "0",
    "UV_LINK_MODE": "copy",
    "UV_NO_PROGRESS": "1",
    "UV_PROJECT_ENVIRONMENT": "/app/.venv",
    "UV_PYTHON_DOWNLOADS": "never",
}


def tool(requirement: str) -> Step:
    """Get a tool, unless the deployment's cache has it in this version."""
    name, _, version = requirement.partition("==")
    there = f"{_TOOLS}/{name}"
    mark = f"{there}/.is-{version}"
    return Step(
        title=f"get {name}",
        command=f"test -e {mark} || {{ {SYSTEM_INTERPRETER} -m venv --clear {there} && "
        f"{there}/bin/pip install --quiet {requirement} && touch {mark}; }}",
        phase="tools",
    )


def environment(python: Python, *, with_pip: bool) -> Iterator[Step]:
    """Make `.venv`, on the system's interpreter or on one that travels along."""
    if not python.managed:
        bare = "" if with_pip else " --without-pip"
        yield _installs("make the virtual environment",
                        f"{SYSTEM_INTERPRETER} -m venv{bare} .venv")  # fmt: skip
        return
    version = python.version
    yield Step(
        title=GET_PYTHON,
        command=f"if test -d {COMPILED}; then mkdir -p {MANAGED_FOLDER} && "
        f"cp -a {COMPILED}/. {MANAGED_FOLDER}/; else "
        f"UV_PYTHON_DOWNLOADS=automatic UV_HTTP_RETRIES=1 {_UV} python install --no-bin "
        f"--install-dir /app/{MANAGED_FOLDER} {version}; fi",
        phase="dependencies",
    )
    seed = " --seed" if with_pip else ""
    folder = f"/app/{MANAGED_FOLDER}"
    found = f"ls -d {folder}/bin/python3.?? {folder}/*/bin/python{version} 2>/dev/null | head -n 1"
    yield _installs(
        "make the virtual environment",
        f'{_UV} venv --quiet{seed} --python "$({found})" .venv',
    )


def pip(
    files: Iterable[str], python: Python, needs: Collection[str] = ()
) -> tuple[Step, ...]:  # fmt: skip
    """By pip, from a requirements file or the project's own list, with the extras of its needs."""
    names, extras = frozenset(files), _extras(files, needs)
    steps = [*environment(python, with_pip=True)]
    if python.managed:
        steps.insert(0, tool(UV))
    listed = requirements_file(names)
    if listed:
        chosen_files = (listed, *_of_needs(files, listed, needs))
        steps.append(_installs("install the dependencies", _pip_requirements(files, chosen_files)))
    elif "pyproject.toml" in names and (_lists_statically(files) or not _is_package(files)):
        steps.append(_installs("install the dependencies", _pip_listed(extras)))
        if _is_package(files):
            steps.append(_project(f"{PIP_INSTALL} --no-deps ."))
    elif names & {"pyproject.toml", "setup.py"}:
        chosen = f"[{','.join(extras)}]" if extras else ""
        steps.append(_installs("install the project", f"{PIP_INSTALL} .{chosen}"))
    return tuple(steps)


def uv(
    files: Iterable[str], python: Python, needs: Collection[str] = ()
) -> tuple[Step, ...]:  # fmt: skip
    """By uv, from its lock file when there is one, with the extras of its needs."""
    text = text_of(files, "uv.lock")
    locks.check("uv.lock", "pyproject.toml", "uv lock", files)
    steps = [tool(UV), *environment(python, with_pip=False)]
    production = " ".join((_PRODUCTION, *(f"--extra {name}" for name in _extras(files, needs))))
    project = (_project(f"{UV_INSTALL} --no-deps ."),) if _is_package(files) else ()
    if "uv.lock" not in frozenset(files):
        command = f"{_UV} sync {production}"
        return (*steps, _installs("install the dependencies", command), *project)
    registries = set(re.findall(r'source = \{ registry = "([^"]+)" \}', text or ""))
    registry = next(iter(registries)) if len(registries) == 1 else None
    index = f"UV_DEFAULT_INDEX={shlex.quote(registry)} " if registry else ""
    steps.append(
        _installs(
            "see that uv.lock is in step with pyproject.toml",
            # Nearly always the files alone can tell.
            f"{index}{_UV} lock --check --offline --quiet 2>/dev/null || {index}{_UV} lock --check "
            "|| { echo 'uv.lock needs to be updated'; exit 1; }",
        )
    )
    if registry is None:
        command = f"{_UV} sync --frozen {production}"
    else:
        # Names, versions and digests from the lock, the files from this machine's index.
        command = (
            f"{_UV} export --quiet --frozen {production} --format requirements.txt "
            f"--output-file /tmp/locked.txt && {UV_INSTALL} --no-deps --requirement /tmp/locked.txt"
        )
    return (*steps, _installs("install the dependencies", command), *project)


_PRODUCTION = "--no-dev --no-editable --no-install-project"


def poetry(files: Iterable[str], python: Python) -> tuple[Step, ...]:
    """Of Poetry's lock file, what its main group reaches; then the project, if it is a package."""
    locks.check("poetry.lock", "pyproject.toml", "poetry lock", files)
    settings = _pyproject(files).get("tool", {}).get("poetry", {})
    steps = _locked("poetry", files, python, no_deps="poetry.lock" in frozenset(files))
    if settings.get("package-mode") is False or not _is_package(files):
        return steps
    # An application is often called a package and is none: that is not a fault.
    install = (
        f"{PIP_INSTALL} --no-deps . >/tmp/root.log 2>&1 || "
        "{ grep -qE 'No file/folder found|Readme path|does not contain any element' /tmp/root.log "
        "|| { cat /tmp/root.log; exit 1; }; }"
    )
    return (*steps, _project(install))


def pipenv(files: Iterable[str], python: Python) -> tuple[Step, ...]:
    """Of Pipenv's lock file, what its default section lists; the Pipfile's list without one."""
    locks.check("Pipfile.lock", "Pipfile", "pipenv lock", files)
    return _locked("pipenv", files, python, no_deps="Pipfile.lock" in frozenset(files))


def pdm(
    files: Iterable[str], python: Python, needs: Collection[str] = ()
) -> tuple[Step, ...]:  # fmt: skip
    """Of PDM's lock file, the production group; the manifest's list where there is none."""
    if "pdm.lock" not in frozenset(files):
        return pip(files, python, needs)
    locks.check("pdm.lock", "pyproject.toml", "pdm lock", files)
    steps = _locked("pdm", files, python, no_deps=True)
    return (*steps, _project(f"{PIP_INSTALL} --no-deps .")) if _is_package(files) else steps


def _locked(
    manager: str, files: Iterable[str], python: Python, *, no_deps: bool
) -> tuple[Step, ...]:
    """By pip, from what a program of ours reads in the lock file of another manager."""
    tools = (tool(UV),) if python.managed else ()
    alone = " --no-deps" if no_deps else ""
    command = (
        f".venv/bin/python {FOLDER}/python_locks.py {manager} >/tmp/locked.txt && "
        f"{{ {_constrained(files)}{PIP_INSTALL}{alone} --requirement /tmp/locked.txt; }}"
    )
    return (
        *tools,
        *environment(python, with_pip=True),
        _installs("install the dependencies", command),
    )


def conda(files: Iterable[str], python: Python) -> tuple[Step, ...]:
    """Conda's own packages have no recipe."""
    del files, python
    raise RepositoryError(
        "the dependencies are listed for Conda (environment.yml), which has no recipe here",
        mend="list them in a requirements.txt beside it; it is taken first",
    )


def requirements_file(names: frozenset[str]) -> str | None:
    """The requirements file for production."""
    return next((name for name in REQUIREMENTS if name in names), None)


def dependency_files(files: Iterable[str]) -> tuple[str, ...] | None:
    """The files that decide what gets installed; None: any file may, so all do."""
    names = frozenset(files)
    decisive = {
        name for name in names
        if name in {"pyproject.toml", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile",
                    "Pipfile.lock", "setup.py", "setup.cfg", "uv.toml", "poetry.toml", "pip.conf"}
    }  # fmt: skip
    if listed := requirements_file(names):
        included = _included(files, listed, set())
        if included is None:
            return None
        decisive |= included
        for beside in _of_needs(files, listed, _OF_STORES):
            decisive |= _included(files, beside, set()) or set()
    elif "setup.py" in names and not names & {"pyproject.toml", "Pipfile", "uv.lock"}:
        # What it lists is known by running it.
        return None
    manifests = [text_of(files, name) for name in decisive]
    if None in manifests or any(_PATHS.search(text or "") for text in manifests):
        return None
    return tuple(sorted(decisive))


# Dependencies that are folders of the repository, in the manifests of all tools.
_PATHS = re.compile(
    r"""(?m)(\bpath\s*=\s*["']|tool\.uv\.workspace|(editable|directory|virtual) = "(?!\.")|"""
    r"""["']path["']:\s*["'])"""
)


def _included(files: Iterable[str], name: str, seen: set[str]) -> set[str] | None:
    """A requirements file and those that it names; None where it installs files of the tree."""
    if name in seen:
        return seen
    text = text_of(files, name)
    if text is None:
        return None
    seen.add(name)
    folder = name.rpartition("/")[0]
    for line in text.splitlines():
        word = re.split(r"(?:^|\s)#", line)[0].strip()
        inner = re.match(r"(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)", word)
        if inner:
            path = _joined(folder, inner.group(1))
            if _included(files, path, seen) is None:
                return None
        elif re.match(r"(-e|--editable)\b|\.{0,2}/|\.(\s|$|\[)|file:", word) or "@ file:" in word:
            return None
    return seen


def _joined(folder: str, path: str) -> str:
    parts: list[str] = folder.split("/") if folder else []
    for part in path.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in {".", ""}:
            parts.append(part)
    return "/".join(parts)


def _installs(title: str, command: str) -> Step:
    return Step(title=title, command=command, phase="dependencies")


def _project(command: str) -> Step:
    """The project's own files, which change when its dependencies do not."""
    return Step(title="install the project", command=command)


def _pip_requirements(files: Iterable[str], listed: Iterable[str]) -> str:
    return f"{_constrained(files)}{PIP_INSTALL} -r {' -r '.join(listed)}"


def _constrained(files: Iterable[str]) -> str:
    """What goes before a command of pip, so that old sources are built with tools of their time."""
    named = pins.constraints(files)
    if not named:
        return ""
    lines = " ".join(map(shlex.quote, named))
    return f"printf '%s\\n' {lines} >{_CONSTRAINTS}; PIP_CONSTRAINT={_CONSTRAINTS} "


# Names of the extras that bring a store's driver, and the drivers.
_OF_STORES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "postgresql": (
        frozenset({"postgres", "postgresql", "pgsql", "psycopg", "psycopg2"}),
        frozenset(
            {"psycopg", "psycopg-binary", "psycopg2", "psycopg2-binary", "asyncpg", "pg8000"}
        ),
    ),
    "mysql": (
        frozenset({"mysql", "mariadb", "mysqlclient", "pymysql"}),
        frozenset({"mysqlclient", "pymysql", "aiomysql", "asyncmy", "mysql-connector-python"}),
    ),
    "redis": (frozenset({"redis"}), frozenset({"redis", "django-redis"})),
}


def _extras(files: Iterable[str], needs: Collection[str]) -> tuple[str, ...]:
    """The project's optional dependencies that production is run with: by their usual names, and
    the one with the driver of a store that it needs, where it lists none itself.
    """
    project = table(_pyproject(files).get("project"))
    optional = table(project.get("optional-dependencies"))
    listed = {
        canonicalize_name(hit[0])
        for entry in items(project.get("dependencies"))
        if (hit := re.match(r"[\w.-]+", str(entry)))
    }
    chosen = PRODUCTION_EXTRAS & set(optional)
    for need in needs:
        names, drivers = _OF_STORES.get(need, (frozenset(), frozenset()))
        if not drivers & listed:
            chosen |= set(sorted(names & set(optional))[:1])
    return tuple(sorted(chosen))


def _of_needs(files: Iterable[str], listed: str, needs: Iterable[str]) -> tuple[str, ...]:
    """Requirements files beside the one that is taken, each with the driver of a needed store
    that the other lacks: `requirements/postgres.txt`, `requirements-mysql.txt`.
    """
    known, folder = frozenset(files), listed.rpartition("/")[0]
    own = _packages(files, listed)
    chosen = []
    for need in needs:
        names, drivers = _OF_STORES.get(need, (frozenset(), frozenset()))
        if drivers & own:
            continue
        candidates = (
            path
            for name in sorted(names)
            for path in (
                f"{folder}/{name}.txt" if folder else f"requirements/{name}.txt",
                _joined(folder, f"requirements-{name}.txt"),
                _joined(folder, f"requirements_{name}.txt"),
            )
        )
        chosen += [
            path for path in candidates if path in known and drivers & _packages(files, path)
        ][:1]
    return tuple(chosen)


def _packages(files: Iterable[str], name: str) -> set[str]:
    """The packages that a requirements file lists, with those of the files that it names."""
    return {
        canonicalize_name(hit[0])
        for path in _included(files, name, set()) or {name}
        for line in (text_of(files, path) or "").splitlines()
        if (hit := re.match(r"[A-Za-z0-9][\w.-]*", line))
    }


def _pip_listed(extras: tuple[str, ...]) -> str:
    """A project that is no package: its lists alone are installed."""
    read = (
        "import tomllib; "
        'project = tomllib.load(open("pyproject.toml", "rb")).get("project", {}); '
        'optional = project.get("optional-dependencies", {}); '
        'print("\\n".join(sum([project.get("dependencies", []), '
        f"*(optional[name] for name in {json.dumps(extras)})], [])))"
    )
    return (
        f"{SYSTEM_INTERPRETER} -c {shlex.quote(read)} >/tmp/listed.txt && "
        f"{PIP_INSTALL} -r /tmp/listed.txt"
    )


def _is_package(files: Iterable[str]) -> bool:
    """Whether the project says how it is built."""
    content = _pyproject(files)
    for name in ("uv", "pdm"):
        tool_settings = content.get("tool", {}).get(name, {})
        if tool_settings.get("package", tool_settings.get("distribution")) is False:
            return False
    return "build-system" in content or "setup.py" in frozenset(files)


def _lists_statically(files: Iterable[str]) -> bool:
    """Whether the manifest lists the dependencies, and no program has to be asked."""
    project = _pyproject(files).get("project", {})
    return "dependencies" in project and "dependencies" not in project.get("dynamic", [])


def _pyproject(files: Iterable[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(text_of(files, "pyproject.toml") or "")
    except tomllib.TOMLDecodeError:
        return {}
