"""Which of several settings modules a release of Django runs with, and which it never loads."""

import ast
import re
from dataclasses import dataclass

from hivemind_agents.repository.languages.python.project import PythonProject
from hivemind_agents.repository.languages.python.samples import samples
from hivemind_agents.repository.readers.python_source import read_module
from hivemind_agents.repository.tree import FileTree

VARIABLE = "DJANGO_SETTINGS_MODULE"
NAMED = re.compile(
    rf"{VARIABLE}[\"']?\s*[,\]=]+\s*(?:os\.(?:environ\.get|getenv)\([^,]*,\s*)?[\"']([\w.]+)"
)
_PRODUCTION = ("production", "prod", "prd", "live", "deployment", "deploy")
# Words in the names of settings that are for anything but production.
_ELSEWHERE = re.compile(
    r"(?:^|_)(?:local|dev|devel|develop|development|test|tests|testing|ci|debug|staging|stage)(?:_|$)"
)
_SHARED = re.compile(r"^(?:base|common|default|defaults|settings)$")


@dataclass(frozen=True, slots=True)
class Settings:
    """`module`: what a release runs with. `said`: every starter of the repository names it
    itself. `unused`: files with settings that it never loads. `keyless`: the file of settings
    that have no `SECRET_KEY`, not even through what they import, or have a sample's.
    """

    module: str | None = None
    said: bool = True
    unused: tuple[str, ...] = ()
    keyless: str | None = None


def read_settings(project: PythonProject, manage: str, folder: str) -> Settings:
    """The web server's word first, then that of `manage`, whose modules are below `folder`.

    Where both name settings for development, or the part that all stages share, the module for
    production beside them is meant.
    """
    tree = project.tree
    starters = [*tree.named("wsgi.py"), *tree.named("asgi.py"), manage]
    named = {path: str(hit[1]) for path in starters if (hit := tree.search(path, NAMED))}
    chosen = _chosen(tree, folder, [*_of_a_release(tree, folder), *named.values()])
    if chosen is None:
        return Settings()
    said = all(name == chosen for name in named.values()) and manage in named
    # Of settings that are only a sample, the build makes the module.
    made = {module: sample for sample, module in samples(tree.paths, tree.text).items()}
    path = module_path(tree, folder, chosen) or made.get(_stem(folder, chosen) + ".py")
    if path is None:
        return Settings(chosen, said)
    loaded = _loaded(tree, folder, path)
    # What is imported from elsewhere may bring a key.
    keyed = any(
        "SECRET_KEY" in text or re.search(r"(?m)^[ \t]*from\s+(?!\.)[\w.]+\s+import\s+\*", text)
        for each in loaded if (text := read_module(tree, each).text)
    )  # fmt: skip
    # The key of a sample is for everybody, or empty.
    keyless = next(iter(made.values()), None) if keyed else path
    return Settings(chosen, said, _unused(tree, folder, path), keyless)


# Files for what starts a release, and what they say to its environment.
_STARTS = re.compile(
    r"^(?:docker/|deploy/)?(?:[\w.-]*uwsgi[\w.-]*\.ini|Procfile|[Dd]ockerfile(?:\.prod)?|Containerfile|"
    r"fly\.toml|render\.ya?ml|app\.json)$"
)
_TOLD = re.compile(
    rf"(?m)^(?!\s*#).*\b{VARIABLE}[\"']?[=:,{{\s]+(?:[\"']?value[\"']?\s*:\s*)?[\"']?([\w.]+)"
)


def _of_a_release(tree: FileTree, folder: str) -> list[str]:
    """Settings that files for a release name, which are there, and for no other stage."""
    hits = (tree.search(path, _TOLD) for path in tree.paths if _STARTS.match(path))
    return [
        name for hit in hits
        if hit and not _ELSEWHERE.search((name := str(hit[1])).rpartition(".")[2])
        and module_path(tree, folder, name)
    ]  # fmt: skip


def _chosen(tree: FileTree, folder: str, named: list[str]) -> str | None:
    for name in named:
        if _is_production(name) and module_path(tree, folder, name):
            return name
    for name in named:
        last = name.rpartition(".")[2]
        if not (_ELSEWHERE.search(last) or (_SHARED.match(last) and "." in name)):
            continue
        found = next((each for each in _siblings(name) if module_path(tree, folder, each)), None)
        whole = last == "settings" and _imports(tree, folder, name)
        if found and not (whole and not _is_for_development(tree, folder, name)):
            return found
    # A package without anything in it has settings in its modules alone.
    filled = (name for name in named if not _is_empty(tree, folder, name))
    return next(filled, next(iter(named), None))


def _is_empty(tree: FileTree, folder: str, module: str) -> bool:
    path = module_path(tree, folder, module) or ""
    parsed = read_module(tree, path).syntax if path.endswith("/__init__.py") else None
    return parsed is not None and all(
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in parsed.body
    )


def _is_for_development(tree: FileTree, folder: str, module: str) -> bool:
    """Whether a package of settings takes all of a stage for developers, under no condition."""
    path = module_path(tree, folder, module) or ""
    parsed = read_module(tree, path).syntax if path.endswith("/__init__.py") else None
    waiting: list[ast.stmt] = list(parsed.body) if parsed else []
    for node in waiting:
        if isinstance(node, ast.Try):
            waiting += node.body
        elif isinstance(node, ast.ImportFrom) and any(each.name == "*" for each in node.names):
            stage = (node.module or "").rpartition(".")[2]
            there = f"{path.rpartition('/')[0]}/{stage}.py" in tree
            if there and _ELSEWHERE.fullmatch(stage):
                return True
    return False


def _is_production(name: str) -> bool:
    return bool(set(name.rpartition(".")[2].split("_")) & set(_PRODUCTION))


def _siblings(name: str) -> list[str]:
    """Modules for production that are named like the given one: `x.local`, `x.settings_dev`."""
    package, _, last = name.rpartition(".")
    dot = f"{package}." if package else ""
    found = []
    for word in _PRODUCTION:
        if _SHARED.match(last) and last == "settings":
            found.append(f"{name}.{word}")
        elif _ELSEWHERE.fullmatch(last) or _SHARED.match(last):
            found.append(f"{dot}{word}")
        else:
            hit = _ELSEWHERE.search(last)
            found += [dot + last.replace(hit[0], _put(hit[0], word), 1)] if hit else []
    return found


def _put(found: str, word: str) -> str:
    return ("_" if found.startswith("_") else "") + word + ("_" if found.endswith("_") else "")


def module_path(tree: FileTree, folder: str, module: str) -> str | None:
    """The file of a module below a folder, or of a package."""
    stem = _stem(folder, module)
    return tree.has(f"{stem}.py", f"{stem}/__init__.py")


def _stem(folder: str, module: str) -> str:
    return (f"{folder}/" if folder else "") + module.replace(".", "/")


def _imports(tree: FileTree, folder: str, module: str) -> bool:
    """Whether a package of settings loads one of its stages by itself, or is a whole module."""
    path = module_path(tree, folder, module)
    return bool(path and tree.search(path, r"(?m)^[ \t]*(?:from|import)\s+\.?\w"))


# What only a module of settings says at its top level.
_SETTINGS = r"(?m)^(?:DEBUG|DATABASES|INSTALLED_APPS|SECRET_KEY|ALLOWED_HOSTS|CACHES)\s*=|import \*"
_DYNAMIC = r"\binclude\(|import_module|__import__|\bexec\(|runpy|getattr\(sys"


def _unused(tree: FileTree, folder: str, chosen: str) -> tuple[str, ...]:
    """Settings for other stages that the chosen ones do not import: those beside them, and what
    another folder has for one.
    """
    place = chosen.rpartition("/")[0]
    loaded = _loaded(tree, folder, chosen)
    fixed = not any(tree.search(path, _DYNAMIC) for path in loaded)
    return tuple(
        path
        for path in tree.suffixed(".py")
        if path not in loaded and _is_for_another(tree, path, place, fixed=fixed)
    )


def _is_for_another(tree: FileTree, path: str, place: str, *, fixed: bool) -> bool:
    """`place`: the folder of the chosen settings. `fixed`: they load no more than they name."""
    own, _, name = path.rpartition("/")
    of_settings = place.rpartition("/")[2] in {"config", "conf", "settings"}
    stage = _ELSEWHERE.search(name.removesuffix(".py"))
    if own == place and stage and ("settings" in path or of_settings):
        return True
    if own == place and fixed and place.endswith("settings"):
        return tree.search(path, _SETTINGS) is not None
    elsewhere = any(_ELSEWHERE.search(part) for part in own.split("/"))
    return name == "settings.py" and elsewhere and tree.search(path, _SETTINGS) is not None


def _loaded(tree: FileTree, folder: str, first: str) -> set[str]:
    """The module and all that it imports of its own folder."""
    loaded: set[str] = set()
    waiting = [first]
    while waiting:
        path = waiting.pop()
        if path in loaded:
            continue
        loaded.add(path)
        place = path.rpartition("/")[0]
        for found in re.finditer(
            r"(?m)^[ \t]*(?:from\s+(\.*[\w.]*)\s+import\s+([\w, *]+)|import\s+([\w.]+))",
            read_module(tree, path).text,
        ):
            origin = found[1] or found[3] or ""
            if origin.startswith("."):
                names = [origin[1:]] if origin[1:] else re.findall(r"\w+", found[2] or "")
                waiting += [
                    known for name in names
                    if (known := tree.has(f"{place}/{name.replace('.', '/')}.py".lstrip("/")))
                ]  # fmt: skip
            elif known := module_path(tree, folder, origin):
                waiting.append(known)
    return loaded
