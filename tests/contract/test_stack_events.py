"""CloudFormation's events, told beside a verb that reports nothing until it ends."""

import json

import boto3
import pytest
from fakes import FakeExecutor

from hivemind_agents.adapters.stack_events import StackFollower
from hivemind_agents.domain.run import RunEvent, StackEvent, VerbOutcome
from hivemind_agents.ports import OnEvent, VerbCall
from hivemind_agents.state.bucket import StateBucket

pytestmark = [pytest.mark.fast, pytest.mark.anyio]

TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


class Converges(FakeExecutor):
    """Makes the stack of a deployment, or deletes it."""

    async def run(self, call: VerbCall, *, on_event: OnEvent) -> VerbOutcome:
        client = boto3.client("cloudformation")
        name = f"hivemind-{call.deployment_name}"
        if call.verb == "provision":
            client.create_stack(StackName=name, TemplateBody=TEMPLATE)
        else:
            client.delete_stack(StackName=name)
        return await super().run(call, on_event=on_event)


def call(verb: str, *, check: bool = False) -> VerbCall:
    return VerbCall(run_id="r", verb=verb, deployment_name="demo", arguments={}, check=check)


def seen(events: list[RunEvent]) -> set[tuple[str, str]]:
    return {(e.logical_id, e.status) for e in events if isinstance(e, StackEvent)}


@pytest.mark.usefixtures("bucket")
async def test_the_events_of_this_time_are_told() -> None:
    """
    Those of the stack and of its resources, but not those from before.
    """
    follower = StackFollower(Converges(), boto3.Session)
    first: list[RunEvent] = []
    second: list[RunEvent] = []
    await follower.run(call("provision"), on_event=first.append)
    await follower.run(call("destroy"), on_event=second.append)

    assert ("hivemind-demo", "CREATE_COMPLETE") in seen(first)
    assert {status for _, status in seen(second)} <= {"DELETE_IN_PROGRESS", "DELETE_COMPLETE"}


async def test_verbs_that_leave_the_stack_alone_ask_nothing(bucket: StateBucket) -> None:
    """
    Neither other verbs nor checks cost a request.
    """

    def refuse() -> boto3.Session:
        raise AssertionError("no session is needed")

    follower = StackFollower(FakeExecutor(), refuse)

    for asked in (call("install"), call("provision", check=True)):
        assert "succeeded" == (await follower.run(asked, on_event=lambda _: None)).status
