"""Node: settings that only the image has, made of a template with the environment's variables."""

import json

from cases import case, demands

# ruff: noqa: E501 - a tree a line
TREE = {
    "package-lock.json": '{"lockfileVersion":3}',
    "package.json": json.dumps(
        {
            "name": "pages",
            "private": True,
            "scripts": {"start": "node server"},
            "dependencies": {"express": "4", "knex": "3", "pg": "8", "mysql2": "3", "js-yaml": "4"},
        }
    ),
    "server/index.js": "const express = require('express')\nglobal.settings = require('./settings')\nrequire('./database')\nconst app = express()\napp.get('/healthz', (req, res) => res.json({ ok: true }))\napp.listen(settings.port)\n",
    "server/settings.js": "const yaml = require('js-yaml')\nmodule.exports = yaml.load(filled(require('fs').readFileSync('settings.yml', 'utf8')))\n",
    "server/database.js": "const knex = require('knex')\nlet client\nswitch (settings.db.type) {\n  case 'postgres':\n    client = 'pg'\n    break\n  case 'mysql':\n    client = 'mysql2'\n}\nmodule.exports = knex({ client, connection: settings.db })\n",
}
NODE = {"language": "node", "kind": "web", "framework": "express"}
WORDS = "db:\n  type: $(DB_TYPE)\n  host: '$(DB_HOST)'\n  user: '$(DB_USER)'\n  password: '$(DB_PASS)'\n  database: $(DB_NAME)\nlevel: $(LOG_LEVEL:info)\n"
IMAGE = 'FROM node:22\nARG DIR=/opt/pages\nWORKDIR "${DIR}"\nCOPY --chown=node:node ./server ./server\nCOPY --chown=node:node ./deploy/words.yml "${DIR}"/settings.yml\nCMD ["node", "server"]\n'

CASES = [
    case(
        "the image's settings are made of its template, and the database of its kind is needed",
        {**TREE, "deploy/Dockerfile": IMAGE, "deploy/words.yml": WORDS},
        **NODE, build=["npm ci", "cp deploy/words.yml settings.yml"], needs=["postgresql"],
        need_values={"postgresql": {"DB_TYPE": "postgres"}, "mysql": {"DB_TYPE": "mysql"}},
        env=demands("DB_TYPE"),
    ),
    case(
        "a port that is a number in the template becomes the one that is given",
        {**TREE, "Dockerfile": IMAGE, "deploy/words.yml": "port: 3000\n" + WORDS},
        **NODE, build=["npm ci", r"sed -E 's/^(port: *)([0-9]+) *$/\1$(PORT:\2)/' deploy/words.yml >settings.yml"],
    ),
    case(
        "a kind of database that the template has by itself is not asked for",
        {**TREE, "Dockerfile": IMAGE, "deploy/words.yml": "db:\n  type: ${DB_TYPE:memory}\n  host: ${DB_HOST:undefined}\n"},
        **NODE, build=["npm ci", "cp deploy/words.yml settings.yml"], env=demands(),
    ),
    case(
        "a file that is copied as it is, and one that the repository has, are no templates",
        {**TREE, "Dockerfile": IMAGE, "deploy/words.yml": "level: info\n", "settings.yml": WORDS},
        **NODE, build=["npm ci"],
    ),
    case(
        "a web server's settings are not the application's",
        {**TREE, "Dockerfile": IMAGE.replace("settings.yml", "nginx.conf"), "deploy/words.yml": "listen ${PORT};\n"},
        **NODE, build=["npm ci"],
    ),
]  # fmt: skip
