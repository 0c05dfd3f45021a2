"""Where Django's `path(...)` calls stand: in which list, below which inline `include([...])`."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

PATTERNS = "urlpatterns"
_PATHS = frozenset({"path", "re_path", "url"})


@dataclass(frozen=True, slots=True)
class Place:
    """`of`: the list, "" for the one that Django itself reads. `below`: what stands before the
    path inside of it.
    """

    of: str = ""
    below: str = ""


def url_places(module: ast.Module) -> dict[int, Place]:
    """By the identity of a call: its place, where that is not the plain one."""
    found: dict[int, Place] = {}
    for statement in module.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign) and statement.value:
            name = _name(statement)
            of = "" if name == PATTERNS else name
            for call in _elements(statement.value):
                _place(call, Place(of), found)
    return found


def list_prefix(module: ast.Module, name: str) -> str | None:
    """What stands before the paths of a list that the module itself adds to those that Django
    reads, or includes; None where it does neither.
    """
    nodes = list(ast.walk(module))
    for node in nodes:
        if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            continue
        if _name(node) == PATTERNS and node.value and _adds(node.value, name):
            return ""
    for node in nodes:
        if isinstance(node, ast.Call) and (inner := _included(node)) is not None:
            first = inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner
            if isinstance(first, ast.Name) and first.id == name:
                return _text(node)
    return None


def _adds(value: ast.expr, name: str) -> bool:
    """Whether a value has a list in it as it is: alone, in a sum, spread or wrapped."""
    if isinstance(value, ast.Name):
        return value.id == name
    inner: list[ast.expr] = []
    if isinstance(value, ast.BinOp):
        inner = [value.left, value.right]
    elif isinstance(value, ast.List | ast.Tuple):
        inner = [each.value for each in value.elts if isinstance(each, ast.Starred)]
    elif isinstance(value, ast.Call) and _called(value) not in _PATHS:
        inner = [each.value if isinstance(each, ast.Starred) else each for each in value.args]
    return any(_adds(each, name) for each in inner)


def _place(call: ast.Call, place: Place, found: dict[int, Place]) -> None:
    if place != Place():
        found[id(call)] = place
    inner = _included(call)
    listed = inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner
    if isinstance(listed, ast.List) and (text := _text(call)) is not None:
        for below in _elements(listed):
            _place(below, Place(place.of, place.below + text.lstrip("^")), found)


def _included(call: ast.Call) -> ast.expr | None:
    """What a call of `path` includes, if it does."""
    second = call.args[1] if len(call.args) > 1 else None
    if _called(call) in _PATHS and isinstance(second, ast.Call) and _called(second) == "include":
        return second.args[0] if second.args else None
    return None


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def _text(call: ast.Call) -> str | None:
    first = call.args[0] if call.args else None
    value = first.value if isinstance(first, ast.Constant) else None
    return value if isinstance(value, str) else None


def _name(statement: ast.stmt) -> str:
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    return getattr(targets[0], "id", "")


def _elements(value: ast.expr) -> Iterator[ast.Call]:
    """The calls of a list, of a sum of lists, or of what wraps one (`i18n_patterns(...)`)."""
    if isinstance(value, ast.List | ast.Tuple):
        for each in value.elts:
            yield from [each] if isinstance(each, ast.Call) else ()
    elif isinstance(value, ast.BinOp):
        yield from _elements(value.left)
        yield from _elements(value.right)
    elif isinstance(value, ast.Call) and _called(value) not in _PATHS:
        for each in value.args:
            yield from [each] if isinstance(each, ast.Call) else _elements(each)
