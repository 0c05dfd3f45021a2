"""hivemind.yml: the user's word, which wins over everything detected."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from hivemind_agents.domain.base import Frozen
from hivemind_agents.domain.folders import may_be_kept
from hivemind_agents.domain.schedule import Schedule
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.readers.structured import parse_yaml
from hivemind_agents.repository.report import Kind, Need
from hivemind_agents.repository.tree import FileTree

NAMES = ("hivemind.yml", "hivemind.yaml")
SCHEMA_COMMENT = "# yaml-language-server: $schema=hivemind.schema.json"
Language = Literal[
    "python",
    "node",
    "deno",
    "go",
    "java",
    "kotlin",
    "scala",
    "clojure",
    "ruby",
    "php",
    "rust",
    "dotnet",
    "elixir",
    "gleam",
    "crystal",
    "dart",
    "haskell",
    "swift",
    "zig",
    "cpp",
    "static",
    "shell",
]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _text(value: object) -> object:
    """A version is written without quotes as often as not: 3.12 means "3.12"."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_text)]


class VariableWord(Frozen):
    """What the user says of one environment variable."""

    required: bool | None = Field(None, description="The application stops without it.")
    secret: bool | None = Field(None, description="Its value is kept in the secret store.")
    default: Text | None = Field(None, description="The value where none is given.")


class ScheduleWord(Frozen):
    """What the user says of a command that runs by the clock."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str = Field(description="What runs, on one host.")
    cron: str = Field(description='Five fields in UTC, such as "*/10 * * * *", or @daily.')


class UserWord(Frozen):
    """The keys of hivemind.yml. What is left out is detected."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="hivemind.yml")

    path: str | None = Field(None, description="The folder of a monorepo that is deployed.")
    language: Language | None = Field(None, description="What the application is written in.")
    runtime: str | None = Field(None, description="What runs it, where that is not the language.")
    runtime_version: Text | None = Field(None, description='The version, such as "3.12" or ">=20".')
    framework: str | None = Field(None, description="The framework's own name in lower case.")
    package_manager: str | None = Field(None, description="The package manager that installs.")
    kind: Kind | None = Field(None, description="What the application is.")
    build: Annotated[tuple[str, ...], BeforeValidator(_listed)] | None = Field(
        None, description="The build's commands in order: one, or a list."
    )
    start: str | None = Field(None, description="The command that starts it; the port is $PORT.")
    processes: dict[str, str] | None = Field(
        None, description="Further processes by name: worker, cron, release (runs before traffic)."
    )
    schedules: dict[str, ScheduleWord] | None = Field(
        None, description="Commands that run by the clock, by name."
    )
    port: int | None = Field(None, ge=1, le=65535, description="The port that it listens on.")
    needs: tuple[Need, ...] | None = Field(None, description="What it cannot run without.")
    optional_needs: tuple[Need, ...] | None = Field(None, description="What it can use.")
    env: dict[str, VariableWord | Text | None] | None = Field(
        None, description="Environment variables: a default, or required, secret and default."
    )
    health_path: str | None = Field(None, description="Answers 2xx without login.")
    document_root: str | None = Field(None, description="The folder that is served.")
    single_page: bool | None = Field(None, description="Unknown paths get the front page.")

    persistent: tuple[str, ...] | None = Field(
        None, description="Folders that the application writes to and that outlive a release."
    )

    @field_validator("health_path")
    @classmethod
    def _from_the_root(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("/"):
            raise ValueError("begins with a slash, such as /health")
        return value

    @field_validator("path", "document_root")
    @classmethod
    def _inside(cls, value: str | None) -> str | None:
        if value is not None and (value.startswith("/") or ".." in value.split("/")):
            raise ValueError(
                "is a folder inside the repository, without .. and without a leading slash"
            )
        return value

    @field_validator("persistent")
    @classmethod
    def _folders(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for folder in value or ():
            parts = folder.removeprefix("./").rstrip("/").split("/")
            if folder.startswith("/"):
                if not may_be_kept(folder.rstrip("/")):
                    raise ValueError(f"{folder} is the host's own; name another, such as /data")
            elif not all(parts) or {"..", "."} & set(parts):
                raise ValueError("names folders of the repository, such as uploads, or /data")
        return value and tuple(folder.removeprefix("./").rstrip("/") for folder in value)

    @field_validator("schedules")
    @classmethod
    def _clock(cls, value: dict[str, ScheduleWord] | None) -> dict[str, ScheduleWord] | None:
        for name, word in (value or {}).items():
            Schedule(name=name, command=word.command, cron=word.cron)
        return value

    @field_validator("env")
    @classmethod
    def _names(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        for name in value or {}:
            if not name.replace("_", "a").isalnum() or name[0].isdigit():
                raise ValueError(f"{name!r} cannot be the name of a variable")
        return value


def read_word(tree: FileTree) -> tuple[UserWord, str | None]:
    """The user's word and its file. Raises `RepositoryError` with line and key of what is wrong."""
    path = tree.has(*NAMES)
    if path is None:
        return UserWord(), None
    text = tree.text(path)
    if text is None:
        raise RepositoryError(
            f"{path} cannot be read as text", mend="save it as UTF-8, or remove it"
        )
    return parse_word(text, path), path


def parse_word(text: str, path: str = "hivemind.yml") -> UserWord:
    """Parse and validate the text of a hivemind.yml."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "it is no YAML"
        raise RepositoryError(
            f"{path}:{line}: {problem}", mend="mend the line; docs/hivemind-yml.md has examples"
        ) from error
    if node is None:
        return UserWord()
    content = parse_yaml(text)
    if not isinstance(content, dict):
        raise RepositoryError(
            f"{path}:1: the file is to hold keys and values, such as `start: gunicorn app:app`",
            mend="docs/hivemind-yml.md has examples",
        )
    try:
        return UserWord.model_validate(content)
    except ValidationError as error:
        raise _refusal(error, node, path) from error


def from_mapping(values: Mapping[str, object], source: str = "overrides") -> UserWord:
    """The user's word by flags."""
    try:
        return UserWord.model_validate(dict(values))
    except ValidationError as error:
        raise _refusal(error, None, source) from error


def _refusal(error: ValidationError, node: yaml.Node | None, path: str) -> RepositoryError:
    seen: dict[str, str] = {}
    for problem in error.errors():
        keys = [str(part) for part in problem["loc"] if not _branch(part)]
        line = _line(node, keys)
        key = ".".join(keys) or "the file"
        place = f"{path}:{line}" if line else path
        seen.setdefault(key, f"{place}: {key}: {_reason(problem, keys)}")
    known = ", ".join(UserWord.model_fields)
    return RepositoryError(
        "\n".join(seen.values()), mend=f"the keys are {known}; see docs/hivemind-yml.md"
    )


def _branch(part: object) -> bool:
    """Whether a location's part names a branch of a union instead of a key."""
    return isinstance(part, str) and (part in {"VariableWord"} or part.startswith("function-"))


def _reason(problem: Mapping[str, Any], keys: list[str]) -> str:
    if problem["type"] == "extra_forbidden":
        return "there is no such key" + _near(keys[-1] if keys else "")
    given = problem.get("input")
    shown = f" (here: {given!r})" if isinstance(given, (str, int, float)) else ""
    return str(problem["msg"]).removeprefix("Value error, ") + shown


def _near(word: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only when something is wrong

    close = get_close_matches(word, list(UserWord.model_fields), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _line(node: yaml.Node | None, keys: list[str]) -> int | None:
    if node is None:
        return None
    line = node.start_mark.line + 1
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                if str(getattr(name, "value", "")) == key:
                    line, node = name.start_mark.line + 1, value
                    break
            else:
                return line
        elif isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
            node = node.value[int(key)]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def schema() -> dict[str, Any]:
    """The JSON schema of hivemind.yml, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **UserWord.model_json_schema(),
    }


def schema_text() -> str:
    """The published form of the schema."""
    return json.dumps(schema(), indent=2) + "\n"
