"""What a host says about its processes, asked of a systemd that answers as told."""

import importlib.util
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

MODULE = Path(__file__).parents[2] / "plugins" / "modules" / "hivemind_host_checks.py"


@pytest.fixture(scope="module")
def checks():
    spec = importlib.util.spec_from_file_location("hivemind_host_checks", MODULE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def systemctl(folder: Path, *, restarts: int, up_s: float, active: bool = True) -> None:
    """A program of this name with one enabled unit."""
    entered = max(0, int((time.clock_gettime(time.CLOCK_MONOTONIC) - up_s) * 1e6))
    program = folder / "systemctl"
    program.write_text(
        "#!/bin/sh\ncase $1 in\n"
        "  list-unit-files) echo 'hivemind-shop-worker.service enabled enabled';;\n"
        f"  is-active) exit {0 if active else 3};;\n"
        f"  show) echo NRestarts={restarts}; echo ActiveEnterTimestampMonotonic={entered};;\n"
        "esac\n"
    )
    program.chmod(0o755)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"restarts": 0, "up_s": 1}, ("passed", "running: worker")),
        ({"restarts": 16, "up_s": 5}, ("failed", "does not stay up")),
        ({"restarts": 16, "up_s": 600}, ("passed", "running: worker")),
        ({"restarts": 2, "up_s": 5}, ("passed", "running: worker")),
        ({"restarts": 0, "up_s": 5, "active": False}, ("failed", "not running")),
    ],
)
def test_a_process_that_is_started_again_and_again_does_not_run(
    checks, tmp_path, monkeypatch, state, told
):
    """
    Active at the moment of asking is not enough.
    """
    systemctl(tmp_path, **state)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    result = checks.processes("shop")

    assert told[0] == result["status"]
    assert told[1] in result["detail"]


@pytest.mark.parametrize("store", ["database", "cache"])
def test_a_release_of_the_time_before_a_store_need_not_know_of_it(checks, monkeypatch, store):
    """Whoever goes back to it goes back to its connections."""
    monkeypatch.setattr(checks, "environment", lambda _path: {f"HIVEMIND_{store.upper()}": "none"})
    look = {"database": lambda: checks.database("shop", "mysql"),
            "cache": lambda: checks.cache("shop")}  # fmt: skip

    assert "passed" == look[store]()["status"]
