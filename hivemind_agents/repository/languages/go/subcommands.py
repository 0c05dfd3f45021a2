"""The word that makes a program of several commands serve (`app serve`): cobra and urfave/cli."""

import re

from hivemind_agents.repository.languages.go.program import Program

_USUAL = ("serve", "server", "start", "run", "web", "http", "api", "daemon", "up", "listen")
_COBRA = re.compile(
    r"(?:\b(\w+)\s*(?::=|=)\s*|return\s+)&?cobra\.Command\s*\{(?:[^{}]|\{[^{}]*\})*?\bUse:\s*\"(\w[\w-]*)"
)
_URFAVE = re.compile(r"\{[^{}]*?\bName:\s*\"(\w[\w-]*)\"")


def serving_word(program: Program, listening: str) -> str | None:
    """`listening`: the file in which the program listens; None where the program itself serves."""
    if program.imported("github.com/spf13/cobra"):
        return _of_cobra(program, listening)
    if program.imported("github.com/urfave/cli") and program.first(r"\bCommands(?:\s*:|\s*=)"):
        names = [name for _, text in program.files for name in _URFAVE.findall(text)]
        return next((word for word in _USUAL if word in names), None)
    return None


def _of_cobra(program: Program, listening: str) -> str | None:
    executed = program.first(r"\b(\w+)\.Execute(?:Context|C)?\(")
    root = executed[1] if executed else ""
    named: dict[str, str] = {}
    for path, text in program.files:
        for variable, word in _COBRA.findall(text):
            if variable != root:
                named.setdefault(word, path)
    here = [word for word, path in named.items() if path == listening]
    if len(here) == 1:
        return here[0]
    return next((word for word in _USUAL if word in (here or named)), None)
