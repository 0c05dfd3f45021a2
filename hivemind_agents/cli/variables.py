"""An application's environment from the command line: what is plain, and what is secret.

Plain is only what stands in clear on the command line, `--env NAME=VALUE`. What comes from this
process's environment, a file, a prompt or standard input is stored as a secret, and only a
reference to it goes on.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hivemind_agents.errors import UserError

NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_REFERENCE = re.compile(r"^(ssm:/|file:/|arn:aws[a-z-]*:secretsmanager:)")
_SECRET_LOOK = re.compile(r"(SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIAL)", re.I)
_LINE = re.compile(r"^\s*(?:export\s+)?(?P<name>[^=\s#]+)\s*=\s*(?P<value>.*?)\s*$")


@dataclass(frozen=True, kw_only=True)
class Variables:
    """`secret`: values by name, never to be printed; `asked`: names whose values are to come."""

    plain: dict[str, str] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    secret: dict[str, str] = field(default_factory=dict, repr=False)
    asked: tuple[str, ...] = ()
    # Names that were given in clear although they look like secrets.
    exposed: tuple[str, ...] = ()

    def all_references(self, deployment: str, kind: str = "env") -> dict[str, str]:
        """Name to reference, for those given and those that will be stored."""
        stored = {name: f"ssm:/hivemind/{deployment}/{kind}/{name}" for name in self.stored_names}
        return stored | self.references

    @property
    def stored_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.secret, *self.asked)))


def collect(
    env: Sequence[str],
    env_file: Path | None,
    secrets: Sequence[str],
    environment: Mapping[str, str],
) -> Variables:
    """Sort what was given. Raises UserError naming the variable, never a value."""
    plain: dict[str, str] = {}
    hidden: dict[str, str] = dict(read_env_file(env_file)) if env_file else {}
    references: dict[str, str] = {}
    asked: list[str] = []
    exposed: list[str] = []
    for given in env:
        name, equals, value = given.partition("=")
        _check_name(name, "--env")
        if equals and _SECRET_LOOK.search(name):
            exposed.append(name)
            hidden[name] = value
        elif equals:
            plain[name] = value
        elif name in environment:
            hidden[name] = environment[name]
        else:
            raise UserError(
                f"--env {name}: there is no {name} in this environment to take the value from",
                mend=f"export {name}=…, or: --env {name}=VALUE, or: --secret {name} (asks for it)",
            )
    for given in secrets:
        name, equals, value = given.partition("=")
        _check_name(name, "--secret")
        if not equals:
            asked.append(name)
        elif _REFERENCE.match(value):
            references[name] = value
        else:
            raise UserError(
                f"--secret {name}=…: a secret's value does not belong on a command line, where "
                "every user of this machine can read it",
                mend=f"--secret {name} asks for it, or reads a line of standard input",
            )
    for name in (*hidden, *references, *asked):
        plain.pop(name, None)
    hidden = {n: v for n, v in hidden.items() if n not in references and n not in asked}
    return Variables(
        plain=plain,
        references=references,
        secret=hidden,
        asked=tuple(dict.fromkeys(asked)),
        exposed=tuple(exposed),
    )


def collect_for_build(names: Sequence[str], environment: Mapping[str, str]) -> Variables:
    """Secrets of a build: `NAME=REFERENCE`, or names of this environment, else to be asked for."""
    here = [name for name in names if "=" not in name and name in environment]
    return collect(here, None, [name for name in names if name not in here], environment)


def read_env_file(path: Path) -> dict[str, str]:
    """NAME=VALUE lines, with comments, `export` and quotes as shells and Docker know them."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UserError(
            f"--env-file {path}: {reason}", mend="give a file of NAME=VALUE lines"
        ) from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.match(line)
        if match is None or not NAME.match(match["name"]):
            # The line may hold a secret: it is not repeated.
            raise UserError(
                f"--env-file {path}, line {number}: this is not NAME=VALUE",
                mend="write NAME=VALUE, or # before a comment",
            )
        found[match["name"]] = _unquoted(match["value"])
    return found


def ask(names: Sequence[str], *, terminal: bool, lines: Sequence[str]) -> dict[str, str]:
    """Values for secrets: asked one by one on a terminal, else a line each of `lines`."""
    if terminal:
        from getpass import getpass

        return {name: getpass(f"Value of {name} (not shown): ") for name in names}
    if len(lines) < len(names):
        raise UserError(
            f"standard input has {len(lines)} lines, and {len(names)} secrets are to be read "
            f"({', '.join(names)})",
            mend=f"printf '%s\\n' … | hivemind deploy … --secret {names[len(lines)]}",
        )
    return dict(zip(names, lines, strict=False))


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        inner = value[1:-1]
        return inner.replace("\\n", "\n").replace('\\"', '"') if value[0] == '"' else inner
    return re.sub(r"\s+#.*$", "", value)


def _check_name(name: str, option: str) -> None:
    if not NAME.match(name):
        raise UserError(
            f"{option}: {name!r} is not the name of an environment variable",
            mend=f"{option} NAME: letters, digits and underscores, no digit first",
        )
