"""hivemind.yml, written from a report: what was found, for the user to change."""

import json

from hivemind_agents.repository.config import SCHEMA_COMMENT
from hivemind_agents.repository.report import RepositoryReport

_SINGLE = ("language", "runtime_version", "framework", "package_manager", "kind")


def hivemind_yml(report: RepositoryReport) -> str:  # noqa: PLR0912 - a key each
    """The text of a hivemind.yml that says what the report says."""
    lines = [
        SCHEMA_COMMENT,
        "# What is written here wins over what is found. A key that is left out is found anew.",
        "",
    ]
    if report.path != ".":
        lines.append(f"path: {_scalar(report.path)}")
    for name in _SINGLE:
        value = getattr(report, name)
        if value is not None:
            lines.append(f"{name}: {_scalar(str(value))}")
    if report.build:
        lines += ["build:", *(f"  - {_scalar(command)}" for command in report.build)]
    if report.start:
        lines.append(f"start: {_scalar(report.start)}")
    others = {
        name: command for name, command in report.processes.items() if command != report.start
    }
    if others:
        lines += [
            "processes:",
            *(f"  {_scalar(name)}: {_scalar(text)}" for name, text in others.items()),
        ]
    if report.schedules:
        lines.append("schedules:")
        for job in report.schedules:
            told = f"command: {json.dumps(job.command)}, cron: {json.dumps(job.cron)}"
            lines.append(f"  {_scalar(job.name)}: {{{told}}}")
    if report.persistent:
        lines += ["persistent:", *(f"  - {_scalar(folder)}" for folder in report.persistent)]
    for name in ("document_root", "health_path"):
        value = getattr(report, name)
        if value is not None:
            lines.append(f"{name}: {_scalar(value)}")
    if report.single_page:
        lines.append("single_page: true")
    lines.append(f"needs: [{', '.join(report.needs)}]")
    if report.optional_needs:
        lines.append(f"optional_needs: [{', '.join(report.optional_needs)}]")
    lines += _variables(report)
    return "\n".join(lines) + "\n"


def _variables(report: RepositoryReport) -> list[str]:
    required = [item for item in report.env if item.required]
    if not required:
        return []
    entries = []
    for item in required:
        secret = ", secret: true" if item.secret else ""
        entries.append(f"  {item.name}: {{required: true{secret}}}")
    return ["env:", *entries]


def _scalar(text: str) -> str:
    """A YAML scalar: plain where that is safe, else in quotes (JSON's are YAML's)."""
    plain = text and all(letter.isalnum() or letter in " _./$()=,-+'" for letter in text)
    if plain and not text[0].isdigit() and text[0] not in "-'=, (" and text.strip() == text and (
        text.lower() not in {"yes", "no", "true", "false", "null", "on", "off", "y", "n"}
    ):  # fmt: skip
        return text
    return json.dumps(text, ensure_ascii=False)
