"""Where builds run is found out, and said."""

import os
from pathlib import Path

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
