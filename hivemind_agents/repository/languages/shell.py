"""Shell: a start script and nothing else."""

import re

from hivemind_agents.repository.facts import GUESS, WEAK, Dependencies, Finding, Match
from hivemind_agents.repository.languages.assemble import assemble
from hivemind_agents.repository.tree import FileTree

NAMES = (
    "start.sh",
    "main.sh",
    "run.sh",
    "entrypoint.sh",
    "server.sh",
    "app.sh",
    "script.sh",
    "hello.sh",
)
_SERVES = re.compile(
    r"\bnc\s+(?:-\w+\s+)*-?\w*l|\bncat\b.*-l|"
    r"\bsocat\b.*LISTEN|http\.server|busybox httpd|\$\{?PORT\b"
)
_ENDLESS = re.compile(r"\bwhile\s+(?:true|:|\[\s*1\s*\]|sleep)|\bfor\s*\(\(\s*;\s*;")


def detect(tree: FileTree) -> Finding | None:
    """A start script at the root; anything with a manifest outweighs it."""
    scripts = [
        path
        for path in tree.root_files("*.sh")
        if not re.search(r"install|setup|build|test|deploy", path)
    ]
    entry = tree.has(*NAMES) or (scripts[0] if len(scripts) == 1 else None)
    if entry is None:
        return _tools(tree)
    text = re.sub(r"(?m)^[ \t]*#(?!!).*$", "", tree.text(entry, limit=100_000) or "")
    first = (tree.text(entry) or "").split("\n", 1)[0]
    runner = next((name for name in ("bash", "zsh", "dash", "ksh", "fish") if name in first), "sh")
    serves, endless = _SERVES.search(text), _ENDLESS.search(text)
    start = f"{runner} {entry}"
    named = re.search(r"\$\{PORT:[-=](\d{2,5})\}", text) or re.search(
        r"\b(?:nc|ncat|socat|httpd)\b[^\n]*?\b(\d{4,5})\b", text
    )
    match = Match(
        framework=None,
        kind="web" if serves else "worker" if endless else "cli",
        kind_confidence=0.75,
        evidence=(entry,),
        start=start,
        start_confidence=0.88 if entry in NAMES[:2] else GUESS,
        port=(int(named.group(1)) if named else 8000) if serves else None,
        processes={"worker": start} if endless and not serves else {},
    )
    found = assemble(
        match, language="shell", manifest=entry, dependencies=Dependencies([]),
        language_confidence=0.88, listed=False,
    )  # fmt: skip
    return found.but(serves=0.15)


def _tools(tree: FileTree) -> Finding | None:
    """Scripts that a person runs by hand (an installer, dotfiles), where there is nothing else."""
    scripts = tree.root_files("*.sh") or [
        path for path in tree.suffixed(".sh") if path.count("/") == 1
    ]
    if not scripts:
        return None
    entry = next((path for path in scripts if "install" in path), scripts[0])
    match = Match(
        framework=None, kind="cli", kind_confidence=GUESS, evidence=(entry,),
        start=f"sh {entry}", start_confidence=WEAK,
    )  # fmt: skip
    found = assemble(
        match, language="shell", manifest=entry, dependencies=Dependencies([]),
        language_confidence=GUESS, listed=False,
    )  # fmt: skip
    return found.but(serves=0.05)
