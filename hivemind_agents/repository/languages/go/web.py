"""Go programs that serve requests."""

import re

from hivemind_agents.repository.facts import LIKELY, SURE, Match
from hivemind_agents.repository.languages.go.listening import Serving, serving_framework
from hivemind_agents.repository.languages.go.options import listening_option
from hivemind_agents.repository.languages.go.port_variables import (
    named_variable,
    prefixed_variable,
)
from hivemind_agents.repository.languages.go.program import Program
from hivemind_agents.repository.languages.go.project import GoProject
from hivemind_agents.repository.languages.go.subcommands import migrating_words, serving_word

_PORT_VARIABLE = (
    r"(?:Getenv|LookupEnv|getEnv\w*|GetEnv\w*|envOr\w*|\benv)\(\s*\"(PORT|"
    r"HTTP_PORT|APP_PORT|SERVER_PORT|LISTEN_ADDR)\"|env(?:config)?:\"PORT"
)
_FLAG = (
    r"flag\.(String|Int|Uint)(?:Var)?\(\s*(?:&[\w.]+,\s*)?\"(port|p|addr|listen|http|bind|address|l|a)\",\s*"
    r"(\"[^\"]*\"|\d+)"
)


def detect(project: GoProject) -> Match | None:
    """The program of the folder that listens."""
    program = project.program
    serving = serving_framework(program) if program else None
    if program is None or serving is None:
        return None
    several = bool(project.choices)
    word = serving_word(program, serving.hit.path)
    start, port = _start(project, program, serving, word)
    path = f"./{project.output}"
    if word and path in start.split()[:2]:
        start = start.replace(path, f"{path} {word}", 1)
    listed = project.dependencies.first(*_paths(project, serving))
    evidence = (*((listed.where,) if listed else ()), serving.hit.where)
    framework_sure = 0.95 if serving.name and listed else SURE
    return Match(
        framework=serving.name,
        kind="web",
        rank=70,
        confidence=LIKELY if several else framework_sure,
        kind_confidence=0.95 if serving.name else LIKELY,
        evidence=evidence,
        start=start,
        start_confidence=0.5 if several else 0.9 if " " not in start else LIKELY,
        start_evidence=(program.main, serving.hit.where),
        build=(project.build(program),),
        processes=_migration(program, project.output) | _workers(project),
        port=port,
        notes=_notes(project, program),
    )


def _paths(project: GoProject, serving: Serving) -> list[str]:
    word = {"gorilla-mux": "gorilla/mux"}.get(serving.name or "", f"/{serving.name}")
    return [name for name in project.dependencies if f"{word}" in f"/{name}"]


def _start(
    project: GoProject, program: Program, serving: Serving, word: str | None
) -> tuple[str, int]:
    """(command, port by convention): a flag is given where the code asks no variable."""
    literal = program.first(
        r"\"(?:0\.0\.0\.0|localhost|127\.0\.0\.1)?:(\d{4,5})\""
    ) or program.first(r"(?i)port\w*\"?\s*(?:[,=]|:=|:)\s*\"?:?(\d{4,5})\b")
    number = int(literal[1]) if literal else 0
    port = number if 0 < number < 65536 else serving.port
    path = f"./{project.output}"
    if serving.name == "pocketbase":
        return f"{path} serve --http=0.0.0.0:$PORT", port
    if serving.name == "buffalo":
        return f"GO_ENV=production ADDR=0.0.0.0 {path}", port
    if program.first(_PORT_VARIABLE):
        return path, port
    flag = program.first(_FLAG)
    if flag and re.search(r"\d{4,5}|:http|^\":\"$", flag[3]):
        number_found = re.search(r"\d{4,5}", flag[3])
        port = (
            int(number_found.group())
            if number_found and int(number_found.group()) < 65536
            else port
        )
        value = "$PORT" if flag[1] != "String" or ":" not in flag[3] else "0.0.0.0:$PORT"
        # pflag, often imported as `flag`, takes one dash for letters in a row.
        dashes = "--" if program.imported("github.com/spf13/pflag") else "-"
        return f"{path} {dashes}{flag[2]}={value}", port
    return _told(project, program, serving, word) or (path, port)


def _told(
    project: GoProject, program: Program, serving: Serving, word: str | None
) -> tuple[str, int] | None:
    """The start by which the program is given its port, and a port that needs no privilege."""
    path = f"./{project.output}"
    option = listening_option(program, serving.hit.path, word)
    variable = prefixed_variable(program) or named_variable(program, project.modules.values())
    if option:
        start, port = f"{path} {option[0]}", option[1]
    elif variable:
        start, port = f"{variable[0]} {path}", variable[1]
    else:
        return None
    return start, port if port >= 1024 else serving.port


def _migration(program: Program, output: str) -> dict[str, str]:
    words = migrating_words(program)
    return {"release": f"./{output} {words}"} if words else {}


def _workers(project: GoProject) -> dict[str, str]:
    """A second program that is plainly named as the worker or as the migration."""
    found: dict[str, str] = {}
    for item in project.programs:
        name = item.folder.rpartition("/")[2].lower()
        if item is not project.program and name in {"worker", "workers", "consumer"}:
            found["worker"] = f"go run ./{item.folder}"
        if item is not project.program and name in {"migrate", "migration", "migrations"}:
            found["release"] = f"go run ./{item.folder}"
    return found


def _notes(project: GoProject, program: Program) -> tuple[str, ...]:
    if project.choices:
        return (f"several programs serve; {program.folder or '.'} was taken",)
    return ()
