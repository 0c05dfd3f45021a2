"""What a question about a repository may be answered from: the report, and how some files begin."""

from collections.abc import Iterator

from hivemind_agents.domain.decision import QuestionBrief
from hivemind_agents.repository.report import Question, RepositoryReport
from hivemind_agents.repository.tree import FileTree

_MOST_FILES = 10
_BEGINNING = 2_000
_TOLD = {
    "path", "language", "framework", "package_manager", "kind", "start", "processes", "needs",
    "optional_needs", "components", "evidence",
}  # fmt: skip
_READ_FIRST = ("README.md", "README.rst", "README.txt", "README", "readme.md")


def brief(tree: FileTree, report: RepositoryReport, question: Question) -> QuestionBrief:
    """A question with what an agent may read about it; no file that is made to hold secrets."""
    files: dict[str, str] = {}
    for path in dict.fromkeys(_telling(report, question)):
        if len(files) == _MOST_FILES:
            break
        text = None if _secretive(path) else tree.text(path, limit=_BEGINNING)
        if text:
            files[path] = text[:_BEGINNING]
    return QuestionBrief(
        about=question.about,
        why=question.why,
        choices=question.choices,
        recon=report.model_dump(mode="json", include=_TOLD),
        files=files,
    )


def _telling(report: RepositoryReport, question: Question) -> Iterator[str]:
    yield from _READ_FIRST
    for choice in question.choices:
        for word in choice.split():
            yield word
            yield from (f"{word}/{name}" for name in _READ_FIRST[:1])
    for places in report.evidence.values():
        yield from (place.rpartition(":")[0] or place for place in places)


def _secretive(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return name.startswith(".env") or name.endswith((".pem", ".key"))
