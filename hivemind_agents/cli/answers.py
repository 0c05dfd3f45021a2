"""What a repository cannot say by itself: asked on a terminal, made where it is only a secret.

Three things are told apart. Questions of Recon that decide what runs; secrets that only the
application itself ever checks (keys that sign its sessions), which are made and stored; and
variables that somebody has to know.
"""

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hivemind_agents.cli import output
from hivemind_agents.cli.own_keys import is_first_password, is_own_key, own_key, own_prefix
from hivemind_agents.errors import UserError

if TYPE_CHECKING:
    from hivemind_agents.domain.deployment import Deployment
    from hivemind_agents.repository.report import EnvVariable, Question, RepositoryReport

# Keys of hivemind.yml that answer a question of another name.
_KEYS = {"component": "path"}
_MODELS_CONFIDENCE = 0.5
Ask = Callable[["EnvVariable"], str]


@dataclass(frozen=True)
class Missing:
    """Variables without a value, by what is to be done about them."""

    # Nobody but the application has to know them, or whoever logs in first.
    own: tuple[str, ...] = ()
    # The code stops without them.
    demanded: tuple["EnvVariable", ...] = ()
    # By its name something will not work without them.
    wanted: tuple["EnvVariable", ...] = ()


@dataclass(frozen=True)
class Answers:
    """Values by name: made or asked for. `open` stayed without one."""

    plain: dict[str, str] = field(default_factory=dict)
    secret: dict[str, str] = field(default_factory=dict, repr=False)
    made: tuple[str, ...] = ()
    open: tuple["EnvVariable", ...] = ()


def settle(
    report: "RepositoryReport",
    read: Callable[[Mapping[str, Any]], "RepositoryReport"],
    word: Mapping[str, Any],
    ask: "Callable[[Question], str]",
) -> tuple["RepositoryReport", dict[str, Any]]:
    """Ask each question of a report once, reading again after each answer.

    Returns the report and what was said, with the keys of hivemind.yml. An empty answer leaves a
    question open.
    """
    said: dict[str, Any] = {}
    asked: set[str] = set()
    while question := next((q for q in report.questions if q.about not in asked), None):
        asked.add(question.about)
        if answer := ask(question):
            key = _KEYS.get(question.about, question.about)
            said[key] = [answer] if key == "needs" else answer
            report = read({**word, **said})
    return report, said


def by_model(
    report: "RepositoryReport",
    read: Callable[[Mapping[str, Any]], "RepositoryReport"],
    word: Mapping[str, Any],
    folder: Path,
) -> tuple["RepositoryReport", dict[str, Any]]:
    """As `settle`, asking the configured model and showing its notes; without one, nothing."""
    if not report.questions or not (model := os.environ.get("HIVEMIND_MODEL")):
        return report, {}
    from hivemind_agents.bootstrap import answering

    settled, said = settle(
        report, read, word, answering(folder, report, model=model, on_event=output.agent_note)
    )
    return marked(settled, said, model), said


def marked(report: "RepositoryReport", said: Mapping[str, Any], model: str) -> "RepositoryReport":
    """The report, with what a model said marked as the model's, to be checked by a person."""
    who = f"the model {model}"
    return report.model_copy(
        update={
            "confidence": {**report.confidence, **dict.fromkeys(said, _MODELS_CONFIDENCE)},
            "evidence": {**report.evidence, **dict.fromkeys(said, (who,))},
        }
    )


def missing(
    report: "RepositoryReport", given: Collection[str], record: "Deployment | None"
) -> Missing:
    """The variables that have no value: neither given now nor before, nor set by the platform."""
    known = {*given, *_kept(record), *_provided(report, record)}
    own, demanded, wanted = list[str](), list["EnvVariable"](), list["EnvVariable"]()
    prefix = own_prefix(variable.name for variable in report.env)
    for variable in report.env:
        if variable.name in known:
            continue
        first = variable.demanded and is_first_password(variable.name)
        if variable.secret and (first or is_own_key(variable.name.removeprefix(prefix))):
            own.append(variable.name)
        elif variable.default is not None:
            continue
        elif variable.demanded:
            demanded.append(variable)
        elif variable.required:
            wanted.append(variable)
    return Missing(tuple(own), tuple(demanded), tuple(wanted))


def answered(
    lacking: Missing, report: "RepositoryReport", ask: Ask | None, *, strict: bool = True
) -> Answers:
    """Make the application's own keys, and ask for the rest; `ask` is None where nobody is there.

    Raises UserError where nobody can be asked for what the code stops without; not when not
    `strict`.
    """
    made = {name: own_key(name, report.framework) for name in lacking.own}
    if ask is None:
        if lacking.demanded and strict:
            raise _unanswered(lacking.demanded)
        return Answers(secret=made, made=lacking.own, open=(*lacking.demanded, *lacking.wanted))
    plain, secret, left = dict[str, str](), dict(made), list["EnvVariable"]()
    for variable in (*lacking.demanded, *lacking.wanted):
        value = ask(variable)
        if not value:
            left.append(variable)
        elif variable.secret:
            secret[variable.name] = value
        else:
            plain[variable.name] = value
    return Answers(plain=plain, secret=secret, made=lacking.own, open=tuple(left))


def told(variables: Iterable["EnvVariable"]) -> str:
    """Names with the places that read them."""
    return ", ".join(
        f"{variable.name} ({variable.evidence[0]})" if variable.evidence else variable.name
        for variable in variables
    )


def options(variables: Iterable["EnvVariable"]) -> str:
    """The options that give the values."""
    return " ".join(
        f"--secret {variable.name}" if variable.secret else f"--env {variable.name}=VALUE"
        for variable in variables
    )


def _unanswered(variables: Sequence["EnvVariable"]) -> UserError:
    return UserError(
        f"the application stops without {told(variables)}, and nobody is there to ask",
        mend=f"hivemind deploy … {options(variables)} (an empty one: --env NAME=)",
    )


def _kept(record: "Deployment | None") -> set[str]:
    """What the newest release was given stays."""
    releases = record.releases if record else ()
    newest = max(releases, key=lambda release: release.number, default=None)
    return {*newest.env, *newest.secrets} if newest else set()


def _provided(report: "RepositoryReport", record: "Deployment | None") -> set[str]:
    """What comes with the stack or is set by us: host names, connections, the stage."""
    needs = {"postgresql", "mysql", "redis"} & set(report.needs)
    if record is not None and record.database is not None:
        needs.add(record.database.engine)
    names = {name for need in needs for name in report.need_variables.get(need, ())}
    if needs & {"postgresql", "mysql"}:
        names.add("DATABASE_URL")
    if "redis" in needs:
        names.add("REDIS_URL")
    told = (*report.host_variables, *report.url_variables, *report.sets)
    return names | set(told)
