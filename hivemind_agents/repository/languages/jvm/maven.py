"""Maven: pom.xml and the modules it names."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from hivemind_agents.repository.facts import Dependency
from hivemind_agents.repository.languages.jvm.build import Build, Module
from hivemind_agents.repository.readers.structured import read_xml
from hivemind_agents.repository.tree import FileTree

MAX_MODULES = 60


def read_maven(tree: FileTree) -> Build | None:
    """The build of the root's pom.xml."""
    if "pom.xml" not in tree:
        return None
    found: list[Module] = []
    pending = [""]
    seen: set[str] = set()
    while pending and len(found) < MAX_MODULES:
        folder = pending.pop(0)
        path = f"{folder}/pom.xml" if folder else "pom.xml"
        if folder in seen or path not in tree:
            continue
        seen.add(folder)
        root = read_xml(tree, path)
        found.append(_module(tree, path, folder, root))
        for name in root.iterfind(".//modules/module") if root is not None else ():
            inner = (name.text or "").strip().strip("/")
            if inner and ".." not in inner and not inner.endswith(".xml"):
                pending.append(f"{folder}/{inner}" if folder else inner)
    command = "./mvnw" if "mvnw" in tree else "mvn"
    return Build(tool="maven", manifest="pom.xml", command=command, modules=tuple(found))


def _module(tree: FileTree, path: str, folder: str, root: ET.Element | None) -> Module:
    text = re.sub(
        r"<!--.*?(?:-->|\Z)",
        lambda found: re.sub(r"[^\n]", " ", found.group()),
        tree.text(path) or "",
        flags=re.S,
    )
    fallback = folder.rpartition("/")[2] or tree.name
    if root is None:
        return Module(folder=folder, name=fallback, manifest=path, text=text)
    properties = _properties(root)
    plugins = {
        _text(entry, "artifactId")
        for place in ("./build/plugins/plugin", "./profiles/profile/build/plugins/plugin")
        for entry in root.iterfind(place)
    }
    plugins.add(_text(root.find("parent"), "artifactId"))
    version = _text(root, "version") or _text(root.find("parent"), "version")
    return Module(
        folder=folder,
        name=_filled(_text(root, "artifactId") or fallback, properties),
        manifest=path,
        text=text,
        version=_filled(version, properties) or None,
        packaging=_text(root, "packaging") or "jar",
        plugins=frozenset(plugins - {""}),
        listed=tuple(_dependencies(tree, path, root, properties)),
    )


def _dependencies(
    tree: FileTree, path: str, root: ET.Element, properties: dict[str, str]
) -> Iterator[Dependency]:
    places = [(entry, False) for entry in root.iterfind("./dependencies/dependency")]
    in_profiles = root.iterfind("./profiles/profile/dependencies/dependency")
    places += [(entry, True) for entry in in_profiles]
    for entry, in_profile in places:
        artifact = _text(entry, "artifactId")
        if not artifact:
            continue
        group = _filled(_text(entry, "groupId"), properties)
        name = re.sub(r"_(?:2\.\d+|3)$", "", _filled(artifact, properties))
        yield Dependency(
            f"{group}:{name}",
            _filled(_text(entry, "version"), properties),
            tree.where(path, f"<artifactId>{artifact}<"),
            dev=_text(entry, "scope") == "test" or in_profile,
        )


def _properties(root: ET.Element) -> dict[str, str]:
    found = {
        entry.tag: (entry.text or "").strip()
        for entry in root.iterfind("./properties/*")
        if isinstance(entry.tag, str)
    }
    for key in ("artifactId", "version", "groupId"):
        found[f"project.{key}"] = _text(root, key) or _text(root.find("parent"), key)
    return found


def _filled(text: str, properties: dict[str, str]) -> str:
    """The text with its `${...}` replaced, as far as this file knows them."""
    for _ in range(3):
        text = re.sub(
            r"\$\{([^}]+)\}", lambda found: properties.get(found.group(1)) or found.group(), text
        )
        if len(text) > 200:
            return ""
    return text


def _text(element: ET.Element | None, tag: str) -> str:
    found = element.find(tag) if element is not None else None
    return (found.text or "").strip() if found is not None else ""
