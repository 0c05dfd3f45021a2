"""What a program of several commands is told: to serve (`app serve`), or to make its tables."""

import re

from hivemind_agents.repository.languages.go.program import Program

_USUAL = ("serve", "server", "start", "run", "web", "http", "api", "daemon", "up", "listen")
_COBRA = re.compile(
    r"(?:\b(\w+)\s*(?::=|=)\s*|return\s+)&?cobra\.Command\s*\{(?:[^{}]|\{[^{}]*\})*?\bUse:\s*\"(\w[\w-]*)"
)
_USAGE = re.compile(r"\b(?:Short|Usage):\s*\"([^\"]*)\"")
_OF_TABLES = re.compile(
    r"(?i)\b(?:database|db|schema|sql|tables?)\b|^(?:run|apply)\b.*\bmigrations?\b"
)
_MIGRATE_FLAG = re.compile(
    r"flag\.Bool(?:Var)?\(\s*(?:&([\w.]+),\s*)?\"(migrate|migrations?|run-migrations?)\""
)
# Without commands of its own: `migrate` alone has to do it.
_COBRA_MIGRATE = re.compile(
    r"cobra\.Command\s*\{(?:[^{}]|\{[^{}]*\})*?\bUse:\s*\"migrate\"(?:[^{}]|\{[^{}]*\})*?\bRunE?:"
)
_URFAVE_MIGRATE = re.compile(r"\{[^{}]*?\bName:\s*\"migrate\"[^{}]*?\bAction:")
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


def migrating_words(program: Program) -> str | None:
    """What makes the program bring its tables up to date and end: `migrate` or `-migrate`."""
    for path, text in program.files:
        for found in _MIGRATE_FLAG.finditer(text):
            line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
            named = re.match(r"\s*(?:var\s+)?(\w+)\s*:?=\s*$", line)
            variable = found[1] or (named[1] if named else "")
            if variable and _ends_after(program, variable):
                return f"-{found[2]}"
        if path.endswith(".go") and program.imported(
            "github.com/spf13/cobra", "github.com/urfave/cli"
        ):
            for pattern in (_COBRA_MIGRATE, _URFAVE_MIGRATE):
                for found in pattern.finditer(text):
                    usage = _USAGE.search(found[0])
                    if usage and _OF_TABLES.search(usage[1]):
                        return "migrate"
    return None


def _ends_after(program: Program, variable: str) -> bool:
    """Whether the program returns or exits where the flag is given."""
    condition = re.compile(
        rf"(?m)^([ \t]*)if \*?{re.escape(variable)}\s*\{{$(.*?)^\1\}}", re.DOTALL
    )
    return any(
        re.search(r"\breturn\b|os\.Exit\(", block[2])
        for _, text in program.files
        for block in condition.finditer(text)
    )
