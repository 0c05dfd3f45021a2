"""Node: what other members of a workspace do for the one that serves."""

import json

from cases import case

# ruff: noqa: E501 - a tree a line


def manifest(name: str, **keys: object) -> str:
    return json.dumps({"name": name, "private": True, **keys})


LOCK = {"yarn.lock": "__metadata:\n  version: 8\n"}
PAGES = {
    "apps/web/package.json": manifest(
        "@desk/web",
        scripts={"dev": "next dev", "build": "next build", "start": "next start"},
        dependencies={"next": "14", "react": "18", "@desk/tables": "*"},
    ),
    "apps/web/next.config.js": "module.exports = {}\n",
    "apps/web/app/page.jsx": "",
}
TABLES = {
    "packages/tables/package.json": manifest(
        "@desk/tables",
        scripts={"generate": "prisma generate"},
        dependencies={"@prisma/client": "6", "prisma": "6"},
    ),
    "packages/tables/schema.prisma": 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n',
    "packages/tables/migrations/1_first/migration.sql": "CREATE TABLE a (b int);\n",
}
WORK = "setInterval(() => console.log('at work'), 1000)\n"
MIGRATE = "cd packages/tables && npx prisma migrate deploy"
NEXT = {"language": "node", "kind": "web", "framework": "next"}

CASES = [
    case(
        "members that hold the tables and work behind the pages",
        {**LOCK, **PAGES, **TABLES, "package.json": manifest("desk", workspaces=["apps/*", "packages/*"]),
         "apps/worker/package.json": manifest("@desk/worker", scripts={"start": "node worker.js"}), "apps/worker/worker.js": WORK},
        **NEXT, needs=["postgresql"],
        build=["yarn install --immutable", "cd packages/tables && npx prisma generate", "yarn workspace @desk/web run build"],
        processes={"web": "yarn workspace @desk/web run start", "release": MIGRATE, "worker": "yarn workspace @desk/worker run start"},
    ),
    case(
        "a root that builds and starts the workspace has the tables of a member",
        {**LOCK, **PAGES, **TABLES, "package.json": manifest("desk", workspaces=["apps/*", "packages/*"], scripts={"start": "yarn workspace @desk/web start", "build": "yarn workspace @desk/web build", "postinstall": "yarn workspace @desk/tables prisma generate"})},
        **NEXT, build=["yarn install --immutable", "yarn run build"],
        processes={"web": "yarn run start", "release": MIGRATE},
    ),
    case(
        "a member without migrations, and a worker that is another application",
        {**LOCK, **PAGES, "package.json": manifest("desk", workspaces=["apps/*", "packages/*"]),
         "packages/tables/package.json": TABLES["packages/tables/package.json"], "packages/tables/schema.prisma": TABLES["packages/tables/schema.prisma"],
         "apps/bot/package.json": manifest("@desk/bot", scripts={"start": "node bot.js"}), "apps/bot/bot.js": WORK},
        **NEXT, processes={"web": "yarn workspace @desk/web run start"},
    ),
]  # fmt: skip
