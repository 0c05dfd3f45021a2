"""A release is on a host whole, or not at all; and what a host says that it has."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

MODULES = Path(__file__).parents[2] / "plugins" / "modules"
sys.path.insert(0, str(MODULES))
import hivemind_release_info as info  # noqa: E402 - found by Ansible in its own way

CONTENT = b"an archive" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
# Stands for unpack.sh: archive, folder, then the arguments.
UNPACK = 'mkdir -p "$2"; cp "$1" "$2/archive"; printf %s "$3" > "$2/argument"'

pytestmark = pytest.mark.fast


class _Bucket(BaseHTTPRequestHandler):
    """`/whole` gives the artifact, `/half` ends too early, anything else is not there."""

    def do_GET(self) -> None:
        there = self.path.split("?")[0] in {"/whole", "/half"}
        self.send_response(200 if there else 403)
        self.send_header("Content-Length", str(len(CONTENT) if there else 0))
        self.end_headers()
        if there:
            self.wfile.write(CONTENT[: None if self.path.startswith("/whole") else 10])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The address of a bucket on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Bucket) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def run(arguments: dict[str, object]) -> dict[str, object]:
    """The module's answer, run as Ansible runs it, without its pauses."""
    path = str(MODULES / "hivemind_release.py")
    program = (
        f"import runpy, sys, time; time.sleep = lambda _: None; sys.argv = [{path!r}]\n"
        f"runpy.run_path({path!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        env={**os.environ, "PYTHONWARNINGS": "ignore", "no_proxy": "*"},
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def bring(home: Path, url: str, **more: object) -> dict[str, object]:
    (home / "releases").mkdir(exist_ok=True)
    given = {"number": 3, "url": url, "digest": DIGEST, "home": str(home), "program": UNPACK,
             "arguments": ["hm-shop"]}  # fmt: skip
    return run(given | more)


def test_a_release_is_fetched_once_and_its_archive_removed(tmp_path, bucket):
    first, second = (bring(tmp_path, f"{bucket}/whole") for _ in range(2))

    assert (True, False) == (first["changed"], second["changed"])
    assert CONTENT == (tmp_path / "releases/3/archive").read_bytes()
    assert "hm-shop" == (tmp_path / "releases/3/argument").read_text()
    assert ["releases"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("path", "more", "said"),
    [
        ("whole", {"digest": "0" * 64}, "not what was built: it was changed in the bucket"),
        ("gone?signature=s3cret", {}, "cannot be fetched from the bucket: HTTP 403"),
        ("half", {}, "cannot be fetched from the bucket"),
        ("whole", {"program": "echo no space left >&2; exit 3"}, "unpacked: no space left"),
    ],
)
def test_what_is_not_the_artifact_is_not_installed(tmp_path, bucket, path, more, said):
    answer = bring(tmp_path, f"{bucket}/{path}", **more)

    assert answer["failed"]
    assert said in str(answer["msg"])
    assert "s3cret" not in json.dumps(answer)
    assert [] == list((tmp_path / "releases").iterdir())
    assert ["releases"] == [path.name for path in tmp_path.iterdir()]


def test_a_check_fetches_nothing(tmp_path, bucket):
    answer = bring(tmp_path, f"{bucket}/whole", _ansible_check_mode=True)

    assert answer["changed"]
    assert [] == list((tmp_path / "releases").iterdir())


def test_what_a_host_has(tmp_path, monkeypatch):
    """Links to a release, its units and missing packages; what is in the making is no release."""
    for name in ("releases/2", "releases/10", "releases/11.part", "units"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("hm-shop-web.service", "hm-shop-cron.timer", "hm-shop-forward.socket",
                 "hm-other-web.service", "hm-shop.slice"):  # fmt: skip
        (tmp_path / "units" / name).touch()
    monkeypatch.setattr(info, "UNITS", tmp_path / "units")

    before = info.seen(tmp_path, "hm-shop")
    (tmp_path / "current").symlink_to("releases/10")
    after = info.seen(tmp_path, "hm-shop")

    assert ("", "10") == (before["current"], after["current"])
    assert [2, 10] == after["releases"]
    assert ["hm-shop-cron.timer", "hm-shop-web.service"] == after["units"]
    assert after["forwarded"]


def test_what_a_host_lacks(monkeypatch):
    """A package that is half installed is missing; a user with a shell is not ready."""
    listed = "nginx installed\nredis half-configured\n"
    done = subprocess.CompletedProcess([], 1, listed, "no package found matching php")
    monkeypatch.setattr(info.subprocess, "run", lambda *_, **__: done)

    assert ["redis", "php"] == info.missing(["nginx", "redis", "php", "nginx:amd64"])
    assert not info.is_ready("root", "/root")
    assert not info.is_ready("nobody-there", "/nowhere")
