"""The report: what Recon says about a repository. The names and values are a fixed vocabulary."""

from typing import Literal

from hivemind_agents.domain.base import Frozen
from hivemind_agents.domain.schedule import Schedule

Kind = Literal["web", "worker", "static", "cli", "library"]
Need = Literal[
    "postgresql", "mysql", "mongodb", "redis", "object-storage", "smtp", "persistent-disk"
]

# Fields that a user may overrule and that carry a confidence.
FIELDS = (
    "language", "runtime", "runtime_version", "framework", "package_manager", "kind", "build",
    "start", "processes", "port", "needs", "optional_needs", "health_path", "document_root",
)  # fmt: skip


class EnvVariable(Frozen):
    """One environment variable that the code reads. `default` is never a secret's value.

    `demanded`: the code stops without it, seen in the code itself; `required` is also what by its
    name nothing works without.
    """

    name: str
    required: bool = False
    demanded: bool = False
    secret: bool = False
    default: str | None = None
    evidence: tuple[str, ...] = ()


class HostVariable(Frozen):
    """A variable that holds the names an application answers to: `separator` is `json` for a list
    in JSON; `origins` have a scheme.
    """

    separator: str = ","
    origins: bool = False


class Component(Frozen):
    """A folder of a monorepo that can be deployed by itself (`--path`)."""

    path: str
    kind: Kind
    language: str
    framework: str | None = None


class Question(Frozen):
    """Something that cannot be known from the files. `choices` is empty where anything goes."""

    about: str
    why: str
    choices: tuple[str, ...] = ()


class Behaviour(Frozen):
    """Something that breaks behind a load balancer, and the setting that mends it."""

    about: str
    why: str
    mend: str
    evidence: tuple[str, ...] = ()


class RepositoryReport(Frozen):
    """What a repository is and what it needs, each fact with its evidence and a confidence."""

    path: str = "."
    language: str | None = None
    runtime: str | None = None
    runtime_version: str | None = None
    framework: str | None = None
    package_manager: str | None = None
    kind: Kind | None = None
    build: tuple[str, ...] = ()
    start: str | None = None
    processes: dict[str, str] = {}
    schedules: tuple[Schedule, ...] = ()
    port: int | None = None
    needs: tuple[Need, ...] = ()
    optional_needs: tuple[Need, ...] = ()
    need_variables: dict[str, tuple[str, ...]] = {}
    url_schemes: dict[str, str] = {}
    # Values that make the application take a database: need to variable to value.
    need_values: dict[str, dict[str, str]] = {}
    env: tuple[EnvVariable, ...] = ()
    host_variables: dict[str, HostVariable] = {}
    # Variables that hold the application's own address.
    url_variables: tuple[str, ...] = ()
    # Variables that a release gets where nobody says otherwise: which settings are for production.
    sets: dict[str, str] = {}
    # Switches that are on by default and let nobody in who comes without HTTPS.
    https_variables: tuple[str, ...] = ()
    health_path: str | None = None
    document_root: str | None = None
    single_page: bool = False
    # Folders that the application writes to and that outlive a release, by the user's word.
    persistent: tuple[str, ...] = ()
    # Folders that a container's files keep: relative ones are the application's own.
    volumes: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()
    system_packages: tuple[str, ...] = ()
    components: tuple[Component, ...] = ()
    questions: tuple[Question, ...] = ()
    behaviours: tuple[Behaviour, ...] = ()
    notes: tuple[str, ...] = ()
    confidence: dict[str, float] = {}
    evidence: dict[str, tuple[str, ...]] = {}
