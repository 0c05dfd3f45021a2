"""A guestbook: one page that writes and reads rows of a database."""

import os

from flask import Flask, abort, redirect, render_template, request, url_for
from sqlalchemy import text

from guestbook.database import Entry, connect, database_url, newest

SHOWN_ENTRIES = 50


def create_app(url: str | None = None) -> Flask:
    """Make the application. `url` names the database; `DATABASE_URL` when absent."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    sessions = connect(url or database_url(os.environ))

    @app.get("/")
    def show() -> str:
        with sessions() as session:
            return render_template(
                "page.html",
                entries=newest(session, SHOWN_ENTRIES),
                release=os.environ.get("HIVEMIND_RELEASE"),
                limits={"name": Entry.NAME_LENGTH, "message": Entry.MESSAGE_LENGTH},
            )

    @app.post("/entries")
    def sign():
        name = request.form.get("name", "").strip()
        message = request.form.get("message", "").strip()
        if not (0 < len(name) <= Entry.NAME_LENGTH and 0 < len(message) <= Entry.MESSAGE_LENGTH):
            abort(400, "A name and a message are needed, and neither may be too long.")
        with sessions.begin() as session:
            session.add(Entry(name=name, message=message))
        return redirect(url_for("show"), code=303)

    @app.get("/health")
    def health() -> dict[str, str]:
        """Liveness alone: a database that is away must not take the host out of service."""
        return {"status": "ok"}

    @app.get("/ready")
    def ready() -> dict[str, str]:
        with sessions() as session:
            session.execute(text("SELECT 1"))
        return {"status": "ok", "database": "ok"}

    return app
