"""Tells what CloudFormation does while a verb waits for it.

The module that converges a stack reports nothing until it ends; its events are read beside it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import botocore.exceptions

from hivemind_agents.domain.run import StackEvent, VerbOutcome
from hivemind_agents.ports import Executor, OnEvent, VerbCall

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.client import CloudFormationClient

log = logging.getLogger(__name__)

VERBS = frozenset({"bootstrap", "deploy", "provision", "rollback", "destroy"})
_POLL_SECONDS = 1.5


class StackFollower:
    """An Executor that streams the stack's events beside the verbs that change it."""

    def __init__(self, inner: Executor, session: Callable[[], boto3.Session]) -> None:
        self._inner = inner
        self._session = session

    async def run(self, call: VerbCall, *, on_event: OnEvent) -> VerbOutcome:
        if call.verb not in VERBS or call.check:
            return await self._inner.run(call, on_event=on_event)
        # Opened before the verb starts: what is there already is from before.
        events = await self._open(call)
        if events is None:
            return await self._inner.run(call, on_event=on_event)
        ended = asyncio.Event()
        following = asyncio.create_task(self._follow(events, ended, call, on_event))
        try:
            return await self._inner.run(call, on_event=on_event)
        finally:
            ended.set()
            await following

    async def cancel(self, run_id: str) -> None:
        await self._inner.cancel(run_id)

    async def clean_up(self, run_id: str) -> int:
        return await self._inner.clean_up(run_id)

    async def _open(self, call: VerbCall) -> "_Events | None":
        stack = "hivemind-bootstrap" if call.verb == "bootstrap" else stack_name(call)
        try:
            return await asyncio.to_thread(_Events.open, self._session, stack)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            log.info("the events of stack %s cannot be followed: %s", stack, error)
            return None

    async def _follow(
        self, events: "_Events", ended: asyncio.Event, call: VerbCall, on_event: OnEvent
    ) -> None:
        """Poll until the verb has ended; then once more, so that the last events are told, too."""
        last = False
        while not last:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), _POLL_SECONDS)
            last = ended.is_set()
            await self._tell(events, call, on_event)

    async def _tell(self, events: "_Events", call: VerbCall, on_event: OnEvent) -> None:
        try:
            fresh = await asyncio.to_thread(events.fresh)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            log.debug("no stack events this time: %s", error)
            return
        for event in fresh:
            on_event(
                StackEvent(
                    at=event["Timestamp"],
                    stage=call.verb,
                    stack=event["StackName"],
                    logical_id=event.get("LogicalResourceId", ""),
                    resource_type=event.get("ResourceType", ""),
                    status=event.get("ResourceStatus", ""),
                    reason=event.get("ResourceStatusReason"),
                )
            )


class _Events:
    """The events of one stack that were not there when it was opened."""

    def __init__(self, client: "CloudFormationClient", stack: str) -> None:
        self._client = client
        self._stack = stack
        self._known: set[str] = set()
        self._id: str | None = None

    @classmethod
    def open(cls, session: Callable[[], boto3.Session], stack: str) -> "_Events":
        events = cls(session().client("cloudformation"), stack)
        events.fresh()
        return events

    def fresh(self) -> list[Any]:
        """Events since the last call, oldest first; none while there is no such stack.

        A stack that was deleted is found by its id only, so the last one seen is kept.
        """
        found = self._unknown(self._stack)
        if found is None and self._id is not None:
            found = self._unknown(self._id)
        self._known |= {event["EventId"] for event in found or ()}
        return (found or [])[::-1]

    def _unknown(self, stack: str) -> list[Any] | None:
        """Events that were not seen, newest first; None when there is no such stack."""
        found: list[Any] = []
        try:
            for page in self._client.get_paginator("describe_stack_events").paginate(
                StackName=stack
            ):
                for event in page["StackEvents"]:
                    if event["EventId"] in self._known:
                        return found
                    self._id = event["StackId"]
                    found.append(event)
        except botocore.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ValidationError":
                return None
            raise
        return found


def stack_name(call: VerbCall) -> str:
    """The stack of a deployment."""
    return f"hivemind-{call.deployment_name}"
