"""The verbs: what `playbooks/*.meta.yml` say, read once, for every door.

Arguments are checked here before anything runs: ansible-core neither casts nor refuses misspelt
names by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from hivemind_agents.domain.base import Frozen
from hivemind_agents.errors import HivemindError, PlaybookArgumentError, UserError
from hivemind_agents.locations import ansible_home

Effect = Literal["read", "change", "destroy"]
OptionType = Literal["str", "int", "float", "bool", "list", "dict", "path", "raw"]
_SUFFIX = ".meta.yml"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_PYTHON: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "path": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "list": (list, tuple),
    "dict": (dict,),
}
_JSON = {
    "str": "string",
    "path": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
}


class Option(Frozen):
    """One argument of a verb, in Ansible's argument-spec form."""

    type: OptionType = "str"
    required: bool = False
    default: Any = None
    choices: tuple[Any, ...] | None = None
    description: str | tuple[str, ...] = ""
    elements: OptionType | None = None
    options: dict[str, "Option"] | None = None
    no_log: bool = False

    @property
    def text(self) -> str:
        """The description as one paragraph."""
        if isinstance(self.description, str):
            return " ".join(self.description.split())
        return " ".join(" ".join(part.split()) for part in self.description)


class Output(Frozen):
    """One thing that a verb reports."""

    type: OptionType = "str"
    description: str = ""
    elements: OptionType | None = None


class Verb(Frozen):
    """A playbook as a tool: whose it is, what it does to the world, and its arguments."""

    name: str
    agent: str
    effect: Effect
    summary: str
    timeout_minutes: int = Field(ge=1)
    options: dict[str, Option]
    outputs: dict[str, Output] = {}
    # The verbs that it runs, in order; empty for one that stands for itself.
    stages: tuple[str, ...] = ()
    # Where no builder can run on the controller: a stage, and the one that it follows then.
    without_builder: dict[str, str] = {}
    # A second run reports no change.
    idempotent: bool = True

    @property
    def playbook(self) -> str:
        return f"{self.name}.yml"

    def defaults(self) -> dict[str, Any]:
        """The arguments that have a default."""
        return {
            name: option.default
            for name, option in self.options.items()
            if option.default is not None
        }

    def accepted(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the arguments that the verb knows."""
        return {name: value for name, value in arguments.items() if name in self.options}

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raise PlaybookArgumentError with every problem; values are never in it."""
        problems = dict(_problems(self.options, arguments))
        if problems:
            raise PlaybookArgumentError(self.name, problems)

    def json_schema(self) -> dict[str, Any]:
        """The arguments as JSON schema, for an agent's tool."""
        return _object_schema(self.options)


class Catalog:
    """All verbs, by name."""

    def __init__(self, verbs: Mapping[str, Verb]) -> None:
        self._verbs = dict(sorted(verbs.items()))

    def __iter__(self) -> Iterator[Verb]:
        return iter(self._verbs.values())

    def __contains__(self, name: object) -> bool:
        return name in self._verbs

    def __getitem__(self, name: str) -> Verb:
        try:
            return self._verbs[name]
        except KeyError:
            raise UserError(
                f"there is no verb {name!r}", mend="hivemind playbook list (what there is)"
            ) from None

    def of_agent(self, agent: str) -> list[Verb]:
        """The verbs that are an agent's tools."""
        return [verb for verb in self if verb.agent == agent]

    def stages(self, name: str, *, builds_here: bool = True) -> tuple[str, ...]:
        """The verbs that a verb runs, in order: itself, where it has no stages.

        `builds_here`: whether a builder can run on the controller, or the new host builds.
        """
        verb = self[name]
        order = list(verb.stages or (name,))
        for stage, after in verb.without_builder.items() if not builds_here else ():
            order.remove(stage)
            order.insert(order.index(after) + 1, stage)
        return tuple(order)


def load(folder: Path | None = None) -> Catalog:
    """Read every meta file of the folder of playbooks (ours, when None).

    Raises HivemindError naming the file and the field that is wrong.
    """
    folder = folder or ansible_home() / "playbooks"
    return Catalog({verb.name: verb for verb in map(read, sorted(folder.glob(f"*{_SUFFIX}")))})


def read(path: Path) -> Verb:
    """Read one meta file."""
    name = path.name.removesuffix(_SUFFIX)
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 - safe loader
        specs = document.pop("argument_specs")
        return Verb(name=name, options=specs[name].get("options", {}), **document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise HivemindError(f"{path}: {where}: {first['msg']}") from error
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise HivemindError(f"{path} is no meta file of a verb: {error!r}") from error


def _problems(
    options: Mapping[str, Option], arguments: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, str]]:
    for name in arguments:
        if name not in options:
            yield f"{prefix}{name}", f"is unknown{_suggestion(name, options)}"
    for name, option in options.items():
        value = arguments.get(name)
        if value is None:
            if option.required:
                yield f"{prefix}{name}", "is required"
        else:
            yield from _value_problems(option, value, f"{prefix}{name}")


def _value_problems(option: Option, value: Any, name: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    if not _is(option.type, value):
        yield name, f"must be of type {option.type}"
        return
    chosen: Sequence[Any] = value if option.type == "list" else [value]
    if option.choices is not None and any(one not in option.choices for one in chosen):
        yield name, f"must be one of {', '.join(map(str, option.choices))}"
    if option.type == "list":
        for index, element in enumerate(value):
            if option.elements and not _is(option.elements, element):
                yield f"{name}[{index}]", f"must be of type {option.elements}"
            elif option.options is not None and isinstance(element, Mapping):
                yield from _problems(option.options, element, f"{name}[{index}].")
    elif option.type == "dict":
        if any(not isinstance(key, str) for key in value):
            yield name, "must have names as keys"
        elif option.options is not None:
            yield from _problems(option.options, value, f"{name}.")


def _is(kind: str, value: Any) -> bool:  # noqa: ANN401 - any JSON value
    if kind == "raw":
        return True
    # A bool is an int to Python, but not to a person.
    return isinstance(value, _PYTHON[kind]) and (kind == "bool" or not isinstance(value, bool))


def _suggestion(name: str, options: Mapping[str, Option]) -> str:
    import difflib  # noqa: PLC0415 - only for a mistake

    near = difflib.get_close_matches(name, options, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _object_schema(options: Mapping[str, Option]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: _option_schema(option) for name, option in options.items()},
        "required": [name for name, option in options.items() if option.required],
        "additionalProperties": False,
    }


def _option_schema(option: Option) -> dict[str, Any]:
    if option.type == "dict" and option.options is not None:
        schema = _object_schema(option.options)
    else:
        schema = {"type": _JSON[option.type]} if option.type in _JSON else {}
    if option.type == "list":
        element: dict[str, Any] = {}
        if option.options is not None:
            element = _object_schema(option.options)
        elif option.elements in _JSON:
            element = {"type": _JSON[option.elements]}
        if option.choices is not None:
            element["enum"] = list(option.choices)
        schema["items"] = element
    elif option.choices is not None:
        schema["enum"] = list(option.choices)
    if option.text:
        schema["description"] = option.text
    if option.default is not None:
        schema["default"] = option.default
    return schema
