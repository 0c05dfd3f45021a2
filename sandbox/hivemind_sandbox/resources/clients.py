"""boto3 clients of the services behind the endpoint, for the region and caller of a stack."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a stack works: CloudFormation uses its caller's permissions."""

    access_key: str
    secret_key: str
    region: str
    session_token: str | None = None


@dataclass(slots=True)
class _Backend:
    endpoint_url: str = ""
    caller: Callable[[], Caller] | None = None
    failure_reason: Callable[[str], str] = lambda _: ""


_backend = _Backend()


def configure(endpoint_url: str, caller: Callable[[], Caller]) -> None:
    """Say where the services listen and who calls; once, before any stack works."""
    _backend.endpoint_url = endpoint_url
    _backend.caller = caller


def set_failure_reason(look_up: Callable[[str], str]) -> None:
    """Say how to learn why something that the API describes could not be made real."""
    _backend.failure_reason = look_up


def failure_reason(physical_id: str) -> str:
    """Why the object of this id could not be made real; empty when that is not known."""
    return _backend.failure_reason(physical_id)


def client(service: str) -> Any:
    """A boto3 client of a service, for the stack that is being worked on."""
    if _backend.caller is None:
        raise RuntimeError("the services' address is not known yet: call configure() first")
    return _client(service, _backend.endpoint_url, _backend.caller())


_making = Lock()


def _client(service: str, endpoint_url: str, caller: Caller) -> Any:
    with _making:  # a session cannot make two clients at once
        return _made(service, endpoint_url, caller)


@cache
def _session() -> boto3.session.Session:
    return boto3.session.Session()


@cache
def _made(service: str, endpoint_url: str, caller: Caller) -> Any:
    session: Any = _session()  # its types know no service that is a variable
    made = session.client(
        service,
        endpoint_url=endpoint_url,
        region_name=caller.region,
        aws_access_key_id=caller.access_key,
        aws_secret_access_key=caller.secret_key,
        aws_session_token=caller.session_token,
        config=Config(
            retries={"max_attempts": 0},
            max_pool_connections=16,
            connect_timeout=5,
            read_timeout=60,
            s3={"addressing_style": "path"},
        ),
    )
    made.meta.events.register("provide-client-params", _in_the_types_of_the_call)
    return made


def _in_the_types_of_the_call(
    params: dict[str, Any],
    model: Any,
    **_: Any,
) -> dict[str, Any]:
    """Convert what a template gives as text where the call wants a number or a truth value.

    Some resource schemas call a property a string whose parameter in the API is a number.
    """
    converted: dict[str, Any] = _converted(params, model.input_shape)
    return converted


def _converted(value: Any, shape: Any) -> Any:
    kind = shape.type_name if shape is not None else ""
    if kind == "structure" and isinstance(value, dict):
        return {k: _converted(v, shape.members.get(k)) for k, v in value.items()}
    if kind == "list" and isinstance(value, list):
        return [_converted(item, shape.member) for item in value]
    if isinstance(value, str) and kind in ("integer", "long", "boolean"):
        text = value.lower()
        if kind == "boolean" and text in ("true", "false"):
            return text == "true"
        return int(value) if kind != "boolean" and value.lstrip("-").isdigit() else value
    if kind == "string" and isinstance(value, bool | int | float):
        return str(value).lower()
    return value
