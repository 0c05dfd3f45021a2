"""An answer of 200 is read as a visitor would read it."""

import pytest

from hivemind_agents.hosting.pages import page_warning

pytestmark = pytest.mark.fast


def warned(html: str, url: str = "http://shop.example/") -> str | None:
    return page_warning(url, html)


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<title>Startup failed</title><h1>Startup failed</h1>", "Startup failed"),
        ("<h1>Error establishing a database connection</h1>", "Error establishing"),
        ("<h2>Internal Server\n Error</h2>", "Internal Server Error"),
        ("<b>Fatal error</b>: Uncaught E in /app/db.php on line 3", "Fatal error : Uncaught E"),
        ("<title>Error 1049: unknown database</title>", "Error 1049"),
        ("<p>SQLSTATE[HY000] [2002] Connection refused</p>", "SQLSTATE[HY000]"),
    ],
)
def test_an_error_that_answers_is_told(html: str, said: str) -> None:
    """Headings by how they begin, text by what programs print."""
    assert f"shows «{said}" in str(warned(html))


@pytest.mark.parametrize(
    ("html", "url"),
    [
        ("<form></form>", "http://shop.example/install/index.php?step=1"),
        ("<form></form>", "http://shop.example/wp-admin/install.php"),
        ("<title>LNbits</title>", "http://shop.example/first_install"),
        ("<div id=app></div>", "http://shop.example/setup-database"),
        ("<div id=app></div>", "http://shop.example/initial-setup/"),
        ("<title>Tiny Tiny RSS - Installer</title>", "http://shop.example/"),
        ("<p>LocalSettings.php not found. Please set up the wiki first.", "http://shop.example/"),
    ],
)
def test_an_installer_that_waits_is_told(html: str, url: str) -> None:
    """Whoever comes first makes the administrator."""
    assert "installer" in str(warned(html, url))


@pytest.mark.parametrize(
    "html",
    [
        "<title>Shop</title><h1>Welcome</h1>",
        "<h1>Error handling in Go</h1>",
        "<h1>How to read a traceback</h1><pre>Traceback (most recent call last)</pre>",
        "<script>var a = 'SQLSTATE[1]';</script>",
        "<title>Installing Shop</title><h1>Setup</h1>",
        "<h1><b>unclosed",
        "",
    ],
)
def test_a_page_that_works_is_left_alone(html: str) -> None:
    """Code that a page shows is no error of its own."""
    assert warned(html) is None


@pytest.mark.parametrize(
    "path", ["setups/12", "first-aid", "installations", "initial-public-offer"]
)
def test_paths_that_only_begin_like_an_installers_are_left_alone(path: str) -> None:
    """Words go on to the end of their part of the path."""
    assert warned("<title>Shop</title>", f"http://shop.example/{path}") is None
