"""Python: a virtual environment at `/app/.venv`, on the system's interpreter of the hosts."""

import re
import shlex

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from hivemind_agents.building.model import Recipe, Step
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.report import RepositoryReport

# The interpreter of the image that hosts and builder share.
INTERPRETER = "/usr/bin/python3"
INTERPRETER_VERSION = "3.11"
UV = "uv==0.13.9"
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
    r"^(python3? -m venv|(python3? -m )?pip3? install|uv (sync|venv|pip)|source |\. )\b"
)
_LEAVE_OUT = (".lock", "uv_cache.json")
_ENV = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_NO_COMPILE": "1",
    "PIP_CACHE_DIR": "/cache/pip",
    "PIP_ROOT_USER_ACTION": "ignore",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "VIRTUAL_ENV": "/app/.venv",
    # Compiled extensions name no temporary folder.
    "CFLAGS": "-g0",
}
_UV_ENV = {
    "UV_CACHE_DIR": "/cache/uv",
    "UV_COMPILE_BYTECODE": "0",
    "UV_LINK_MODE": "copy",
    "UV_NO_PROGRESS": "1",
    "UV_PROJECT_ENVIRONMENT": "/app/.venv",
    "UV_PYTHON": INTERPRETER,
    "UV_PYTHON_DOWNLOADS": "never",
}
_UV_TOOL = "/cache/tools/uv"


def pip(report: RepositoryReport, files: frozenset[str]) -> Recipe:
    """Dependencies by pip, from `requirements.txt` or the project itself."""
    _check_version(report)
    if "requirements.txt" in files:
        wanted, added = "-r requirements.txt", _added(report)
    elif files & {"pyproject.toml", "setup.py", "setup.cfg"}:
        wanted, added = ".", _added(report)
    elif files & {"Pipfile.lock", "poetry.lock", "pdm.lock"}:
        raise RepositoryError(
            "dependencies are locked by a tool that has no recipe yet; there are pip and uv",
            mend="export them to a requirements.txt beside the lock file",
        )
    else:
        wanted, added = "", _added(report)
    steps = [
        Step(
            title="make the virtual environment",
            command=f"{INTERPRETER} -m venv .venv",
            phase="dependencies",
        )
    ]
    if wanted:
        steps.append(
            Step(
                title="install the dependencies",
                command=f".venv/bin/pip install --quiet --no-compile {wanted}",
                phase="dependencies",
            )
        )
    if added:
        steps.append(
            Step(
                title="add what production needs",
                command=f".venv/bin/pip install --quiet --no-compile {shlex.join(added)}",
                phase="dependencies",
            )
        )
    steps += _build_steps(report)
    # A release installs nothing any more.
    steps.append(
        Step(
            title="take the installer away",
            command=".venv/bin/pip uninstall --quiet --yes setuptools pip",
            phase="build",
        )
    )
    return _recipe("python-pip", report, steps, _ENV, added)


def uv(report: RepositoryReport, files: frozenset[str]) -> Recipe:
    """Dependencies by uv, from its lock file; production ones only."""
    _check_version(report)
    if "pyproject.toml" not in files:
        return pip(report, files)
    added = _added(report)
    frozen = "--frozen" if "uv.lock" in files else ""
    steps = [
        Step(
            title="get uv",
            # Kept among the deployment's caches; uv is one program and needs no other.
            command=f"test -x {_UV_TOOL}/bin/uv && {_UV_TOOL}/bin/uv --version | "
            f"grep -qF {shlex.quote(UV.replace('==', ' '))} || "
            f"{{ {INTERPRETER} -m venv --clear {_UV_TOOL} && "
            f"{_UV_TOOL}/bin/pip install --quiet {UV}; }}",
            phase="tools",
        ),
        Step(
            title="install the dependencies",
            command=f"{_UV_TOOL}/bin/uv sync --quiet --no-dev --no-editable {frozen}".rstrip(),
            phase="dependencies",
        ),
    ]
    if added:
        steps.append(
            Step(
                title="add what production needs",
                command=f"{_UV_TOOL}/bin/uv pip install --quiet --python .venv/bin/python "
                f"{shlex.join(added)}",
                phase="dependencies",
            )
        )
    steps += _build_steps(report)
    return _recipe("python-uv", report, steps, _ENV | _UV_ENV, added)


def _recipe(
    name: str, report: RepositoryReport, steps: list[Step], env: dict[str, str],
    added: tuple[str, ...],
) -> Recipe:  # fmt: skip
    return Recipe(
        name=name,
        steps=tuple(steps),
        env=env,
        reads_env=bool(_build_steps(report)),
        processes=_processes(report),
        search_path=(".venv/bin",),
        packages=tuple(sorted({"python3", *_host_packages(report)})),
        added=added,
        leave_out=_LEAVE_OUT,
        versions={"python": ".venv/bin/python --version"},
        inventory=".venv/bin/python -c 'import importlib.metadata as m; "
        "[print(d.name, d.version) for d in m.distributions()]'",
    )


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
    return [
        Step(title="build", command=command)
        for command in report.build
        if not _INSTALLS.match(command)
    ]


def _host_packages(report: RepositoryReport) -> set[str]:
    """Libraries that drivers without a bundled one load at run time."""
    packages = set(report.system_packages)
    if "postgresql" in (*report.needs, *report.optional_needs):
        packages.add("libpq5")
    if "mysql" in (*report.needs, *report.optional_needs):
        packages.add("libmariadb3")
    return packages


def _check_version(report: RepositoryReport) -> None:
    wanted = (report.runtime_version or "").strip()
    if not wanted:
        return
    have = Version(f"{INTERPRETER_VERSION}.99")
    try:
        if re.fullmatch(r"\d+(\.\d+)?(\.\d+)?", wanted):
            numbers = Version(wanted).release[:2]
            fits = have.release[: len(numbers)] == numbers
        else:
            fits = have in SpecifierSet(wanted)
    except (InvalidSpecifier, InvalidVersion):
        return  # not a version that can be compared: the installer will say
    if not fits:
        raise RepositoryError(
            f"the application asks for Python {wanted}; the hosts have {INTERPRETER_VERSION}",
            mend=f"allow Python {INTERPRETER_VERSION} in .python-version, runtime.txt or "
            "requires-python",
        )
