"""sbt (and Mill): what can be read off its definitions without running them."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.facts import Dependency
from hivemind_agents.repository.languages.jvm.build import Build, Module
from hivemind_agents.repository.readers.code import without_comments
from hivemind_agents.repository.tree import FileTree

_ENTRY = re.compile(r"\"([\w.-]+)\"\s*%%?%?\s*\"([\w.-]+)\"\s*%\s*([^\s,)]+)([^\n,)]*)")
_MILL = re.compile(r"(?:ivy|mvn)\"([\w.-]+)::?:?([\w.-]+):+([\w.${}-]+)\"")
_PROJECT = re.compile(
    r"lazy\s+val\s+`?([\w-]+)`?\s*(?::\s*\w+\s*)?=\s*\(?\s*project\b"
    r"(?:\s*\(?\s*(?:\.in|in)\s*\(?\s*file\(\s*\"([^\"]+)\"\s*\))?"
)
_ENABLED = re.compile(
    r"\b([A-Z]\w*(?:Plugin|Packaging)|PlayScala|PlayJava|PlayService|PlayMinimalJava)\b"
)
_EXTRA = ("project/Dependencies.scala", "project/Build.scala", "project/dependencies.scala")


def read_sbt(tree: FileTree) -> Build | None:
    """The build of build.sbt, with the projects defined in it; or of Mill's build."""
    sbt = tree.has("build.sbt", "project/Build.scala")
    path = sbt or tree.has("build.mill", "build.sc")
    if path is None:
        return None
    text = without_comments(tree.text(path) or "")
    listed = list(_dependencies(tree, path, text))
    for extra in _EXTRA:
        if extra != path:
            listed += _dependencies(tree, extra, without_comments(tree.text(extra) or ""))
    version = re.search(r"\bversion\s*:=\s*\"([^\"]+)\"", text)
    root = Module(
        folder="",
        name=_slug(_named(text) or tree.name),
        manifest=path,
        text=text,
        version=version.group(1) if version else None,
        plugins=frozenset(_plugins(tree) | set(_ENABLED.findall(text))),
        listed=tuple(listed),
    )
    tool = "sbt" if sbt else "mill"
    return Build(
        tool=tool,
        manifest=path,
        command=f"./{tool}" if tool in tree else tool,
        modules=(root, *(_projects(text, root) if sbt else ())),
    )


def _named(text: str) -> str | None:
    found = re.search(r"\bname\s*:=\s*\"+([^\"]+)\"", text)
    return found.group(1) if found else None


def _projects(text: str, root: Module) -> Iterator[Module]:
    for found in _PROJECT.finditer(text):
        folder = (found.group(2) or found.group(1)).strip("./")
        if not folder or (found.group(2) is None and found.group(1) == "root"):
            continue
        following = _PROJECT.search(text, found.end())
        block = text[found.start() : following.start() if following else len(text)]
        made_known = {plugin for plugin in root.plugins if ":" in plugin}
        yield Module(
            folder=folder,
            name=_slug(_named(block) or found.group(1)),
            manifest=root.manifest,
            text=block,
            version=root.version,
            plugins=frozenset(made_known | set(_ENABLED.findall(block))),
        )


def _slug(name: str) -> str:
    """How sbt makes a file's name of a project's."""
    return re.sub(r"[^\w-]+", "-", name).lower()


def _plugins(tree: FileTree) -> set[str]:
    """`group:name` of the plugins that project/ makes known."""
    found: set[str] = set()
    for path in tree.suffixed(".sbt"):
        if path.startswith("project/") and path.count("/") == 1:
            text = without_comments(tree.text(path) or "")
            entries = re.findall(r"addSbtPlugin\(\s*\"([\w.-]+)\"\s*%\s*\"([\w.-]+)\"", text)
            found.update(f"{group}:{name}" for group, name in entries)
    return found


def _dependencies(tree: FileTree, path: str, text: str) -> Iterator[Dependency]:
    for found in _ENTRY.finditer(text):
        yield Dependency(
            f"{found.group(1)}:{found.group(2)}",
            found.group(3).strip('"'),
            tree.where(path, f'"{found.group(2)}"'),
            dev=bool(re.search(r"%\s*\"?(?:[Tt]est|it|IntegrationTest)\b", found.group(4))),
        )
    for found in _MILL.finditer(text):
        name = f"{found.group(1)}:{found.group(2)}"
        yield Dependency(name, found.group(3), tree.where(path, found.group(2)))
