"""Under which prefix the routes of a module answer: routers, blueprints, Django's `include`."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from hivemind_agents.repository.languages.python.project import PythonProject
from hivemind_agents.repository.readers.django_urls import list_prefix
from hivemind_agents.repository.readers.python_source import PythonModule, Route, dotted

_ROUTERS = re.compile(r"(?:Router|Blueprint|Namespace)$")
_DEPTH = 5

# A router: the module it is made in and its name there.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Mount:
    """One call that mounts a router. `prefix` is None where it cannot be read."""

    parent: Key
    prefix: str | None
    overrides: bool


@dataclass(frozen=True)
class Mounts:
    """The mounts of a project, read once."""

    project: PythonProject

    def prefix(self, module: PythonModule, route: Route, framework: str | None) -> str | None:
        """What stands before a route; None where that is not known."""
        if framework == "django":
            inner = list_prefix(module.syntax, route.of) if route.of and module.syntax else ""
            return _joined(self._included(module, 0), inner)
        return self._before((module.path, route.of), 0) if route.of else ""

    def _before(self, key: Key, depth: int) -> str | None:
        own = self._routers.get(key, "")
        mounts = self._mounts.get(key)
        if not mounts or depth > _DEPTH:
            return own
        mount = mounts[0]
        outer = self._before(mount.parent, depth + 1)
        given = mount.prefix
        inner = given if mount.overrides and given else _joined(given, own)
        return _joined(outer, inner)

    @cached_property
    def _routers(self) -> dict[Key, str | None]:
        """Every router and blueprint with the prefix of its own."""
        found: dict[Key, str | None] = {}
        for module in self._mentioning("Router", "Blueprint", "Namespace"):
            for node in module.nodes:
                if not isinstance(node, ast.Assign | ast.AnnAssign):
                    continue
                value = node.value
                if not isinstance(value, ast.Call) or not _ROUTERS.search(dotted(value.func)):
                    continue
                for name in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    if isinstance(name, ast.Name):
                        found[module.path, name.id] = self._given(module, value)
        return found

    @cached_property
    def _mounts(self) -> dict[Key, list[_Mount]]:
        found: dict[Key, list[_Mount]] = {}
        for module in self._mentioning("include_router", "register_blueprint", ".mount("):
            for node in module.nodes:
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                kind = node.func.attr
                mounted = node.args[-1:] if kind == "mount" else node.args[:1]
                if kind not in {"include_router", "register_blueprint", "mount"} or not mounted:
                    continue
                key = self._resolve(module, dotted(mounted[0]))
                parent = self._resolve(module, dotted(node.func.value)) or (module.path, "")
                if key is None or key == parent:
                    continue
                prefix = (
                    self._text(module, node.args[0])
                    if kind == "mount"
                    else self._given(module, node)
                )
                found.setdefault(key, []).append(
                    _Mount(parent, prefix, overrides=kind == "register_blueprint")
                )
        return found

    def _mentioning(self, *words: str) -> Iterator[PythonModule]:
        for module in self.project.modules:
            if any(word in module.text for word in words):
                yield module

    def _given(self, module: PythonModule, call: ast.Call) -> str | None:
        """The prefix among a call's keywords: "" without one, None for one that is not literal."""
        for word in call.keywords:
            if word.arg in {"prefix", "url_prefix"}:
                return self._text(module, word.value)
        return ""

    def _text(self, module: PythonModule, node: ast.expr) -> str | None:
        """A text, be it a constant of the project (`settings.API_PREFIX`)."""
        if isinstance(node, ast.Constant):
            return str(node.value) if isinstance(node.value, str) else ""
        if isinstance(node, ast.JoinedStr):
            parts = [
                self._text(module, part.value if isinstance(part, ast.FormattedValue) else part)
                for part in node.values
            ]
            return None if None in parts else "".join(part or "" for part in parts)
        name = dotted(node).rpartition(".")[2]
        if not name:
            return None
        pattern = re.compile(
            rf"(?m)^[ \t]*{re.escape(name)}\s*(?::[^=\n]+)?=\s*[\"']([^\"'\n]*)[\"']\s*(?:#.*)?$"
        )
        values = {found.group(1) for item in self.project.modules
                  for found in pattern.finditer(item.text)}  # fmt: skip
        return values.pop() if len(values) == 1 else None

    def _resolve(self, module: PythonModule, name: str, depth: int = 0) -> Key | None:
        """Where the object of a dotted name is made."""
        head, dot, rest = name.partition(".")
        if not name or depth > _DEPTH:
            return None
        if not dot and ((module.path, name) in self._routers or name in module.objects):
            return module.path, name
        origin = module.origins.get(head)
        if origin is None and not dot:
            return None
        whole = (origin or head) + dot + rest
        place, _, last = whole.rpartition(".")
        inner = self._module(module, place)
        if inner is None or inner is module:
            return None
        if (inner.path, last) in self._routers or last in inner.objects:
            return inner.path, last
        return self._resolve(inner, last, depth + 1)

    def _module(self, near: PythonModule, name: str) -> PythonModule | None:
        """The module of a name: from beside `near` where it begins with a dot."""
        if name.startswith("."):
            folder = near.path.rpartition("/")[0]
            name = f"{folder}/{name.lstrip('.')}".replace("/", ".").strip(".")
        if name in self._names:
            return self._names[name]
        ending = [item for known, item in self._names.items() if known.endswith(f".{name}")]
        return ending[0] if len(ending) == 1 else None

    @cached_property
    def _names(self) -> dict[str, PythonModule]:
        return {
            item.path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): item
            for item in self.project.modules
        }

    def _included(self, module: PythonModule, depth: int) -> str | None:
        """The prefixes of the `include` calls that lead to a module of URLs."""
        place = self._includes.get(module.path)
        if place is None or depth > _DEPTH:
            return ""
        parent, prefix = place
        return _joined(self._included(parent, depth + 1), prefix)

    @cached_property
    def _includes(self) -> dict[str, tuple[PythonModule, str | None]]:
        found: dict[str, tuple[PythonModule, str | None]] = {}
        for module in self._mentioning("include("):
            for node in module.nodes:
                if not isinstance(node, ast.Call) or len(node.args) < 2:
                    continue
                inner, outer = node.args[1], node.args[0]
                if not isinstance(inner, ast.Call) or dotted(inner.func) != "include":
                    continue
                first = inner.args[0] if inner.args else None
                if isinstance(first, ast.Tuple):
                    first = first.elts[0] if first.elts else None
                if isinstance(first, ast.Constant):
                    name = str(first.value)
                else:
                    name = module.origins.get(dotted(first), dotted(first))
                target = self._module(module, name)
                text = outer.value if isinstance(outer, ast.Constant) else None
                if target and target is not module:
                    prefix = re.sub(r"^\^", "", text) if isinstance(text, str) else None
                    found.setdefault(target.path, (module, prefix))
        return found


def _joined(outer: str | None, inner: str | None) -> str | None:
    if outer is None or inner is None:
        return None
    if not outer or not inner:
        return outer + inner
    return f"{outer.rstrip('/')}/{inner.lstrip('/')}"
