"""Which language's reading of a folder is right: what serves decides."""

from collections.abc import Sequence

from hivemind_agents.repository.commands import program_language
from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.platforms import Declared

# How much a hint of a platform's file counts beside what the code shows.
BY_PROCESS, BY_PROVIDER, BY_IMAGE = 0.6, 0.9, 0.25


def weigh(findings: Sequence[Finding], declared: Sequence[Declared]) -> list[tuple[float, Finding]]:
    """Findings with their weight, the heaviest first."""
    weighed = []
    for finding in findings:
        weight = finding.serves
        names = {finding.language.value, finding.runtime} | _family(finding)
        for item in declared:
            if item.language and item.language.value in names:
                weight += BY_PROVIDER if item.binding else BY_IMAGE
            web = item.processes.get("web") or item.processes.get("worker")
            if web and program_language(web.value) in names:
                weight += BY_PROCESS if item.binding else BY_IMAGE
        weighed.append((weight, finding))
    return sorted(weighed, key=lambda pair: (-pair[0], pair[1].language.value))


def _family(finding: Finding) -> set[str]:
    if finding.runtime == "jvm":
        return {"java", "kotlin", "scala", "clojure"}
    return {"node"} if finding.runtime == "bun" else set()
