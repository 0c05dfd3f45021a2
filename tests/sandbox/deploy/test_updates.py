"""Visitors of a live deployment notice nothing of its next release, good or bad."""

import collections
import threading
from pathlib import Path

import httpx
import pytest

from .conftest import QUICK, Machine, resources_of

pytestmark = [pytest.mark.sandbox, pytest.mark.release, pytest.mark.timeout(900)]

# It takes a while to start, as frameworks do.
APP = """
import http.server, os, time
time.sleep(2)
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{text}")
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Page).serve_forever()
"""


class Visitor:
    """Asks for a page five times a second, each time by a new connection, and counts answers."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._visit)
        self.seen = collections.Counter[str]()

    def __enter__(self) -> "Visitor":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _visit(self) -> None:
        while not self._stop.wait(0.2):
            try:
                answer = httpx.get(self._url, timeout=10)
                said = answer.text if answer.status_code == 200 else str(answer.status_code)
            except httpx.HTTPError as error:
                said = repr(error)
            self.seen[said] += 1


def write(app: Path, code: str) -> None:
    (app / "server.py").write_text(code)
    (app / "requirements.txt").write_text("")
    (app / "Procfile").write_text("web: python server.py\n")


def test_the_site_stays_up_through_a_good_and_a_bad_release(
    machine: Machine, tmp_path: Path
) -> None:
    """Every request is answered, by the old release or by the new one; never by the bad one."""
    deploy = ("deploy", str(tmp_path), "x", "--name", "steady", "--yes")
    write(tmp_path, APP.replace("{text}", "one"))
    first = machine.hivemind(*deploy, timeout_s=400)
    assert 0 == first.returncode, first.stdout + first.stderr
    url = machine.json("status", "steady")["url"]

    with Visitor(url) as visitor:
        write(tmp_path, APP.replace("{text}", "two"))
        second = machine.hivemind(*deploy, timeout_s=400)
        write(tmp_path, "raise SystemExit('no such colour')\n")
        third = machine.hivemind(*deploy, timeout_s=400)
    status = machine.json("status", "steady")
    gone = machine.hivemind("destroy", "steady", "--yes", *QUICK, timeout_s=400)

    assert 0 == second.returncode, second.stdout + second.stderr
    assert 5 == third.returncode, third.stdout + third.stderr
    assert "no such colour" in third.stderr
    assert {"one", "two"} == set(visitor.seen)
    assert ("live", [1, 2, 3]) == (
        status["status"],
        sorted(release["number"] for release in status["releases"]),
    )
    assert 0 == gone.returncode
    assert [] == resources_of(machine, "steady")
