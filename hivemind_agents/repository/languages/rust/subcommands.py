"""The word that makes a program of several commands serve (`app serve`): clap."""

import re

from hivemind_agents.repository.languages.rust.project import Program

_USUAL = ("serve", "server", "start", "run", "web", "http", "api", "daemon", "listen")
_DERIVED = re.compile(
    r"#\[derive\([^)]*\b(?:clap::)?Subcommand\b[^)]*\)\](?:\s*#\[[^\n]*\])*\s*(?:pub(?:\([^)]*\))?\s+)?enum\s+\w+\s*\{"
)
_VARIANT = re.compile(r"(?m)(?:^|[,{}])\s*(?:#\[[^\n]*\]\s*)*([A-Z]\w*)\s*(?=[,({}\n]|$)")
_BUILT = re.compile(
    r"\.subcommand\(\s*(?:clap::)?(?:Command|App|SubCommand)::(?:new|with_name)\(\s*\"([\w-]+)\""
)


def serving_word(program: Program) -> str | None:
    """None where the program serves without one."""
    if program.listed("clap", "structopt") is None:
        return None
    words: list[str] = []
    for _, text in program.files:
        words.extend(_BUILT.findall(text))
        for opened in _DERIVED.finditer(text):
            words.extend(_variants(text, opened.end()))
    return next((word for word in _USUAL if word in words), None)


def _variants(text: str, begin: int) -> list[str]:
    """The commands of an enum: its variants' names, in kebab case."""
    depth, flat = 1, ""
    for character in text[begin : begin + 6_000]:
        if character in "{(":
            depth += 1
        if depth == 1 or (depth == 2 and character in "{("):
            flat += character
        if character in "})":
            depth -= 1
            if depth == 0:
                break
    return [
        re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
        for name in _VARIANT.findall("{" + flat)
    ]
