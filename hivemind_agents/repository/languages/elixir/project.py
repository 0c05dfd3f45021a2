"""What all detectors of Elixir look at: the manifest's text, the packages, the code."""

import re
from dataclasses import dataclass
from functools import cached_property

from hivemind_agents.repository.facts import Dependencies
from hivemind_agents.repository.languages.elixir.mix import manifests
from hivemind_agents.repository.readers.code import Code, without_comments
from hivemind_agents.repository.tree import FileTree


@dataclass(frozen=True)
class ElixirProject:
    """A project of Mix."""

    tree: FileTree
    packages: Dependencies

    @cached_property
    def manifest(self) -> str:
        """mix.exs without comments."""
        return without_comments(self.tree.text("mix.exs") or "", "hash")

    @cached_property
    def manifests(self) -> str:
        texts = (
            without_comments(self.tree.text(path) or "", "hash") for path in manifests(self.tree)
        )
        return "\n".join(texts)

    @cached_property
    def code(self) -> Code:
        return Code(self.tree, (".ex", ".exs"), style="hash", limit=400)

    @property
    def umbrella(self) -> bool:
        return "apps_path:" in self.manifest

    @property
    def name(self) -> str:
        found = re.search(r"\bapp:\s*:(\w+)", self.manifest)
        return found.group(1) if found else self.tree.name.replace("-", "_")

    @property
    def module(self) -> str:
        """The module of the application's own code, as migrations need it."""
        found = re.search(r"defmodule\s+([\w.]+)\.(?:MixProject|Mixfile)", self.manifest)
        return found.group(1) if found else "".join(part.title() for part in self.name.split("_"))

    @property
    def release(self) -> str:
        """The name of the release."""
        found = re.search(
            r"\breleases:\s*\[\s*(\w+):|def\w*\s+releases\b[^\[]*\[\s*(\w+):", self.manifest
        )
        return (found.group(1) or found.group(2)) if found else self.name

    @property
    def releases(self) -> bool:
        """Whether the repository is prepared for releases."""
        return bool(
            "releases:" in self.manifest
            or self.tree.has_folder("rel")
            or "/rel/" in (self.tree.text("Procfile", limit=20_000) or "")
            or self.tree.has(f"lib/{self.name}/release.ex")
        )
