"""How a database's URL begins: as SQLAlchemy's engine, a driver or an author's example wants it."""

# ruff: noqa: E501 - a tree a line, read sideways
from cases import asgi, case

CONFIG = "import os\n\nDATABASE_URL = os.environ['DATABASE_URL']\n"
ENGINE = "from sqlalchemy.ext.asyncio import create_async_engine\nfrom api.config import DATABASE_URL\n\nengine = create_async_engine({})\n"
POOL = "import asyncpg\nfrom api.config import DATABASE_URL\n\n\nasync def start():\n    return await asyncpg.create_pool(DATABASE_URL)\n"
TORTOISE = "from tortoise.contrib.fastapi import register_tortoise\nfrom api.config import DATABASE_URL\n\n\ndef start(app):\n    register_tortoise(app, db_url=DATABASE_URL)\n"
TURNED = "DATABASE_URL.replace('postgresql://', 'postgresql+asyncpg://', 1)"


def api(store: str, listed: str, example: str = "") -> dict[str, str]:
    """An interface whose `store.py` connects with what is `listed`."""
    main = "from fastapi import FastAPI\nfrom api import store\n\napp = FastAPI()\n"
    names = "fastapi uvicorn " + listed
    return {"api/__init__.py": "", "api/config.py": CONFIG, "api/main.py": main, "api/store.py": store,
            "requirements.txt": names.replace(" ", "\n"), ".env.example": example}  # fmt: skip


CASES = [
    case(
        f"a URL for {name}",
        tree,
        language="python", start=asgi("api.main:app"), needs=["postgresql"],
        need_variables={"postgresql": ("DATABASE_URL",)}, url_schemes=schemes,
    )
    for name, tree, schemes in (
        ("an engine that takes it as it is", api(ENGINE.format("DATABASE_URL"), "sqlalchemy asyncpg"), {"postgresql": "postgresql+asyncpg"}),
        ("an engine beside migrations by another driver", api(ENGINE.format("DATABASE_URL"), "sqlalchemy asyncpg psycopg2-binary alembic"), {"postgresql": "postgresql+asyncpg"}),
        ("an engine for which the code turns it", api(ENGINE.format(TURNED), "sqlalchemy asyncpg psycopg2-binary alembic"), {}),
        ("a driver by itself, beside SQLAlchemy's migrations", api(POOL, "sqlalchemy asyncpg psycopg2-binary alembic"), {}),
        ("a mapper that knows one name of the server", api(TORTOISE, "tortoise-orm asyncpg"), {"postgresql": "postgres"}),
        ("an engine that its author shows", api(ENGINE.format("DATABASE_URL"), "sqlalchemy asyncpg psycopg[binary]", example="DATABASE_URL=postgresql+psycopg://a:b@localhost/app\n"),
         {"postgresql": "postgresql+asyncpg", "DATABASE_URL": "postgresql+psycopg"}),
        ("an engine whose author shows a plain one", api(ENGINE.format("make(DATABASE_URL)"), "sqlalchemy asyncpg", example="DATABASE_URL=postgresql://a:b@localhost/app\n"),
         {"postgresql": "postgresql+asyncpg", "DATABASE_URL": "postgresql"}),
        ("an engine whose author shows a driver that is not there", api(ENGINE.format("DATABASE_URL"), "sqlalchemy asyncpg", example="DATABASE_URL=postgresql+psycopg2://a:b@localhost/app\n"),
         {"postgresql": "postgresql+asyncpg"}),
    )
]  # fmt: skip
CASES += [
    case(
        f"a file of SQLite that {name}",
        {"package.json": '{"name": "notes", "dependencies": {"express": "4", "sequelize": "6", "pg": "8"}}',
         "server.js": "const express = require('express');\nrequire('./store');\nexpress().listen(process.env.PORT);\n",
         "store.js": "const { Sequelize } = require('sequelize');\nconst dialect = process.env.DB_DIALECT;\n" + line},
        language="node", kind="web", needs=needs,
    )
    for name, line, needs in (
        ("only a branch is for", "switch (dialect) {\n  case 'sqlite':\n    break;\n}\nnew Sequelize(process.env.DATABASE_URL);\n", ["postgresql"]),
        ("is there unless another is told", "new Sequelize(process.env.DATABASE_URL || 'sqlite:notes.db');\n", []),
    )
]  # fmt: skip

FIELDS = (
    "import {{ IsNotEmpty, IsOptional }} from 'class-validator';\n\nexport class Environment {{\n"
    "  @IsNotEmpty()\n{before}  public DATABASE_URL = process.env.DATABASE_URL;\n"
    "  @IsOptional()\n  public DATABASE_HOST = process.env.DATABASE_HOST;\n"
    "  @IsOptional()\n  public DATABASE_PASSWORD = process.env.DATABASE_PASSWORD;\n}}\nexport default new Environment();\n"
)
JOI = (
    "import Joi from 'joi';\n\nconst schema = Joi.object({{ DATABASE_URL: Joi.string(), DATABASE_HOST: Joi.string(), DATABASE_PASSWORD: Joi.string() }}){after};\n"
    "export default schema.validate(process.env).value;\n"
)
CASES += [
    case(
        f"an address and its parts {name}",
        {"package.json": '{"name": "wiki", "scripts": {"start": "tsx server.ts"}, "dependencies": {"koa": "2", "sequelize": "6", "pg": "8", "tsx": "4"}}',
         "server.ts": "import Koa from 'koa';\nimport './store';\nnew Koa().listen(process.env.PORT);\n",
         "store.ts": "import { Sequelize } from 'sequelize';\nimport env from './env';\nexport default new Sequelize(env.DATABASE_URL);\n", "env.ts": env},
        language="node", needs=["postgresql"], need_variables={"postgresql": names},
    )
    for name, env, names in (
        ("that a field forbids together", FIELDS.format(before="  @CannotUseWithAny([\n    'DATABASE_HOST',\n    'DATABASE_PASSWORD',\n  ])\n"), ("DATABASE_URL",)),
        ("that nothing forbids together", FIELDS.format(before=""), ("DATABASE_HOST", "DATABASE_PASSWORD", "DATABASE_URL")),
        ("of which a schema takes one", JOI.format(after=".xor('DATABASE_URL', 'DATABASE_HOST').without('DATABASE_URL', ['DATABASE_PASSWORD'])"), ("DATABASE_URL",)),
        ("that a schema takes together", JOI.format(after=".with('DATABASE_HOST', 'DATABASE_PASSWORD')"), ("DATABASE_HOST", "DATABASE_PASSWORD", "DATABASE_URL")),
    )
]  # fmt: skip

AERICH = "[tool.aerich]\ntortoise_orm = 'api.config.TORTOISE'\nlocation = './migrations'\nsrc_folder = './.'\n"
CASES += [
    case(
        f"migrations of Tortoise {name}",
        {**api(TORTOISE, listed), **files},
        processes={"web": asgi("api.main:app"), **release},
    )
    for name, listed, files, release in (
        ("that are there", "tortoise-orm asyncpg aerich", {"pyproject.toml": AERICH, "migrations/models/0_init.sql": "select 1;\n"}, {"release": "aerich upgrade"}),
        ("of an older version", "tortoise-orm asyncpg aerich", {"aerich.ini": "[aerich]\ntortoise_orm = api.config.TORTOISE\nlocation = ./migrations\n", "migrations/models/0_init.sql": "select 1;\n"},
         {"release": "aerich upgrade"}),
        ("that are to be made", "tortoise-orm asyncpg aerich", {"pyproject.toml": AERICH}, {}),
        ("whose program is for developers", "tortoise-orm asyncpg", {"pyproject.toml": AERICH, "migrations/models/0_init.sql": "select 1;\n"}, {}),
    )
]  # fmt: skip

EITHER = "import os\nfrom flask import Flask\n\napp = Flask(__name__)\nurl = os.environ.get('REDIS_TLS_URL', os.environ.get('REDIS_URL'))\n"
CASES += [
    case(
        f"a cache of one of two variables {name}",
        {"app.py": EITHER + code, "requirements.txt": "flask\nredis\n"},
        language="python", framework="flask", needs=needs,
    )
    for name, code, needs in (
        ("that is asked for", "if url:\n    import redis\n    cache = redis.from_url(url)\n", []),
        ("that is there", "import redis\n\ncache = redis.from_url(url)\n", ["redis"]),
    )
]  # fmt: skip
