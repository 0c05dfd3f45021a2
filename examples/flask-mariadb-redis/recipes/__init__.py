"""Recipes that people share: rows in MariaDB, what is popular in Redis."""

from flask import Flask

from recipes import pages
from recipes.config import Config
from recipes.extensions import cache, db, migrate


def create_app(config: type[Config] = Config) -> Flask:
    """Make the application."""
    app = Flask(__name__)
    app.config.from_object(config)
    db.init_app(app)
    migrate.init_app(app, db)
    cache.init_app(app)
    app.register_blueprint(pages.blueprint)
    return app
