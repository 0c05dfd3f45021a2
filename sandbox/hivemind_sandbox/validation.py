"""What AWS refuses about a template before it makes anything."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hivemind_sandbox.resources import resource_types
from hivemind_sandbox.schemas import schema_of

Template = Mapping[str, Any]

_SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Hooks",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
        "Transform",
    }
)
_RESOURCE_KEYS = frozenset(
    {
        "Condition",
        "CreationPolicy",
        "DeletionPolicy",
        "DependsOn",
        "Metadata",
        "Properties",
        "Type",
        "UpdatePolicy",
        "UpdateReplacePolicy",
    }
)
_NOT_CARRIED_OUT = ("CreationPolicy", "UpdatePolicy")
_POLICIES = frozenset({"Delete", "Retain", "RetainExceptOnCreate", "Snapshot"})
_SNAPSHOT_TYPES = frozenset({"AWS::RDS::DBInstance"})
_RULE_LOOK_UPS = ("Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll")
_PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in (
        "AccountId",
        "NoValue",
        "NotificationARNs",
        "Partition",
        "Region",
        "StackId",
        "StackName",
        "URLSuffix",
    )
)


class TemplateError(ValueError):
    """AWS would refuse the template; the text is the ValidationError's message."""


def check(template: Template, provided: Iterable[str] | None) -> None:
    """Refuse what no stack may be made of.

    `provided`: the names of the parameters given with the request; None when none are expected yet,
    as in ValidateTemplate. Raises TemplateError.
    """
    _check_sections(template)
    _check_types(template)
    _check_attributes(template)
    _check_references(template)
    _check_properties(template)
    if provided is not None:
        _check_parameters(template, set(provided))


def _check_sections(template: Template) -> None:
    unknown = sorted(set(template) - _SECTIONS)
    if unknown:
        raise TemplateError(f"Invalid template property or properties [{', '.join(unknown)}]")
    resources = template.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise TemplateError("Template format error: At least one Resources member must be defined.")
    for logical_id, resource in resources.items():
        if not re.fullmatch(r"[A-Za-z0-9]+", logical_id):
            raise TemplateError(
                f"Template format error: Resource name {logical_id} is non alphanumeric."
            )
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise TemplateError(
                f"Template format error: [/Resources/{logical_id}] Every Resources object must "
                "contain a Type member."
            )
    for function in _RULE_LOOK_UPS:
        if any(True for _ in _uses(template.get("Rules"), function)):
            raise TemplateError(f"{function} in Rules is not implemented by this sandbox")


def _check_types(template: Template) -> None:
    used = {resource["Type"] for resource in template["Resources"].values()}
    missing = sorted(used - resource_types().keys())
    unknown = [name for name in missing if schema_of(name) is None]
    if unknown:
        raise TemplateError(
            f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]"
        )
    if missing:
        raise TemplateError(
            "Template format error: Resource types not implemented by this sandbox: "
            f"[{', '.join(missing)}]"
        )


def _check_attributes(template: Template) -> None:
    """What stands beside a resource's properties."""
    for logical_id, resource in template["Resources"].items():
        unknown = sorted(resource.keys() - _RESOURCE_KEYS)
        if unknown:
            raise TemplateError(
                f"Invalid template resource property '{unknown[0]}' in resource {logical_id}"
            )
        for name in _NOT_CARRIED_OUT:
            if name in resource:
                raise TemplateError(
                    f"{name} of resource {logical_id} is not implemented by this sandbox"
                )
        for name in ("DeletionPolicy", "UpdateReplacePolicy"):
            policy = resource.get(name)
            if isinstance(policy, str) and policy not in _POLICIES:
                raise TemplateError(
                    f"Template format error: Unresolved {name} {policy} in resource {logical_id}"
                )
            if policy == "Snapshot" and resource["Type"] not in _SNAPSHOT_TYPES:
                raise TemplateError(
                    f"Template error: resource type {resource['Type']} does not support "
                    f"{name} Snapshot"
                )


def _check_references(template: Template) -> None:
    resources, parameters = template["Resources"], template.get("Parameters") or {}
    known = resources.keys() | parameters.keys() | _PSEUDO_PARAMETERS
    conditions = (template.get("Conditions") or {}).keys()
    for section in ("Resources", "Outputs"):
        block = f"the {section} block of the template"
        node = {
            name: {k: v for k, v in member.items() if k != "Metadata"}
            for name, member in (template.get(section) or {}).items()
            if isinstance(member, dict)
        }
        unresolved = sorted(set(_references(node)) - known)
        if unresolved:
            raise TemplateError(
                f"Template format error: Unresolved resource dependencies "
                f"[{', '.join(unresolved)}] in {block}"
            )
        for target in sorted(set(_attribute_targets(node)) - resources.keys()):
            raise TemplateError(
                "Template error: instance of Fn::GetAtt references undefined resource " + target
            )
        for name in sorted(set(_conditions_named(node)) - conditions):
            raise TemplateError(f"Template format error: Unresolved condition {name} in {block}")
    for logical_id, resource in resources.items():
        needed = resource.get("DependsOn", [])
        for other in [needed] if isinstance(needed, str) else needed:
            if other not in resources:
                raise TemplateError(
                    f"Template format error: Unresolved resource dependencies [{other}] in the "
                    f"Resources block of the template (DependsOn of {logical_id})"
                )


def _check_properties(template: Template) -> None:
    for logical_id, resource in template["Resources"].items():
        kind = resource_types()[resource["Type"]]
        properties = resource.get("Properties") or {}
        problems = list(kind.schema.problems(properties))
        if problems:
            raise TemplateError(
                f"Properties validation failed for resource {logical_id} with message: "
                + "; ".join(problems)
            )
        absent = sorted(properties.keys() - set(kind.implemented.split()))
        if absent:
            raise TemplateError(
                f"Resource {logical_id}: {kind.type_name} property {', '.join(absent)} is not "
                "implemented by this sandbox"
            )


def _check_parameters(template: Template, provided: set[str]) -> None:
    declared = template.get("Parameters") or {}
    unknown = sorted(provided - declared.keys())
    if unknown:
        raise TemplateError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = sorted(
        name
        for name, parameter in declared.items()
        if "Default" not in parameter and name not in provided
    )
    if missing:
        raise TemplateError(f"Parameters: [{', '.join(missing)}] must have values")


# -- walking a template -----------------------------------------------------------------------


def _uses(node: Any, function: str) -> Iterator[Any]:
    """Every argument of an intrinsic function in a part of a template."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == function:
                yield value
            yield from _uses(value, function)
    elif isinstance(node, list):
        for item in node:
            yield from _uses(item, function)


def _references(node: Any) -> Iterator[str]:
    """Names used by Ref, and by Fn::Sub without a dot."""
    yield from (name for name in _uses(node, "Ref") if isinstance(name, str))
    yield from (name for name in _substituted(node) if "." not in name)


def _attribute_targets(node: Any) -> Iterator[str]:
    """Logical ids used by Fn::GetAtt, and by Fn::Sub with a dot."""
    for argument in _uses(node, "Fn::GetAtt"):
        first = argument.split(".")[0] if isinstance(argument, str) else argument[0]
        if isinstance(first, str):
            yield first
    yield from (name.split(".")[0] for name in _substituted(node) if "." in name)


def _substituted(node: Any) -> Iterator[str]:
    for argument in _uses(node, "Fn::Sub"):
        text, given = (argument, {}) if isinstance(argument, str) else [*argument, {}][:2]
        for name in re.findall(r"\$\{([^!}][^}]*)\}", str(text)):
            if name.strip() not in given:
                yield name.strip()


def _conditions_named(node: Any) -> Iterator[str]:
    for argument in _uses(node, "Fn::If"):
        if isinstance(argument, list) and argument and isinstance(argument[0], str):
            yield argument[0]
    for member in node.values():
        if isinstance(member.get("Condition"), str):
            yield member["Condition"]
