"""The variable by which a server of Node is given its port, where it is another than PORT."""

import re

from hivemind_agents.repository.facts import Match
from hivemind_agents.repository.languages.node.health import RENDERING
from hivemind_agents.repository.languages.node.project import NodeProject

_READS_PORT = re.compile(
    r"\benv\.PORT\b|\benv\[\s*[\"']PORT[\"']|\(\s*[\"']PORT[\"']|"
    r"\bPORT\s*:\s*(?:z|v|str|num|port|[jJ]oi|[eE]nv|Type|t|s|yup)\b|"
    r"\{[^{}]{0,400}\bPORT\b[^{}]{0,400}\}\s*=\s*process\.env"
)
_READS_OTHER = re.compile(
    r"\bprocess\.env\.((?:APP|APPLICATION|SERVER|HTTP|API|NODE|WEB|LISTEN|LISTENING|EXPRESS|"
    r"BACKEND)_?PORT)\b"
)


def given_port(project: NodeProject, match: Match) -> str | None:
    """The variable's name. None where PORT is read, or several others are."""
    if match.framework in RENDERING or "$PORT" in (match.start or ""):
        return None
    texts = [text for _, text in project.sources]
    if any(_READS_PORT.search(text) for text in texts):
        return None
    names = {name for text in texts for name in _READS_OTHER.findall(text)}
    return names.pop() if len(names) == 1 else None
