"""What a program of several commands is told: to serve (`app serve`), or to make its tables."""

import re

from hivemind_agents.repository.languages.go.program import Program

_USUAL = ("serve", "server", "start", "run", "web", "http", "api", "daemon", "up", "listen")
# What tells about the program, and serves nothing.
_ABOUT = ("version", "help", "completion")
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
# A command that does it itself, without commands below it.
_COBRA_MIGRATE = re.compile(
    r"\b(\w+)\s*(?::=|=)\s*&?cobra\.Command\s*\{((?:[^{}]|\{[^{}]*\})*?\bUse:\s*\"migrate\""
    r"(?:[^{}]|\{[^{}]*\})*?\bRunE?:)"
)
_URFAVE_MIGRATE = re.compile(r"\{([^{}]*?\bName:\s*\"migrate\"[^{}]*?\bAction:)")
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
    roots = roots_of(program)
    named: dict[str, str] = {}
    for path, text in program.files:
        for variable, word in _COBRA.findall(text):
            if variable not in roots and word not in _ABOUT:
                named.setdefault(word, path)
    here = [word for word, path in named.items() if path == listening]
    if len(here) == 1:
        return here[0]
    return next((word for word in _USUAL if word in (here or named)), None)


def roots_of(program: Program) -> set[str]:
    """What is executed: the commands of the first level are added to it."""
    return {found[1] for found in program.all(r"\b(\w+)\.Execute(?:Context|C)?\(")}


def commands_of(program: Program) -> dict[str, str]:
    """The variables of cobra's commands, with the word of each."""
    return {hit[1]: hit[2] for hit in program.all(_COBRA.pattern) if hit[1]}


def migrating_words(program: Program) -> str | None:
    """What makes the program bring its tables up to date and end: `migrate` or `-migrate`."""
    return _migrating_flag(program) or ("migrate" if _has_migrate(program) else None)


def _migrating_flag(program: Program) -> str | None:
    for _, text in program.files:
        for found in _MIGRATE_FLAG.finditer(text):
            line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
            named = re.match(r"\s*(?:var\s+)?(\w+)\s*:?=\s*$", line)
            variable = found[1] or (named[1] if named else "")
            if variable and _ends_after(program, variable):
                return f"-{found[2]}"
    return None


def _has_migrate(program: Program) -> bool:
    """Whether there is a command of the first level, `migrate`, that says it is about tables."""
    described: list[str] = []
    if program.imported("github.com/spf13/cobra"):
        roots = "|".join(map(re.escape, sorted(roots_of(program))))
        described += [
            found[2]
            for found in program.all(_COBRA_MIGRATE.pattern)
            if program.first(rf"\b(?:{roots})\.AddCommand\([^)]*\b{found[1]}\b")
        ]
    # Below another one (`db migrate`) it has another path.
    if program.imported("github.com/urfave/cli") and not program.first(r"\bSubcommands\s*:"):
        described += [found[1] for found in program.all(_URFAVE_MIGRATE.pattern)]
    usages = (usage for text in described if (usage := _USAGE.search(text)))
    return any(_OF_TABLES.search(usage[1]) for usage in usages)


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
