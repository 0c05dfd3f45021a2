"""What detectors say: values with the place they were read at, and how sure that makes us."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from hivemind_agents.repository.readers.environment import Use
from hivemind_agents.repository.report import Kind

T = TypeVar("T")

# Confidence in words. CERTAIN is reserved for what the repository states itself.
CERTAIN = 0.98
SURE = 0.93
LIKELY = 0.8
GUESS = 0.6
WEAK = 0.4


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """A value, how sure we are of it, and where it was read (`file:line`)."""

    value: T
    confidence: float = LIKELY
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dependency:
    """A package that a manifest lists. `dev` packages are absent in production."""

    name: str
    spec: str = ""
    where: str = ""
    dev: bool = False


class Dependencies(Mapping[str, Dependency]):
    """Packages by name; production entries win over those for development."""

    def __init__(self, entries: list[Dependency]) -> None:
        self._by_name: dict[str, Dependency] = {}
        for entry in entries:
            known = self._by_name.get(entry.name)
            if known is None or (known.dev and not entry.dev):
                self._by_name[entry.name] = entry

    def __getitem__(self, name: str) -> Dependency:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def first(self, *names: str) -> Dependency | None:
        """The first of `names` that is listed, whether for production or development."""
        return next((self._by_name[name] for name in names if name in self._by_name), None)

    def runtime(self, *names: str) -> Dependency | None:
        """The first of `names` that is listed for production."""
        found = (self._by_name.get(name) for name in names)
        return next((entry for entry in found if entry and not entry.dev), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a framework's detector says.

    `rank` orders frameworks of one language (what serves requests beats what is only listed);
    `build` comes after the language's own install commands.
    """

    framework: str | None
    kind: Kind
    rank: int = 50
    confidence: float = SURE
    kind_confidence: float = SURE
    evidence: tuple[str, ...] = ()
    start: str | None = None
    start_confidence: float = LIKELY
    start_evidence: tuple[str, ...] = ()
    build: tuple[str, ...] = ()
    processes: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    document_root: str | None = None
    single_page: bool = False
    health_path: Fact[str] | None = None
    adds: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    env: tuple[Use, ...] = ()
    # Variables that a release has to have, and files that it never loads.
    sets: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One whole reading of a folder, by the detector of one language.

    `serves` (0..1) says how much speaks for this language being what runs, and decides between
    languages; `manifest` is the file that made the detector look.
    """

    language: Fact[str]
    manifest: str
    serves: float
    kind: Fact[Kind]
    runtime: str | None = None
    version: Fact[str] | None = None
    package_manager: Fact[str] | None = None
    framework: Fact[str] | None = None
    build: tuple[str, ...] = ()
    start: Fact[str] | None = None
    processes: Mapping[str, Fact[str]] = field(default_factory=dict)
    port: int | None = None
    document_root: str | None = None
    single_page: bool = False
    health_path: Fact[str] | None = None
    adds: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    env: tuple[Use, ...] = ()
    sets: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    dependencies: Dependencies = field(default_factory=lambda: Dependencies([]))
    entry_files: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()

    def but(self, **changes: object) -> "Finding":
        """A copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]  # names are checked by replace
