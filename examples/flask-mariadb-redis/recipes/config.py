"""Settings, from the environment."""

import os


class Config:
    """What a deployment sets; the defaults are for a machine of a developer."""

    SECRET_KEY = os.environ.get("SECRET_KEY", "for development only")
    SQLALCHEMY_DATABASE_URI = os.environ.get(
        "DATABASE_URL", "mysql+pymysql://recipes:recipes@localhost/recipes?charset=utf8mb4"
    )
    # RDS closes idle connections: ask whether one is still there before it is used.
    SQLALCHEMY_ENGINE_OPTIONS = {"pool_pre_ping": True, "pool_recycle": 280}
    REDIS_URL = os.environ.get("REDIS_URL", "redis://localhost:6379/0")
    MAX_CONTENT_LENGTH = 64 * 1024
