"""The state bucket: objects with conditional writes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import boto3
import botocore.exceptions
from botocore.config import Config

from hivemind_agents.errors import StateBucketMissing, StateError
from hivemind_agents.state.aws import error_code, translated

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

__all__ = ["StateBucket", "StateBucketMissing", "StoredObject", "WriteConflict"]

BOOTSTRAP_STACK = "hivemind-bootstrap"
BUCKET_OUTPUT = "StateBucketName"
_CONFLICTS = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_ABSENT = frozenset({"NoSuchKey", "404"})
# Conditional writes are repeated by their callers, who know what a lost answer means.
_CONFIG = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 4}
)


class WriteConflict(StateError):
    """The object is not what the writer had seen."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key} was changed by somebody else in the meantime", mend="try again")
        self.key = key


@dataclass(frozen=True)
class StoredObject:
    """An object's bytes, its ETag, and the server's time when it was read."""

    body: bytes
    etag: str
    read_at: datetime


class StateBucket:
    """Objects by key; every write that can clash names what it expects to find."""

    def __init__(self, session: boto3.Session, name: str) -> None:
        self.session = session
        self.name = name
        self.s3: S3Client = session.client("s3", config=_CONFIG)

    @classmethod
    def open(cls, session: boto3.Session) -> "StateBucket":
        """The bucket that the bootstrap stack of the session's account and region names.

        Raises StateBucketMissing, AccessError.
        """
        with translated("look for the state bucket"):
            cloudformation = session.client("cloudformation", config=_CONFIG)
            try:
                stacks = cloudformation.describe_stacks(StackName=BOOTSTRAP_STACK)["Stacks"]
            except botocore.exceptions.ClientError as error:
                if error_code(error) == "ValidationError" and "exist" in str(error):
                    raise StateBucketMissing(session.region_name) from error
                raise
        outputs = {
            output.get("OutputKey"): output.get("OutputValue")
            for stack in stacks
            for output in stack.get("Outputs", [])
        }
        name = outputs.get(BUCKET_OUTPUT)
        if not name:
            raise StateBucketMissing(session.region_name)
        return cls(session, name)

    def get(self, key: str) -> StoredObject | None:
        """Read an object; None when there is none."""
        with translated(f"read {key} in {self.name}"):
            try:
                answer = self.s3.get_object(Bucket=self.name, Key=key)
                body = answer["Body"].read()
            except botocore.exceptions.ClientError as error:
                if error_code(error) in _ABSENT:
                    return None
                raise
        return StoredObject(body, answer["ETag"], server_time(answer))

    def server_now(self) -> datetime:
        """The server's clock: the one that all writers share."""
        with translated(f"reach {self.name}"):
            answer = self.s3.head_bucket(Bucket=self.name)
        return server_time(answer)

    def put(
        self, key: str, body: bytes, *, if_match: str | None = None, if_none_match: bool = False
    ) -> str:
        """Write an object and return its ETag.

        `if_match`: only over the object with this ETag. `if_none_match`: only where there is none.
        Raises WriteConflict when that does not hold. An answer lost on the way makes the client
        repeat a write that had succeeded; so the same bytes being there count as ours.
        """
        condition: dict[str, Any] = {}
        if if_match is not None:
            condition["IfMatch"] = if_match
        if if_none_match:
            condition["IfNoneMatch"] = "*"
        with translated(f"write {key} in {self.name}"):
            try:
                answer = self.s3.put_object(
                    Bucket=self.name,
                    Key=key,
                    Body=body,
                    ContentType="application/json",
                    **condition,
                )
            except botocore.exceptions.ClientError as error:
                absent = if_match is not None and error_code(error) in _ABSENT
                if not absent and error_code(error) not in _CONFLICTS:
                    raise
                there = self.get(key)
                if there is None or there.body != body:
                    raise WriteConflict(key) from error
                return there.etag
        return answer["ETag"]

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        """Remove an object; nothing happens when it is gone already.

        Raises WriteConflict when it is not the one with ETag `if_match`.
        """
        condition: dict[str, Any] = {} if if_match is None else {"IfMatch": if_match}
        with translated(f"delete {key} in {self.name}"):
            try:
                self.s3.delete_object(Bucket=self.name, Key=key, **condition)
            except botocore.exceptions.ClientError as error:
                if error_code(error) in _CONFLICTS:
                    raise WriteConflict(key) from error
                if error_code(error) not in _ABSENT:
                    raise

    def list(self, prefix: str) -> list[str]:
        """The keys below `prefix`, sorted."""
        with translated(f"list {prefix} in {self.name}"):
            pages = self.s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.name, Prefix=prefix
            )
            return sorted(item["Key"] for page in pages for item in page.get("Contents", []))


def server_time(answer: Any) -> datetime:  # noqa: ANN401 - any boto3 answer
    """The `Date` header of an answer: leases end by one clock, the server's.

    A server that sends none leaves us our own.
    """
    date = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(date).astimezone(UTC) if date else datetime.now(UTC)
