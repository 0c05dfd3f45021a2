"""What a user installs is the wheel: it brings the Ansible half along."""

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import BIN, ROOT, Machine

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.timeout(600)]


def test_the_wheel_deploys_from_an_empty_folder(machine: Machine, tmp_path: Path) -> None:
    """
    Wheel and locked dependencies in a new environment, an empty folder, a page: it is served.
    """
    run = ["--quiet", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(ROOT)]
    subprocess.run([sys.executable, "-m", "build", *run], check=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = str(environment / "bin" / "python")
    uv = [str(BIN / "uv"), "pip"]
    for command in (
        ["sync", "--require-hashes", str(ROOT / "requirements" / "runtime.txt")],
        ["install", "--no-deps", str(wheel)],
    ):
        subprocess.run([*uv, command[0], "-q", "--python", python, *command[1:]], check=True)
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<h1>from a wheel</h1>")
    empty = tmp_path / "empty"
    empty.mkdir()

    def hivemind(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(environment / "bin" / "hivemind"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=empty,
            env=machine.environment | {"PATH": f"{environment / 'bin'}:/usr/bin:/usr/sbin:/bin"},
            stdin=subprocess.DEVNULL,
        )

    deployed = hivemind("deploy", str(site), "A page", "--name", "wheel", "--yes")

    assert 0 == deployed.returncode, deployed.stdout + deployed.stderr
    assert "wheel is live" in deployed.stdout
    assert [] == list(empty.iterdir())
    destroyed = hivemind("destroy", "wheel", "--yes", "--set", "draining_seconds=1")
    assert 0 == destroyed.returncode, destroyed.stdout + destroyed.stderr
