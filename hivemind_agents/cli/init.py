"""`hivemind init`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hivemind_agents.cli import answers, output, prompts, recon
from hivemind_agents.cli.frame import new_app
from hivemind_agents.errors import UserError

if TYPE_CHECKING:
    from hivemind_agents.repository.report import RepositoryReport

app = new_app()


@app.command()
def init(
    folder: Annotated[str, typer.Argument(metavar="PATH", help="The repository's folder.")] = ".",
    path: recon.FolderOption = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    dry: Annotated[bool, typer.Option("--print", help="Print it instead of writing it.")] = False,
) -> None:
    """Write hivemind.yml from what is found; what cannot be known is asked on a terminal.

    \b
    Examples:
      hivemind init
      hivemind init ./shop --print
    """
    from hivemind_agents.repository.writing import hivemind_yml

    target = Path(folder).expanduser() / "hivemind.yml"
    if target.exists() and not (force or dry):
        raise UserError(f"{target} is there already", mend=f"hivemind init {folder} --force")
    said: dict[str, object] = {"path": path} if path else {}
    report = _answered(folder, said)
    text = hivemind_yml(report)
    if dry:
        output.result(text.rstrip())
        return
    target.write_text(text, encoding="utf-8")
    output.result(f"wrote {target}")
    for question in report.questions:
        output.note(f"still open: {question.about}: {question.why}")


def _answered(folder: str, said: dict[str, object]) -> "RepositoryReport":
    """Ask each question once, where there is a person to ask."""
    report = recon.read(folder, None, said)
    if sys.stdin.isatty():
        report, _ = answers.settle(
            report, lambda word: recon.read(folder, None, dict(word)), said, prompts.question
        )
    return report
