"""Progress: what a pipe gets, what a terminal shows, and the pages of status and runs."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from rich.console import Console

from hivemind_agents.cli import driving, runs, status
from hivemind_agents.cli.doomed import Doomed
from hivemind_agents.cli.doomed import render as render_doomed
from hivemind_agents.cli.progress import LiveProgress, PlainProgress
from hivemind_agents.domain.deployment import Deployment, Instance, LoadBalancer, Release
from hivemind_agents.domain.run import (
    Failure,
    NoteEvent,
    Run,
    RunEvent,
    StackEvent,
    StageEvent,
    StageRecord,
    TaskEvent,
)
from hivemind_agents.domain.verification import Check, Verification
from hivemind_agents.errors import UserError

pytestmark = pytest.mark.fast

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


def events() -> Iterator[RunEvent]:
    """A short run: one stage well, one badly."""
    yield NoteEvent(at=NOW, agent="conductor", message="deploy in the usual order")
    yield StageEvent(at=NOW, stage="recon", status="running")
    yield TaskEvent(at=NOW, stage="recon", task="Read it", host="localhost", status="started")
    yield TaskEvent(at=NOW, stage="recon", task="Read it", host="localhost", status="ok")
    yield StageEvent(at=NOW, stage="recon", status="succeeded", seconds=1.2, changed=0)
    yield StageEvent(at=NOW, stage="provision", status="running")
    for state in ("CREATE_IN_PROGRESS", "CREATE_COMPLETE"):
        yield StackEvent(
            at=NOW, stage="provision", stack="s", logical_id="Vpc", resource_type="AWS::EC2::VPC",
            status=state,
        )  # fmt: skip
    for _ in range(3):
        yield TaskEvent(at=NOW, stage="provision", task="Wait for it", status="retrying")
    yield TaskEvent(at=NOW, stage="provision", task="Wait for it", host="i-1", status="failed")
    yield StageEvent(at=NOW, stage="provision", status="failed", seconds=3.0, message="no room")


def test_a_pipe_gets_a_line_for_what_matters(capsys: pytest.CaptureFixture[str]) -> None:
    """Stages, resources that are ready, one line for a wait, faults; each with the time."""
    with PlainProgress(title="Deploying shop") as view:
        for event in events():
            view.show(event)

    lines = capsys.readouterr().err.splitlines()
    assert [
        "Deploying shop",
        "conductor   deploy in the usual order",
        "recon       started",
        "recon       succeeded in 1.2 s (no change)",
        "provision   started",
        "provision   CREATE_COMPLETE Vpc",
        "provision   waiting: Wait for it",
        "provision   failed: Wait for it on i-1",
        "provision   failed in 3.0 s (no room)",
    ] == [line[10:] for line in lines]


def test_a_pipe_is_told_what_takes_long(capsys: pytest.CaptureFixture[str]) -> None:
    """A migration of minutes is no silence; what is done is not named any more."""
    said = ""
    with PlainProgress(title="Deploying shop", quiet_seconds=0.02) as view:
        for state in ("Old", "Migrate"):
            view.show(TaskEvent(at=NOW, stage="install", task=state, status="started"))
        while "still at work" not in said:
            said += capsys.readouterr().err

    assert "install     still at work: Migrate (" in said
    assert "Old" not in said


def test_a_terminal_shows_all_stages_with_their_times() -> None:
    """The view that is left shows what is done, what failed and why, and what never began."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, color_system=None)
    with LiveProgress(
        ["recon", "provision", "install"], title="Deploying shop", console=console
    ) as view:
        for event in events():
            view.show(event)

    shown = screen.getvalue()
    last = shown[shown.rindex("✓") :]
    assert "deploy in the usual order" in shown
    for expected in ("recon", "1.2 s", "no change", "✗ provision", "3.0 s", "no room", "· install"):
        assert expected in last


def test_stages_that_were_done_before_are_shown_as_done() -> None:
    """A resumed run does not look as if it began anew."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, color_system=None)
    with LiveProgress(["recon", "build"], title="Resuming", console=console) as view:
        view.recall(StageRecord(name="recon", status="succeeded", seconds=4.0))

    assert "done before" in screen.getvalue()


def record() -> Deployment:
    return Deployment(
        id="1",
        name="shop",
        region="eu-west-1",
        status="live",
        url="http://shop.example",
        load_balancer=LoadBalancer(
            arn="arn", name="hm-shop", dns_name="hm-shop.elb", target_group_arn="tg"
        ),
        instances=(Instance(id="i-1", slot="blue", public_ip="198.51.100.1"),),
        releases=(Release(number=1, state="live", created_at=NOW, live_at=NOW),),
        verification=Verification(
            checked_at=NOW, checks=(Check(name="http", status="passed", detail="200"),)
        ),
        created_at=NOW,
        updated_at=NOW,
    )


def test_status_tells_what_a_user_asks_for() -> None:
    """URL, load balancer, stage mode, tracing, hosts, releases and checks are on one page."""
    shown = status.render(record(), "sandbox")

    for expected in (
        "live", "http://shop.example", "hm-shop", "stage-1", "tracing", "off", "i-1",
        "198.51.100.1", "RELEASE", "passed", "sandbox (eu-west-1)",
    ):  # fmt: skip
        assert expected in shown


def test_a_failed_run_shows_its_evidence_and_the_mend() -> None:
    """What a person needs to mend it is on one page."""
    shown = runs.render(
        Run(
            id="4f1c", deployment_name="shop", verb="deploy", status="failed", executor_id="e",
            started_at=NOW, ended_at=NOW, stages=(StageRecord(name="recon", status="failed"),),
            failure=Failure(
                stage="recon", message="it broke", mend="mend it", evidence=("last line",)
            ),
        )
    )  # fmt: skip

    for expected in ("4f1c", "deploy shop", "it broke", "last line", "→ mend it"):
        assert expected in shown


def test_a_destroy_shows_what_it_would_touch() -> None:
    """Counted by type, the data at risk and what is kept named."""
    shown = render_doomed(
        Doomed(
            name="shop",
            stack="hivemind-shop",
            resources=[("A", "AWS::EC2::Subnet", "s-1"), ("B", "AWS::EC2::Subnet", "s-2")],
            data_at_risk="the database shop-db",
            kept="a last snapshot",
        )
    )

    for expected in ("hivemind-shop", "2  AWS::EC2::Subnet", "the database shop-db", "a last snap"):
        assert expected in shown


def test_without_a_terminal_only_yes_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing hangs in CI, and nothing is taken for a yes."""
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))

    driving.confirm("Go on?", yes=True)
    with pytest.raises(UserError) as caught:
        driving.confirm("Go on?", yes=False)

    assert "--yes" in str(caught.value)


@pytest.mark.parametrize(("changed", "nothing"), [((0, 0), True), ((0, 1), False), ((), False)])
def test_nothing_changed_is_said_only_when_every_stage_says_so(
    changed: tuple[int, ...], nothing: bool
) -> None:
    """A run without stages has said nothing."""
    stages = tuple(
        StageRecord(name=f"s{i}", status="succeeded", changed=count)
        for i, count in enumerate(changed)
    )
    run = Run(
        id="1", deployment_name="shop", verb="deploy", status="succeeded", executor_id="e",
        started_at=NOW, stages=stages,
    )  # fmt: skip

    assert nothing == driving.changed_nothing(run)
