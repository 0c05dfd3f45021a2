"""Run programs of this machine."""

import logging
import subprocess
from collections.abc import Iterable, Sequence

log = logging.getLogger(__name__)


class CommandError(Exception):
    """A program failed; the message holds its own words, never what was given on its stdin."""

    def __init__(self, argv: Sequence[str], returncode: int, stderr: str) -> None:
        said = stderr.strip()[-600:] or "it said nothing"
        super().__init__(f"`{' '.join(argv)[:200]}` failed with exit code {returncode}: {said}")
        self.returncode = returncode
        self.stderr = stderr


def run(*argv: str, stdin: str | None = None, check: bool = True, timeout_s: float = 120.0) -> str:
    """Run a program and give back its standard output.

    Raises CommandError when it fails (unless `check` is false) or takes longer than `timeout_s`.
    """
    try:
        done = subprocess.run(
            argv,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(argv, -1, f"no answer within {timeout_s:g} s") from error
    except FileNotFoundError as error:
        hint = f"{argv[0]} is not installed; `hivemind doctor` says how to install it"
        raise CommandError(argv, 127, hint) from error
    if check and done.returncode != 0:
        raise CommandError(argv, done.returncode, done.stderr)
    return done.stdout


def ip(*lines: str, namespace: str | None = None, check: bool = True) -> None:
    """Run lines of `ip` at once, in a namespace or in the machine's own."""
    where = () if namespace is None else ("-n", namespace)
    force = () if check else ("-force",)
    run("ip", *where, *force, "-batch", "-", stdin="\n".join(lines) + "\n", check=check)


def in_namespace(namespace: str, *argv: str, stdin: str | None = None) -> str:
    return run("ip", "netns", "exec", namespace, *argv, stdin=stdin)


def lines(items: Iterable[str]) -> str:
    """Join to a text whose last line ends, too."""
    return "".join(f"{item}\n" for item in items)
