"""Node: builds that migrate, Prisma's schemas, sites whose builder is in a workspace."""

import json

from cases import case

# ruff: noqa: E501 - a tree a line


def manifest(**keys: object) -> str:
    return json.dumps({"name": "desk", "private": True, **keys})


LOCK = {"package-lock.json": '{"lockfileVersion":3}'}
SERVER = "const app = require('express')()\napp.get('/', (req, res) => res.send('hello'))\napp.listen(process.env.PORT || 3000)\n"
SCHEMA = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
BOARD = {
    "yarn.lock": "# yarn lockfile v1\n",
    "board/vite.config.mts": "export default { build: { outDir: 'out' } }\n",
    "board/index.html": "<html><script type='module' src='index.tsx'></script></html>\n",
    "board/index.tsx": "document.title = 'board'\n",
}
NEST = {
    **LOCK,
    "package.json": manifest(
        scripts={"build": "nest build", "start:prod": "node dist/main"},
        dependencies={
            "@nestjs/core": "11",
            "@nestjs/common": "11",
            "@nestjs/platform-express": "11",
        },
    ),
    "nest-cli.json": "{}",
    "src/health.controller.ts": "@Controller('health')\nexport class HealthController {\n  @Get()\n  look() {\n    return 'fine'\n  }\n}\n",
}
MAIN = "import {{ NestFactory }} from '@nestjs/core'\nasync function begin() {{\n  const app = await NestFactory.create(Everything)\n  {more}\n  await app.listen(process.env.PORT || 3000)\n}}\nbegin()\n"
EXPRESS = {"language": "node", "kind": "web", "framework": "express"}

CASES = [
    case(
        "a build for a platform that migrates yields to the plain one",
        {**LOCK, "server.js": SERVER,
         "package.json": manifest(scripts={"start": "node server.js", "build": "webpack", "heroku-postbuild": "npm run build && npm run db:migrate", "db:migrate": "sequelize db:migrate"}, dependencies={"express": "4", "pg": "8", "sequelize": "6", "sequelize-cli": "6"})},
        **EXPRESS, build=["npm ci", "npm run build"], processes={"web": "npm start", "release": "npm run db:migrate"},
    ),
    case(
        "a build for a platform that only builds is taken",
        {**LOCK, "server.js": SERVER,
         "package.json": manifest(scripts={"start": "node server.js", "build": "webpack", "heroku-postbuild": "npm run build && npm run build:client", "build:client": "cd client && npm i"}, dependencies={"express": "4"})},
        **EXPRESS, build=["npm ci", "npm run heroku-postbuild"], processes={"web": "npm start"},
    ),
    case(
        "a build that migrates in between does the rest, and migrates before the traffic",
        {**LOCK, "server.js": SERVER,
         "package.json": manifest(scripts={"start": "node server.js", "build": "tsc && knex migrate:latest && CI=1 vite build"}, dependencies={"express": "4", "knex": "3", "pg": "8"}, devDependencies={"typescript": "5"})},
        **EXPRESS, build=["npm ci", "npx tsc && CI=1 npx vite build"], processes={"web": "npm start", "release": "npx knex migrate:latest"},
    ),
    case(
        "a list of scripts is run without the one that checks the database",
        {"yarn.lock": "# yarn lockfile v1\n", "next.config.js": "module.exports = {}\n", "pages/index.js": "",
         "package.json": manifest(scripts={"start": "next start", "build": "npm-run-all build-db check-db build-app", "build-db": "prisma generate", "check-db": "node scripts/check-db.js", "build-app": "next build"}, dependencies={"next": "13", "react": "18", "npm-run-all": "4", "@prisma/client": "5"}),
         "scripts/check-db.js": "", "db/postgresql/schema.prisma": SCHEMA},
        language="node", kind="web", framework="next",
        build=["yarn install --frozen-lockfile", "yarn run build-db && yarn run build-app"],
        processes={"web": "yarn run start", "release": "yarn run check-db"},
    ),
    case(
        "the image is built with a script that needs no database",
        {**LOCK, "server.js": SERVER, "Dockerfile": "FROM node:20\nCOPY . .\nRUN npm ci\nRUN npm run build:docker\nCMD [\"node\", \"server.js\"]\n",
         "package.json": manifest(scripts={"start": "node server.js", "build": "prisma migrate deploy && webpack", "build:docker": "webpack --mode production"}, dependencies={"express": "4"})},
        **EXPRESS, build=["npm ci", "npm run build:docker"],
    ),
    case(
        "a script called release that publishes is no release command",
        {**LOCK, "server.js": SERVER, "tools/publish.js": "",
         "package.json": manifest(scripts={"start": "node server.js", "release": "node tools/publish.js", "db:migrate": "sequelize db:migrate"}, dependencies={"express": "4", "sequelize-cli": "6"})},
        **EXPRESS, processes={"web": "npm start", "release": "npm run db:migrate"},
    ),
    case(
        "a script called release that migrates is the release command",
        {**LOCK, "server.js": SERVER,
         "package.json": manifest(scripts={"start": "node server.js", "release": "knex migrate:latest"}, dependencies={"express": "4", "knex": "3"})},
        **EXPRESS, processes={"web": "npm start", "release": "npm run release"},
    ),
    case(
        "only the image says which script builds",
        {**LOCK, "server.js": SERVER, "Dockerfile": "FROM node:20\nCOPY . .\nRUN npm ci && npm run build-assets\nCMD [\"node\", \"server.js\"]\n",
         "package.json": manifest(scripts={"start": "node server.js", "build-assets": "webpack"}, dependencies={"express": "4"})},
        **EXPRESS, build=["npm ci", "npm run build-assets"],
    ),
    case(
        "the schema is elsewhere, and its migrations are beside it",
        {**LOCK, "src/main.js": SERVER, "src/prisma/schema.prisma": SCHEMA, "src/prisma/migrations/1_first/migration.sql": "CREATE TABLE a (b int);\n",
         "package.json": manifest(main="src/main.js", scripts={"start": "node src/main.js"}, prisma={"schema": "./prisma/schema.prisma"}, dependencies={"express": "4", "@prisma/client": "4"}, devDependencies={"prisma": "4"})},
        **EXPRESS, needs=["postgresql"],
        build=["npm ci", "npx prisma generate --schema src/prisma/schema.prisma"],
        processes={"web": "npm start", "release": "npx prisma migrate deploy --schema src/prisma/schema.prisma"},
    ),
    case(
        "the manifest says where the schema is",
        {**LOCK, "server.js": SERVER, "db/schema.prisma": SCHEMA, "db/migrations/1_first/migration.sql": "CREATE TABLE a (b int);\n",
         "package.json": manifest(scripts={"start": "node server.js"}, prisma={"schema": "db/schema.prisma"}, dependencies={"express": "4", "@prisma/client": "5", "prisma": "5"})},
        **EXPRESS, build=["npm ci", "npx prisma generate"], processes={"web": "npm start", "release": "npx prisma migrate deploy"},
    ),
    case(
        "a schema without migrations is pushed, as the author does",
        {**LOCK, "server.js": SERVER, "prisma/schema.prisma": SCHEMA,
         "package.json": manifest(scripts={"start": "node server.js", "db:push": "prisma db push"}, dependencies={"express": "4", "@prisma/client": "5", "prisma": "5"})},
        **EXPRESS, processes={"web": "npm start", "release": "npx prisma db push"},
    ),
    case(
        "a schema without migrations of which nothing is said is left alone",
        {**LOCK, "server.js": SERVER, "prisma/schema.prisma": SCHEMA,
         "package.json": manifest(scripts={"start": "node server.js", "postinstall": "prisma generate"}, dependencies={"express": "4", "@prisma/client": "5", "prisma": "5"})},
        **EXPRESS, build=["npm ci"], processes={"web": "npm start"},
    ),
    case(
        "a workspace's page has its builder from the root, whose start is a developer's",
        {**BOARD, "package.json": manifest(workspaces=["board", "parts/*"], scripts={"start": "yarn --cwd ./board start", "build": "yarn --cwd ./board build"}, devDependencies={"vite": "5"}),
         "board/package.json": manifest(name="board", scripts={"start": "yarn && vite --host", "build": "vite build"}, dependencies={"react": "19"})},
        language="node", kind="static", framework="vite", start=None, document_root="board/out",
        build=["yarn install --frozen-lockfile", "yarn run build"],
    ),
    case(
        "a folder's page that the root's start shows to developers",
        {**LOCK, "package.json": manifest(scripts={"start": "npm start --prefix client"}),
         "client/package.json": manifest(name="client", scripts={"start": "react-scripts start", "build": "react-scripts build"}, dependencies={"react": "18", "react-scripts": "5"}),
         "client/public/index.html": "<html></html>\n", "client/src/index.js": "document.title = 'desk'\n"},
        language="node", kind="static", framework="create-react-app", start=None, document_root="client/build",
    ),
    case(
        "a member with a page for developers, and a root that serves it",
        {**BOARD, "package.json": manifest(workspaces=["board"], scripts={"start": "node server.js", "build": "yarn --cwd ./board build"}, dependencies={"express": "4"}, devDependencies={"vite": "5"}), "server.js": SERVER,
         "board/package.json": manifest(name="board", scripts={"start": "vite --host", "build": "vite build"}, dependencies={"react": "19"})},
        **EXPRESS, start="yarn run start",
    ),
    case(
        "a port that has another name is given by it",
        {**LOCK, "server.js": SERVER.replace("process.env.PORT || 3000", "Number(process.env.APP_PORT) || 4000"),
         "package.json": manifest(scripts={"start": "node server.js", "migrate": "node-pg-migrate -j sql"}, dependencies={"express": "4", "pg": "8", "node-pg-migrate": "6"})},
        **EXPRESS, start="APP_PORT=$PORT npm start",
        processes={"web": "APP_PORT=$PORT npm start", "release": "npm run migrate up"},
    ),
    case(
        "a port by two names, one of them the usual",
        {**LOCK, "server.js": SERVER.replace("process.env.PORT || 3000", "process.env.HTTP_PORT || process.env.PORT"),
         "package.json": manifest(scripts={"start": "node server.js", "migrate": "node-pg-migrate up"}, dependencies={"express": "4"})},
        **EXPRESS, start="npm start", processes={"web": "npm start", "release": "npm run migrate"},
    ),
    case(
        "two ports of other names, of which neither is sure",
        {**LOCK, "server.js": SERVER.replace("process.env.PORT || 3000", "process.env.HTTP_PORT || process.env.API_PORT"),
         "package.json": manifest(scripts={"start": "node server.js"}, dependencies={"express": "4"})},
        **EXPRESS, start="npm start",
    ),
    case(
        "Nest's health route behind the prefix and the version of all",
        {**NEST, "src/main.ts": MAIN.format(more="app.enableVersioning({ defaultVersion: '1', type: VersioningType.URI })\n  app.setGlobalPrefix('api', { exclude: ['sitemap.xml'] })")},
        language="node", framework="nest", health_path="/api/v1/health",
    ),
    case(
        "Nest's health route that the prefix spares",
        {**NEST, "src/main.ts": MAIN.format(more="app.setGlobalPrefix('api', { exclude: ['health'] })")},
        language="node", framework="nest", health_path="/health",
    ),
    case(
        "a version that a header has is no part of the path",
        {**NEST, "src/main.ts": MAIN.format(more="app.enableVersioning({ defaultVersion: '1', type: VersioningType.HEADER, header: 'V' })\n  app.setGlobalPrefix('api')")},
        language="node", framework="nest", health_path="/api/health",
    ),
    case(
        "folders that stay, by a variable with a folder in its place",
        {**LOCK, "server.js": SERVER, "package.json": manifest(scripts={"start": "node server.js"}, dependencies={"express": "4"}),
         "compose.yml": "services:\n  web:\n    build: .\n    volumes:\n      - ${FILES:-./files}:/srv/files\n      - ${PLACE}:/srv/place\n      - ./server.js:/srv/app/server.js\n"},
        **EXPRESS, volumes=["/srv/files", "/srv/place"],
    ),
    case('node-migrates-to-the-latest-by-a-script', {"server.js": SERVER,
         "package.json": manifest(scripts={"start": "node server.js", "migrate:latest": "knex migrate:latest", "migrate:rollback": "knex migrate:rollback"}, dependencies={"express": "4", "knex": "3", "pg": "8"})},
        **EXPRESS, processes={"web": "npm start", "release": "npm run migrate:latest"}),
    # Nothing but the way back, and what makes new migrations.
    case('node-has-no-migration-of-production', {"server.js": SERVER,
         "package.json": manifest(scripts={"start": "node server.js", "migrate:down": "knex migrate:down", "migrate:make": "knex migrate:make"}, dependencies={"express": "4", "knex": "3", "pg": "8"})},
        **EXPRESS, processes={"web": "npm start"}),
]  # fmt: skip
