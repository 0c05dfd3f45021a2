"""CloudFormation's own resource schemas, as cfn-lint bundles them.

The files are read directly: importing cfn-lint costs two seconds, reading one schema a millisecond.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@cache
def _folder() -> Path:
    spec = find_spec("cfnlint")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("cfn-lint is not installed: pip install 'hivemind[sandbox]'")
    return Path(spec.submodule_search_locations[0]) / "data" / "schemas"


@cache
def _index(region: str) -> dict[str, str]:
    index: dict[str, str] = json.loads((_folder() / "providers" / f"{region}.json").read_text())
    return index


@dataclass(frozen=True, slots=True)
class Schema:
    """The properties of one resource type."""

    type_name: str
    document: dict[str, Any] = field(repr=False)

    def _names(self, key: str) -> frozenset[str]:
        """Top-level property names of a list of JSON pointers."""
        return frozenset(
            pointer.removeprefix("/properties/")
            for pointer in self.document.get(key, ())
            if pointer.count("/") == 2
        )

    @property
    def properties(self) -> frozenset[str]:
        return frozenset(self.document["properties"])

    @property
    def read_only(self) -> frozenset[str]:
        return self._names("readOnlyProperties")

    @property
    def create_only(self) -> frozenset[str]:
        return self._names("createOnlyProperties")

    @property
    def conditionally_create_only(self) -> frozenset[str]:
        return self._names("conditionalCreateOnlyProperties")

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(self.document.get("required", ()))

    @property
    def system_tags(self) -> bool:
        """Whether CloudFormation puts its `aws:cloudformation:*` tags on the resource."""
        return bool(self.document.get("tagging", {}).get("cloudFormationSystemTags"))

    @property
    def tag_property(self) -> str | None:
        pointer = self.document.get("tagging", {}).get("tagProperty")
        name = str(pointer).removeprefix("/properties/") if pointer else "Tags"
        return name if name in self.document["properties"] else None

    @property
    def tags_are_a_map(self) -> bool:
        node = self._node(self.document["properties"].get(self.tag_property or "", {}))
        return node.get("type") != "array"

    def _node(self, node: dict[str, Any]) -> dict[str, Any]:
        seen = 0
        while "$ref" in node and seen < 10:
            found: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node, seen = found, seen + 1
        return node

    def coerced(self, properties: dict[str, Any]) -> dict[str, Any]:
        """`properties` with the types that the service expects: "80" becomes 80, "true" True.

        Templates may give any scalar as a string, and parameters always are.
        """
        return {
            name: self._coerce(value, self.document["properties"].get(name, {}))
            for name, value in properties.items()
        }

    def _coerce(self, value: Any, node: dict[str, Any]) -> Any:
        node = self._node(node)
        kind = node.get("type")
        if isinstance(value, dict):
            inner = node.get("properties", {})
            return {k: self._coerce(v, inner.get(k, {})) for k, v in value.items()}
        if isinstance(value, list):
            return [self._coerce(item, node.get("items", {})) for item in value]
        return _scalar(value, kind)

    def problems(self, properties: dict[str, Any]) -> Iterator[str]:
        """What AWS would refuse: unknown names at any depth, and absent required ones."""
        writable = {**self.document, "type": "object"}
        yield from self._problems(properties, writable, "#")
        for name in sorted(properties.keys() & self.read_only):
            yield f"Encountered unsupported property {name}"

    def _problems(self, value: Any, node: dict[str, Any], path: str) -> Iterator[str]:
        node = self._node(node)
        if isinstance(value, list):
            for position, item in enumerate(value):
                yield from self._problems(item, node.get("items", {}), f"{path}/{position}")
            return
        if not isinstance(value, dict):
            return
        if len(value) == 1 and (function := next(iter(value))).startswith(("Fn::", "Ref")):
            if function == "Fn::If" and isinstance(value[function], list):
                for branch in value[function][1:]:
                    yield from self._problems(branch, node, path)
            return
        yield from self._name_problems(value, node, path)
        known = node.get("properties") or {}
        for name in value.keys() & known.keys():
            yield from self._problems(value[name], known[name], f"{path}/{name}")

    def _name_problems(
        self, value: dict[str, Any], node: dict[str, Any], path: str
    ) -> Iterator[str]:
        known = node.get("properties")
        if not known or any(name.startswith("Fn::") for name in value):
            return
        if node.get("additionalProperties") is False and "patternProperties" not in node:
            for name in sorted(value.keys() - known.keys()):
                yield f"{path}: extraneous key [{name}] is not permitted"
        for name in node.get("required", ()):
            if name not in value:
                yield f"{path}: required key [{name}] not found"


def _scalar(value: Any, kind: Any) -> Any:
    """One scalar in the schema's type; what does not fit is left for the service to refuse."""
    if isinstance(value, str):
        return _from_text(value, kind)
    if kind == "string" and isinstance(value, bool):
        return str(value).lower()
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    return value


def _from_text(value: str, kind: Any) -> Any:
    try:
        if kind == "integer":
            return int(value)
        if kind == "number":
            return float(value)
    except ValueError:
        return value
    truth = {"true": True, "false": False}
    return truth.get(value.lower(), value) if kind == "boolean" else value


@cache
def schema_of(type_name: str, region: str = "eu-west-1") -> Schema | None:
    """The schema of a type; None when AWS has no such type in the region."""
    digest = _index(region).get(type_name)
    if digest is None:
        return None
    document = json.loads((_folder() / "resources" / f"{digest}.json").read_text())
    return Schema(type_name, document)
