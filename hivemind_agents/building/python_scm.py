"""Projects whose version is git's: builds see no git, so they are told one."""

import re
import tomllib

from hivemind_agents.building.files import text_of
from hivemind_agents.repository.readers.structured import table

# Nobody knows better, and releases are told apart by their commit.
VERSION = "0.0.0"
_TOOLS = re.compile(
    r"setuptools[-_]scm|hatch-vcs|vcs[-_]versioning|\bpbr\b|dynamic-versioning|"
    r"source\s*=\s*[\"']scm[\"']"
)
_NAME = re.compile(r"(?m)^\s*name\s*=\s*[\"']?([\w.-]+)")


def told(files: frozenset[str]) -> dict[str, str]:
    """Variables that tell such tools the project's version; none where no tool asks git."""
    texts = [text_of(files, name) or "" for name in ("pyproject.toml", "setup.cfg", "setup.py")]
    if not any(_TOOLS.search(text) for text in texts):
        return {}
    found = {
        "PBR_VERSION": VERSION,
        "PDM_BUILD_SCM_VERSION": VERSION,
        "POETRY_DYNAMIC_VERSIONING_BYPASS": VERSION,
        "UV_DYNAMIC_VERSIONING_BYPASS": VERSION,
    }
    # Of this project alone: one for all would be every dependency's that is built from source.
    if name := _name(texts):
        known = re.sub(r"[^A-Z0-9]+", "_", name.upper())
        found[f"SETUPTOOLS_SCM_PRETEND_VERSION_FOR_{known}"] = VERSION
        found[f"VCS_VERSIONING_PRETEND_VERSION_FOR_{known}"] = VERSION
    return found


def _name(texts: list[str]) -> str | None:
    try:
        project = table(tomllib.loads(texts[0]).get("project"))
    except tomllib.TOMLDecodeError:
        project = {}
    if named := project.get("name"):
        return str(named)
    return next((hit[1] for text in texts[1:] if (hit := _NAME.search(text))), None)
