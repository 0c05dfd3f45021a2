"""Start commands as scripts: what a unit executes."""

import re

_COMPOUND = re.compile(r"[;&|\n(){}<>]|\b(if|for|while|case)\b")


def launcher(command: str) -> str:
    """A shell script that becomes the command, so that signals reach it; compound ones stay.

    `cd` and assignments before the command, as Procfiles have them, are kept.
    """
    command = command.strip()
    unquoted = re.sub(r"'[^']*'|\"[^\"]*\"", "''", command)
    if _COMPOUND.search(unquoted) or re.match(r"(exec|cd|export|\.|source)\s", command):
        body = command
    else:
        assignments = re.match(r"((?:[A-Za-z_]\w*=(?:'[^']*'|\"[^\"]*\"|\S*)\s+)*)(.*)", command)
        assert assignments is not None  # noqa: S101 - it matches anything
        body = f"{assignments[1]}exec {assignments[2]}"
    return f"#!/bin/sh\nset -e\n{body}\n"
