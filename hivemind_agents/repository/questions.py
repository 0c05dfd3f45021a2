"""What cannot be known from the files, asked once and with the choices there are."""

import re
from collections.abc import Iterator, Sequence

from hivemind_agents.repository.components import MANIFESTS, Layout
from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.needs import Needs
from hivemind_agents.repository.report import Question, RepositoryReport
from hivemind_agents.repository.tree import FileTree

# Two readings of nearly the same weight are two candidates.
CLOSE = 0.06
# The newest major version of each runtime that can be had, and the first worth asking for.
OFFERED: dict[str, tuple[int, int]] = {
    "python": (2, 3), "node": (0, 26), "go": (1, 1), "ruby": (1, 4), "php": (5, 8), "jvm": (6, 26),
    "deno": (1, 2), "bun": (0, 1), "rust": (1, 1), "elixir": (1, 1), "dotnet": (1, 11),
}  # fmt: skip


def read_questions(
    tree: FileTree,
    report: RepositoryReport,
    findings: Sequence[tuple[float, Finding]],
    layout: Layout,
    needs: Needs,
) -> tuple[Question, ...]:
    """One question each, the most fundamental first."""
    asked: dict[str, Question] = {}
    for question in _questions(tree, report, findings, layout, needs):
        asked.setdefault(question.about, question)
    return tuple(asked.values())


def _questions(
    tree: FileTree,
    report: RepositoryReport,
    findings: Sequence[tuple[float, Finding]],
    layout: Layout,
    needs: Needs,
) -> Iterator[Question]:
    if report.language is None:
        yield _nothing_found(tree)
        return
    if len(layout.undecided) > 1:
        yield Question(
            about="component",
            choices=layout.undecided,
            why=f"{_listed(layout.undecided)} can each be deployed; say which with --path or "
            f"`path:` in hivemind.yml",
        )
    close = [
        item
        for weight, item in findings
        if findings[0][0] - weight < CLOSE and item.kind.value == "web"
    ]
    if len(close) > 1 and layout.borrowed is None:
        names = tuple(item.language.value for item in close)
        yield Question(
            about="language",
            choices=names,
            why=f"{_listed(names)} both serve requests here "
            f"({_listed([item.manifest for item in close])});"
            " say which with `language:` in hivemind.yml",
        )
    finding = layout.borrowed or findings[0][1]
    if len(finding.choices) > 1 and not _told(report):
        yield Question(
            about="start",
            choices=finding.choices,
            why=f"there are several programs to start: {_listed(finding.choices)}; say which "
            f"with `start:` in hivemind.yml",
        )
    if report.start is None and report.kind in {"web", "worker", "cli"}:
        yield Question(
            about="start",
            why=f"no start command was found: looked for a Procfile, "
            f"{_LOOKED.get(report.language, 'a manifest')};"
            " say it with `start:` in hivemind.yml or --start",
        )
    yield from _version(report)
    if needs.undecided:
        yield Question(
            about="needs",
            choices=needs.undecided,
            why=f"the code can use {_listed(needs.undecided)}, and nothing chooses; say it with "
            f"`needs:` in hivemind.yml",
        )


_LOOKED = {
    "python": "an application object (app, application), wsgi.py or asgi.py, main.py, app.py "
    "and their kin, and console scripts",
    "node": "scripts.start, main and bin in package.json, server.js, index.js, app.js and their "
    "kin",
    "java": "a build that makes a jar with a main class",
    "ruby": "config.ru, bin/rails, app.rb and main.rb",
    "deno": "a start task in deno.json, main.ts, mod.ts and server.ts",
    "php": "index.php, public/index.php and artisan",
    "rust": "a binary in Cargo.toml, src/main.rs and src/bin",
    "cpp": "an executable in CMakeLists.txt or meson.build",
}


def _told(report: RepositoryReport) -> bool:
    return report.confidence.get("start", 0) > 0.95


def _nothing_found(tree: FileTree) -> Question:
    if not len(tree):
        return Question(
            about="language",
            why="the repository is empty: there is no file in it; commit the application first, "
            "or name its folder with --path",
        )
    looked = ", ".join(sorted(MANIFESTS)[:60])
    return Question(
        about="language",
        why=f"none of {len(tree)} files says how to run this: looked for {looked}, index.html "
        f"and scripts by their usual names;"
        " say `language:` and `start:` in hivemind.yml, or name the application's folder with "
        "--path",
    )


def _version(report: RepositoryReport) -> Iterator[Question]:
    known = OFFERED.get(report.runtime or "")
    found = re.search(r"(\d+)(?:\.(\d+))?", report.runtime_version or "")
    if known is None or found is None or report.runtime_version is None:
        return
    if re.match(r"\s*(?:>|<|!)", report.runtime_version):
        return
    major = int(found.group(1))
    if report.runtime == "jvm" and major == 1 and found.group(2):
        major = int(found.group(2))
    where = ", ".join(report.evidence.get("runtime_version", ()))
    if not known[0] <= major <= known[1] and major < 1000:
        yield Question(
            about="runtime_version",
            why=f"{where} asks for {report.runtime} {report.runtime_version}, which nobody offers"
            f" (up to {known[1]}.x); say another with `runtime_version:` in hivemind.yml",
        )  # fmt: skip


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
