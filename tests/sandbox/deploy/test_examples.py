"""Each example, from its repository to a page that answers and works, by one command."""

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from .conftest import ROOT, Machine

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.timeout(900)]

Check = Callable[[httpx.Client], None]


def django_postgres(browser: httpx.Client) -> None:
    """A card is written and shown; the admin's style sheet is served."""
    text = f"card {uuid.uuid4()}"
    page = browser.get("/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token is not None, page.text
    written = browser.post("/cards", data={"text": text, "csrfmiddlewaretoken": token[1]})
    style = re.search(r'href="([^"]+\.css)"', browser.get("/admin/").text)

    assert 200 == written.status_code, written.text
    assert text in browser.get("/").text
    assert style is not None
    assert 200 == browser.get(style[1]).status_code


def express_postgres(browser: httpx.Client) -> None:
    """An item is written and shown."""
    name = f"item {uuid.uuid4()}"

    assert 201 == browser.post("/items", json={"name": name}).status_code
    assert name in browser.get("/").text


def express_vite(browser: httpx.Client) -> None:
    """The built client is served beside the API, under names that may be kept."""
    script = re.search(r'src="(/assets/[^"]+\.js)"', browser.get("/").text)

    assert script is not None
    assert "immutable" in browser.get(script[1]).headers["cache-control"]
    assert browser.post("/api/roll").json()["roll"] in range(1, 7)


def fastapi_uv(browser: httpx.Client) -> None:
    """A link is saved and followed; the documentation is there."""
    name = f"l-{uuid.uuid4().hex[:12]}"
    saved = browser.put("/links", json={"name": name, "url": "https://example.org/there"})
    followed = browser.get(f"/{name}", follow_redirects=False)

    assert 201 == saved.status_code, saved.text
    assert "https://example.org/there" == followed.headers["location"]
    assert 200 == browser.get("/docs").status_code


def flask_mariadb_redis(browser: httpx.Client) -> None:
    """A recipe is kept in MariaDB, visits are counted in Redis."""
    title = f"soup {uuid.uuid4()}"
    before = browser.get("/recipes.json").json()["visits"]
    written = browser.post("/recipes", data={"title": title})
    after = browser.get("/recipes.json").json()

    assert 200 == written.status_code, written.text
    assert title in after["titles"]
    assert after["visits"] > before


def go_vendored(browser: httpx.Client) -> None:
    """A reading is taken and shown."""
    place = f"roof-{uuid.uuid4().hex[:8]}"

    assert 201 == browser.post(f"/readings/{place}", json={"celsius": 21.5}).status_code
    assert place in browser.get("/").text


def nextjs(browser: httpx.Client) -> None:
    """The page is rendered on the server, anew for each request; its scripts are served."""
    first, second = browser.get("/").text, browser.get("/").text
    script = re.search(r'src="(/_next/static/[^"]+\.js)"', first)
    times = [re.findall(r"<time>([^<]+)<", page) for page in (first, second)]

    assert script is not None
    assert 200 == browser.get(script[1]).status_code
    assert 1 == len(times[0])
    assert times[0] != times[1]
    assert "time" in browser.get("/api/time").json()


def php_postgres(browser: httpx.Client) -> None:
    """A suggestion is written, in a session, and shown; sources are not handed out."""
    text = f"more tea {uuid.uuid4()}"
    token = re.search(r'name="token" value="(\w+)"', browser.get("/").text)
    assert token is not None
    written = browser.post("/suggestions", data={"text": text, "token": token[1]})

    assert 200 == written.status_code, written.text
    assert text in browser.get("/").text
    assert 404 == browser.get("/composer.json").status_code


def spa(browser: httpx.Client) -> None:
    """Unknown paths get the front page, unknown files do not; what is digested may be kept."""
    page = browser.get("/planets/saturn")
    script = re.search(r'src="(/assets/[^"]+\.js)"', page.text)

    assert (200, "no-cache") == (page.status_code, page.headers["cache-control"])
    assert script is not None
    assert "immutable" in browser.get(script[1]).headers["cache-control"]
    assert 404 == browser.get("/assets/gone-12345678.js").status_code


def static_site(browser: httpx.Client) -> None:
    """Pages are asked for again, style sheets may be kept a while, unknown pages are 404."""
    page, sheet = browser.get("/"), browser.get("/assets/page.css")

    assert (200, "no-cache") == (page.status_code, page.headers["cache-control"])
    assert (200, True) == (sheet.status_code, "max-age" in sheet.headers["cache-control"])
    assert 404 == browser.get("/nothing-here").status_code
    assert 200 == browser.get("/about.html").status_code


def worker_cron(browser: httpx.Client) -> None:
    """An order that the page takes is printed by the worker and counted by the job."""
    browser.post("/orders", data={"text": "HELLO"})
    seen = ""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        seen = browser.get("/").text
        printed = "<pre" in seen and "(in the queue)" not in seen
        if printed and re.search(r"Summary: [1-9]\d* orders at", seen):
            return
        time.sleep(1)
    pytest.fail(f"the worker or the job did nothing: {seen}")


CHECKS: tuple[Check, ...] = (
    django_postgres, express_postgres, express_vite, fastapi_uv, flask_mariadb_redis, go_vendored,
    nextjs, php_postgres, spa, static_site, worker_cron,
)  # fmt: skip
# A database, cache, php-fpm, worker and timer between them; the others are for a release.
OFTEN = {php_postgres, worker_cron}


@pytest.mark.parametrize(
    "check",
    [pytest.param(check, marks=() if check in OFTEN else pytest.mark.release) for check in CHECKS],
    ids=lambda check: check.__name__.replace("_", "-"),
)
def test_an_example_is_deployed_as_it_is(check: Check, machine: Machine) -> None:
    """From the repository to a page that works, with nothing but the one command."""
    name = check.__name__.replace("_", "-")
    deployed = machine.hivemind(
        *("deploy", str(ROOT / "examples" / name), "an example", "--name", name, "--yes"),
        timeout_s=800,
    )
    assert 0 == deployed.returncode, deployed.stdout + deployed.stderr
    status: dict[str, Any] = machine.json("status", name)

    assert "live" == status["status"]
    with httpx.Client(base_url=status["url"], follow_redirects=True, timeout=20) as browser:
        check(browser)


def test_every_example_is_deployed_by_a_test() -> None:
    """The guestbook is the other tests' application."""
    there = {path.name for path in (ROOT / "examples").iterdir() if path.is_dir()}
    assert there == {check.__name__.replace("_", "-") for check in CHECKS} | {"guestbook"}
