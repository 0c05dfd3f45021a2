"""One Python module, read as a syntax tree (never run): what it imports, makes, routes and asks."""

import ast
import builtins
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hivemind_agents.repository.readers.django_urls import Place, url_places
from hivemind_agents.repository.tree import FileTree

SOURCE_LIMIT = 400_000
_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class Route:
    """A path that the code answers. `open`: no login decorator, no redirect as its answer."""

    path: str
    line: int
    open: bool = True
    get: bool = True
    # The object whose decorator made it (`router`) or Django's list that it is in, and the function
    # it calls (`views.home`).
    of: str = ""
    view: str = ""


@dataclass(slots=True)
class PythonModule:
    """The facts of one module. Names are resolved through its imports (`gr.Blocks` is
    `gradio.Blocks`).
    """

    path: str
    text: str = ""
    imports: set[str] = field(default_factory=set)
    origins: dict[str, str] = field(default_factory=dict)
    objects: dict[str, tuple[str, int]] = field(default_factory=dict)
    factories: dict[str, str] = field(default_factory=dict)
    # Functions that return an object of the module itself, which they go on making.
    finishers: dict[str, str] = field(default_factory=dict)
    functions: dict[str, int] = field(default_factory=dict)
    # Classes with what they are made of.
    classes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)
    star: str | None = None
    main_guard: bool = False
    # Lines of what is done only where the module is run, and nobody can import.
    script: range = range(0)
    endless: int | None = None
    # Functions and classes that want a login.
    guarded: set[str] = field(default_factory=set)
    syntax: ast.Module | None = None
    # All of it, as `ast.walk` goes.
    nodes: list[ast.AST] = field(default_factory=list)
    too_deep: bool = False

    def calls_any(self, *names: str) -> int | None:
        """The line of the first call to one of the dotted names, or to their last part after
        an object (`.run_app`).
        """
        for name in names:
            if name.startswith("."):
                hit = next((line for call, line in self.calls.items() if call.endswith(name)), None)
            else:
                hit = self.calls.get(name)
            if hit is not None:
                return hit
        return None


def read_module(tree: FileTree, path: str) -> PythonModule:
    """Read a module; one that does not parse (Python 2, a template) still has its imports."""
    return tree.memo(("python", path), lambda: _read(tree, path))


def _read(tree: FileTree, path: str) -> PythonModule:
    text = tree.text(path, limit=SOURCE_LIMIT) or ""
    module = replace(tree.shared(("python", text), lambda: _read_text(text)), path=path)
    if module.too_deep:
        tree.problems.append(f"{path} is nested too deep to be read whole")
    return module


def _read_text(text: str) -> PythonModule:
    module = PythonModule("", text)
    parsed = parse_source(text)
    if parsed is None:
        _read_by_lines(module)
        return module
    module.syntax = parsed
    module.nodes = list(ast.walk(parsed))
    try:
        _Reader(module).visit_all(parsed)
    except RecursionError:
        module.too_deep = True
    return module


def parse_source(text: str) -> ast.Module | None:
    """The syntax tree, or None where there is none to have."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def dotted(node: ast.AST | None) -> str:
    """`a.b.c` of a name or an attribute, "" of anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
        return ".".join(reversed(parts))
    if isinstance(node, ast.Call):
        return ".".join([dotted(node.func) + "()", *reversed(parts)])
    return ""


def first_text(call: ast.Call) -> str | None:
    """The first argument if it is a literal text."""
    if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
        return call.args[0].value
    return None


_ROUTE_CALLS = {
    "route", "get", "post", "put", "delete", "patch", "api_route", "head", "view", "websocket",
    "page",
}  # fmt: skip
_ROUTE_FUNCTIONS = {
    "path",
    "re_path",
    "url",
    "Route",
    "add_get",
    "add_route",
    "add_url_rule",
    "add_view",
}
# Frameworks whose routes are made by functions of the package itself.
_BARE_ROUTES = ("bottle.", "litestar.", "starlite.", "blacksheep.")
_GUARD = re.compile(
    r"login|auth|permission|required|jwt|token|protected|admin|role|superuser|limiter", re.I
)


class _Reader:
    """Walks a module once."""

    def __init__(self, module: PythonModule) -> None:
        self.module = module
        self.prefixed: set[int] = set()
        self.places: dict[int, Place] = {}

    def visit_all(self, tree: ast.Module) -> None:
        nodes = self.module.nodes
        self.prefixed.update(_below_a_path(nodes))
        self.places = url_places(tree)
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._imports(node)
        for statement in _module_level(tree.body):
            self._top(statement)
        for node in nodes:
            if isinstance(node, ast.Call):
                self._call(node)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._function(node)
            elif isinstance(node, ast.ClassDef):
                self.module.classes[node.name] = tuple(
                    self.resolve(dotted(base)) for base in node.bases
                )
                if _wants_login(node):
                    self.module.guarded.add(node.name)
            elif isinstance(node, ast.While) and _endless(node):
                self.module.endless = self.module.endless or node.lineno

    def _imports(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.module.imports.add(alias.name.split(".")[0])
                self.module.imports.add(alias.name)
                local = alias.asname or alias.name.split(".")[0]
                self.module.origins[local] = alias.name if alias.asname else local
        elif node.module and not node.level:
            self.module.imports.add(node.module.split(".")[0])
            self.module.imports.add(node.module)
            for alias in node.names:
                if alias.name == "*":
                    self.module.star = self.module.star or node.module
                    continue
                self.module.origins[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        else:
            for alias in node.names:
                inner = f"{node.module}." if node.module else ""
                self.module.origins[alias.asname or alias.name] = f".{inner}{alias.name}"

    def resolve(self, name: str) -> str:
        head, dot, rest = name.partition(".")
        known = self.module.origins.get(head)
        if known is None and not dot and self.module.star and head and head not in _BUILTINS:
            return f"{self.module.star}.{head}"
        return (known or head) + dot + rest

    def _top(self, node: ast.stmt) -> None:
        if _is_main_guard(node):
            self.module.main_guard = True
            self.module.script = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        value = getattr(node, "value", None)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(value, ast.Call):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                # `app, rt = fast_app()` makes its first name.
                several = isinstance(target, ast.Tuple) and target.elts
                item = target.elts[0] if several else target  # type: ignore[attr-defined]  # a tuple
                if isinstance(item, ast.Name):
                    made = self.resolve(dotted(value.func))
                    # What wraps an application (`app = ProxyFix(app)`) does not change what it is.
                    self.module.objects.setdefault(item.id, (made, node.lineno))
        elif isinstance(node, ast.With):
            for entry in node.items:
                if isinstance(entry.context_expr, ast.Call) and isinstance(
                    entry.optional_vars, ast.Name
                ):
                    made = self.resolve(dotted(entry.context_expr.func))
                    self.module.objects[entry.optional_vars.id] = (made, node.lineno)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self.module.functions[node.name] = node.lineno
            self._factory(node)

    def _factory(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        made: dict[str, str] = {}
        for inner in _own_statements(node):
            value = getattr(inner, "value", None)
            if not isinstance(value, ast.Call):
                if isinstance(inner, ast.Return) and isinstance(value, ast.Name):
                    constructor = made.get(value.id)
                    if constructor:
                        self.module.factories[node.name] = constructor
                    elif value.id in self.module.objects:
                        self.module.finishers[node.name] = value.id
                continue
            constructor = self.resolve(dotted(value.func))
            if isinstance(inner, ast.Assign):
                for item in inner.targets:
                    if isinstance(item, ast.Name):
                        made.setdefault(item.id, constructor)
            elif isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
                made.setdefault(inner.target.id, constructor)
            elif isinstance(inner, ast.Return):
                self.module.factories.setdefault(node.name, constructor)

    def _call(self, node: ast.Call) -> None:
        name = self.resolve(dotted(node.func))
        if not name:
            return
        self.module.calls.setdefault(name, node.lineno)
        if name.rpartition(".")[2] in _ROUTE_FUNCTIONS:
            text = first_text(node)
            if text is not None:
                guarded = any(
                    isinstance(inner, ast.Call) and _GUARD.search(dotted(inner.func))
                    for argument in node.args[1:]
                    for inner in ast.walk(argument)
                )
                redirects = any("Redirect" in ast.dump(argument) for argument in node.args[1:])
                second = node.args[1] if len(node.args) > 1 else None
                view = dotted(second)
                if view.startswith("include()") and not _checks(second):
                    return  # what is behind it answers, if anything does
                place = self.places.get(id(node), Place())
                free = not (guarded or redirects)
                text = place.below + (text.lstrip("^") if place.below else text)
                self.module.routes.append(
                    Route(text, node.lineno, open=free, of=place.of, view=view)
                )
        elif name.endswith(("web.get", "aiohttp.web.get")):
            text = first_text(node)
            if text:
                self.module.routes.append(Route(text, node.lineno))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        paths: list[tuple[str, int, bool, str]] = []
        guarded = False
        for decorator in node.decorator_list:
            name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
            last = name.rpartition(".")[2]
            routed = "." in name or (
                self.resolve(name).startswith(_BARE_ROUTES) and id(node) not in self.prefixed
            )
            if isinstance(decorator, ast.Call) and routed and last in _ROUTE_CALLS:
                text = first_text(decorator)
                if text is not None:
                    get = last in {"get", "api_route", "head", "view", "page"} or (
                        last == "route" and _allows_get(decorator)
                    )
                    paths.append((text, decorator.lineno, get, name.rpartition(".")[0]))
                    guarded = guarded or any(
                        word.arg == "dependencies" for word in decorator.keywords
                    )
            elif name and _GUARD.search(name):
                guarded = True
        if guarded or _redirects(node):
            self.module.guarded.add(node.name)
        if paths:
            redirects = _redirects(node) or _depends_on_user(node)
            self.module.routes.extend(
                Route(path, line, open=not (guarded or redirects), get=get, of=of)
                for path, line, get, of in paths
            )


def _wants_login(node: ast.ClassDef) -> bool:
    """Whether a view's mixins or, with Django REST framework, its permissions let only some in."""
    if any(re.search("Login|Permission|UserPasses", dotted(one)) for one in node.bases):
        return True
    return any(
        re.search(r"Authenticated(?!OrReadOnly)|Admin|Model|Object|Token", ast.dump(item.value))
        for item in node.body
        if isinstance(item, ast.Assign)
        and any(isinstance(to, ast.Name) and to.id == "permission_classes" for to in item.targets)
    )


def _checks(node: ast.expr | None) -> bool:
    """Whether an `include` brings the health checks of a package, which answer at its root."""
    return isinstance(node, ast.Call) and bool(
        re.match(r"(?:health_check|watchman|health)\b", first_text(node) or "")
    )


def _below_a_path(nodes: list[ast.AST]) -> Iterator[int]:
    """Methods of a controller with a path of its own: their routes do not stand alone."""
    for node in nodes:
        if isinstance(node, ast.ClassDef) and any(
            isinstance(item, ast.Assign | ast.AnnAssign)
            and any(
                isinstance(name, ast.Name) and name.id == "path"
                for name in (item.targets if isinstance(item, ast.Assign) else [item.target])
            )
            for item in node.body
        ):
            yield from map(id, node.body)


def _allows_get(decorator: ast.Call) -> bool:
    for keyword in decorator.keywords:
        if keyword.arg == "methods":
            return "'GET'" in ast.dump(keyword.value)
    return True


def _redirects(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether every answer of the function is a redirect (or may be one, for want of a login)."""
    returns = [inner for inner in ast.walk(node) if isinstance(inner, ast.Return)]
    return any(
        isinstance(item.value, ast.Call) and "redirect" in dotted(item.value.func).lower()
        for item in returns
    )


def _depends_on_user(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    dumped = " ".join(ast.dump(default) for default in [*node.args.defaults, *node.args.kw_defaults]
                      if default is not None)  # fmt: skip
    return bool(
        (
            re.search(r"id='(?:Depends|Security)'", dumped)
            and _GUARD.search(dumped.replace("Depends", ""))
        )
        or re.search(r"current_user", dumped)
    )


def _own_statements(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function, outermost first, without the functions inside it."""
    frontier: list[ast.AST] = list(node.body)
    while frontier:
        following: list[ast.AST] = []
        for inner in frontier:
            yield inner
            if not isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                following.extend(ast.iter_child_nodes(inner))
        frontier = following


def _module_level(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements that run on import: also those inside `if`, `try` and `with` blocks."""
    found: list[ast.stmt] = []
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        found.append(node)
        for name in ("finalbody", "orelse", "body"):
            inner = getattr(node, name, None)
            if isinstance(inner, list) and isinstance(node, ast.If | ast.Try | ast.With):
                stack.extend(reversed(inner))
    return found


def _is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.dump(node.test)


def _endless(node: ast.While) -> bool:
    """`while True:` that its body does not leave."""
    if not (isinstance(node.test, ast.Constant) and node.test.value):
        return False
    return not any(isinstance(inner, ast.Break | ast.Return) for inner in ast.walk(node))


def _read_by_lines(module: PythonModule) -> None:
    for found in re.finditer(r"(?m)^[ \t]*(?:from|import)\s+([\w.]+)", module.text):
        module.imports.add(found.group(1).split(".")[0])
        module.imports.add(found.group(1))
    for found in re.finditer(r"(?m)^(\w+)\s*=\s*([\w.]+)\(", module.text):
        line = module.text.count("\n", 0, found.start()) + 1
        origin = re.search(rf"from\s+([\w.]+)\s+import\s+.*\b{found.group(2)}\b", module.text)
        made = f"{origin.group(1)}.{found.group(2)}" if origin else found.group(2)
        module.objects[found.group(1)] = (made, line)
    for found in re.finditer(r"(?m)^[^#\n]*?\b([A-Za-z_][\w.]*)\(", module.text):
        line = module.text.count("\n", 0, found.start(1)) + 1
        module.calls.setdefault(found.group(1), line)
    module.main_guard = "__main__" in module.text
