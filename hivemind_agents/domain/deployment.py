"""The deployment and its releases: the one document that every door reads and writes."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from hivemind_agents.domain.base import Frozen
from hivemind_agents.domain.schedule import Schedule
from hivemind_agents.domain.verification import Verification

NAME_PATTERN = r"^[a-z][a-z0-9-]{0,22}[a-z0-9]$"
RESERVED_NAMES = frozenset({"bootstrap"})

Slot = Literal["blue", "green"]
StageMode = Literal["stage-1", "production"]
Kind = Literal["web", "worker", "static", "cli", "library"]
DeploymentStatus = Literal[
    "new", "deploying", "live", "failed", "rolling-back", "rolled-back", "destroying", "destroyed"
]
ReleaseState = Literal["built", "live", "previous", "failed"]
CreationMethod = Literal["agents", "ansible", "awx", "chat"]


def checked_name(name: str) -> str:
    """Return `name` if a deployment may have it.

    Raises ValueError saying which rule it breaks. The length leaves room for the prefixes and
    suffixes of the resources that AWS limits to 32 characters.
    """
    if not re.match(NAME_PATTERN, name) or "--" in name:
        raise ValueError(
            f"{name!r} is not a deployment name: 2 to 24 lower-case letters, digits and single "
            "hyphens, a letter first, no hyphen last"
        )
    if name in RESERVED_NAMES:
        raise ValueError(f"{name!r} is reserved: choose another name")
    return name


DeploymentName = Annotated[str, AfterValidator(checked_name)]


class Source(Frozen):
    """Where the application's code comes from."""

    repository: str
    path: str = "."
    ref: str | None = None
    commit: str | None = None
    # Whether the folder differs from its commit; the digest is of the files themselves.
    dirty: bool = False
    digest: str | None = None


class Stack(Frozen):
    """The application's CloudFormation stack, as last seen."""

    name: str
    id: str | None = None
    status: str | None = None
    template_digest: str | None = None
    outputs: dict[str, str] = {}


class Instance(Frozen):
    """One host of a slot."""

    id: str
    slot: Slot
    zone: str | None = None
    type: str | None = None
    image_id: str | None = None
    private_ip: str | None = None
    public_ip: str | None = None


class LoadBalancer(Frozen):
    """The application load balancer of a web service."""

    arn: str
    name: str
    dns_name: str
    target_group_arn: str


class Database(Frozen):
    """The database that the stack made; the password is only behind `secret_arn`."""

    engine: Literal["postgresql", "mysql"]
    identifier: str
    host: str
    port: int
    name: str
    secret_arn: str


class Cache(Frozen):
    """The cache that the stack made: open to the hosts alone, without a password."""

    engine: Literal["redis"] = "redis"
    identifier: str
    host: str
    port: int


class StaticSite(Frozen):
    """Files that a web server hands out; `document_root` is a folder of the release."""

    document_root: str = "."
    # Unknown paths get the front page: its own router knows them.
    single_page: bool = False


class PhpSite(Frozen):
    """Pages that php-fpm runs behind a web server; paths are of the release."""

    document_root: str = "."
    # The page that answers for paths without a file, relative to the document root.
    front_controller: str | None = None
    # Folders below the document root that nobody may read, and those where no page is run.
    denied: tuple[str, ...] = ()
    scriptless: tuple[str, ...] = ()


class ReleaseRuntime(Frozen):
    """What hosts need to run a release."""

    # Debian packages.
    packages: tuple[str, ...] = ()
    # Folders of the release that come first in PATH, such as `.venv/bin`.
    search_path: tuple[str, ...] = ()
    # Environment that the runtime wants, such as NODE_ENV; what the user sets wins.
    env: dict[str, str] = {}
    static: StaticSite | None = None
    php: PhpSite | None = None
    # Commands that the first host of the slot runs by the clock.
    schedules: tuple[Schedule, ...] = ()
    # Folders, and single files such as a SQLite database, that outlive releases on a host.
    persistent: tuple[str, ...] = ()
    persistent_files: tuple[str, ...] = ()
    # Files that the application's own installer writes: the next release gets a copy.
    carried_files: tuple[str, ...] = ()
    # Folders outside of the release that outlive releases on a host, absolute, such as `/data`.
    volumes: tuple[str, ...] = ()
    # The port that the application listens on, where it does not take the one it is given.
    own_port: int | None = None


class Release(Frozen):
    """Code, build, configuration, migration and template parameters, to be gone back to."""

    number: Annotated[int, Field(ge=1)]
    state: ReleaseState = "built"
    commit: str | None = None
    artifact_digest: str | None = None
    artifact_bytes: int | None = None
    # What it was built for: `x86_64` or `aarch64`.
    architecture: str | None = None
    # What went into the build: equal inputs are not built again.
    inputs_digest: str | None = None
    configuration_digest: str | None = None
    # The stores that it is told of, and how (`hosting/connected.py`); None before it was installed.
    connections: dict[str, Any] | None = None
    template_digest: str | None = None
    # The environment that was set by the user: plain values, and references to secrets.
    env: dict[str, str] = {}
    secrets: dict[str, str] = {}
    # Of the steps of a build that bring dependencies alone.
    build_secrets: dict[str, str] = {}
    processes: dict[str, str] = {}
    runtime: ReleaseRuntime = ReleaseRuntime()
    port: int = 8000
    migrated_at: datetime | None = None
    created_at: datetime
    live_at: datetime | None = None


class Monitoring(Frozen):
    """What Ops made to look at the deployment."""

    dashboard_name: str | None = None
    dashboard_url: str | None = None
    log_group: str | None = None


class Deployment(Frozen):
    """The deployment record.

    Stored as `records/<name>.json` in the state bucket, changed by compare-and-swap. What AWS
    holds (stack, tags, parameters, outputs) wins over it. It holds references to secrets only.
    """

    id: str
    name: DeploymentName
    description: str = ""
    source: Source | None = None
    creation_method: CreationMethod = "ansible"
    target: str | None = None
    region: str
    stage_mode: StageMode = "stage-1"
    kind: Kind | None = None
    status: DeploymentStatus = "new"
    # The run that last changed it, and the stage it reached.
    run_id: str | None = None
    stage: str | None = None
    # What the user said of the repository by flags, with the keys of hivemind.yml.
    overrides: dict[str, Any] = {}
    # Recon's whole report (notes: hivemind_agents.repository.RepositoryReport).
    recon: dict[str, Any] | None = None
    stack: Stack | None = None
    load_balancer: LoadBalancer | None = None
    active_slot: Slot = "blue"
    instances: tuple[Instance, ...] = ()
    ssh_key_parameter: str | None = None
    # Lines of a known_hosts file, by instance id: keys of the hosts as they were seen first.
    ssh_host_keys: tuple[str, ...] = ()
    database: Database | None = None
    cache: Cache | None = None
    releases: tuple[Release, ...] = ()
    url: str | None = None
    xray: bool = False
    hardened_at: datetime | None = None
    verification: Verification | None = None
    monitoring: Monitoring = Monitoring()
    retry_count: Annotated[int, Field(ge=0)] = 0
    failure_analysis: str | None = None
    created_at: datetime
    updated_at: datetime
    # Fencing token of the last writer: a writer whose lease is older is refused.
    fence: Annotated[int, Field(ge=0)] = 0

    @property
    def live_release(self) -> Release | None:
        """The release that takes traffic, if any."""
        return next((r for r in self.releases if r.state == "live"), None)

    @property
    def was_ever_live(self) -> bool:
        """Whether there is a version to go back to."""
        return any(r.live_at is not None for r in self.releases)

    def release(self, number: int) -> Release | None:
        """The release of that number, if it is known."""
        return next((r for r in self.releases if r.number == number), None)
