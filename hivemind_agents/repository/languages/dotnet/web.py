"""ASP.NET Core, and what is built on it or beside it."""

from collections.abc import Iterator

from hivemind_agents.repository.facts import CERTAIN, SURE, Match
from hivemind_agents.repository.languages.dotnet.solution import Solution
from hivemind_agents.repository.readers.code import hits
from hivemind_agents.repository.readers.environment import Use

# Servers that are no part of ASP.NET Core.
_OTHERS = (
    ("suave", "suave", r"startWebServer", 8080),
    ("grapevine", "grapevine", r"RestServer", 1234),
    ("embedio", "embedio", r"WebServer", 9696),
    ("nancy", "nancy.hosting.self", r"NancyHost", 8080),
    ("genhttp", "genhttp.core", r"Host\.Create", 8080),
)
_BLAZOR = r"AddServerSideBlazor|MapBlazorHub|AddRazorComponents|MapRazorComponents"
_HOSTED = (
    r"WebApplication\b|WebHost\b|ConfigureWebHostDefaults|"
    r"UseKestrel|webHost\b|Host\.Create|UseStartup|application\s*\{"
)


def detect(solution: Solution) -> Match | None:
    """A project of the Web SDK, or one whose code starts a server."""
    project, tree = solution.project, solution.tree
    for name, package, pattern, port in _OTHERS:
        listed = solution.dependencies.runtime(package)
        hit = solution.first(pattern, project) if listed else None
        if listed and hit:
            return _match(solution, name, (listed.where, hit.where), solution.start(), port=port)
    web_sdk = project.sdk == "Microsoft.NET.Sdk.Web"
    shared = solution.dependencies.runtime("microsoft.aspnetcore.app", "microsoft.aspnetcore.all",
                                           "microsoft.aspnetcore")  # fmt: skip
    hosted = solution.first(_HOSTED, project)
    if not web_sdk and not (shared and hosted and project.runs):
        return None
    if hosted is None and solution.code.files and _prints_only(solution):
        return None
    blazor = solution.first(_BLAZOR, project)
    evidence = (tree.where(project.path, "Sdk"), *((hosted.where,) if hosted else ()))
    start = f"ASPNETCORE_URLS=http://0.0.0.0:$PORT {solution.start()}"
    return _match(solution, "blazor" if blazor else "aspnetcore", evidence, start, port=8080)


def _prints_only(solution: Solution) -> bool:
    """A program of the Web SDK that builds no host."""
    return (
        solution.first(
            r"static\s+(?:async\s+)?(?:void|int|Task)\S*\s+Main|Console\.Write", solution.project
        )
        is not None
    )


def _match(
    solution: Solution, framework: str, evidence: tuple[str, ...], start: str, *, port: int
) -> Match:
    several = bool(solution.choices)
    return Match(
        framework=framework,
        kind="web",
        rank=70,
        confidence=CERTAIN - 0.02 if framework == "aspnetcore" else SURE - 0.05,
        kind_confidence=0.96,
        evidence=evidence,
        start=start,
        start_confidence=0.5 if several else 0.92,
        start_evidence=(solution.project.path,),
        build=solution.publish(),
        processes=_workers(solution),
        port=port,
        env=tuple(connection_strings(solution)),
    )


def _workers(solution: Solution) -> dict[str, str]:
    """A second project of the Worker SDK."""
    for item in solution.projects:
        if item.sdk == "Microsoft.NET.Sdk.Worker":
            return {"worker": f"dotnet run --project {item.path} -c Release"}
    return {}


def connection_strings(solution: Solution) -> Iterator[Use]:
    """Connection strings by the variables that .NET reads them from (`ConnectionStrings__Name`)."""
    seen: set[str] = set()
    pattern = r"GetConnectionString\(\s*\"(\w+)\"|ConnectionStrings:(\w+)"
    for hit in hits(solution.code.files, pattern):
        name = hit[1] or hit[2]
        if name not in seen and name:
            seen.add(name)
            yield Use(f"ConnectionStrings__{name}", hit.where)
