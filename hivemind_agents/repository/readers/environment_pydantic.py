"""Variables that fill the fields of pydantic's settings, wherever in a family of classes they are.

A class of settings is one made of `BaseSettings`, or of another such class of the project. What a
program runs with is the class that none is made of: it has the fields of all above it.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from hivemind_agents.repository.readers.python_source import PythonModule, dotted
from hivemind_agents.repository.readers.syntax import constant, keyword
from hivemind_agents.repository.readers.variables import NAME, Use

_ROOT = "BaseSettings"
_DEPTH = 8
# Words in the name of a class that is for anything but production.
_ELSEWHERE = frozenset({"test", "tests", "testing", "dev", "development", "local", "debug", "ci"})
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_FIELD = re.compile(r"(?:^|\.)Field$")


@dataclass(frozen=True, slots=True)
class _Class:
    """A class of the project, and the module that it is in."""

    module: PythonModule
    node: ast.ClassDef

    @property
    def bases(self) -> tuple[str, ...]:
        return self.module.classes.get(self.node.name, ())


@dataclass(frozen=True, slots=True)
class _Options:
    """What a class says of the names of its variables."""

    prefix: str = ""
    delimiter: str = ""
    exact: bool = False
    # Names that pydantic 1 has for fields beside them: `fields = {"key": {"env": "API_KEY"}}`.
    named: dict[str, str] = field(default_factory=dict)

    def variable(self, name: str) -> str:
        return self.prefix + name if self.exact else (self.prefix + name).upper()


def settings_uses(modules: Sequence[PythonModule]) -> Iterator[Use]:
    """Every variable that a class of settings takes a field from."""
    if not any(_ROOT in module.text for module in modules):
        return
    family = _Family(modules)
    given = _given(modules)
    for one in family.used():
        line = list(family.line(one))
        options = _options(line)
        lenient = any("pydantic" in base.split(".")[:1] for each in line for base in each.bases)
        fields: dict[str, tuple[_Class, ast.AnnAssign]] = {}
        for each in line:
            for name, statement in _fields(each.node):
                fields.setdefault(name, (each, statement))
        for name, (owner, statement) in fields.items():
            told = name in given.get(one.node.name, ())
            yield from _of_field(family, owner, statement, options, lenient=lenient, told=told)


class _Family:
    """The classes of the project, found by the names under which modules know them."""

    def __init__(self, modules: Iterable[PythonModule]) -> None:
        self.classes: dict[str, list[_Class]] = {}
        self.called: set[str] = set()
        for module in modules:
            if module.syntax is None:
                continue
            self.called.update(name.rpartition(".")[2] for name in module.calls)
            for node in module.nodes:
                if isinstance(node, ast.ClassDef):
                    self.classes.setdefault(node.name, []).append(_Class(module, node))

    def find(self, near: PythonModule, name: str) -> _Class | None:
        """The class of a resolved name: of the same module, or of one that the name leads to."""
        place, _, last = name.lstrip(".").rpartition(".")
        for each in self.classes.get(last, ()):
            if "." not in name and each.module is not near:
                continue
            path = each.module.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            if f".{place}." in f".{path}." or not place:
                return each
        return None

    def line(self, one: _Class, depth: int = 0) -> Iterator[_Class]:
        """The class and the project's own that it is made of, nearest first."""
        yield one
        for base in one.bases if depth < _DEPTH else ():
            above = self.find(one.module, base)
            if above and above.node is not one.node:
                yield from self.line(above, depth + 1)

    def is_settings(self, one: _Class) -> bool:
        return any(
            base.rpartition(".")[2] == _ROOT for each in self.line(one) for base in each.bases
        )

    def used(self) -> list[_Class]:
        """The settings that a release may run with: those that no others are made of, and those
        that are made by name.
        """
        found = [each for same in self.classes.values() for each in same if self.is_settings(each)]
        kept = [each for each in found if not self._is_elsewhere(each)]
        above = {
            id(parent.node) for each in kept for parent in self.line(each)
            if parent.node is not each.node
        }  # fmt: skip
        made = self.called
        return [each for each in kept if id(each.node) not in above or each.node.name in made]

    def _is_elsewhere(self, one: _Class) -> bool:
        """Whether settings only change others for a stage that is none of a release."""
        words = {word.lower() for word in _WORDS.findall(one.node.name)}
        return bool(words & _ELSEWHERE) and any(
            self.is_settings(parent) for parent in self.line(one) if parent.node is not one.node
        )


def _options(line: Sequence[_Class]) -> _Options:
    """The nearest word on each option: of `model_config`, or of pydantic 1's `class Config`."""
    found: dict[str, ast.expr] = {}
    for each in line:
        for node in (inner for part in each.node.body for inner in _configuration(part)):
            for name, value in node:
                found.setdefault(name, value)
    sensitive = found.get("case_sensitive")
    return _Options(
        prefix=constant(found.get("env_prefix")) or "",
        delimiter=constant(found.get("env_nested_delimiter")) or "",
        exact=isinstance(sensitive, ast.Constant) and sensitive.value is True,
        named=dict(_named(found.get("fields"))),
    )


def _configuration(part: ast.stmt) -> Iterator[list[tuple[str, ast.expr]]]:
    if isinstance(part, ast.ClassDef) and part.name == "Config":
        yield [
            (dotted(inner.targets[0]), inner.value)
            for inner in part.body if isinstance(inner, ast.Assign)
        ]  # fmt: skip
    elif isinstance(part, ast.Assign | ast.AnnAssign):
        target = part.targets[0] if isinstance(part, ast.Assign) else part.target
        if dotted(target) != "model_config":
            return
        if isinstance(part.value, ast.Call):
            yield [(word.arg, word.value) for word in part.value.keywords if word.arg]
        elif isinstance(part.value, ast.Dict):
            yield [
                (name, value) for key, value in zip(part.value.keys, part.value.values, strict=True)
                if (name := constant(key))
            ]  # fmt: skip


def _named(table: ast.expr | None) -> Iterator[tuple[str, str]]:
    if isinstance(table, ast.Dict):
        for key, value in zip(table.keys, table.values, strict=True):
            inner = dict(zip(map(constant, value.keys), value.values, strict=True)) if isinstance(
                value, ast.Dict) else {"env": value}  # fmt: skip
            name, variable = constant(key), constant(inner.get("env"))
            if name and variable:
                yield name, variable


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, ast.AnnAssign]]:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
            if name.startswith("_") or name == "model_config":
                continue
            if "ClassVar" not in ast.dump(statement.annotation):
                yield name, statement


def _of_field(
    family: _Family, owner: _Class, statement: ast.AnnAssign, options: _Options, *,
    lenient: bool, told: bool,
) -> Iterator[Use]:  # fmt: skip
    """`lenient`: pydantic 1, where what may be None is. `told`: the code gives it a value."""
    name = dotted(statement.target)
    where = f"{owner.module.path}:{statement.lineno}"
    described, default = _described(statement)
    spare = (
        told
        or default is not None
        or (lenient and re.search(r"'Optional'|value=None\)", ast.dump(statement.annotation)))
    )
    aliases = list(_aliases(described)) or [options.named.get(name, options.variable(name))]
    inner = family.find(
        owner.module,
        owner.module.origins.get(dotted(statement.annotation), dotted(statement.annotation)),
    )
    nested = options.delimiter and inner is not None and not family.is_settings(inner)
    for number, alias in enumerate(aliases):
        if NAME.match(alias):
            needed = not spare and not number and not nested
            yield Use(alias, where, constant(default), demanded=needed, optional=not needed)
    if nested and inner is not None:
        for part, below in _fields(inner.node):
            key = f"{aliases[0]}{options.delimiter}{part if options.exact else part.upper()}"
            within = f"{inner.module.path}:{below.lineno}"
            _, value = _described(below)
            needed = not spare and value is None
            yield Use(key, within, constant(value), demanded=needed, optional=not needed)


def _described(statement: ast.AnnAssign) -> tuple[ast.Call | None, ast.expr | None]:
    """(the call of `Field`, be it the value or within `Annotated`; the field's default)."""
    default = statement.value
    described = None
    for node in (default, *ast.walk(statement.annotation)):
        if isinstance(node, ast.Call) and _FIELD.search(dotted(node.func)):
            described = node
            first = node.args[0] if node.args else None
            inner = first or keyword(node, "default", "default_factory")
            default = inner if node is default else default or inner
            break
    if isinstance(default, ast.Constant) and default.value is Ellipsis:
        default = None
    return described, default


def _aliases(described: ast.Call | None) -> Iterator[str]:
    """The names that a field has besides its own, of which one is enough."""
    for word in ("validation_alias", "alias", "env"):
        value = keyword(described, word) if described else None
        if value is None:
            continue
        several = getattr(value, "args", None) or getattr(value, "elts", None) or [value]
        yield from (text for each in several if (text := constant(each)))
        return


def _given(modules: Iterable[PythonModule]) -> dict[str, set[str]]:
    """By the class: the fields that the code itself gives where it makes one."""
    found: dict[str, set[str]] = {}
    for module in modules:
        tables = {
            dotted(node.targets[0]): {constant(key) or "" for key in node.value.keys}
            for node in module.nodes
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        }
        for node in module.nodes:
            if isinstance(node, ast.Call) and node.keywords:
                names = found.setdefault(dotted(node.func).rpartition(".")[2], set())
                for word in node.keywords:
                    names |= {word.arg} if word.arg else tables.get(dotted(word.value), set())
    return found
