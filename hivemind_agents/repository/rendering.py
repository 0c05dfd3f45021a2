"""A report as lines for a person: what it is, how it runs, what it needs, what is open."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hivemind_agents.repository.report import EnvVariable, RepositoryReport

# A fact below this is marked as one to look at.
UNSURE = 0.75
_KINDS = {
    "web": "a web service",
    "worker": "a worker (no port)",
    "static": "a static site",
    "cli": "a program that runs and ends",
    "library": "a library: nothing to run",
}
_NAMES = {
    "node": "Node",
    "php": "PHP",
    "dotnet": ".NET",
    "cpp": "C/C++",
    "static": "plain files",
    "jvm": "JVM",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A label, a value, where it was read; `unsure` values are for the user to check."""

    label: str
    value: str
    where: str = ""
    unsure: bool = False


def headline(report: RepositoryReport, name: str) -> str:
    """`shop: a web service, Flask on Python 3.12 (pip)`."""
    if report.language is None:
        return f"{name}: nothing that can be run was found"
    language = _NAMES.get(report.language, report.language.capitalize())
    version = f" {report.runtime_version}" if report.runtime_version else ""
    on = (
        f"{report.framework} on {language}{version}" if report.framework else f"{language}{version}"
    )
    manager = f" ({report.package_manager})" if report.package_manager else ""
    kind = _KINDS[report.kind] if report.kind else "of unknown kind"
    inside = f", in {report.path}" if report.path != "." else ""
    return f"{name}: {kind}, {on}{manager}{inside}"


def rows(report: RepositoryReport) -> Iterator[Row]:  # noqa: PLR0912 - a line each
    """The facts, in the order in which a person asks for them."""
    if report.start:
        yield _row(report, "start", report.start, "start")
    for name, command in report.processes.items():
        if command != report.start:
            yield Row(name, command)
    yield from (
        Row("by clock", f"{job.command} ({job.name}: {job.cron})") for job in report.schedules
    )
    for number, command in enumerate(report.build):
        yield Row("build" if number == 0 else "", command)
    if report.adds:
        yield Row("adds", f"{', '.join(report.adds)} (not listed, needed in production)")
    if report.document_root:
        unknown = ", unknown paths get the front page" if report.single_page else ""
        yield _row(report, "serves", f"{report.document_root}{unknown}", "document_root")
    if report.port and report.kind == "web":
        yield Row("port", f"given as $PORT ({report.port} by convention)")
    if report.health_path:
        yield _row(report, "health", report.health_path, "health_path")
    for need in report.needs:
        yield _row(report, "needs", _need(report, need), "needs")
    if report.optional_needs:
        yield _row(
            report, "can use", ", ".join(_need(report, need) for need in report.optional_needs), ""
        )
    names = (*report.host_variables, *report.url_variables)
    if names:
        yield Row("is told", f"its own names: {', '.join(names)}")
    for name, value in report.sets.items():
        yield Row("sets", f"{name}={value}")
    kept = sorted({*report.persistent, *report.volumes})
    if kept:
        yield Row("keeps", ", ".join(kept))
    if report.system_packages:
        yield Row("packages", ", ".join(report.system_packages))
    yield from _variables(report.env)
    for component in report.components[:6]:
        framework = f", {component.framework}" if component.framework else ""
        yield Row(
            "component", f"{component.path}: {component.kind}, {component.language}{framework}"
        )


def _row(report: RepositoryReport, label: str, value: str, name: str) -> Row:
    where = ", ".join(report.evidence.get(name, ())[:2])
    return Row(label, value, where, unsure=report.confidence.get(name, 1) < UNSURE)


def _need(report: RepositoryReport, need: str) -> str:
    values = report.need_values.get(need, {})
    names = [name for name in report.need_variables.get(need, ()) if name not in values][:4]
    variables = ", ".join((*names, *(f"{name}={value}" for name, value in values.items())))
    scheme = report.url_schemes.get(need)
    details = "; ".join(item for item in (variables, f"{scheme}://" if scheme else "") if item)
    return f"{need} ({details})" if details else need


def _variables(env: Sequence[EnvVariable]) -> Iterator[Row]:
    """The required ones one by one, the others as a list."""
    required = [item for item in env if item.required]
    for item in required[:6]:
        what = "required, secret" if item.secret else "required"
        yield Row("variable", f"{item.name} ({what})", ", ".join(item.evidence[:1]))
    others = [item.name for item in env if not item.required] + [item.name for item in required[6:]]
    if others:
        more = f" and {len(others) - 8} more" if len(others) > 8 else ""
        yield Row("also reads", ", ".join(others[:8]) + more)


def remarks(report: RepositoryReport) -> Iterator[tuple[str, str]]:
    """(what it is, text) of all that needs a person's eye, questions first."""
    for question in report.questions:
        choices = f" [{', '.join(question.choices)}]" if question.choices else ""
        yield "question", f"{question.about}: {question.why}{choices}"
    for behaviour in report.behaviours:
        where = f" ({behaviour.evidence[0]})" if behaviour.evidence else ""
        yield "watch out", f"{behaviour.why}{where}; mend: {behaviour.mend}"
    for note in report.notes:
        yield "note", note
