"""What a build cannot do: reach out, stay, or use more than it may."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from builders import Yard

from hivemind_agents.adapters.builder import Builder, ContainerBuilder
from hivemind_agents.building.model import BuildFailed, BuildLimits, BuildRequest, Recipe, Step
from hivemind_agents.domain.deployment import Source

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(os.geteuid() != 0, reason="builds need root"),
]


@pytest.fixture(params=["podman", pytest.param("host", marks=pytest.mark.release)])
def driver(request: pytest.FixtureRequest) -> str:
    """Docker's command line has its turn in the contract."""
    return str(request.param)


@pytest.fixture
def builder(yard: Yard) -> Builder:
    return yard.builder


def request(tmp_path: Path, *commands: str, **limits: int) -> BuildRequest:
    tree = tmp_path / "tree"
    tree.mkdir(exist_ok=True)
    (tree / "app.txt").write_text("app\n")
    return BuildRequest(
        deployment_name="probe",
        source=Source(repository=str(tree)),
        tree=tree,
        recipe=Recipe(
            name="probe", steps=tuple(Step(title="probe", command=each) for each in commands)
        ),
        limits=BuildLimits(**{"disk_mb": 512, "memory_mb": 256, **limits}),
    )


def output(builder: Builder, tmp_path: Path, *commands: str, **limits: int) -> str:
    builder.build(request(tmp_path, *commands, **limits), tmp_path / "a.tar.gz")
    return (tmp_path / "builds" / "probe" / "build.log").read_text()


def failure(builder: Builder, tmp_path: Path, command: str, **limits: int) -> str:
    with pytest.raises(BuildFailed) as caught:
        builder.build(request(tmp_path, command, **limits), tmp_path / "a.tar.gz")
    return str(caught.value)


def test_a_build_has_no_rights_no_credentials_and_no_kept_files(
    yard, builder, tmp_path, monkeypatch
):
    """An unknown user without capabilities; nothing of the controller's environment; read-only."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "do-not-tell")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:do-not-tell@proxy.invalid:3128")

    log = output(
        builder, tmp_path, "id -u; grep CapEff /proc/self/status; env",
        "touch /etc/x /usr/x 2>&1 || true; test ! -e ~root/.aws; ls -A /home",
    )  # fmt: skip

    assert "64200\nCapEff:\t0000000000000000\n" in log
    assert "do-not-tell" not in log
    assert 2 == log.count("Read-only file system")
    assert [] == yard.left("probe")


def test_a_build_reaches_public_package_sources_and_nothing_else(builder, tmp_path):
    """The machine itself, private, metadata and sandbox addresses are closed."""
    own = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True).stdout
    targets = [
        "169.254.169.254", "127.0.0.1", "10.0.2.2", "10.0.2.3", "10.1.2.3", "172.16.0.1",
        "192.168.1.1", "100.64.0.1", "198.18.0.1", "198.18.80.1", *own.split()[:1],
    ]  # fmt: skip
    probe = textwrap.dedent(
        f"""
        import socket, urllib.request
        for host in {targets!r}:
            for port in (22, 53 if host != "10.0.2.3" else 80, 80, 443, 4566):
                try:
                    socket.create_connection((host, port), timeout=2).close()
                    print("REACHED", host, port)
                except OSError as error:
                    pass
        print("DONE")
        """
    )

    log = output(builder, tmp_path, _python(probe))

    assert "REACHED" not in log
    assert "DONE" in log


def _python(code: str) -> str:
    return f"python3 - <<'EOF'\n{code}\nEOF"


def test_a_build_gets_packages(builder, tmp_path):
    """The index is reached by its name, with the machine's extra certificates trusted."""
    log = output(
        builder, tmp_path,
        "python3 -m venv /tmp/v && /tmp/v/bin/pip download --quiet --no-deps -d /tmp/d "
        "markupsafe && ls /tmp/d",
    )  # fmt: skip

    assert "markupsafe" in log.lower()


def test_a_build_that_needs_too_much_memory_is_stopped_and_told_so(yard, builder, tmp_path):
    """The message names the limit and the argument that raises it."""
    told = failure(builder, tmp_path, "python3 -c 'x = bytearray(600 << 20); print(len(x))'")

    assert "more than 256 MB of memory" in told
    assert "raise build_memory_mb" in told
    assert [] == yard.left("probe")


def test_a_build_that_fills_the_disk_fills_its_own(yard, builder, tmp_path):
    """The machine's disk has room for what comes after."""
    told = failure(builder, tmp_path, "dd if=/dev/zero of=/app/big bs=1M count=2000 2>&1")

    assert "more disk than it may" in told
    assert [] == yard.left("probe")


def test_a_build_that_forks_without_end_is_held(yard, builder, tmp_path):
    """It runs out of its own processes, and the machine stays well."""
    code = "import os\nwhile True:\n    os.fork()"

    told = failure(builder, tmp_path, _python(code), memory_mb=512)

    assert "the build" in told
    assert [] == yard.left("probe")


def test_a_build_that_never_ends_is_ended(yard, builder, tmp_path, monkeypatch):
    """After its minutes it is removed with all that it started."""
    monkeypatch.setattr("hivemind_agents.adapters.builder_box.MINUTE_SECONDS", 3)
    begun = time.monotonic()

    told = failure(builder, tmp_path, "echo begun; sleep 3600 & sleep 3600", timeout_minutes=1)

    assert "stopped after 1 minutes" in told
    assert "begun" in told
    assert time.monotonic() - begun < 30
    assert [] == yard.left("probe")


def test_hostile_builds_leave_the_others_alone(builder_image, tmp_path):
    """While one forks without end and one eats memory, a third comes to its end in time."""
    code = "import os\nwhile True:\n    os.fork()"
    hostile = {
        "forks": (_python(code), {"memory_mb": 512}),
        "eats": ("python3 -c 'x = bytearray(600 << 20)'", {}),
    }

    def build(name: str, command: str, limits: dict[str, int]) -> str:
        folder = tmp_path / name
        folder.mkdir()
        builder = ContainerBuilder(image=builder_image, folder=tmp_path / "builds")
        asked = request(folder, command, **limits).model_copy(update={"deployment_name": name})
        try:
            return builder.build(asked, folder / "a.tar.gz").digest
        except BuildFailed as error:
            return str(error)

    with ThreadPoolExecutor() as pool:
        bad = [pool.submit(build, name, *what) for name, what in hostile.items()]
        begun = time.monotonic()
        good = pool.submit(build, "good", "sleep 2; echo fine >/app/fine", {}).result()
        took = time.monotonic() - begun
        told = [each.result() for each in bad]

    assert 64 == len(good)
    assert took < 60
    assert all("the build" in each for each in told)


def test_a_failed_command_is_named_with_its_last_lines_and_the_cause(builder, tmp_path):
    """A user can mend it without looking for a log."""
    told = failure(
        builder, tmp_path,
        "python3 -m venv /tmp/v && /tmp/v/bin/pip install --quiet flask==99.99.99",
    )  # fmt: skip

    assert "flask==99.99.99" in told.split("Its last lines")[0]
    assert "Probable cause: the package index has no flask==99.99.99" in told


def test_a_killed_controller_leaves_no_builder_and_the_next_build_runs(yard, builder, tmp_path):
    """After kill -9 the builder ends by itself, and what is mounted is let go."""
    script = textwrap.dedent(
        f"""
        from pathlib import Path
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from test_build_isolation import request
        from hivemind_agents.adapters.builder import ContainerBuilder, HostBuilder
        from hivemind_agents.adapters.builder_host import Host
        root = Path({str(tmp_path)!r})
        builder = {yard.source}
        builder.build(request(root, "echo begun; sleep 600"), root / "x.tar.gz")
        """
    )
    process = subprocess.Popen([sys.executable, "-c", script])
    log = tmp_path / "builds" / "probe" / "build.log"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not (log.exists() and "begun" in log.read_text()):
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()

    # What a container had mounted here stays until the next build.
    def builders() -> list[str]:
        return [line for line in yard.left("probe") if not line.startswith("/dev/loop")]

    while time.monotonic() < deadline and builders():
        time.sleep(0.2)

    assert [] == builders()
    assert "again" in output(builder, tmp_path, "echo again")
    assert [] == yard.left("probe")


def test_a_build_leaves_its_caches_to_the_next_one_of_the_deployment_only(builder, tmp_path):
    """/cache stays, /app and /tmp do not, and another deployment sees none of it."""
    builder.build(request(tmp_path, "touch /cache/kept /app/gone /tmp/gone"), tmp_path / "a.tar.gz")
    other = request(tmp_path, "ls /cache /tmp").model_copy(update={"deployment_name": "other"})

    log = output(builder, tmp_path, "ls /cache /app /tmp")
    builder.build(other, tmp_path / "b.tar.gz")

    assert ("kept" in log, "gone" in log) == (True, False)
    assert "kept" not in (tmp_path / "builds" / "other" / "build.log").read_text()
