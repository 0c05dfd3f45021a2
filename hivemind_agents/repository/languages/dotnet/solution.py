"""What all detectors of .NET look at: the projects, the one meant, its sources."""

import re
from dataclasses import dataclass
from functools import cached_property

from hivemind_agents.repository.facts import Dependencies
from hivemind_agents.repository.languages.dotnet.projects import Project
from hivemind_agents.repository.readers.code import Code, Hit, hits
from hivemind_agents.repository.tree import FileTree

_NAMES = (
    "web",
    "api",
    "webapi",
    "server",
    "host",
    "webapp",
    "mvc",
    "app",
    "webui",
    "publicapi",
    "site",
)


@dataclass(frozen=True)
class Solution:
    """The projects, shallow ones first."""

    tree: FileTree
    projects: tuple[Project, ...]

    @cached_property
    def code(self) -> Code:
        return Code(self.tree, (".cs", ".fs", ".vb"), limit=500)

    @cached_property
    def project(self) -> Project:
        """The project that runs: it serves, or has an output, by place and name."""
        return min(self._candidates, key=self._order)

    @cached_property
    def _candidates(self) -> list[Project]:
        web = [item for item in self.projects if item.sdk == "Microsoft.NET.Sdk.Web"]
        hosts = [item for item in web if self._hosts(item)]
        wasm = [item for item in self.projects if item.sdk == "Microsoft.NET.Sdk.BlazorWebAssembly"]
        runs = [item for item in self.projects if item.runs]
        return hosts or web or wasm or runs or list(self.projects)

    def _hosts(self, project: Project) -> bool:
        """Whether the project's own code starts a host; a library of Razor views does not."""
        return bool(
            self.first(r"WebApplication|WebHost|CreateHostBuilder|UseStartup|Host\.Create", project)
        )

    def _order(self, item: Project) -> tuple[int, int, int, str]:
        words = re.split(r"[.\-_]", item.stem.lower())
        place = next((index for index, name in enumerate(_NAMES) if name in words), len(_NAMES))
        used = any(item.path in other.references for other in self._candidates)
        return int(used), place, item.path.count("/"), item.path

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """Projects between which no name decides."""
        orders = sorted(self._order(item)[:2] for item in self._candidates)
        if len(orders) < 2 or orders[0] < orders[1]:
            return ()
        return tuple(item.path for item in self._candidates)

    @cached_property
    def reached(self) -> list[Project]:
        """The project and those that it refers to."""
        by_path = {item.path: item for item in self.projects}
        found = [self.project]
        for current in found:
            for path in current.references:
                inner = by_path.get(path)
                if inner is not None and inner not in found:
                    found.append(inner)
        return found

    @cached_property
    def dependencies(self) -> Dependencies:
        return Dependencies([entry for item in self.reached for entry in item.packages])

    def first(self, pattern: str, project: Project | None = None, flags: int = 0) -> Hit | None:
        """The first match in the project's folder, or in all that it reaches."""
        chosen = [project] if project else self.reached
        for item in chosen:
            under = f"{item.folder}/" if item.folder else ""
            found = next(hits(self.code.files, pattern, flags, under=under), None)
            if found:
                return found
        return None

    def publish(self) -> tuple[str, ...]:
        return (f"dotnet publish {self.project.path} -c Release -o out",)

    def start(self) -> str:
        return f"dotnet out/{self.project.assembly}.dll"
