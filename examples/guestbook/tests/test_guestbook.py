import os
import subprocess
import sys
from pathlib import Path

import pytest

from guestbook import create_app
from guestbook.database import database_url

HERE = Path(__file__).resolve().parent.parent


@pytest.fixture
def client(tmp_path):
    url = f"sqlite:///{tmp_path}/guestbook.sqlite"
    subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=HERE, env={**os.environ, "DATABASE_URL": url}, check=True,
    )
    return create_app(url).test_client()


def test_a_signed_entry_is_shown(client):
    """What is written through the form is on the page, escaped."""
    answer = client.post("/entries", data={"name": "Ada", "message": "<b>Hello</b>"})
    assert 303 == answer.status_code
    page = client.get("/").text
    assert "Ada" in page
    assert "&lt;b&gt;Hello&lt;/b&gt;" in page


def test_an_empty_entry_is_refused(client):
    """An entry without a message is not written."""
    assert 400 == client.post("/entries", data={"name": "Ada", "message": " "}).status_code
    assert "Nobody has signed yet" in client.get("/").text


def test_health_needs_no_database():
    """Liveness holds while the database is away; readiness does not."""
    client = create_app("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1").test_client()
    assert 200 == client.get("/health").status_code
    assert 500 == client.get("/ready").status_code


def test_the_url_gets_the_installed_driver():
    """A plain PostgreSQL address is opened with psycopg."""
    assert "postgresql+psycopg://u@h/d" == database_url({"DATABASE_URL": "postgres://u@h/d"})
    with pytest.raises(RuntimeError, match="DATABASE_URL is not set"):
        database_url({})
