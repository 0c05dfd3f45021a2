"""TOML, YAML, JSON and XML of foreign hands: a value, or None where the text is broken."""

import json
import tomllib
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import json5
import yaml

from hivemind_agents.repository.tree import FileTree

# An alias inside a YAML document may repeat content; this many nodes are plenty for a manifest.
MAX_YAML_NODES = 50_000
MAX_YAML_TEXT = 400_000
# The C parser's composer recurses, and ends the process where a document is deeper than its stack.
MAX_YAML_DEPTH = 100
MAX_JSON5_TEXT = 100_000


class _BoundedLoader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]  # either class will do
    """A safe loader that counts nodes as aliases are expanded, and keeps unknown tags as text."""


def _unknown(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


_BoundedLoader.add_multi_constructor("", _unknown)


def table(value: object) -> dict[str, Any]:
    """The value if it is a mapping, otherwise an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The value if it is a list, otherwise an empty one."""
    return value if isinstance(value, list) else []


def text_of(value: object) -> str | None:
    """A scalar as text; None for everything else."""
    if isinstance(value, bool) or value is None:
        return None
    return str(value) if isinstance(value, (str, int, float)) else None


def parse_toml(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def parse_json(text: str) -> object:
    """JSON, with comments and trailing commas if it has any."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if len(text) > MAX_JSON5_TEXT:
        return None
    try:
        return json5.loads(text)
    except (ValueError, RecursionError, TypeError, AttributeError, IndexError, KeyError):
        return None


def parse_yaml(text: str) -> object:
    """The first document, its aliases expanded up to a bound."""
    documents = parse_yaml_all(text)
    return documents[0] if documents else None


def parse_yaml_all(text: str) -> list[Any]:
    """All documents of a text; none where it is broken or a bomb."""
    if len(text) > MAX_YAML_TEXT:
        return []
    found: list[Any] = []
    try:
        if not _shallow(text):
            return []
        loader = _BoundedLoader(text)
        try:
            while loader.check_node():
                node = loader.get_node()
                if node is None or not _small(node):
                    return found
                found.append(loader.construct_document(node))
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, AttributeError, OverflowError):
        return found
    return found


def _shallow(text: str) -> bool:
    """Whether no part is nested too deep; read by events, which needs no stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_BoundedLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_YAML_DEPTH:
                return False
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return True


def _small(node: yaml.Node) -> bool:
    """Whether the document stays small once every alias is replaced, and holds no loop."""
    sizes: dict[int, int] = {}
    under_way: set[int] = set()
    stack: list[tuple[yaml.Node, bool]] = [(node, False)]
    while stack:
        current, done = stack.pop()
        key = id(current)
        if done:
            under_way.discard(key)
            sizes[key] = 1 + sum(sizes.get(id(child), 1) for child in _children(current))
            if sizes[key] > MAX_YAML_NODES:
                return False
            continue
        if key in sizes:
            continue
        if key in under_way:
            return False
        under_way.add(key)
        stack.append((current, True))
        for child in _children(current):
            if id(child) in under_way:
                return False
            stack.append((child, False))
    return True


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def parse_xml(text: str) -> ET.Element | None:
    """An element tree without namespaces. A document that declares entities is not read."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    try:
        root = ET.fromstring(text)  # noqa: S314 - no DTD, so no entity can grow
    except (ET.ParseError, ValueError, RecursionError):
        return None
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]
    return root


def read_toml(tree: FileTree, path: str) -> dict[str, Any]:
    text = tree.text(path)
    return (parse_toml(text) or {}) if text else {}


def read_json(tree: FileTree, path: str) -> dict[str, Any]:
    text = tree.text(path)
    return table(parse_json(text)) if text else {}


def read_yaml(tree: FileTree, path: str) -> dict[str, Any]:
    text = tree.text(path)
    return table(parse_yaml(text)) if text else {}


def read_xml(tree: FileTree, path: str) -> ET.Element | None:
    text = tree.text(path)
    return parse_xml(text) if text else None
