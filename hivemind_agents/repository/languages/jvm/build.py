"""What a build tool's files say, whichever tool it is."""

from dataclasses import dataclass, field

from hivemind_agents.repository.facts import Dependencies, Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """`artifact`: what is started, as a glob from the root. `commands`: how it gets built."""

    manager: str
    manifest: str
    dependencies: Dependencies
    plugins: frozenset[str] = frozenset()
    version: Fact[str] | None = None
    name: str = "app"
    commands: tuple[str, ...] = ()
    artifact: str | None = None
    module: str = ""
    main_class: str | None = None
    packaging: str = "jar"
    texts: tuple[str, ...] = field(default=())
