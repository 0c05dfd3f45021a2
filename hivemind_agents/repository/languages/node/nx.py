"""Nx: the program that a workspace's application is built to."""

import re

from hivemind_agents.repository.languages.node.project import NodeProject
from hivemind_agents.repository.readers.structured import read_json, table, text_of

# Executors that make one program for Node of a project.
_BUILDERS = re.compile(
    r"^@(?:nx|nrwl)/(?:webpack:webpack|esbuild:esbuild|js:(?:tsc|swc)|node:\w+)$"
)
_SERVES = re.compile(r"\bnx (?:run )?(?:serve )?([\w@/-]+)(?::serve)?")


def built_program(project: NodeProject) -> tuple[str, str] | None:
    """(the project's name, the compiled file) of the application that the start script serves,
    or of the only one.
    """
    if "nx.json" not in project.tree:
        return None
    programs: dict[str, str] = {}
    for path in project.tree.named("project.json")[:60]:
        content = read_json(project.tree, path)
        build = table(table(content.get("targets")).get("build"))
        output = text_of(table(build.get("options")).get("outputPath"))
        if output and _BUILDERS.match(text_of(build.get("executor")) or ""):
            name = text_of(content.get("name")) or path.split("/")[-2 if "/" in path else 0]
            if content.get("projectType") != "library":
                main = text_of(table(build.get("options")).get("main")) or "main.ts"
                compiled = re.sub(r"\.[mc]?tsx?$", ".js", main.rpartition("/")[2])
                programs[name] = f"{output.rstrip('/')}/{compiled}"
    served = _SERVES.search(project.scripts.get("start", ""))
    stated = text_of(read_json(project.tree, "nx.json").get("defaultProject"))
    for wanted in (served.group(1) if served else "", stated or ""):
        if wanted in programs:
            return wanted, programs[wanted]
    return next(iter(programs.items())) if len(programs) == 1 else None
