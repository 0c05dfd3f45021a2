"""Questions about a repository, asked on a terminal; an empty answer leaves them open."""

from getpass import getpass
from typing import TYPE_CHECKING

import typer

from hivemind_agents.cli import output

if TYPE_CHECKING:
    from hivemind_agents.repository.report import EnvVariable, Question


def question(asked: "Question") -> str:
    """The answer to a question of Recon: a number stands for its choice."""
    output.note(f"{asked.about}: {asked.why}")
    for number, choice in enumerate(asked.choices, start=1):
        output.note(f"  {number}. {choice}")
    answer: str = typer.prompt(
        "  answer (empty: leave open)", default="", show_default=False, err=True
    )
    if answer.isdigit() and asked.choices and 0 < int(answer) <= len(asked.choices):
        return asked.choices[int(answer) - 1]
    return answer.strip()


def variable(asked: "EnvVariable") -> str:
    """The value of an environment variable; a secret's is not shown."""
    where = f", read in {asked.evidence[0]}" if asked.evidence else ""
    what = "needed" if asked.demanded else "empty: leave it out"
    text = f"{asked.name} ({what}{where})"
    if asked.secret:
        return getpass(f"{text}, not shown: ")
    answer: str = typer.prompt(text, default="", show_default=False, err=True)
    return answer.strip()
