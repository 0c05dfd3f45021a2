"""Which lines of a host's journal tell why a release does not run."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.fast

ROOT = Path(__file__).resolve().parents[2]
OVER = "web of release 2 ended: exit-code, exited 1"


def _module() -> ModuleType:
    path = ROOT / "plugins" / "modules" / "hivemind_service.py"
    spec = importlib.util.spec_from_file_location("hivemind_service", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


service = _module()


def journal(*lines: str, release: str | None = "2") -> list[dict[str, str]]:
    return [
        {"MESSAGE": line} | ({} if release is None else {"HIVEMIND_RELEASE": release})
        for line in lines
    ]


def test_the_last_start_that_is_over_tells() -> None:
    """The one that has just begun says nothing yet; the ones before said the same."""
    said = journal("starting", "no such colour", OVER) * 2 + journal("starting")

    assert ["starting", "no such colour", OVER] == service.told(said, ended=True)


def test_one_that_runs_and_does_not_answer_tells_of_now() -> None:
    """What it said after it had started over counts, too."""
    said = journal("starting", OVER, "starting", "waiting for the queue")

    assert ["starting", OVER, "starting", "waiting for the queue"] == service.told(
        said, ended=False
    )


def test_an_end_of_which_nothing_was_said_hides_nothing() -> None:
    """A process may end before it says a word: the start before is shown with it."""
    said = journal("no such colour", OVER, OVER)

    assert ["no such colour", OVER, OVER] == service.told(said, ended=True)


def test_the_release_before_is_not_shown_as_the_reason() -> None:
    """It ran under the same name until a moment ago; lines that lost their release are kept."""
    said = journal("GET / 200", release="1") + journal("no such colour", release=None)

    assert ["no such colour", OVER] == service.told(said + journal(OVER), ended=True)


def test_no_more_than_fits_a_screen_and_no_bytes() -> None:
    """Journald gives a list of numbers for what is not text."""
    said = [{"MESSAGE": [1, 2]}, *journal(*(str(number) for number in range(50)))]

    assert [str(number) for number in range(20, 50)] == service.told(said, ended=False)
    assert [] == service.told([], ended=True)
