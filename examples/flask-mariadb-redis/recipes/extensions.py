"""Database and cache, bound to an application by its factory."""

import redis
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()
migrate = Migrate()


class Cache:
    """A client of Redis for the current application's `REDIS_URL`."""

    client: redis.Redis

    def init_app(self, app: Flask) -> None:
        self.client = redis.Redis.from_url(app.config["REDIS_URL"], decode_responses=True)


cache = Cache()
