""".NET that serves no pages: a worker service, a program of the shell, a library."""

from hivemind_agents.repository.facts import LIKELY, SURE, Match
from hivemind_agents.repository.languages.dotnet.solution import Solution

_LISTENS = r"HttpListener\b|TcpListener\b"
_WORKS = (
    r"BackgroundService|IHostedService|AddHostedService|DiscordSocketClient|"
    r"TelegramBotClient|while\s*\(true\)[^}]{0,300}(?:Sleep|Delay)"
)


def plain_match(solution: Solution) -> Match:
    """The SDK first, then what the code does."""
    project, tree = solution.project, solution.tree
    where = (tree.where(project.path, "Sdk"),)
    start, build = solution.start(), solution.publish()
    if not project.runs:
        legacy = "ToolsVersion" in project.text and not project.sdk
        return Match(
            framework=None,
            kind="library",
            rank=1,
            evidence=where,
            build=("dotnet build -c Release",),
            kind_confidence=0.5 if legacy else 0.88,
            notes=("this project is for the .NET Framework, which runs on Windows only",)
            if legacy
            else (),
        )
    listens = solution.first(_LISTENS, project)
    if listens:
        return Match(
            framework=None,
            kind="web",
            rank=20,
            evidence=(*where, listens.where),
            kind_confidence=0.85,
            start=start,
            start_confidence=SURE,
            build=build,
            port=8080,
        )
    works = solution.first(_WORKS, project)
    hosting = solution.dependencies.runtime("microsoft.extensions.hosting")
    if (
        project.sdk == "Microsoft.NET.Sdk.Worker"
        or works
        or (hosting and not solution.first("Console.ReadLine"))
    ):
        certain = project.sdk == "Microsoft.NET.Sdk.Worker"
        return Match(
            framework=None,
            kind="worker",
            rank=15,
            evidence=(*where, *((works.where,) if works else ())),
            kind_confidence=SURE if certain else LIKELY,
            start=start,
            start_confidence=SURE,
            build=build,
            processes={"worker": start},
        )
    return Match(
        framework=None, kind="cli", rank=10, evidence=where, kind_confidence=SURE, start=start,
        start_confidence=0.6 if solution.choices else SURE, build=build,
    )  # fmt: skip
