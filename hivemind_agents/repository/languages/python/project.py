"""What all detectors of Python frameworks look at: the manifests and the modules, read once."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from hivemind_agents.repository.facts import Dependencies, Fact
from hivemind_agents.repository.readers.python_source import PythonModule, dotted, read_module
from hivemind_agents.repository.tree import FileTree

_ENTRY_NAMES = (
    "wsgi", "asgi", "app", "main", "application", "server", "api", "run", "web", "index", "start",
    "__init__", "__main__",
)  # fmt: skip


@dataclass(frozen=True)
class PythonProject:
    """A folder of Python: its packages and its code."""

    tree: FileTree
    dependencies: Dependencies
    package_manager: Fact[str] | None

    @cached_property
    def modules(self) -> list[PythonModule]:
        """Modules of the application itself, likely entries first."""
        # Bottle is one file, which is often copied: a framework, and no part of the application.
        paths = [
            path for path in self.tree.sources(".py", limit=300)
            if path != "bottle.py" and not path.endswith("/bottle.py")
        ]  # fmt: skip
        return sorted((read_module(self.tree, path) for path in paths), key=_entry_order)

    def uses(self, package: str) -> bool:
        """Whether the package is listed for production, or imported where nothing is listed."""
        if self.dependencies.runtime(package):
            return True
        module = package.replace("-", "_")
        return any(module in item.imports for item in self.modules)

    def where(self, package: str) -> tuple[str, ...]:
        """Where the package is listed or else imported."""
        listed = self.dependencies.runtime(package)
        if listed:
            return (listed.where,)
        module = package.replace("-", "_")
        return tuple(item.path for item in self.modules if module in item.imports)[:1]

    def objects(self, *constructors: str) -> Iterator[tuple[PythonModule, str, int]]:
        """Module-level names bound to a call of one of the constructors, likely entries first."""
        constructors = (*constructors, *self.derived(constructors))
        for module in self.modules:
            for name, (constructor, line) in module.objects.items():
                if constructor in constructors:
                    yield module, name, line

    def derived(self, constructors: tuple[str, ...]) -> set[str]:
        """Names of the project's own classes that are made of one of these."""
        found: set[str] = set()
        for module in self.modules:
            place = module.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for name, bases in module.classes.items():
                if set(bases) & set(constructors):
                    # In its own module, by its whole name, and by a relative one.
                    found |= {name, f"{place}.{name}", f".{place.rpartition('.')[2]}.{name}"}
        return found

    def served(self, *constructors: str) -> "Served | None":
        """The application object that a server is to be pointed at: an object, or a factory."""
        constructors = (*constructors, *self.derived(constructors))
        factories = {
            (module.path, name)
            for module in self.modules
            for name, made in _makers(module)
            if made in constructors
        }
        found = [
            Served(module, name, line, factory=False)
            for module, name, line in self.objects(*constructors)
            if not _is_unfinished(module, name)
        ]
        factory_names = {name for _, name in factories}
        for module in self.modules:
            for name, (constructor, line) in module.objects.items():
                if constructor.rpartition(".")[2] in factory_names:
                    found.append(Served(module, name, line, factory=False))
        open_to_all = [each for each in found if _can_be_imported(each)]
        made = [
            Served(module, name, module.functions.get(name, 1), factory=True)
            for module in self.modules
            for name, constructor in _makers(module)
            if constructor in constructors and _MAKES.match(name)
        ]
        found = open_to_all or made or found
        found = [each for each in (*open_to_all, *made) if not _is_for_development(each)] or found
        if not found:
            return None
        return _wrapped(min(found, key=lambda item: _served_order(item, self.flask_app)))

    @cached_property
    def flask_app(self) -> str | None:
        """`FLASK_APP` as the repository's own environment files set it."""
        for path in (".flaskenv", ".env", ".env.example", "Dockerfile"):
            found = self.tree.search(path, r"(?m)^(?:ENV\s+|export\s+)?FLASK_APP[= ]\"?([\w./:]+)")
            if found:
                return str(found.group(1))
        return None


@dataclass(frozen=True, slots=True)
class Served:
    """An application object or factory in a module."""

    module: PythonModule
    name: str
    line: int
    factory: bool

    @property
    def where(self) -> str:
        return f"{self.module.path}:{self.line}"


# Names of functions that make an application.
_MAKES = re.compile(r"(?:create|make|get|build|init|setup)|\w+_app$|app(?:lication)?$")


def _makers(module: PythonModule) -> Iterator[tuple[str, str]]:
    """(function, constructor of what it returns), be it an object of the module itself."""
    yield from module.factories.items()
    for name, returned in module.finishers.items():
        yield name, module.objects[returned][0]


def _is_unfinished(module: PythonModule, name: str) -> bool:
    """Whether the object is one that a function goes on making, and nothing calls on import."""
    return any(
        returned == name and _MAKES.match(function) and function not in module.calls
        for function, returned in module.finishers.items()
    )


def _can_be_imported(served: "Served") -> bool:
    """Whether a server finds the object: a script's own is not there, and `_app` is a module's."""
    return served.line not in served.module.script and not served.name.startswith("_")


_DEVELOPMENT = re.compile(r"(?:^|_)(?:debug|dev|devel|develop|development|devserver)(?:_|$)")


def _is_for_development(served: "Served") -> bool:
    """Whether a module's name says that developers alone start it."""
    stem = served.module.path.rpartition("/")[2].removesuffix(".py")
    return _DEVELOPMENT.search(stem) is not None


# What takes an application and is one itself.
_WRAPPERS = re.compile(r"(?:ASGIApp|WSGIApp|Middleware|WhiteNoise|ProxyFix)$")


def _wrapped(served: Served) -> Served:
    """What is made of the application in its own module, which is then what has to be served."""
    for node in served.module.syntax.body if served.module.syntax else []:
        value = node.value if isinstance(node, ast.Assign) else None
        if served.factory or not isinstance(value, ast.Call):
            continue
        given = [*value.args, *(word.value for word in value.keywords)]
        takes = any(isinstance(item, ast.Name) and item.id == served.name for item in given)
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if takes and isinstance(target, ast.Name) and _WRAPPERS.search(dotted(value.func)):
            return Served(served.module, target.id, node.lineno, factory=False)
    return served


def _entry_order(module: PythonModule) -> tuple[int, int, str]:
    stem = module.path.rsplit("/", 1)[-1].removesuffix(".py")
    place = _ENTRY_NAMES.index(stem) if stem in _ENTRY_NAMES else len(_ENTRY_NAMES)
    return module.path.count("/"), place, module.path


def _served_order(item: Served, hint: str | None) -> tuple[int, int, int, int]:
    depth, place, _ = _entry_order(item.module)
    stem = item.module.path.removesuffix(".py").replace("/", ".")
    hinted = hint is not None and stem.removesuffix(".__init__") == re.sub(
        r"\.py$", "", hint.split(":")[0]
    ).replace("/", ".")
    named = ("app", "application", "api").index(item.name) if item.name in {
        "app", "application", "api"
    } else 3  # fmt: skip
    return (0 if hinted else 1, 0 if depth == 0 else 1, place, depth * 10 + named)


def target(project: PythonProject, path: str, name: str) -> tuple[str, str]:
    """How a server names an object: (`--chdir` folder or "", `package.module:name`).

    A folder without `__init__.py` whose modules import each other by their bare names, or that
    is by its name no package (`src`), is the folder to start from; everything else is imported
    from the root.
    """
    *folders, stem = path.removesuffix(".py").split("/")
    if stem == "__init__" and folders:
        stem = folders.pop()
    chdir: list[str] = []
    while folders and f"{'/'.join([*chdir, folders[0]])}/__init__.py" not in project.tree:
        here = "/".join([*chdir, folders[0]])
        # Who imports a package of the folder's own name means the inner one.
        outer = f"{here}/{folders[0]}/__init__.py" in project.tree
        imported = _imported_by_name(project, folders[0]) and not outer
        if imported or not (outer or _leans_on_neighbours(project, here)):
            break
        chdir.append(folders.pop(0))
    return "/".join(chdir), ".".join([*folders, stem]) + ":" + name


def runner(project: PythonProject, module: PythonModule) -> PythonModule:
    """The module that a person runs: this one where running it does something, else the
    `__main__.py` or the script at the root that imports it.
    """
    of_package = module.path.endswith("/__init__.py")
    if module.syntax is None or (not of_package and (module.main_guard or acts(module))):
        return module
    name = module.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    for other in project.modules:
        stem = other.path.rpartition("/")[2]
        beside = (
            stem == "__main__.py"
            and other.path.rpartition("/")[0] == (module.path.rpartition("/")[0])
        )
        starts = beside or ("/" not in other.path and (other.main_guard or acts(other)))
        if other is not module and starts and name_imported(other, name):
            return other
    return module


def acts(module: PythonModule) -> bool:
    """Whether a module calls something when it is run, beyond what it defines."""
    return module.syntax is not None and any(
        isinstance(node, ast.While | ast.For | ast.With | ast.Try)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))
        for node in module.syntax.body
    )


def name_imported(module: PythonModule, name: str) -> bool:
    """Whether a module imports another by its dotted name, or from beside it with a dot."""
    wanted = module.imports | set(module.origins.values())
    last = name.rpartition(".")[2]
    return any(
        item in {name, f".{last}"} or item.startswith((f"{name}.", f".{last}.")) for item in wanted
    )


def in_package(project: PythonProject, path: str) -> bool:
    """Whether a module can only run as part of its package."""
    module = next((item for item in project.modules if item.path == path), None)
    if module is None:
        return False
    _, name = target(project, path, "")
    top = name.split(".")[0].rstrip(":")
    relative = any(origin.startswith(".") for origin in module.origins.values())
    return relative or ("." in name and _imported_by_name(project, top))


def _leans_on_neighbours(project: PythonProject, folder: str) -> bool:
    """Whether modules of the folder import what is beside them by its bare name."""
    name = folder.rpartition("/")[2]
    if (
        name in {"src", "backend", "server", "services", "lib"}
        or not name.isidentifier()
        or name in sys.stdlib_module_names
        or project.dependencies.first(name)
    ):
        return True
    prefix = f"{folder}/"
    inside = [module for module in project.modules if module.path.startswith(prefix)]
    names = {
        module.path.removeprefix(prefix).partition("/")[0].removesuffix(".py") for module in inside
    }
    return any(names & module.imports for module in inside)


def _imported_by_name(project: PythonProject, folder: str) -> bool:
    return any(folder in module.imports for module in project.modules)
