"""Secret values by reference: `ssm:/path`, `arn:aws:secretsmanager:...[#key]`, `file:/path`."""

import json
from pathlib import Path

import boto3
import botocore.exceptions

from hivemind_agents.errors import UserError
from hivemind_agents.state.aws import error_code, translated

SSM = "ssm:"
FILE = "file:"
SECRETS_MANAGER = "arn:aws"
_ABSENT = frozenset({"ParameterNotFound", "ResourceNotFoundException"})


def is_reference(text: str) -> bool:
    """Whether a text names a secret, rather than being one."""
    return text.startswith((f"{SSM}/", f"{FILE}/")) or (
        text.startswith(SECRETS_MANAGER) and ":secretsmanager:" in text
    )


def parameter_path(deployment: str, *parts: str) -> str:
    """The SSM path of a deployment's secret, e.g. `/hivemind/demo/env/STRIPE_KEY`."""
    return "/".join(["", "hivemind", deployment, *parts])


def put_secret(session: boto3.Session, path: str, value: str) -> str:
    """Store a value as SSM SecureString and return its reference.

    A value that is there already is not written again (each write makes a version).
    """
    reference = f"{SSM}{path}"
    with translated(f"store the secret {path}"):
        ssm = session.client("ssm")
        try:
            there = ssm.get_parameter(Name=path, WithDecryption=True)["Parameter"].get("Value")
        except botocore.exceptions.ClientError as error:
            if error_code(error) not in _ABSENT:
                raise
            there = None
        if there != value:
            ssm.put_parameter(
                Name=path,
                Value=value,
                Type="SecureString",
                Overwrite=True,
                Tier="Advanced" if len(value.encode()) > 4096 else "Standard",
            )
    return reference


def resolve(session: boto3.Session, reference: str) -> str:
    """The value behind a reference.

    Raises UserError when the reference's form is unknown, or nothing is there.
    """
    if reference.startswith(SSM):
        return _from_ssm(session, reference.removeprefix(SSM))
    if reference.startswith(FILE):
        return _from_file(Path(reference.removeprefix(FILE)))
    if reference.startswith(SECRETS_MANAGER) and ":secretsmanager:" in reference:
        arn, _, key = reference.partition("#")
        return _from_secrets_manager(session, arn, key or None)
    # The text may be the secret itself: it is not repeated.
    raise UserError(
        "this is not a reference to a secret",
        mend="write ssm:/path, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME#KEY or file:/path",
    )


def delete_secrets(session: boto3.Session, path: str) -> list[str]:
    """Remove every SSM parameter below `path`; return their names."""
    with translated(f"delete the secrets below {path}"):
        ssm = session.client("ssm")
        pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
        names = [parameter["Name"] for page in pages for parameter in page["Parameters"]]
        for start in range(0, len(names), 10):
            ssm.delete_parameters(Names=names[start : start + 10])
    return names


def _from_ssm(session: boto3.Session, path: str) -> str:
    with translated(f"read the secret {path}"):
        try:
            answer = session.client("ssm").get_parameter(Name=path, WithDecryption=True)
        except botocore.exceptions.ClientError as error:
            raise _missing(f"{SSM}{path}", error) from error
    return answer["Parameter"]["Value"]


def _from_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"cannot read the secret {FILE}{path}: {error}", mend=f"ls -l {path}"
        ) from error


def _from_secrets_manager(session: boto3.Session, arn: str, key: str | None) -> str:
    with translated(f"read the secret {arn}"):
        try:
            answer = session.client("secretsmanager").get_secret_value(SecretId=arn)
        except botocore.exceptions.ClientError as error:
            raise _missing(arn, error) from error
    text = answer["SecretString"]
    if key is None:
        return text
    try:
        return str(json.loads(text)[key])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"the secret {arn} has no key {key!r}") from error


def _missing(reference: str, error: botocore.exceptions.ClientError) -> Exception:
    """A UserError when nothing is there; any other error as it was."""
    if error_code(error) not in _ABSENT:
        return error
    return UserError(
        f"there is no secret {reference} in this account and region",
        mend="hivemind deploy … --secret NAME (asks for the value and stores it)",
    )
