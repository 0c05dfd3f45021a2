"""The pages."""

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from sqlalchemy import select, text

from recipes.extensions import cache, db
from recipes.models import Recipe

SHOWN = 50
VISITS = "recipes:visits"
COOKED = "recipes:cooked"

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def index():
    newest = select(Recipe).order_by(Recipe.id.desc()).limit(SHOWN)
    cooked = {int(key): int(times) for key, times in cache.client.zscan_iter(COOKED)}
    return render_template(
        "index.html",
        recipes=db.session.scalars(newest).all(),
        cooked=cooked,
        visits=cache.client.incr(VISITS),
        title_length=Recipe.title.type.length,
    )


@blueprint.post("/recipes")
def add():
    title = request.form.get("title", "").strip()
    if not 0 < len(title) <= Recipe.title.type.length:
        abort(400, "A title is needed, and it may not be too long.")
    db.session.add(Recipe(title=title))
    db.session.commit()
    return redirect(url_for("pages.index"), code=303)


@blueprint.post("/recipes/<int:number>/cooked")
def cook(number: int):
    if db.session.get(Recipe, number) is None:
        abort(404)
    cache.client.zincrby(COOKED, 1, number)
    return redirect(url_for("pages.index"), code=303)


@blueprint.get("/recipes.json")
def listing():
    titles = db.session.scalars(select(Recipe.title).order_by(Recipe.id)).all()
    return jsonify(titles=titles, visits=int(cache.client.get(VISITS) or 0))


@blueprint.get("/health")
def health():
    """Asks database and cache: without them no page works."""
    db.session.execute(text("SELECT 1"))
    cache.client.ping()
    return {"status": "ok"}
