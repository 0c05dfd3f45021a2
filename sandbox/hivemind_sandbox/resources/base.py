"""What a resource type is: a few calls of the services' public API.

A type says how to `create`, `configure` (go from one set of properties to another), `delete` and,
where it has one, `snapshot`. Everything else is done here once, for all types: properties get their
schema's types, a failed creation is undone, a failed update is sent back, errors keep the service's
own words, and what is already gone counts as deleted.
"""

import logging
import secrets
import string
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from botocore.exceptions import ClientError

from hivemind_sandbox.schemas import Schema, schema_of

logger = logging.getLogger(__name__)

T = TypeVar("T")

Properties = dict[str, Any]
"""A JSON object of a template, intrinsics resolved."""

_SUFFIX_LETTERS = string.ascii_uppercase + string.digits
_GONE = ("NotFound", "NoSuch", "NotExist", "ResourceNotFound", "DBInstanceNotFoundFault")


class ResourceError(Exception):
    """A resource could not be made, changed or deleted; the text is the event's reason."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which stack a resource stands."""

    stack_name: str
    logical_id: str

    def name(self, declared: str | None = None, *, limit: int = 128, lower: bool = False) -> str:
        """The declared name, or `<stack>-<logical id>-<suffix>` of at most `limit` characters."""
        if declared:
            return declared
        suffix = "".join(secrets.choice(_SUFFIX_LETTERS) for _ in range(12))
        made = f"{self.stack_name}-{self.logical_id}"[: limit - 13].rstrip("-") + f"-{suffix}"
        return made.lower() if lower else made


class Resource:
    """One CloudFormation resource type."""

    type_name: ClassVar[str]
    implemented: ClassVar[str]
    """The properties that this sandbox carries out, separated by blanks; others are refused."""
    replaced_by: ClassVar[str] = ""
    """Properties that replace although the schema calls their change conditional."""
    kept_by: ClassVar[str] = ""
    """Properties that the schema calls create-only but that the documentation updates in place."""
    named_by: ClassVar[str] = ""
    """The property that gives a custom name: a named resource cannot be replaced."""
    takes_system_tags: ClassVar[bool] = True
    """False where the service refuses `aws:` tags although CloudFormation sets them."""

    def create(self, place: Place, props: Properties) -> str:
        """Make the resource and return its physical id; one call, so that it made it or not."""
        raise NotImplementedError

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        """Bring a resource from `old` to `new`, in place."""

    def settle(self, physical_id: str, props: Properties) -> None:
        """What is left to do after `create`; by default all that `configure` does."""
        name = self.schema.tag_property
        created_with = {name: props[name]} if name and name in props else {}
        self.configure(physical_id, created_with, props)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        """What Fn::GetAtt answers."""
        return {}

    def delete(self, physical_id: str, props: Properties) -> None:
        raise NotImplementedError

    def snapshot(self, physical_id: str, props: Properties) -> None:
        """Keep the data before a deletion, for DeletionPolicy and UpdateReplacePolicy Snapshot."""
        raise ResourceError(f"{self.type_name} {physical_id} does not support snapshots")

    @property
    def service(self) -> str:
        return self.type_name.split("::")[1]

    @property
    def schema(self) -> Schema:
        schema = schema_of(self.type_name)
        if schema is None:
            raise ResourceError(f"Unrecognized resource type {self.type_name}")
        return schema

    @property
    def replacing(self) -> tuple[str, ...]:
        names = self.schema.create_only | set(self.replaced_by.split())
        return tuple(sorted(names - set(self.kept_by.split())))

    @property
    def conditionally_replacing(self) -> tuple[str, ...]:
        names = self.schema.conditionally_create_only
        return tuple(sorted(names - set(self.replacing) - set(self.kept_by.split())))

    # -- what the stack engine calls ----------------------------------------------------------

    def prepared(self, props: Properties) -> Properties:
        """Properties in the schema's types, without tags that the service would refuse."""
        prepared = self.schema.coerced(props)
        name = self.schema.tag_property
        if name and not (self.schema.system_tags and self.takes_system_tags):
            prepared = without_system_tags(prepared, name)
        return prepared

    def make(
        self, place: Place, props: Properties, created: Callable[[str], None]
    ) -> tuple[str, dict[str, Any]]:
        """Create and configure; undone when a later step fails.

        `created` is called with the physical id as soon as there is something to lose.
        """
        props = self.prepared(props)
        physical_id = _in_words(lambda: self.create(place, props), self.service)
        created(physical_id)
        try:
            _in_words(lambda: self.settle(physical_id, props), self.service)
            return physical_id, _in_words(lambda: self.attributes(physical_id, props), self.service)
        except ResourceError:
            self._undo(lambda: self.delete(physical_id, props), physical_id)
            raise

    def change(
        self, physical_id: str, old: Properties, new: Properties
    ) -> tuple[str, dict[str, Any]]:
        """Update in place; sent back to `old` when a step fails."""
        old, new = self.prepared(old), self.prepared(new)
        try:
            _in_words(lambda: self.configure(physical_id, old, new), self.service)
            return physical_id, _in_words(lambda: self.attributes(physical_id, new), self.service)
        except ResourceError:
            self._undo(lambda: self.configure(physical_id, new, old), physical_id)
            raise

    def remove(self, physical_id: str, props: Properties) -> None:
        """Delete; what is gone already is no failure."""
        try:
            self.delete(physical_id, self.prepared(props))
        except ClientError as error:
            if not is_gone(error):
                raise ResourceError(reason(error, self.service)) from error

    def keep(self, physical_id: str, props: Properties) -> None:
        _in_words(lambda: self.snapshot(physical_id, self.prepared(props)), self.service)

    def _undo(self, step: Callable[[], None], physical_id: str) -> None:
        try:
            step()
        except Exception:
            logger.exception("could not undo a failed change of %s", physical_id)


def _in_words(step: Callable[[], T], service: str) -> T:
    """Run `step`; a service's refusal becomes the reason that a stack event carries."""
    try:
        return step()
    except ClientError as error:
        raise ResourceError(reason(error, service)) from error


def is_gone(error: ClientError) -> bool:
    code = str(error.response.get("Error", {}).get("Code", ""))
    return any(part in code for part in _GONE)


def reason(error: ClientError, service: str) -> str:
    """A service's refusal as CloudFormation words it in a stack event."""
    details = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata", {})
    code, message = str(details.get("Code", "")), str(details.get("Message", error))
    return (
        f'Resource handler returned message: "{message} (Service: {service}, '
        f"Status Code: {metadata.get('HTTPStatusCode', 400)}, Error Code: {code}, "
        f'Request ID: {metadata.get("RequestId", "")})" '
        f"(RequestToken: {uuid.uuid4()}, HandlerErrorCode: {_handler_error_code(code)})"
    )


def _handler_error_code(code: str) -> str:
    for parts, handler_code in (
        (("AlreadyExist", "Duplicate", "AlreadyOwned"), "AlreadyExists"),
        (_GONE, "NotFound"),
        (("AccessDenied", "Unauthorized", "AuthFailure"), "AccessDenied"),
        (("LimitExceeded", "QuotaExceeded"), "ServiceLimitExceeded"),
        (("Throttl",), "Throttling"),
    ):
        if any(part in code for part in parts):
            return handler_code
    return "InvalidRequest"


# -- what several types need ------------------------------------------------------------------


def changed(old: Properties, new: Properties, *names: str) -> bool:
    return any(old.get(name) != new.get(name) for name in names)


def pick(props: Properties, names: str) -> Properties:
    """The named properties that are present, for calls that use CloudFormation's own names."""
    return {name: props[name] for name in names.split() if name in props}


def tag_changes(old: Properties, new: Properties) -> tuple[dict[str, str], list[str]]:
    """The tags to set and the keys to remove, from two sets of properties."""
    before, after = tags_of(old), tags_of(new)
    setting = {key: value for key, value in after.items() if before.get(key) != value}
    return setting, sorted(before.keys() - after.keys())


def tags_of(props: Properties) -> dict[str, str]:
    tags = props.get("Tags") or {}
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}
    return {str(tag["Key"]): str(tag["Value"]) for tag in tags}


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def without_system_tags(props: Properties, name: str) -> Properties:
    tags = props.get(name)
    if isinstance(tags, dict):
        return {**props, name: {k: v for k, v in tags.items() if not k.startswith("aws:")}}
    if isinstance(tags, list):
        return {**props, name: [t for t in tags if not str(t.get("Key")).startswith("aws:")]}
    return props


def wait_until(
    poll: Callable[[], str],
    *,
    wanted: Iterable[str],
    failed: Iterable[str] = (),
    what: str,
    why: Callable[[], str] = lambda: "",
    timeout_s: float = 300,
) -> None:
    """Poll a state until it is one of `wanted`.

    Raises ResourceError when it becomes one of `failed`, with the reason that `why` finds, or when
    the time is over.
    """
    wanted, failed = set(wanted), set(failed)
    deadline = time.monotonic() + timeout_s
    pause = 0.02
    while (state := poll()) not in wanted:
        if state in failed:
            raise ResourceError(f"{what} became {state}: {why() or 'no reason was given'}")
        if time.monotonic() > deadline:
            raise ResourceError(f"{what} is still {state} after {timeout_s:.0f} s: {why()}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)
