"""What the hosts' web server answers, by its real configuration in a real nginx."""

import gzip
import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

from hivemind_agents.adapters.builder import ContainerBuilder

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="containers of the image need root"),
]
ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = Environment(  # noqa: S701 - no HTML
    loader=FileSystemLoader(ROOT / "roles" / "app_install" / "templates"), trim_blocks=True
)
BROWSER = {"Accept": "text/html,application/xhtml+xml"}
FILES = {
    "index.html": "front",
    "404.html": "lost",
    "about.html": "about",
    "docs/index.html": "docs",
    "empty/file.txt": "x",
    "assets/app-BxK3f9Qz.js": "js",
    "assets/bootstrap-datepicker.css": "css",
    "big.css": "a{}" * 1000,
    ".env": "SECRET=1",
    ".well-known/security.txt": "contact",
    "hivemind.yml": "kind: static",
}
PHP = {"document_root": "www", "front_controller": None, "denied": ["docs"],
       "scriptless": ["assets"]}  # fmt: skip


@dataclass
class Server:
    """nginx in a container; `sites` are the port of each configuration."""

    sites: dict[str, int] = field(default_factory=dict)

    def get(self, site: str, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        """(status, body, headers) of one request; no redirect is followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.sites[site], timeout=10)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return answer.status, body.decode(), dict(answer.headers)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("web")
    folder.chmod(0o755)
    server = Server()
    for name in ("pages", "single-page", "php"):
        with socket.create_server(("127.0.0.1", 0)) as free:
            server.sites[name] = free.getsockname()[1]
        _write_site(folder / name, server.sites[name])
    script = "apt-get update -qq && apt-get install -qqy --no-install-recommends nginx-light"
    starts = "; ".join(
        f"nginx -e stderr -c /web/{name}/nginx.conf -g 'daemon on; pid /tmp/{name}.pid;'"
        for name in server.sites
    )
    command = [
        "podman", "run", "--rm", "--detach", "--network", "host", "--name", f"web-{os.getpid()}",
        "--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096",
        *(["--runtime", "runc"] if not Path("/sys/fs/cgroup/cgroup.controllers").exists() else []),
        "--volume", f"{folder}:/web:ro", "--entrypoint", '["/bin/sh", "-c"]',
        ContainerBuilder().image, f"{script} && {starts} && sleep 600",
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, text=True)
    try:
        for port in server.sites.values():
            _await(port)
        yield server
    finally:
        subprocess.run(
            ["podman", "rm", "--force", "--time", "0", f"web-{os.getpid()}"],
            check=False, capture_output=True,
        )  # fmt: skip


def _write_site(folder: Path, port: int) -> None:
    """The files, and the configuration that the role would write, for another root."""
    for name, text in FILES.items():
        path = folder / "www" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "www" / "big.css.gz").write_bytes(gzip.compress(b"packed"))
    text = TEMPLATES.get_template("nginx.conf.j2").render(
        ansible_managed="test",
        app_install_health={"path": "/health", "codes": "200-399"},
        __app_install_php=PHP if folder.name == "php" else None,
        __app_install_static={"document_root": "www", "single_page": folder.name == "single-page"},
        __app_install_release={"port": port},
        __app_install_name="test",
    )
    text = text.replace("root /app/www;", f"root /web/{folder.name}/www;")
    text = text.replace("pid /tmp/nginx.pid;", "").replace("/tmp/", f"/tmp/{folder.name}-")
    (folder / "nginx.conf").write_text(text)


def _await(port: int) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise TimeoutError("nginx did not start")


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/", 200, "front"),
        ("/about", 200, "about"),
        ("/docs/", 200, "docs"),
        ("/nowhere", 404, "lost"),
        ("/empty/", 404, "lost"),
        ("/.env", 404, "lost"),
        ("/.well-known/security.txt", 200, "contact"),
        ("/hivemind.yml", 404, "lost"),
        ("/health", 200, "ok\n"),
    ],
)
def test_pages_are_found_as_people_link_them(server, path, status, body):
    """Folders, pages without their ending, a page for what is lost; what is hidden is lost."""
    assert (status, body) == server.get("pages", path)[:2]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/docs/index.html", 404), ("/docs/", 404), ("/about.html", 200), ("/assets/up.php", 404),
     ("/assets/bootstrap-datepicker.css", 200), ("/assets/up.php/x", 404), ("/.env", 404)],
)  # fmt: skip
def test_folders_that_apache_would_not_show(server, path, status):
    """Nobody reads what `.htaccess` denies, and nothing is run where it says so."""
    assert status == server.get("php", path)[0]


def test_a_folder_without_its_slash_is_redirected(server):
    """Relative links of its page would lead elsewhere; the host's own port is in no answer."""
    status, _, headers = server.get("pages", "/docs")

    assert (301, "/docs/") == (status, headers["Location"])


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("/", "no-cache"),
        ("/about", "no-cache"),
        ("/assets/app-BxK3f9Qz.js", "public, max-age=31536000, immutable"),
        ("/assets/bootstrap-datepicker.css", "public, max-age=3600"),
        ("/assets/gone-BxK3f9Qz.js", "no-cache"),
    ],
)
def test_what_has_a_digest_in_its_name_is_kept(server, path, rule):
    """Pages are asked for again, and so is what was missing."""
    assert rule == server.get("pages", path)[2]["Cache-Control"]


def test_text_is_compressed_and_a_packed_file_is_taken(server):
    """The one that a build made beside the file."""
    _, packed, headers = server.get("pages", "/big.css", **{"Accept-Encoding": "gzip"})
    _, plain, _ = server.get("pages", "/big.css")

    assert ("packed", "gzip") == (packed, headers["Content-Encoding"])
    assert FILES["big.css"] == plain


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/orders/42", BROWSER, 200),
        ("/people/john.doe", BROWSER, 200),
        ("/orders/42", {}, 200),
        ("/missing.js", {"Accept": "*/*"}, 404),
        ("/missing.js", BROWSER, 404),
        ("/api/orders", {"Accept": "application/json"}, 404),
        ("/.env", BROWSER, 404),
    ],
)
def test_a_single_page_answers_for_its_own_paths_alone(server, path, headers, status):
    """A script or data that is missing is missing: a page in its place breaks the application."""
    answer = server.get("single-page", path, **headers)

    assert status == answer[0]
    assert ("front", "no-cache") == (answer[1], answer[2]["Cache-Control"]) or status != 200
