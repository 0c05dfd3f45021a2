"""Branches of Python's code that only development or tests take, told by their conditions."""

import re

_DEVELOPMENT = re.compile(
    r"\bDEBUG\b|\b(?:IS_)?(?:DEV|LOCAL|TEST(?:ING)?)\b|[\"'](?:dev\w*|local\w*|test\w*)[\"']"
    r"(?!\s*\))", re.I
)  # fmt: skip
_NEGATED = re.compile(r"\bnot\b|!=|==\s*False|is\s+False")
_ALWAYS_DEBUG = re.compile(r"(?m)^DEBUG\s*=\s*True\b")


def only_in_development(text: str, position: int) -> bool:
    """Whether the place is in a branch like `if DEBUG:`, or in the `else:` of `if not DEBUG:`.

    Where the file itself sets DEBUG, that branch is what runs, and no branch of development.
    """
    if _ALWAYS_DEBUG.search(text):
        return False
    lines = text[:position].split("\n")
    indent = _indent(text[position - len(lines[-1]) :].split("\n", 1)[0])
    number = len(lines) - 1
    while number > 0 and indent:
        number -= 1
        line = lines[number]
        if not line.strip() or _indent(line) >= indent:
            continue
        indent = _indent(line)
        head = line.strip()
        if head.startswith(("if ", "elif ")):
            if _DEVELOPMENT.search(head) and not _NEGATED.search(head):
                return True
        elif head.startswith("else:"):
            condition = _condition_of(lines[:number], indent)
            if _DEVELOPMENT.search(condition) and _NEGATED.search(condition):
                return True
    return False


def _condition_of(lines: list[str], indent: int) -> str:
    """The `if` that an `else` at this indentation belongs to."""
    for line in reversed(lines):
        if line.strip() and _indent(line) == indent:
            return line.strip() if line.strip().startswith("if ") else ""
    return ""


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
