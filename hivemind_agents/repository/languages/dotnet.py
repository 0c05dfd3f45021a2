""".NET: the project's SDK and its output."""

import re

from hivemind_agents.repository.facts import CERTAIN, GUESS, SURE, WEAK, Dependencies, Dependency, Fact, Finding, Match
from hivemind_agents.repository.languages.compose_finding import finding_of
from hivemind_agents.repository.readers.routes import scan_routes
from hivemind_agents.repository.readers.structured import read_json, read_xml, table, text_of
from hivemind_agents.repository.readers.versions import tool_version
from hivemind_agents.repository.tree import FileTree

_PROJECTS = (".csproj", ".fsproj", ".vbproj")


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as .NET."""
    projects = [path for path in tree.suffixed(*_PROJECTS) if path.count("/") <= 3
                and not re.search(r"(?i)tests?[./]|\.tests?\.", path)]  # fmt: skip
    solution = next(iter([*tree.root_files("*.sln"), *tree.root_files("*.slnx")]), None)
    if not projects or (solution is None and projects[0].count("/") > 1):
        return None
    chosen, choices = _choose(tree, projects)
    packages = _packages(tree, projects)
    match = _match(tree, chosen, packages)
    return finding_of(
        match,
        language="dotnet",
        manifest=chosen,
        language_confidence=CERTAIN,
        serves=SURE if match.kind == "web" else GUESS if match.kind != "library" else WEAK,
        version=_version(tree, chosen),
        manager=Fact("nuget", CERTAIN, (chosen,)),
        dependencies=packages,
        health=_health(tree) if match.kind == "web" else None,
        choices=choices,
    )


def _text(tree: FileTree, path: str) -> str:
    return tree.text(path) or ""


def _choose(tree: FileTree, projects: list[str]) -> tuple[str, tuple[str, ...]]:
    """The project that is started: the web one, then one with an output."""
    hosted = [path for path in projects if "Sdk.BlazorWebAssembly" in _text(tree, path)]
    web = [path for path in projects if "Microsoft.NET.Sdk.Web" in _text(tree, path)]
    apps = [path for path in projects if re.search(r"<OutputType>\s*(Win)?Exe|Sdk\.Worker", _text(tree, path))]
    if len(web) > 1:
        main = [path for path in web if re.search(r"(?i)(?:^|[./])(web|api|server|host|app|webapi|mvc)(?:api|app)?[./]", path) and "AppHost" not in path]
        return (main or web)[0], tuple(web) if len(main) != 1 else ()
    return (web or hosted or apps or projects)[0], ()


def _packages(tree: FileTree, projects: list[str]) -> Dependencies:
    found = []
    for path in projects[:40]:
        root = read_xml(tree, path)
        for element in root.iter("PackageReference") if root is not None else []:
            name = (element.get("Include") or "").lower()
            if name:
                found.append(Dependency(name, element.get("Version") or "", tree.where(path, re.compile(f"(?i){re.escape(name)}"))))
    return Dependencies(found)


def _version(tree: FileTree, project: str) -> Fact[str] | None:
    sdk = text_of(table(read_json(tree, "global.json").get("sdk")).get("version"))
    if sdk:
        return Fact(sdk, CERTAIN, (tree.where("global.json", "version"),))
    found = tool_version(tree, "dotnet", "dotnet-core")
    if found:
        return found
    for path in (project, "Directory.Build.props"):
        framework = tree.search(path, r"<TargetFrameworks?>\s*(?:net|netcoreapp)(\d+\.\d+)")
        if framework:
            return Fact(framework.group(1), CERTAIN, (tree.where(path, "<TargetFramework"),))
    return None


def _match(tree: FileTree, project: str, packages: Dependencies) -> Match:
    text = _text(tree, project)
    named = re.search(r"<AssemblyName>\s*([\w.-]+)\s*<", text)
    name = named.group(1) if named else project.rsplit("/", 1)[-1].rpartition(".")[0]
    build = (f"dotnet publish {project} -c Release -o out",)
    start = f"dotnet out/{name}.dll"
    where = (tree.where(project, "Sdk="),)
    if "Sdk.BlazorWebAssembly" in text:
        return Match(framework="blazor", kind="static", confidence=0.95, kind_confidence=SURE, evidence=where, build=build,
                     document_root="out/wwwroot", single_page=True)  # fmt: skip
    if "Microsoft.NET.Sdk.Web" in text or packages.runtime("microsoft.aspnetcore.app", "microsoft.aspnetcore", "microsoft.aspnetcore.all"):
        # Giraffe and its kin run on ASP.NET Core, which is what serves.
        return Match(
            framework="aspnetcore", kind="web", confidence=CERTAIN - 0.02, kind_confidence=0.96, evidence=where,
            start=f"ASPNETCORE_URLS=http://0.0.0.0:$PORT {start}", start_confidence=0.9, build=build, port=8080,
        )  # fmt: skip
    if "Microsoft.NET.Sdk.Worker" in text or packages.runtime("microsoft.extensions.hosting"):
        return Match(framework=None, kind="worker", kind_confidence=0.9, evidence=where, start=start, start_confidence=0.9,
                     build=build, processes={"worker": start})  # fmt: skip
    if re.search(r"<OutputType>\s*(?:Win)?Exe", text):
        folder = project.rpartition("/")[0]
        listens = any(re.search(r"HttpListener|TcpListener|WebHost|startWebServer|Suave", _text(tree, path))
                      for path in tree.sources(".cs", ".fs", limit=60) if path.startswith(folder))  # fmt: skip
        return Match(framework="suave" if packages.runtime("suave") else None, kind="web" if listens else "cli",
                     kind_confidence=0.85 if listens else 0.92, evidence=where, start=start, start_confidence=0.9, build=build,
                     port=8080 if listens else None)  # fmt: skip
    return Match(framework=None, kind="library", kind_confidence=0.88, evidence=where, build=("dotnet build -c Release",))


def _health(tree: FileTree) -> Fact[str] | None:
    return scan_routes(
        tree, (".cs", ".fs"), r"MapHealthChecks\(\s*\"([^\"]+)\"", r"MapGet\(\s*\"([^\"]*)\"",
        r"\[HttpGet\(\s*\"(/[^\"]*)\"", r"route \"(/[^\"]*)\"",
    )  # fmt: skip
