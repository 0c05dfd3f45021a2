"""Targets: where a command works, chosen by name like a kubectl context.

A target is one file, `<config>/targets/NAME.toml`; the current one's name is in
`<config>/current-target`. Only its environment is handed on: nothing else may ask which target it
is. Standard library only, so that every command can afford to read it.
"""

import os
import re
import shlex
import tomllib
from collections.abc import Mapping, MutableMapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass, fields
from pathlib import Path

from hivemind_agents.errors import AccessError, UserError
from hivemind_agents.locations import config_dir

NAME_PATTERN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")
REGION_PATTERN = re.compile(r"^[a-z]{2}(-[a-z]+)+-\d$")

# Name of the target that is made of the caller's own AWS_* variables, as in CI.
FROM_ENVIRONMENT = "environment"

# A key in the environment would win over the target's profile or credentials file.
_KEYS_OF_OTHERS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One place to deploy to: an account and region of AWS, or anything that speaks its API."""

    name: str
    region: str
    profile: str | None = None
    endpoint_url: str | None = None
    credentials_file: str | None = None
    config_file: str | None = None
    admin_cidr: str | None = None
    host_s3_endpoint_url: str | None = None
    console_url: str | None = None

    def environment(self) -> dict[str, str]:
        """What every process that talks to this target gets."""
        values = {
            "HIVEMIND_TARGET": self.name,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_PROFILE": self.profile,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_SHARED_CREDENTIALS_FILE": self.credentials_file,
            "AWS_CONFIG_FILE": self.config_file,
            "HIVEMIND_ADMIN_CIDR": self.admin_cidr,
            "HIVEMIND_HOST_S3_ENDPOINT_URL": self.host_s3_endpoint_url,
            "HIVEMIND_CONSOLE_URL": self.console_url,
        }
        return {name: value for name, value in values.items() if value}

    def unset(self) -> tuple[str, ...]:
        """Variables that must be absent, or they would lead elsewhere."""
        if self.name == FROM_ENVIRONMENT:
            return ()
        given = self.environment()
        others = (
            "AWS_PROFILE",
            "AWS_ENDPOINT_URL",
            "HIVEMIND_ADMIN_CIDR",
            "HIVEMIND_HOST_S3_ENDPOINT_URL",
            "HIVEMIND_CONSOLE_URL",
        )
        keys = _KEYS_OF_OTHERS if self.profile or self.credentials_file else ()
        return tuple(name for name in (*others, *keys) if name not in given)

    def activate(self, environment: MutableMapping[str, str] | None = None) -> None:
        """Put the target into this process's environment, for itself and its children."""
        into = os.environ if environment is None else environment
        for name in self.unset():
            into.pop(name, None)
        into.update(self.environment())

    def export_lines(self) -> list[str]:
        """Shell lines that do the same for the plain door: `eval "$(hivemind target env)"`."""
        gone = [f"unset {' '.join(self.unset())}"] if self.unset() else []
        return gone + [f"export {k}={shlex.quote(v)}" for k, v in self.environment().items()]

    def at_region(self, region: str | None) -> "Target":
        """The same target in another region."""
        if region is None or region == self.region:
            return self
        return _make(self.name, {**_settings(self), "region": region}, "--region")


def targets_dir() -> Path:
    return config_dir() / "targets"


def current_name() -> str | None:
    """Name of the target that was chosen with `hivemind target use`."""
    try:
        return (config_dir() / "current-target").read_text().strip() or None
    except FileNotFoundError:
        return None


def names() -> list[str]:
    """All targets that have a file, in order."""
    return sorted(path.stem for path in targets_dir().glob("*.toml"))


def load(name: str) -> Target:
    """Read one target's file.

    Raises AccessError when there is none of that name, UserError when the file cannot be used.
    """
    path = _file(name)
    try:
        settings = tomllib.loads(path.read_text())
    except FileNotFoundError:
        known = ", ".join(names()) or "none yet"
        raise AccessError(
            f"there is no target {name!r} (known: {known})",
            mend=f"hivemind target add {name} --region REGION --profile PROFILE",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(
            f"the target file {path} is not valid TOML: {error}",
            mend=f"mend it, or: hivemind target remove {name}",
        ) from None
    return _make(name, settings, str(path))


def choose(name: str | None = None, *, environment: Mapping[str, str] | None = None) -> Target:
    """Find the target of a command.

    First that is given of: `name` (`--target`), HIVEMIND_TARGET, the chosen target, the caller's
    own AWS_* variables. Raises AccessError when there is none.
    """
    variables = os.environ if environment is None else environment
    wanted = name or variables.get("HIVEMIND_TARGET")
    if wanted and wanted != FROM_ENVIRONMENT:
        return load(wanted)
    if not wanted and (current := current_name()):
        return load(current)
    if made := _of_environment(variables):
        return made
    raise AccessError(
        "no target is chosen, so there is nowhere to work",
        mend="hivemind sandbox up (a local AWS, free), or: hivemind target use AWS_PROFILE",
    )


def use(name: str) -> Target:
    """Make a target the current one; the name of an AWS profile makes a target of it first."""
    if not _file(name).exists() and (region := _profile_region(name)) is not None:
        save(_make(name, {"region": region, "profile": name}, f"profile {name}"))
    target = load(name)
    config_dir().mkdir(parents=True, exist_ok=True)
    (config_dir() / "current-target").write_text(f"{name}\n")
    return target


def save(target: Target) -> Path:
    """Write the target's file and return where it is."""
    path = _file(target.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{key} = {_quoted(value)}" for key, value in _settings(target).items()]
    path.write_text("\n".join(lines) + "\n")
    return path


def remove(name: str) -> None:
    """Forget a target. Nothing on it is touched."""
    load(name)
    _file(name).unlink()
    if current_name() == name:
        (config_dir() / "current-target").unlink()


def make(name: str, **settings: str | None) -> Target:
    """A target of checked settings; UserError says which one is wrong."""
    return _make(name, {k: v for k, v in settings.items() if v}, "the given settings")


def _file(name: str) -> Path:
    if not NAME_PATTERN.match(name) or name == FROM_ENVIRONMENT:
        raise UserError(
            f"{name!r} cannot be a target's name: letters, digits, '.', '_' and '-' only",
            mend="hivemind target list",
        )
    return targets_dir() / f"{name}.toml"


def _make(name: str, settings: Mapping[str, object], source: str) -> Target:
    known = {field.name for field in fields(Target)} - {"name"}
    if unknown := sorted(set(settings) - known):
        raise UserError(
            f"{source}: unknown setting {unknown[0]!r} (known: {', '.join(sorted(known))})",
            mend=f"remove the line, or: hivemind target remove {name}",
        )
    if wrong := sorted(key for key, value in settings.items() if not isinstance(value, str)):
        raise UserError(f"{source}: {wrong[0]!r} is not a string", mend='write it in "quotes"')
    texts = {key: str(value) for key, value in settings.items()}
    region = texts.get("region", "")
    if not REGION_PATTERN.match(region):
        what = f"{region!r} is not the name of a region" if region else "'region' is missing"
        raise UserError(f"{source}: {what}", mend="give one such as eu-west-1 or us-east-1")
    return Target(name=name, **texts)


def _settings(target: Target) -> dict[str, str]:
    pairs = ((field.name, getattr(target, field.name)) for field in fields(Target))
    return {name: value for name, value in pairs if name != "name" and value is not None}


def _quoted(value: str) -> str:
    """A TOML basic string; its escapes are JSON's."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'


def _of_environment(variables: Mapping[str, str]) -> Target | None:
    region = variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION")
    credentials = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")
    if not region or not any(variables.get(name) for name in credentials):
        return None
    found = {
        "region": region,
        "profile": variables.get("AWS_PROFILE"),
        "endpoint_url": variables.get("AWS_ENDPOINT_URL"),
        "credentials_file": variables.get("AWS_SHARED_CREDENTIALS_FILE"),
        "config_file": variables.get("AWS_CONFIG_FILE"),
        "admin_cidr": variables.get("HIVEMIND_ADMIN_CIDR"),
        "host_s3_endpoint_url": variables.get("HIVEMIND_HOST_S3_ENDPOINT_URL"),
        "console_url": variables.get("HIVEMIND_CONSOLE_URL"),
    }
    settings = {key: value for key, value in found.items() if value}
    return _make(FROM_ENVIRONMENT, settings, "the environment")


def _profile_region(profile: str) -> str | None:
    """Region of an AWS profile; None when there is no such profile."""
    config = Path(os.environ.get("AWS_CONFIG_FILE") or Path.home() / ".aws" / "config")
    parser = ConfigParser(interpolation=None)
    try:
        parser.read(config)
    except ConfigError as error:
        raise UserError(
            f"{config} cannot be read: {error}", mend=f"mend {config}, then try again"
        ) from None
    section = "default" if profile == "default" else f"profile {profile}"
    if not parser.has_section(section):
        return None
    return parser.get(section, "region", fallback=None) or _no_region(profile)


def _no_region(profile: str) -> str:
    raise UserError(
        f"the AWS profile {profile!r} names no region",
        mend=f"hivemind target add {profile} --profile {profile} --region REGION",
    )
