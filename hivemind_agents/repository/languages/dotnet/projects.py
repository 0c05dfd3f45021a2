"""Projects of .NET, read from their XML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hivemind_agents.repository.facts import CERTAIN, Dependency, Fact
from hivemind_agents.repository.readers.structured import read_json, read_xml, table, text_of
from hivemind_agents.repository.readers.versions import tool_version
from hivemind_agents.repository.tree import ASIDE, FileTree

SUFFIXES = (".csproj", ".fsproj", ".vbproj")
MAX_PROJECTS = 80
_TESTS = re.compile(
    r"(?i)(?:^|[./_-])(?:unit|integration|functional|acceptance|e2e)?\.?tests?(?=[./_-]|$)|benchmarks?"
)


@dataclass(frozen=True, slots=True)
class Project:
    """One project. `text` is its file; `folder` ends without a slash."""

    path: str
    text: str
    packages: tuple[Dependency, ...]
    references: tuple[str, ...]

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def stem(self) -> str:
        return self.path.rpartition("/")[2].rpartition(".")[0]

    @property
    def assembly(self) -> str:
        """The name of what is built."""
        named = re.search(r"<AssemblyName>\s*([\w.-]+)\s*<", self.text)
        return named.group(1) if named else self.stem

    @property
    def sdk(self) -> str:
        found = re.search(r"Sdk\s*=\s*\"([^\"/]+)|<Sdk\s+Name=\"([^\"/]+)", self.text)
        return (found.group(1) or found.group(2)) if found else ""

    @property
    def runs(self) -> bool:
        return bool(re.search(r"<OutputType>\s*(?:Win)?Exe", self.text, re.I)) or self.sdk in {
            "Microsoft.NET.Sdk.Web",
            "Microsoft.NET.Sdk.Worker",
            "Microsoft.NET.Sdk.BlazorWebAssembly",
        }


def read_projects(tree: FileTree) -> Iterator[Project]:
    """Every project but tests, examples and those that only orchestrate others."""
    paths = [path for path in tree.suffixed(*SUFFIXES) if path.count("/") <= 4
             and not ASIDE.intersection(path.split("/")[:-1])]  # fmt: skip
    for path in paths[:MAX_PROJECTS]:
        text = tree.text(path) or ""
        if re.search(
            r"Microsoft\.NET\.Test\.Sdk|<IsTestProject>\s*true|<IsAspireHost>\s*true|Aspire\.AppHost\.Sdk",
            text,
            re.I,
        ):
            continue
        if _TESTS.search(path.rpartition(".")[0]) or ".AppHost" in path:
            continue
        packages, references = _references(tree, path)
        yield Project(path, text, tuple(packages), tuple(references))


def _references(tree: FileTree, path: str) -> tuple[list[Dependency], list[str]]:
    root = read_xml(tree, path)
    packages: list[Dependency] = []
    references: list[str] = []
    for element in root.iter() if root is not None else ():
        name = element.get("Include") or element.get("Update") or ""
        if element.tag == "PackageReference" and name:
            where = tree.where(path, re.compile(f'(?i)"{re.escape(name)}"'))
            packages.append(Dependency(name.lower(), element.get("Version") or "", where))
        elif element.tag == "FrameworkReference" and name:
            packages.append(Dependency(name.lower(), "", tree.where(path, name)))
        elif element.tag == "ProjectReference" and name:
            references.append(_joined(path.rpartition("/")[0], name.replace("\\", "/")))
    return packages, references


def _joined(folder: str, path: str) -> str:
    parts = [part for part in folder.split("/") if part]
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)


def dotnet_version(tree: FileTree, project: Project) -> Fact[str] | None:
    """global.json, version files, then the target framework."""
    sdk = text_of(table(read_json(tree, "global.json").get("sdk")).get("version"))
    if sdk:
        return Fact(sdk, CERTAIN, (tree.where("global.json", "version"),))
    found = tool_version(tree, "dotnet", "dotnet-core")
    if found:
        return found
    for path in (project.path, "Directory.Build.props"):
        framework = tree.search(path, r"<TargetFrameworks?>\s*(?:net|netcoreapp)(\d+\.\d+)")
        if framework:
            return Fact(framework.group(1), CERTAIN, (tree.where(path, "<TargetFramework"),))
    return None
