"""Extra vars as a file: values are data, so what looks like a template in them stays text."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

_TEMPLATE = re.compile(r"\{\{|\{%|\{#")


class _Dumper(yaml.SafeDumper):
    """Tags strings that Ansible would take for a template as `!unsafe`."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 - its signature
        return True


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    if _TEMPLATE.search(text):
        return dumper.represent_scalar("!unsafe", text, style='"')
    if not text.isprintable():
        # Exotic line ends would be folded into blanks.
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
    return dumper.represent_str(text)


_Dumper.add_representer(str, _string)


def dump(variables: Mapping[str, Any], *, heading: str = "") -> str:
    """YAML for `ansible-playbook -e @file`, with a heading as comment."""
    comment = "".join(f"# {line}\n" for line in heading.splitlines())
    return comment + yaml.dump(
        dict(variables), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )
