"""What an application cannot run without, and what it can use: the signals, judged once."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hivemind_agents.repository.choosers import chosen_by, with_choosers
from hivemind_agents.repository.environment import example_values
from hivemind_agents.repository.facts import GUESS, LIKELY, SURE, Fact, Finding
from hivemind_agents.repository.guards import guarded_variables
from hivemind_agents.repository.platforms import Declared
from hivemind_agents.repository.report import EnvVariable
from hivemind_agents.repository.rivals import rivals_of_addresses
from hivemind_agents.repository.schemes import read_schemes
from hivemind_agents.repository.services import ECOSYSTEM, SYSTEM_PACKAGES
from hivemind_agents.repository.signals import (
    SQL,
    STORES,
    Signals,
    gather,
    read_texts,
    sqlite_fallback,
)
from hivemind_agents.repository.tree import FileTree


@dataclass(frozen=True, slots=True)
class Needs:
    """The judgement: what is required, what is optional, by which variables."""

    required: dict[str, Fact[str]]
    optional: dict[str, Fact[str]]
    variables: dict[str, tuple[str, ...]]
    schemes: dict[str, str]
    # The values of variables that choose a need, by need and variable.
    values: dict[str, dict[str, str]]
    system_packages: tuple[str, ...]
    undecided: tuple[str, ...] = ()
    # Parts of an address that may not be set beside it.
    rivals: frozenset[str] = frozenset()


def read_needs(
    tree: FileTree,
    finding: Finding | None,
    declared: Sequence[Declared],
    env: Sequence[EnvVariable],
) -> Needs:
    """Gather the signals and judge them."""
    if finding is None:
        return Needs({}, {}, {}, {}, {}, ())
    ecosystem = ECOSYSTEM.get(finding.language.value, finding.language.value)
    signals = gather(tree, finding, ecosystem, declared, env)
    examples = {name: value for name, (_, value) in example_values(tree).items()}
    return _judge(signals, finding, ecosystem, read_texts(tree), env, examples=examples)


def settled(tree: FileTree, env: Sequence[EnvVariable], needs: Needs) -> tuple[EnvVariable, ...]:
    """The variables without the demand for those that the code can do without: it asks first, or
    they are only about needs that are optional.
    """
    bound = {name for need in needs.required for name in needs.variables.get(need, ())}
    spare = {name for need in needs.optional for name in needs.variables.get(need, ())}
    spare |= needs.rivals
    spare = (spare | guarded_variables(tree, read_texts(tree)).keys()) - bound
    return tuple(
        item.model_copy(update={"required": False})
        if item.required and not item.demanded and item.name in spare
        else item
        for item in env
    )


def _judge(
    signals: dict[str, Signals],
    finding: Finding,
    ecosystem: str,
    texts: list[tuple[str, str]],
    env: Sequence[EnvVariable],
    *,
    examples: Mapping[str, str],
) -> Needs:
    required: dict[str, Fact[str]] = {}
    optional: dict[str, Fact[str]] = {}
    sql_variables = {
        variable.name: variable for need in SQL for variable in signals[need].variables
    }
    sqlite = sqlite_fallback(texts, sql_variables.values())
    for need, entry in signals.items():
        verdict = _verdict(need, entry, sqlite if need in SQL else None, texts)
        if verdict is None:
            continue
        is_required, confidence = verdict
        fact = Fact(need, confidence, entry.evidence() or ((sqlite,) if sqlite else ()))
        (required if is_required else optional)[need] = fact
    undecided = _one_database(required, optional, signals)
    if sqlite and not any(need in required for need in SQL) and "persistent-disk" not in required:
        optional.setdefault("persistent-disk", Fact("persistent-disk", GUESS, (sqlite,)))
    values = chosen_by(finding, texts, env, (*required, *optional))
    for need in values.keys() - required.keys():
        optional.setdefault(need, Fact(need, GUESS, ()))
    if not any(need in required for need in SQL):
        _demanded_choice(required, optional, values, env)
    variables = with_choosers(_variables(signals, (*required, *optional)), values)
    rivals = rivals_of_addresses(variables, texts)
    variables = {
        need: tuple(name for name in names if name not in rivals)
        for need, names in variables.items()
    }
    schemes = read_schemes(finding, texts, variables, examples)
    return Needs(
        required, optional, variables, schemes, values,
        _system_packages(finding, ecosystem, texts), undecided, rivals,
    )  # fmt: skip


def _demanded_choice(
    required: dict[str, Fact[str]],
    optional: dict[str, Fact[str]],
    values: dict[str, dict[str, str]],
    env: Sequence[EnvVariable],
) -> None:
    """Where the kind of database has to be said, the first that there is a word for is required."""
    asked = {item.name for item in env if item.demanded}
    for need in SQL:
        if need in optional and asked & values.get(need, {}).keys():
            required[need] = optional.pop(need)
            return


def _variables(signals: dict[str, Signals], needs: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """By which variables each need comes. One that could be of two stores is of the first; of two
    SQL servers it is of both, as either may be chosen.
    """
    found: dict[str, tuple[str, ...]] = {}
    taken: dict[str, str] = {}
    for need in needs:
        names = [item.name for item in signals[need].variables]
        if need in STORES:
            both = need in SQL
            names = [name for name in names if name not in taken or (both and taken[name] in SQL)]
            taken |= {name: need for name in names if name not in taken}
        if names:
            found[need] = tuple(names)
    return found


def _verdict(  # noqa: PLR0911 - a rule each
    need: str, entry: Signals, sqlite: str | None, texts: list[tuple[str, str]]
) -> tuple[bool, float] | None:
    """(required, confidence), or None where nothing speaks for the need."""
    demanded = any(variable.required for variable in entry.variables)
    if entry.configured:
        return True, SURE if entry.provided or entry.variables else 0.88
    if need in {"smtp", "object-storage"}:
        return _side_service(need, entry, texts, demanded=demanded)
    if need == "persistent-disk":
        return (False, GUESS) if entry.optional or entry.provided else None
    if need in SQL and any(item.demanded for item in entry.variables):
        # The settings of a release stop without it, whatever others fall back to.
        sqlite = None
        if entry.driver or entry.connected:
            return True, LIKELY
    if not (entry.driver or entry.used):
        return _without_driver(entry, demanded=demanded, sqlite=sqlite)
    if entry.connected and need in SQL and entry.driver:
        # A fallback for development: its author runs it with the server, and lists the driver.
        return True, LIKELY
    if entry.optional or sqlite:
        return False, LIKELY
    if need == "redis" and not entry.bound and not demanded and not entry.used and _guarded(entry):
        return False, GUESS
    if entry.used or entry.bound:
        return True, 0.89 if entry.variables or entry.literal or entry.bound else 0.85
    if entry.literal or entry.variables or entry.provided or entry.weakly_provided:
        return True, 0.88 if entry.variables or entry.provided else LIKELY
    return (False, GUESS) if need in {"redis"} else (False, 0.5)


def _without_driver(
    entry: Signals, *, demanded: bool, sqlite: str | None
) -> tuple[bool, float] | None:
    if entry.provided:
        return (not sqlite and not entry.optional), LIKELY
    if entry.optional:
        return False, LIKELY
    if entry.weakly_provided and (entry.literal or entry.variables):
        return not sqlite, 0.75
    if entry.literal and demanded:
        return not sqlite, 0.7
    if entry.weakly_provided:
        return False, 0.5
    return None


def _side_service(
    need: str, entry: Signals, texts: list[tuple[str, str]], *, demanded: bool
) -> tuple[bool, float] | None:
    """Mail and object storage: most applications start, and work but for a part, without."""
    endpoint = _ENDPOINTS[need]
    known = need == "smtp" or entry.driver
    if known and not entry.optional and _stops_without(entry, texts, endpoint):
        return True, 0.75
    bucket = any("BUCKET" in item.name and item.required for item in entry.variables)
    if need == "object-storage" and entry.driver and demanded and bucket:
        return True, 0.7
    if (
        entry.driver
        or entry.provided
        or entry.optional
        or (entry.variables and len(entry.variables) > 1)
    ):
        return False, GUESS
    return None


# The variable that names the server of a side service.
_ENDPOINTS = {
    "smtp": re.compile(r"(?:HOST|SERVER|URL|DSN|ADDRESS)$"),
    "object-storage": re.compile(r"ENDPOINT(?:_URL)?$|BUCKET"),
}
# Ruby's settings of production, which are read as the application starts.
_SETTINGS = re.compile(r"\.py$|(?:^|/)config/(?:environments/production|initializers/\w+)\.rb$")


def _stops_without(entry: Signals, texts: list[tuple[str, str]], endpoint: re.Pattern[str]) -> bool:
    """Whether the server's variable is demanded while the program starts, not in a function that
    sends.
    """
    known = dict(texts)
    for variable in entry.variables:
        if not variable.demanded or not endpoint.search(variable.name):
            continue
        for where in variable.evidence:
            path, _, number = where.rpartition(":")
            lines = known.get(path, "").split("\n")[: int(number) if number.isdecimal() else 0]
            if lines and _SETTINGS.search(path) and not _inside_function(lines):
                return True
    return False


def _inside_function(lines: list[str]) -> bool:
    indent = len(lines[-1]) - len(lines[-1].lstrip())
    for line in reversed(lines[:-1]):
        if line.strip() and (inner := len(line) - len(line.lstrip())) < indent:
            indent = inner
            if re.match(r"(?:async\s+)?def\s", line.strip()):
                return True
    return False


def _guarded(entry: Signals) -> bool:
    """Whether the only sign is a variable that may be absent."""
    return (
        bool(entry.variables)
        and all(not item.required and item.default is None for item in entry.variables)
        and not entry.literal
    )


def _one_database(
    required: dict[str, Fact[str]], optional: dict[str, Fact[str]], signals: dict[str, Signals]
) -> tuple[str, ...]:
    """Of two SQL databases that the code could use, the one it is configured for is required."""
    both = [need for need in SQL if need in required]
    if len(both) < 2:
        return ()
    strength = {
        need: (
            bool(signals[need].configured),
            bool(signals[need].literal)
            + bool(signals[need].used)
            + bool(signals[need].provided)
            + bool(signals[need].weakly_provided),
            any("POSTGRES" in v.name or "PG" in v.name for v in signals[need].variables)
            if need == "postgresql"
            else any("MYSQL" in v.name for v in signals[need].variables),
        )
        for need in both
    }
    first = max(both, key=lambda need: strength[need])
    other = next(need for need in both if need != first)
    if signals[other].configured and signals[first].configured:
        return ()
    optional[other] = required.pop(other)
    required[first] = Fact(first, min(required[first].confidence, LIKELY), required[first].evidence)
    return tuple(both) if strength[first] == strength[other] else ()


# GeoDjango loads these libraries by their names, and no package for Python brings them.
_GEOGRAPHIC = (
    (re.compile(r"[\"']django\.contrib\.gis[\"'.]"), "gdal-bin"),
    (re.compile(r"gis\.db\.backends\.spatialite"), "libsqlite3-mod-spatialite"),
)


def _system_packages(
    finding: Finding, ecosystem: str, texts: Iterable[tuple[str, str]]
) -> tuple[str, ...]:  # fmt: skip
    table = SYSTEM_PACKAGES.get(ecosystem, {})
    found: dict[str, None] = {}
    for name, dependency in finding.dependencies.items():
        bundled = "binary" in dependency.spec or f"{name}-binary" in finding.dependencies
        if not dependency.dev and not bundled:
            found.update(dict.fromkeys(table.get(name, ())))
    if finding.framework and finding.framework.value == "django":
        settings = [text for path, text in texts if path.endswith(".py") and "settings" in path]
        for pattern, package in _GEOGRAPHIC:
            if any(pattern.search(text) for text in settings):
                found[package] = None
    return tuple(found)
