"""The port that the code itself names: the default of PORT, or one that is fixed."""

import re
from collections.abc import Sequence

from hivemind_agents.repository.facts import Fact, Finding
from hivemind_agents.repository.languages.go.listening import FIXED_PORT
from hivemind_agents.repository.report import Behaviour, EnvVariable
from hivemind_agents.repository.tree import FileTree

_FIXED: dict[tuple[str, ...], re.Pattern[str]] = {
    (".js", ".mjs", ".cjs", ".ts", ".mts"): re.compile(
        r"\.listen\(\s*(?:\{\s*port\s*:\s*)?(\d{2,5})\b|"
        r"\bserve\([^\n]{0,200}?\{\s*(?:\w+:[^\n,]+,\s*)?port\s*:\s*(\d{2,5})\b|"
        r"(?m:^[ \t]*(?:const|let|var)\s+(?i:port)\s*=\s*(\d{2,5})\s*;?$)"
    ),
    (".go",): re.compile(FIXED_PORT),
    (".rs",): re.compile(r"(?:bind|run|serve)\([^\n]{0,40}?[:,]\s*(\d{4,5})\b"),
    (".py",): re.compile(
        r"(?:run_app|run_server|run_simple|make_server|add_insecure_port|WSGIServer|serve|"
        r"HTTPServer|TCPServer|listen|listenTCP|run|app\.start)\([^\n]{0,200}?\b(\d{4,5})\b|"
        r"server\.socket_port\W+(\d{4,5})\b"
    ),
    (".rb", ".ru"): re.compile(r"(?m)^[ \t]*set\s+:port,\s*(\d{2,5})"),
}  # fmt: skip
_READS = frozenset({"PORT", "SERVER_PORT", "HTTP_PORT", "APP_PORT"})


def named_port(
    tree: FileTree, finding: Finding, env: Sequence[EnvVariable], start: str | None
) -> tuple[Fact[int] | None, Behaviour | None]:
    """(the port that the code names, the trouble with one that cannot be changed)."""
    for variable in env:
        if variable.name in _READS:
            text = variable.default or ""
            default = int(text) if text.isdecimal() and len(text) < 6 else 0
            known = 0 < default < 65536
            return (Fact(default, 0.85, variable.evidence) if known else None), None
    if start is None or "$PORT" in start or finding.kind.value != "web":
        return None, None
    for suffixes, pattern in _FIXED.items():
        for path in tree.sources(*suffixes, limit=120):
            text = tree.text(path, limit=200_000) or ""
            found = pattern.search(text)
            port = int(next(group for group in found.groups() if group)) if found else 0
            if found and 0 < port < 65536:
                where = f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
                return Fact(port, 0.8, (where,)), Behaviour(
                    about="port",
                    why=f"the port {port} is fixed in the code, so it cannot be given one",
                    mend=f"read the variable PORT and fall back to {port}, or say `port: {port}`"
                    " in hivemind.yml",
                    evidence=(where,),
                )
    return None, None
