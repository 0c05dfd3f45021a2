"""Shell: a start script and nothing else."""

from hivemind_agents.repository.facts import GUESS, LIKELY, SURE, Finding, Match
from hivemind_agents.repository.languages.compose_finding import finding_of
from hivemind_agents.repository.tree import FileTree


def detect(tree: FileTree) -> Finding | None:
    """A start script at the root; anything with a manifest outweighs it."""
    entry = tree.has("start.sh", "run.sh", "main.sh", "entrypoint.sh", "script.sh")
    entry = entry or next(iter(tree.root_files("*.sh")), None)
    if entry is None:
        return None
    text = tree.text(entry) or ""
    serves = any(word in text for word in ("nc -l", "socat", "http.server", "$PORT", "busybox httpd"))
    endless = "while true" in text or "while :" in text
    first = text.split("\n", 1)[0]
    runner = "bash" if "bash" in first else "sh"
    if "zsh" in first:
        runner = "zsh"
    start = f"{runner} {entry}"
    match = Match(
        framework=None, kind="web" if serves else "worker" if endless else "cli", kind_confidence=0.75, evidence=(entry,),
        start=start, start_confidence=SURE - 0.05 if entry == "start.sh" else GUESS, port=8000 if serves else None,
        processes={"worker": start} if endless and not serves else {},
    )  # fmt: skip
    return finding_of(match, language="shell", manifest=entry, serves=0.15, language_confidence=LIKELY)


