"""A build of the JVM as a value, whatever tool describes it."""

from dataclasses import dataclass

from hivemind_agents.repository.facts import Dependency


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One part of a build. `text` is its build file without comments."""

    folder: str
    name: str
    manifest: str
    text: str
    version: str | None = None
    packaging: str = "jar"
    plugins: frozenset[str] = frozenset()
    listed: tuple[Dependency, ...] = ()

    def has_plugin(self, *names: str) -> bool:
        """Whether a plugin of one of these names, or with one as its last part, is applied."""
        return any(
            plugin == name or plugin.endswith((":" + name, "." + name))
            for plugin in self.plugins
            for name in names
        )

    def path(self, inner: str) -> str:
        """A path inside of the module, from the repository's root."""
        return f"{self.folder}/{inner}" if self.folder else inner


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """All modules, the root first. `tool` is None of files without any."""

    tool: str | None
    manifest: str
    command: str
    modules: tuple[Module, ...]

    @property
    def root(self) -> Module:
        return self.modules[0]
