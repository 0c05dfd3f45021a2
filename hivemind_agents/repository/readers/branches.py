"""Parts of code that only development or tests take, or that may fail without harm."""

import ast
import re
from collections.abc import Iterator

from hivemind_agents.repository.readers.python_source import PythonModule, dotted

_DEVELOPMENT = re.compile(
    r"\bDEBUG\b|\b(?:IS_)?(?:DEV|LOCAL|TEST(?:ING)?)\b|[\"'](?:dev\w*|local\w*|test\w*)[\"']"
    r"(?!\s*\))", re.I
)  # fmt: skip
_DEVELOPMENT_CLASS = re.compile(r"class\s+(?:Dev|Test|Local)|class\s+\w*(?:Development|Testing)\b")
_PRODUCTION_CLASS = re.compile(r"(?m)^class\s+\w*Prod")
_NEGATED = re.compile(r"\bnot\b|!=|==\s*False|is\s+False")
_ALWAYS_DEBUG = re.compile(r"(?m)^DEBUG\s*=\s*True\b")


def only_in_development(text: str, position: int) -> bool:
    """Whether the place is in a branch like `if DEBUG:`, in the `else:` of `if not DEBUG:`, or in
    the class of settings for development beside one for production.

    Where the file itself sets DEBUG, that branch is what runs, and no branch of development.
    """
    if _ALWAYS_DEBUG.search(text):
        return False
    for head, lines, indent in _heads(text, position):
        if head.startswith(("if ", "elif ")):
            if _DEVELOPMENT.search(head) and not _NEGATED.search(head):
                return True
        elif head.startswith("class "):
            if _DEVELOPMENT_CLASS.match(head) and _PRODUCTION_CLASS.search(text):
                return True
        elif head.startswith("else:"):
            condition = _condition_of(lines, indent)
            if _DEVELOPMENT.search(condition) and _NEGATED.search(condition):
                return True
    return False


# A switch that is off where nobody sets it, or that is named for a file instead of a server.
_SWITCH = re.compile(
    r"(?:getenv|environ\.get|env(?:\.bool)?|config)\(\s*[\"'](?:"
    r"\w+[\"']\s*,\s*(?:default\s*=\s*)?(?:[\"'](?:false|0|no|off|)[\"']|False|0)(?:\s*,[^()]*)?\)|"
    r"\w*SQLITE\w*[\"']\s*(?:,\s*(?:default\s*=\s*)?(?:None|False)\s*)?\))"
    r"(?!(?:\.lower\(\))?\s*(?:==|in)\s*[(\[{]?\s*[\"'](?:false|0|no|off|)[\"'])",
    re.I,
)


def only_on_demand(text: str, position: int) -> bool:
    """Whether the place is reached only where somebody switches it on by a variable."""
    return any(
        head.startswith(("if ", "elif ")) and _SWITCH.search(head) and not _NEGATED.search(head)
        for head, _, _ in _heads(text, position)
    )


def _heads(text: str, position: int) -> Iterator[tuple[str, list[str], int]]:
    """(line, lines before it, its indentation) of what a place in Python is inside of, the
    innermost first.
    """
    lines = text[:position].split("\n")
    indent = _indent(text[position - len(lines[-1]) :].split("\n", 1)[0])
    for number in range(len(lines) - 2, -1, -1):
        line = lines[number]
        if not indent:
            return
        if line.strip() and _indent(line) < indent:
            indent = _indent(line)
            yield line.strip(), lines[:number], indent


_NAME_OF_STAGE = r"(?:NODE_ENV|APP_ENV|APP_STAGE|[eE]nv(?:ironment)?|ENV)[\"'\])]*\s*"
_STAGED = re.compile(
    # process.env.NODE_ENV === 'test' ? new Sequelize('sqlite::memory:') : …, if (…) { … }
    rf"{_NAME_OF_STAGE}(?:={{2,3}}\s*[\"'](?:test|testing|dev|development)[\"']|"
    r"!={1,2}\s*[\"']prod(?:uction)?[\"'])\s*\)?\s*[?{]?(?:(?!\s:\s|\)\s*:)[^;}]){0,200}$|"
    # … === 'production' ? 'pg' : 'sqlite3'
    rf"{_NAME_OF_STAGE}={{2,3}}\s*[\"']prod(?:uction)?[\"']\s*\)?\s*(?:"
    r"\?[^;]{0,300}?\s:\s[^;}]{0,100}$|\{[^}]{0,400}\}\s*else\s*\{[^}]{0,200}$)|"
    # if (builder.Environment.IsDevelopment()) …
    r"\bIs(?:Development\(\)|Environment\(\"(?:Test\w*|Local)\"\))\s*\)\s*\{?[^;}]{0,200}$"
)


def staged(text: str, position: int) -> bool:
    """Whether the place is reached only where the stage is asked, and is not production: in the
    languages with braces.
    """
    return _STAGED.search(text[max(0, position - 700) : position]) is not None


def made_in_vain(module: PythonModule, package: str) -> Iterator[int]:
    """Lines of calls to a package inside a `try` whose handlers go on without it."""
    if module.syntax is None or package not in module.imports:
        return
    for node in module.nodes:
        if not isinstance(node, ast.Try) or not _goes_on(node):
            continue
        for inner in (item for part in node.body for item in ast.walk(part)):
            if isinstance(inner, ast.Call):
                head = dotted(inner.func).split(".")[0]
                if module.origins.get(head, head).split(".")[0] == package:
                    yield inner.lineno


def _goes_on(node: ast.Try) -> bool:
    """Whether the handlers put something in the place of what failed, and none of them ends the
    program or hands the error on.
    """
    handled = [
        inner for handler in node.handlers for part in handler.body for inner in ast.walk(part)
    ]
    stands_in = any(isinstance(inner, ast.Assign | ast.Return) for inner in handled)
    gives_up = any(
        isinstance(inner, ast.Raise)
        or (isinstance(inner, ast.Call) and dotted(inner.func) in {"sys.exit", "exit", "quit"})
        for inner in handled
    )
    return stands_in and not gives_up


def _condition_of(lines: list[str], indent: int) -> str:
    """The `if` that an `else` at this indentation belongs to."""
    for line in reversed(lines):
        if line.strip() and _indent(line) == indent:
            return line.strip() if line.strip().startswith("if ") else ""
    return ""


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
