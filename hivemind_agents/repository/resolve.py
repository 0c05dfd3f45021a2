"""From findings to one report: which language runs, which command starts it, what the user says."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hivemind_agents.domain.schedule import Schedule
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.behaviours import read_behaviours
from hivemind_agents.repository.commands import read_processes
from hivemind_agents.repository.components import Layout, read_layout, services_around
from hivemind_agents.repository.config import UserWord, VariableWord, read_word
from hivemind_agents.repository.daemons import with_daemons
from hivemind_agents.repository.environment import proposed_values, read_environment
from hivemind_agents.repository.facts import CERTAIN, LIKELY, SURE, Fact, Finding
from hivemind_agents.repository.hosts import (
    read_host_variables,
    read_https_variables,
    read_url_variables,
)
from hivemind_agents.repository.languages import read_languages
from hivemind_agents.repository.locks import read_lock_problems
from hivemind_agents.repository.needs import Needs, read_needs, settled
from hivemind_agents.repository.platforms import Declared, read_platforms
from hivemind_agents.repository.ports import named_port
from hivemind_agents.repository.questions import read_questions
from hivemind_agents.repository.report import EnvVariable, RepositoryReport
from hivemind_agents.repository.stages import read_sets
from hivemind_agents.repository.starters import with_setup
from hivemind_agents.repository.tree import FileTree
from hivemind_agents.repository.volumes import read_volumes
from hivemind_agents.repository.weighing import weigh


def inspect_tree(tree: FileTree, *, overrides: UserWord | None = None) -> RepositoryReport:
    """Read a tree: the user's word first, then what the files say."""
    flags = overrides or UserWord()
    root_word, source = read_word(tree)
    folder = flags.path or root_word.path
    layout = Layout()
    if folder and folder.strip("./"):
        folder = folder.removeprefix("./").strip("/")
        if not any(path.startswith(folder + "/") for path in tree.paths):
            raise RepositoryError(
                f"there is no folder {folder!r} in the repository",
                mend="--path FOLDER, or `path:` in hivemind.yml, with one that exists",
            )
        chosen = folder
    else:
        layout = read_layout(tree)
        chosen = layout.chosen
    inner = tree.at(chosen)
    word, inner_source = (root_word, source) if chosen == "." else read_word(inner)
    if inner_source is None:
        word, inner_source = root_word, source
    said = flags.language or word.language
    proposed = proposed_values(inner, tree)
    around = services_around(tree, chosen)
    report = _read(inner, layout, chosen, around, said=said, proposed=proposed)
    return _apply(_apply(report, word, inner_source or "hivemind.yml"), flags, "the command line")


def _read(
    tree: FileTree, layout: Layout, folder: str, around: Sequence[Declared], *,
    said: str | None, proposed: Mapping[str, str],
) -> RepositoryReport:  # fmt: skip
    """`said`: the language by the user's word, whose reading is then the one that counts.
    `proposed`: what the repository's environment files have.
    """
    declared = [*read_platforms(tree), *around]
    findings = weigh(read_languages(tree), declared)
    meant = [item for item in findings if item[1].language.value == said]
    findings = meant or findings
    finding = layout.borrowed or (findings[0][1] if findings else None)
    processes = with_setup(tree, declared, read_processes(finding, declared))
    processes = with_daemons(tree, declared, processes)
    told = [*(finding.env if finding else ()), *(use for item in declared for use in item.env)]
    # What production never loads says nothing about it.
    tree = tree.without(finding.unused if finding else ())
    language = finding.language.value if finding and finding.language else "node"
    env = read_environment(tree, told, language=language)
    needs = read_needs(tree, finding, declared, env)
    env = settled(tree, env, needs)
    if "redis" not in needs.required:
        # Nothing to work for: the queue is a part that the application can do without.
        processes = {
            name: fact for name, fact in processes.items() if "--url $REDIS_URL" not in fact.value
        }
    report = _humble(_assemble(finding, declared, processes, env, needs), findings, layout)
    questions = read_questions(tree, report, findings, layout, needs)
    behaviours = read_behaviours(tree, finding)
    if finding and report.kind == "web":
        port, fixed = named_port(tree, finding, env, report.start)
        stated = any(item.port for item in declared)
        if port and not stated:
            report = report.model_copy(
                update={
                    "port": port.value,
                    "confidence": {**report.confidence, "port": port.confidence},
                    "evidence": {**report.evidence, "port": port.evidence},
                }
            )
        behaviours = (*behaviours, fixed) if fixed else behaviours
    volumes = read_volumes(tree, declared)
    return report.model_copy(
        update={
            "path": folder,
            "components": layout.components,
            "questions": questions,
            "behaviours": behaviours,
            "host_variables": read_host_variables(tree, env),
            "volumes": volumes,
            "url_variables": read_url_variables(env),
            "https_variables": read_https_variables(tree, env),
            "sets": read_sets(
                tree, finding, declared, env, processes, kept=volumes, proposed=proposed
            ),
            "schedules": _schedules(declared),
            "notes": (
                *report.notes,
                *(note for item in declared for note in item.notes),
                *layout.notes,
                *read_lock_problems(tree, finding),
                *(
                    f"{name} is a submodule whose files are missing: git submodule update --init"
                    for name in tree.missing_submodules()[:5]
                ),
                *dict.fromkeys(tree.problems[:20]),
            ),
        }
    )


def _schedules(declared: Sequence[Declared]) -> tuple[Schedule, ...]:
    """Those of the most telling file that has any: two files tell of the same jobs."""
    return next((item.schedules for item in declared if item.schedules), ())


# What depends on having chosen the right language or folder.
_CHOSEN = ("language", "runtime", "framework", "package_manager", "kind", "start")


def _humble(
    report: RepositoryReport, findings: Sequence[tuple[float, Finding]], layout: Layout
) -> RepositoryReport:
    """Lower the confidence where another reading comes close, or another folder could be meant."""
    limit = 1.0
    if len(layout.undecided) > 1:
        limit = 0.7
    elif layout.chosen != "." or layout.borrowed:
        limit = 0.88
    if len(findings) > 1 and findings[0][0] - findings[1][0] < 0.3:
        limit = min(limit, 0.85)
    lowered = {
        name: min(value, limit) if name in _CHOSEN else value
        for name, value in report.confidence.items()
    }
    return report.model_copy(update={"confidence": lowered})


def _assemble(
    finding: Finding | None,
    declared: Sequence[Declared],
    processes: dict[str, Fact[str]],
    env: tuple[EnvVariable, ...],
    needs: Needs,
) -> RepositoryReport:
    if finding is None:
        return _image_alone(declared, env)
    facts: dict[str, Fact[Any]] = {"language": finding.language}
    values: dict[str, Any] = {"language": finding.language.value}
    version = next((item.version for item in declared if item.version), None) or finding.version
    kind = _kind(finding, declared, processes)
    start = _start(finding, kind.value, processes)
    port = next((item.port for item in declared if item.port), None)
    root = next((item.document_root for item in declared if item.document_root), None)
    health = next((item.health_path for item in declared if item.health_path), None)
    facts |= {
        name: fact
        for name, fact in {
            "runtime": Fact(finding.runtime, finding.language.confidence, finding.language.evidence)
            if finding.runtime
            else None,
            "runtime_version": version,
            "package_manager": finding.package_manager,
            "framework": finding.framework,
            "kind": kind,
            "start": start,
            "port": port
            or (Fact(finding.port, LIKELY, finding.kind.evidence) if finding.port else None),
            "health_path": (
                finding.health_path
                if finding.health_path and finding.health_path.confidence >= SURE
                else health or finding.health_path
            )
            if kind.value in {"web", "static"}
            else None,
            "document_root": root
            or (
                Fact(finding.document_root, LIKELY, finding.kind.evidence)
                if finding.document_root
                else None
            ),
        }.items()
        if fact is not None
    }
    if kind.value not in {"web"}:
        facts.pop("port", None)
    values |= {name: fact.value for name, fact in facts.items()}
    if processes:
        facts["processes"] = Fact(
            None, min(fact.confidence for fact in processes.values()),
            tuple(place for fact in processes.values() for place in fact.evidence)[:6],
        )  # fmt: skip
    _add_needs(facts, needs)
    return RepositoryReport(
        **values,
        build=_build(finding, declared),
        processes={name: fact.value for name, fact in processes.items()},
        needs=tuple(needs.required),
        optional_needs=tuple(needs.optional),
        need_variables=needs.variables,
        url_schemes=needs.schemes,
        need_values=needs.values,
        system_packages=tuple(
            dict.fromkeys(
                [
                    *needs.system_packages,
                    *(name for item in declared for name in item.system_packages),
                ]
            )
        ),
        env=env,
        single_page=finding.single_page,
        adds=finding.adds
        if start is None or start == finding.start
        else _still_added(finding, start.value),
        notes=finding.notes,
        confidence={name: round(fact.confidence, 2) for name, fact in facts.items()},
        evidence={name: fact.evidence for name, fact in facts.items() if fact.evidence},
    )


def _image_alone(declared: Sequence[Declared], env: tuple[EnvVariable, ...]) -> RepositoryReport:
    """No code that we know: an image that publishes a port serves all the same."""
    port = next((item.port for item in declared if item.port), None)
    if port is None:
        return RepositoryReport(env=env)
    return RepositoryReport(
        env=env,
        kind="web",
        port=port.value,
        confidence={"kind": 0.7, "port": port.confidence},
        evidence={"kind": port.evidence, "port": port.evidence},
    )


def _start(finding: Finding, kind: str, processes: dict[str, Fact[str]]) -> Fact[str] | None:
    """The command of the process that the kind is about; files are served by a server of ours."""
    if kind == "static":
        return None
    if kind == "worker":
        return processes.get("worker") or processes.get("web") or finding.start
    return processes.get("web") or finding.start


def _still_added(finding: Finding, start: str) -> tuple[str, ...]:
    """A server that is added is one that the command calls."""
    return tuple(name for name in finding.adds if re.search(rf"\b{re.escape(name)}\b", start))


def _add_needs(facts: dict[str, Fact[Any]], needs: Needs) -> None:
    for name, group in (("needs", needs.required), ("optional_needs", needs.optional)):
        confidence = min((fact.confidence for fact in group.values()), default=0.88)
        facts[name] = Fact(
            None, confidence, tuple(place for fact in group.values() for place in fact.evidence)[:8]
        )


def _kind(
    finding: Finding, declared: Sequence[Declared], processes: dict[str, Fact[str]]
) -> Fact[Any]:
    """What is served decides; a platform's file says it outright."""
    binding = [item for item in declared if item.binding]
    for item in binding:
        web = item.processes.get("web")
        if web and finding.kind.value != "static":
            if item.source in {"railpack", "nixpacks", "railway"} and finding.kind.value in {
                "cli",
                "worker",
            }:
                return finding.kind
            return Fact("web", CERTAIN, web.evidence)
    if binding and finding.kind.value in {"web", "cli"} and finding.framework is None:
        worker = next(
            (item.processes["worker"] for item in binding if "worker" in item.processes), None
        )
        if worker:
            return Fact("worker", SURE, worker.evidence)
    if finding.kind.value == "cli" and finding.kind.confidence < LIKELY and "web" in processes:
        exposed = next((item for item in declared if item.port), None)
        if exposed and exposed.port:
            return Fact("web", 0.7, exposed.port.evidence)
    return finding.kind


def _build(finding: Finding, declared: Sequence[Declared]) -> tuple[str, ...]:
    del declared
    return tuple(dict.fromkeys(command for command in finding.build if command))


def _apply(report: RepositoryReport, word: UserWord, source: str) -> RepositoryReport:
    """The user's word over the report. What was said needs no question any more."""
    said = {
        name: value
        for name, value in word.model_dump(exclude_none=True).items()
        if name not in {"env", "path", "processes", "schedules"}
    }
    if word.schedules is not None:
        jobs = {job.name: job for job in report.schedules}
        for name, job in word.schedules.items():
            jobs[name] = Schedule(name=name, command=job.command, cron=job.cron)
        said["schedules"] = tuple(jobs.values())
    if word.processes is not None:
        said["processes"] = {**report.processes, **word.processes}
        if "web" in word.processes and word.start is None:
            said["start"] = word.processes["web"]
    if word.start is not None and (report.kind == "web" or word.kind == "web"):
        said["processes"] = {**said.get("processes", report.processes), "web": word.start}
    if word.language and word.language != report.language:
        said.setdefault("runtime", word.language)
    if word.env is not None:
        said["env"] = _said_env(report.env, word.env, source)
    if not said:
        return report
    answers = {
        "start": {"start", "manifest", "language"},
        "language": {"language", "manifest"},
        "path": {"component"},
    }
    answered = set(said).union(*(answers.get(name, set()) for name in said))
    return report.model_copy(
        update={
            **said,
            "questions": tuple(item for item in report.questions if item.about not in answered),
            "confidence": {**report.confidence, **dict.fromkeys(said.keys() - {"env"}, 1.0)},
            "evidence": {**report.evidence, **dict.fromkeys(said, (source,))},
        }
    )


def _said_env(
    env: tuple[EnvVariable, ...], said: dict[str, VariableWord | str | None], source: str
) -> tuple[EnvVariable, ...]:
    known = {variable.name: variable for variable in env}
    for name, value in said.items():
        variable = known.get(name) or EnvVariable(name=name, evidence=(source,))
        if isinstance(value, VariableWord):
            changes: dict[str, Any] = value.model_dump(exclude_none=True)
        else:
            changes = (
                {"default": value, "required": False} if value is not None else {"required": True}
            )
        known[name] = variable.model_copy(update=changes)
    return tuple(known[name] for name in sorted(known))
