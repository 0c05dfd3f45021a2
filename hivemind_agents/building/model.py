"""The values of a build: what is asked for, the recipe, and what comes out."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from hivemind_agents.building import programs
from hivemind_agents.domain.base import Frozen
from hivemind_agents.domain.deployment import PhpSite, ReleaseRuntime, Source, StaticSite
from hivemind_agents.domain.schedule import Schedule
from hivemind_agents.errors import RunFailed

SHOWN_LINES = 25
Phase = Literal["tools", "dependencies", "build"]


class Step(Frozen):
    """One command of a recipe, run by a shell in `/app` as a user without rights."""

    title: str
    command: str
    phase: Phase = "build"


class Recipe(Frozen):
    """How a release is made of the source, and what its hosts need to run it."""

    name: str
    steps: tuple[Step, ...] = ()
    # Environment of the build.
    env: dict[str, str] = {}
    # Whether commands of the repository run, which may read the application's plain settings.
    reads_env: bool = False
    processes: dict[str, str] = {}
    # Folders of the release that come first in PATH, such as `.venv/bin`.
    search_path: tuple[str, ...] = ()
    # Environment of the release's processes, where the user sets nothing else.
    runtime_env: dict[str, str] = {}
    # A version of Python to compile for it, where the step that gets one fails.
    compiled_python: str | None = None
    # Values for variables that commands of the repository read and nobody has set.
    defaults: dict[str, str] = {}
    # Debian packages of the hosts; what compiled libraries load is added when it is built.
    packages: tuple[str, ...] = ()
    # Debian packages of the builder, beyond its image.
    build_packages: tuple[str, ...] = ()
    # What was missing and is added, e.g. a production server.
    added: tuple[str, ...] = ()
    # Names (of files or folders, anywhere) that a build leaves and a release does not need.
    leave_out: tuple[str, ...] = ()
    # What the user is to know, e.g. of another version than the one that was named.
    warnings: tuple[str, ...] = ()
    # Folders that the tools and dependencies phases make: kept for the next build.
    kept: tuple[str, ...] = ()
    # Files that decide what is in them; None: any file may.
    keyed_by: tuple[str, ...] | None = None
    static: StaticSite | None = None
    php: PhpSite | None = None
    # What follows is set for every recipe alike, from Recon's report.
    schedules: tuple[Schedule, ...] = ()
    persistent: tuple[str, ...] = ()
    persistent_files: tuple[str, ...] = ()
    carried_files: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    own_port: int | None = None
    # Tool to the command that prints its version as the last word.
    versions: dict[str, str] = {}
    # A command that prints one `name version` a line: what was installed.
    inventory: str | None = None

    @property
    def runtime(self) -> ReleaseRuntime:
        """What the release's hosts need."""
        return ReleaseRuntime(
            packages=self.packages,
            search_path=self.search_path,
            env=self.runtime_env,
            static=self.static,
            php=self.php,
            schedules=self.schedules,
            persistent=self.persistent,
            persistent_files=self.persistent_files,
            carried_files=self.carried_files,
            volumes=self.volumes,
            own_port=self.own_port,
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the recipe: another recipe is another build."""
        return digest_of(self.model_dump(mode="json"))


class BuildLimits(Frozen):
    """What a build may use; beyond it, it is stopped."""

    timeout_minutes: Annotated[int, Field(ge=1, le=240)] = 30
    memory_mb: Annotated[int, Field(ge=256)] = 4096
    disk_mb: Annotated[int, Field(ge=512)] = 8192
    processes: Annotated[int, Field(ge=64)] = 1024


class BuildRequest(Frozen):
    """What is to be built: the files in `tree`, which came from `source`, by `recipe`."""

    deployment_name: str
    source: Source
    tree: Path
    recipe: Recipe
    # Whose build it is, e.g. the state bucket's name: caches of one are not those of another.
    owner: str = "local"
    # Plain settings of the application that builds may read; nothing secret.
    env: dict[str, str] = {}
    # Variables of the steps that bring dependencies, and of no other.
    secrets: dict[str, SecretStr] = {}
    limits: BuildLimits = BuildLimits()


class Package(Frozen):
    """One installed package."""

    name: str
    version: str
    ecosystem: Literal["pypi", "npm", "composer", "golang", "deb"] = "pypi"


class Manifest(Frozen):
    """What is in a release; it travels inside of the archive as `.hivemind/manifest.json`.

    Nothing in it says when or where the build ran: equal inputs give equal bytes.
    """

    format: Literal[1] = 1
    recipe: str
    commit: str | None
    source_digest: str
    inputs_digest: str
    image: str
    architecture: str
    commands: tuple[str, ...]
    versions: dict[str, str]
    packages: tuple[Package, ...]
    added: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    processes: dict[str, str]
    search_path: tuple[str, ...]
    host_packages: tuple[str, ...]
    static: StaticSite | None
    files: int
    bytes: int


class PhaseTime(Frozen):
    """Seconds that a phase of a build took."""

    phase: str
    seconds: float


class Artifact(Frozen):
    """A build's result: the archive is stored under `digest`."""

    digest: str
    bytes: int
    inputs_digest: str
    # False when an equal build was stored already.
    built: bool
    # Debian packages of the hosts, with those of libraries that compiled files load.
    packages: tuple[str, ...] = ()
    # What it was built for: `x86_64` or `aarch64`.
    architecture: str | None = None
    warnings: tuple[str, ...] = ()
    phases: tuple[PhaseTime, ...] = ()


class BuildFailed(RunFailed):
    """A build that did not come to an end: which command, its last lines, the probable cause."""

    def __init__(
        self, what: str, *, title: str | None = None, command: str | None = None,
        lines: tuple[str, ...] = (), cause: str | None = None, mend: str | None = None,
    ) -> None:  # fmt: skip
        parts = [what]
        if command:
            parts.append(f"The command was: {command}")
        lines = lines[-SHOWN_LINES:]
        if lines:
            parts.append("Its last lines:\n" + "\n".join(f"  {line}" for line in lines))
        if cause:
            parts.append(f"Probable cause: {cause}")
        super().__init__("\n".join(parts), mend=mend)
        self.title = title
        self.command = command
        self.lines = lines
        self.cause = cause


def inputs_digest(
    source: Source, source_digest: str, recipe: Recipe, image: str, env: dict[str, str],
    *, secrets: tuple[str, ...] = (),
) -> str:  # fmt: skip
    """What decides the bytes of an artifact: the same inputs are built once.

    The commit counts because the manifest names it; of secrets of the build, their names.
    """
    parts = [source.commit, source_digest, recipe.digest, image, env, sorted(secrets)]
    return digest_of([2, *parts, programs.texts()])


def digest_of(value: object) -> str:
    """SHA-256 of a value's canonical JSON, in hex."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
