"""A printing press for banners: visitors order them, a worker prints them, a summary counts."""

import uuid

from flask import Flask, redirect, render_template, request
from werkzeug.wrappers import Response

from press.store import Store

LONGEST = 12


def create_app(store: Store | None = None) -> Flask:
    app = Flask(__name__)
    store = store or Store.connect()

    @app.get("/")
    def front_page() -> str:
        return render_template(
            "page.html", orders=store.orders(), waiting=store.waiting(), summary=store.summary()
        )

    @app.post("/orders")
    def order() -> Response:
        text = request.form.get("text", "").strip()[:LONGEST]
        if text:
            store.order(uuid.uuid4().hex[:8], text)
        return redirect("/", 303)

    @app.get("/health")
    def health() -> tuple[str, dict[str, str]]:
        return "ok\n", {"Content-Type": "text/plain"}

    return app
