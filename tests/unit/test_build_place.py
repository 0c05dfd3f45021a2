"""Where builds run is found out, and said."""

import os
from pathlib import Path
from typing import Any

import pytest

from hivemind_agents import doctor, engine

pytestmark = pytest.mark.fast


def programs(folder: Path, *names: str) -> str:
    """A PATH with these programs alone."""
    for name in names:
        (folder / name).touch(mode=0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("there", "said", "found"),
    [
        (("podman", "docker"), None, "podman"),
        (("docker",), None, "docker"),
        (("podman", "docker"), "docker", "docker"),
        (("podman",), "none", None),
        ((), None, None),
    ],
)
def test_the_engine_is_what_there_is_unless_the_user_says(
    there: tuple[str, ...],
    said: str | None,
    found: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """podman, then docker; `none` is an answer, too."""
    monkeypatch.setenv("PATH", programs(tmp_path, *there))
    monkeypatch.delenv(engine.SETTING, raising=False)
    if said:
        monkeypatch.setenv(engine.SETTING, said)

    assert found == engine.container_engine()


@pytest.mark.parametrize(("live", "place"), [(False, "host"), (True, "controller")])
def test_without_an_engine_only_a_host_without_traffic_builds(
    live: bool, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is live is never built upon."""
    monkeypatch.setenv(engine.SETTING, "none")

    assert place == engine.place(live=live)


def test_an_engine_without_root_does_not_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its disk and its network are root's to make."""
    monkeypatch.setenv("PATH", programs(tmp_path, "podman"))
    monkeypatch.delenv(engine.SETTING, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert ("builds in containers need root", "host") == (
        engine.why_not_here(),
        engine.place(live=False),
    )


def test_the_doctor_says_what_goes_without_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no failure: a first deploy works."""
    monkeypatch.setenv(engine.SETTING, "none")

    told = next(one for one in doctor.examine() if one.check == "builder")

    assert "warning" == told.status
    assert "a first deploy builds on its new host" in told.detail


@pytest.mark.parametrize(
    ("seen", "said", "way_out"),
    [
        ({"live": True, "host": "i-1", "registered": ()}, "'shop' is live", "such as CI"),
        ({"live": False, "host": None, "registered": ()}, "no host yet", "build follows provision"),
        (
            {"live": False, "host": "i-1", "registered": ("i-1",)},
            "i-1 is registered",
            "hivemind deregister shop",
        ),
    ],
)
def test_a_host_with_traffic_is_refused_with_the_ways_out(
    seen: dict[str, Any], said: str, way_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever cannot build is told why, and what to do."""
    monkeypatch.setenv(engine.SETTING, "none")

    refused = engine.refusal("shop", **seen)

    assert refused is not None
    assert said in refused.message
    assert way_out in str(refused.mend)


def test_a_new_host_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others may be registered."""
    monkeypatch.setenv(engine.SETTING, "none")

    assert engine.refusal("shop", live=False, host="i-1", registered=("i-2",)) is None
