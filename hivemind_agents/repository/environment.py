"""All readings of a variable become one entry: required or not, secret or not, its default."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from hivemind_agents.repository.readers.environment import (
    NAME,
    PLATFORM,
    Use,
    is_needed,
    is_secret,
    read_uses,
)
from hivemind_agents.repository.report import EnvVariable
from hivemind_agents.repository.tree import FileTree

_SCRIPTS = (".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".vue")
EXAMPLES = (
    ".env.example",
    ".env.sample",
    ".env.template",
    ".env.dist",
    "env.example",
    ".env.defaults",
    "sample.env",
    "example.env",
    ".env.production.example",
    ".env.local.example",
)


def read_environment(
    tree: FileTree, extra: Iterable[Use] = (), *, language: str = "node"
) -> tuple[EnvVariable, ...]:
    """The variables by name. `extra`: readings found elsewhere (app.json, render.yaml).

    Scripts beside a program in another `language` are its pages': nothing stops for want of them.
    """
    uses: dict[str, list[Use]] = defaultdict(list)
    pages = language in {"php", "python", "ruby", "go"}
    for use in [*read_uses(tree), *extra]:
        spare = pages and use.where.partition(":")[0].endswith(_SCRIPTS)
        uses[use.name].append(replace(use, demanded=False, optional=True) if spare else use)
    examples = _examples(tree)
    return tuple(_variable(name, uses[name], examples) for name in sorted(uses))


def _variable(name: str, uses: list[Use], examples: dict[str, tuple[str, str]]) -> EnvVariable:
    secret = is_secret(name)
    default = next((use.default for use in uses if use.default), None)
    optional = any(use.optional for use in uses)
    demanded = any(use.demanded for use in uses) and not optional
    ours = name in PLATFORM or name.startswith(("NEXT_PUBLIC_VERCEL", "VERCEL_", "HEROKU_", "npm_"))
    required = not ours and not optional and (demanded or is_needed(name))
    evidence = [use.where for use in uses]
    if name in examples:
        evidence.append(examples[name][0])
    return EnvVariable(
        name=name,
        required=required,
        demanded=demanded and not ours,
        secret=secret,
        default=None if secret and not _harmless(default) else default,
        evidence=tuple(dict.fromkeys(evidence))[:5],
    )


def _harmless(default: str | None) -> bool:
    """A secret's default is not repeated, unless it plainly holds none (`sqlite:///app.db`)."""
    return default is not None and (default.startswith("sqlite") or re.fullmatch(
        r"\w+://(?:localhost|127\.0\.0\.1)[:/\w.-]*", default) is not None)  # fmt: skip


def _examples(
    tree: FileTree, paths: Iterable[str] = EXAMPLES
) -> dict[str, tuple[str, str]]:  # fmt: skip
    """Name to (evidence, value) of the example environment files."""
    found: dict[str, tuple[str, str]] = {}
    for path in paths:
        for number, line in enumerate((tree.text(path, limit=100_000) or "").splitlines(), start=1):
            name, equals, value = line.strip().removeprefix("export ").partition("=")
            if equals and NAME.match(name.strip()):
                found.setdefault(name.strip(), (f"{path}:{number}", value.strip().strip("\"'")))
    return found


def example_values(tree: FileTree) -> dict[str, tuple[str, str]]:
    """What the example environment files propose: name to (evidence, value)."""
    return _examples(tree)


# Says that somebody has to put something in its place.
_PLACEHOLDER = re.compile(
    r"(?i)^$|change|replace|todo|your|x{3}|[<>{}]|\.\.\.|(?<!@)\bexample\.(?:com|org)|^(?:none|null)$"
)


def proposed_values(*trees: FileTree) -> dict[str, str]:
    """What the repository's own environment files, examples or not, say of variables that are no
    secrets, the first tree's word first.
    """
    return {
        name: value
        for tree in reversed(trees)
        for name, (_, value) in _examples(tree, (".env", *EXAMPLES)).items()
        if not is_secret(name) and not _PLACEHOLDER.search(value)
    }
