"""The command line: `hivemind VERB …`, a verb a module.

This module imports next to nothing: the list of verbs is here, so that help needs none of them,
and each verb's module is imported when it is called.
"""

import sys
from collections.abc import Sequence
from typing import NamedTuple


class Verb(NamedTuple):
    """A word after `hivemind`. `module`: where its typer app is; None: joined by entry point."""

    name: str
    summary: str
    module: str | None


_HERE = "hivemind_agents.cli"

SECTIONS: dict[str, tuple[Verb, ...]] = {
    "Deploy": (
        Verb("deploy", "Bring a repository to a URL that answers", f"{_HERE}.deploy"),
        Verb("recon", "Say what a repository is and what it needs", f"{_HERE}.recon"),
        Verb("build", "Build a repository into an artifact; nothing is deployed", f"{_HERE}.build"),
        Verb("init", "Write hivemind.yml for a repository", f"{_HERE}.init"),
        Verb("plan", "Show what a deploy decided, ready for plain Ansible", f"{_HERE}.plan"),
    ),
    "Look": (
        Verb("list", "List the deployments of the target", f"{_HERE}.listing"),
        Verb("status", "Show one deployment: URL, hosts, releases, checks", f"{_HERE}.status"),
        Verb("logs", "Read the application's log lines, or the events of a run", f"{_HERE}.logs"),
        Verb("runs", "List the runs of this machine, or show one", f"{_HERE}.runs"),
        Verb("ssh", "Open a shell, or run a command, on a host", f"{_HERE}.ssh"),
    ),
    "Change": (
        Verb(
            "rollback",
            "Go back to the release before, or undo a failed deploy",
            f"{_HERE}.rollback",
        ),
        Verb("destroy", "Take a deployment away, keeping a database snapshot", f"{_HERE}.destroy"),
        Verb("resume", "Go on with runs whose process died", f"{_HERE}.resume"),
        Verb("cancel", "Stop a run cleanly", f"{_HERE}.cancel"),
    ),
    "Single verbs (each is one playbook)": (
        Verb(
            "bootstrap", "Make the state bucket of an account and region", f"{_HERE}.state_bucket"
        ),
        Verb("harden", "Bring the hosts to the security baseline", f"{_HERE}.single"),
        Verb("register", "Put the hosts behind the load balancer", f"{_HERE}.single"),
        Verb(
            "deregister", "Take the hosts from the load balancer, draining first", f"{_HERE}.single"
        ),
        Verb("verify", "Check that the deployment is what it claims to be", f"{_HERE}.single"),
        Verb("observe", "Make the dashboard and the log group", f"{_HERE}.single"),
        Verb("discover", "Find everything that belongs to a deployment", f"{_HERE}.single"),
    ),
    "Set up": (
        Verb("doctor", "Say what this machine lacks, and how to mend it", f"{_HERE}.doctor"),
        Verb("target", "Choose where to work: the sandbox or an AWS profile", f"{_HERE}.target"),
        Verb("sandbox", "Run a local AWS with real hosts: up, down, status, reset", None),
        Verb("playbook", "List the playbooks and show their arguments", f"{_HERE}.playbook"),
        Verb("version", "Print the version", f"{_HERE}.version"),
    ),
}

_EXAMPLES = """\
Examples:
  hivemind sandbox up                                    a local AWS, free of charge
  hivemind deploy ./shop "A shop with a PostgreSQL database"
  hivemind deploy https://github.com/you/shop.git --name shop --what-if
  hivemind status shop
  hivemind destroy shop

`hivemind VERB --help` shows a verb's options and more examples.
Results go to standard output, progress to standard error. Exit codes: 0 done, 2 input refused,
3 target or credentials, 4 held by another run, 5 a stage failed, 6 verification says no,
7 state bucket, 130 cancelled. HIVEMIND_DEBUG=1 shows where an error comes from."""


def verbs() -> dict[str, Verb]:
    """All verbs by name."""
    return {verb.name: verb for section in SECTIONS.values() for verb in section}


def help_text() -> str:
    """What `hivemind --help` prints."""
    lines = [
        "Deploy any repository into your own AWS account, and look after it.",
        "",
        "Usage: hivemind VERB [ARGUMENTS] [OPTIONS]",
    ]
    for title, section in SECTIONS.items():
        lines += ["", f"{title}:"]
        lines += [f"  {verb.name:<12}{verb.summary}" for verb in section]
    return "\n".join([*lines, "", _EXAMPLES])


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in ("--version", "-V"):
        arguments = ["version"]
    if arguments[:1] == ["help"] and len(arguments) > 1:
        arguments = [arguments[1], "--help"]
    if not arguments or arguments[0] in ("--help", "-h", "help"):
        sys.stdout.write(help_text() + "\n")
        return 0
    from hivemind_agents.cli import frame

    return frame.run(arguments[0], arguments[1:])
