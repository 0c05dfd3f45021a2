"""`hivemind recon`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hivemind_agents.cli import output
from hivemind_agents.cli.frame import JsonOption, new_app

if TYPE_CHECKING:
    from hivemind_agents.repository.report import RepositoryReport

app = new_app()

RepositoryArgument = Annotated[
    str, typer.Argument(metavar="PATH|URL", help="Folder, or URL of a git repository.")
]
FolderOption = Annotated[
    str | None, typer.Option("--path", metavar="FOLDER", help="Folder of a monorepo that is meant.")
]


@app.command()
def recon(
    repository: RepositoryArgument = ".",
    path: FolderOption = None,
    ref: Annotated[
        str | None, typer.Option(metavar="REF", help="Branch, tag or commit of a URL.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="The language, where it is known.")] = None,
    kind: Annotated[str | None, typer.Option(help="web, worker, static, cli or library.")] = None,
    start: Annotated[str | None, typer.Option(help="The start command; the port is $PORT.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a repository is and what it needs, with evidence. Nothing in it is executed.

    \b
    Examples:
      hivemind recon
      hivemind recon ./shop --path backend
      hivemind recon https://github.com/you/shop.git --json
    """
    said = {"path": path, "language": language, "kind": kind, "start": start}
    report = read(repository, ref, {name: value for name, value in said.items() if value})
    if as_json:
        output.document(report)
    else:
        show(report, title(repository))


def read(repository: str, ref: str | None, said: dict[str, object]) -> "RepositoryReport":
    """Inspect a folder where it is, or a URL in a folder of our own."""
    from hivemind_agents.repository_source import fetch, is_url

    if not is_url(repository):
        return _inspected(Path(repository).expanduser(), said)
    import tempfile

    with tempfile.TemporaryDirectory(prefix="hivemind-recon-") as folder:
        fetch(repository, ref, ".", Path(folder))
        return _inspected(Path(folder), said)


def _inspected(folder: Path, said: dict[str, object]) -> "RepositoryReport":
    """What the rules read; what they leave open is for the model, where one is configured."""
    from hivemind_agents.cli import answers
    from hivemind_agents.repository import inspect

    report = inspect(folder, overrides=said)
    return answers.by_model(
        report, lambda word: inspect(folder, overrides=dict(word)), said, folder
    )[0]


def title(repository: str) -> str:
    """The repository's own name."""
    last = repository.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
    return last if last not in {"", ".", ".."} else Path(repository).resolve().name


def show(report: "RepositoryReport", name: str) -> None:
    """Print the report as one screen."""
    from hivemind_agents.repository.rendering import headline, remarks, rows

    output.result(output.bold(headline(report, name)))
    output.result()
    previous = None
    for row in rows(report):
        label = "" if row.label == previous else row.label
        previous = row.label or previous
        doubt = "  (please check)" if row.unsure else ""
        where = output.dim(f"   {row.where}") if row.where else ""
        output.result(f"  {label:<10} {row.value}{doubt}{where}")
    said = list(remarks(report))
    if said:
        output.result()
    for what, text in said:
        _wrapped(what, text)


def _wrapped(what: str, text: str) -> None:
    import textwrap

    lines = textwrap.wrap(text, width=85) or [""]
    for number, line in enumerate(lines):
        output.result(f"  {what if number == 0 else '':<11}{line}")
