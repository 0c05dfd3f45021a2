# ruff: noqa: E501 - a tree a line, read sideways
"""Node: servers, rendering frameworks, front ends."""

import json

from cases import case

EXPRESS = "const express = require('express');\nconst app = express();\napp.get('/', (req, res) => res.send('hi'));\napp.listen(process.env.PORT || 3000);\n"


def package(**fields):
    return json.dumps(fields, indent=2)


def node(start="node server.js", deps=(), dev=(), scripts=None, **fields):
    listed = {**({"start": start} if start else {}), **(scripts or {})}
    return package(
        name="x",
        scripts=listed,
        dependencies=dict.fromkeys(deps, "^9.0.0"),
        devDependencies=dict.fromkeys(dev, "^9.0.0"),
        **fields,
    )


NEXT = {"dev": "next dev", "build": "next build", "lint": "next lint"}
VITE = {"dev": "vite", "build": "vite build", "preview": "vite preview"}

CASES = [
    case("express-npm", {"package.json": node(deps=["express"]), "package-lock.json": '{"packages":{"node_modules/express":{}}, "x": "\\"express\\""}', "server.js": EXPRESS},
         language="node", runtime="node", framework="express", package_manager="npm", kind="web", start="npm start", port=3000, needs=[], health_path="/", questions=[]),
    case("express-getting-started", {"package.json": node("node index.js", ["express", "ejs"], engines={"node": "20.x"}), "index.js": EXPRESS, "Procfile": "web: node index.js\n", "app.json": '{"name":"x","addons":[]}'},
         framework="express", runtime_version="20.x", start="node index.js", kind="web"),
    case("express-main-only", {"package.json": package(main="app.js", dependencies={"express": "4"}), "app.js": EXPRESS}, start="node app.js", framework="express"),
    case("express-generator", {"package.json": node("node ./bin/www", ["express", "debug"]), "bin/www": "#!/usr/bin/env node\nvar app = require('../app');\nvar http = require('http');\nhttp.createServer(app).listen(3000);\n", "app.js": "var express = require('express');\nvar app = express();\nmodule.exports = app;\n"},
         framework="express", kind="web", start="npm start"),
    case("express-nodemon-start", {"package.json": node("nodemon server.js", ["express"], ["nodemon"]), "server.js": EXPRESS}, start="node server.js", framework="express"),
    case("express-typescript", {"package.json": node("node dist/index.js", ["express"], ["typescript"], {"build": "tsc", "dev": "tsx watch src/index.ts"}), "src/index.ts": "import express from 'express';\nconst app = express();\napp.listen(3000);\n", "tsconfig.json": '{"compilerOptions":{"outDir":"dist"}}'},
         framework="express", start="npm start", build=["npm install", "npm run build"]),
    case("express-mongoose", {"package.json": node(deps=["express", "mongoose"]), "server.js": EXPRESS + "require('mongoose').connect(process.env.MONGODB_URI);\n"}, needs=["mongodb"]),
    case("express-pg-redis", {"package.json": node(deps=["express", "pg", "ioredis"]), "server.js": EXPRESS + "const { Pool } = require('pg');\nconst Redis = require('ioredis');\nnew Pool({connectionString: process.env.DATABASE_URL}); new Redis(process.env.REDIS_URL);\n"}, needs=["postgresql", "redis"]),
    case("express-mysql2", {"package.json": node(deps=["express", "mysql2"]), "server.js": EXPRESS + "const mysql = require('mysql2');\nmysql.createPool({host: process.env.MYSQL_HOST});\n"}, needs=["mysql"]),
    case("express-redis-optional", {"package.json": node(deps=["express", "redis"]), "server.js": EXPRESS + "if (process.env.REDIS_URL) { const { createClient } = require('redis'); createClient({url: process.env.REDIS_URL}); }\n"}, kind="web"),
    case("express-prisma", {"package.json": node(deps=["express", "@prisma/client"], dev=["prisma"]), "server.js": EXPRESS, "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n', "prisma/migrations/1/migration.sql": ""},
         needs=["postgresql"], processes={"release": "npx prisma migrate deploy", "web": "npm start"}, build=["npm install", "npx prisma generate"]),
    case("prisma-sqlite", {"package.json": node(deps=["express", "@prisma/client"]), "server.js": EXPRESS, "prisma/schema.prisma": 'datasource db {\n  provider = "sqlite"\n  url = "file:./dev.db"\n}\n'}, needs=[]),
    case("express-bullmq-worker", {"package.json": node(deps=["express", "bullmq"], scripts={"worker": "node worker.js"}), "server.js": EXPRESS, "worker.js": "const { Worker } = require('bullmq');\nnew Worker('q', f);\n"}, needs=["redis"], processes={"worker": "npm run worker", "web": "npm start"}),
    case("express-and-react-client", {"package.json": node("node server/index.js", ["express"], scripts={"build": "cd client && npm install && npm run build"}), "server/index.js": EXPRESS, "client/package.json": node("react-scripts start", ["react", "react-scripts"])}, framework="express", kind="web", start="npm start"),
    case("fastify", {"package.json": node(deps=["fastify"]), "server.js": "const fastify = require('fastify')();\nfastify.get('/health', async () => 'ok');\nfastify.listen({ port: 3000, host: '0.0.0.0' });\n"}, framework="fastify", health_path="/health"),
    case("fastify-cli", {"package.json": node("fastify start -l info app.js", ["fastify", "fastify-cli"]), "app.js": "module.exports = async function (fastify) {}\n"}, framework="fastify", kind="web", start="npm start"),
    case("koa", {"package.json": node(deps=["koa"]), "server.js": "const Koa = require('koa');\nconst app = new Koa();\napp.listen(3000);\n"}, framework="koa", kind="web"),
    case("hapi", {"package.json": node(deps=["@hapi/hapi"]), "server.js": "const Hapi = require('@hapi/hapi');\nconst server = Hapi.server({port: 3000});\nserver.start();\nserver.listener.listen(1);\n"}, framework="hapi"),
    case("hono-node", {"package.json": node("node index.js", ["hono", "@hono/node-server"], type="module"), "index.js": "import { Hono } from 'hono'\nimport { serve } from '@hono/node-server'\nconst app = new Hono()\nserve(app)\n"}, framework="hono", kind="web"),
    case("hono-bun", {"package.json": node(None, ["hono"], scripts={"dev": "bun run --hot src/index.ts"}), "bun.lock": "{}", "src/index.ts": "import { Hono } from 'hono'\nconst app = new Hono()\nexport default app\n"}, framework="hono", runtime="bun", package_manager="bun", kind="web", start="bun src/index.ts"),
    case("elysia", {"package.json": node(None, ["elysia"], scripts={"dev": "bun run --watch src/index.ts"}), "bun.lockb": b"\0\1", "src/index.ts": "import { Elysia } from 'elysia'\nnew Elysia().get('/', () => 'x').listen(3000)\n"}, framework="elysia", runtime="bun", kind="web"),
    case("nest", {"package.json": node("nest start", ["@nestjs/core", "@nestjs/common"], ["@nestjs/cli"], {"build": "nest build", "start:dev": "nest start --watch", "start:prod": "node dist/main"}), "src/main.ts": "import { NestFactory } from '@nestjs/core';\nasync function b() { const app = await NestFactory.create(M); await app.listen(process.env.PORT ?? 3000); }\nb();\n", "src/app.controller.ts": "@Controller()\nexport class A { @Get() hi() {} }\n"},
         framework="nest", kind="web", start="npm run start:prod", build=["npm install", "npm run build"], health_path="/"),
    case("nest-typeorm-postgres", {"package.json": node("nest start", ["@nestjs/core", "@nestjs/typeorm", "typeorm", "pg"], scripts={"build": "nest build", "start:prod": "node dist/main"}), "src/main.ts": "import { NestFactory } from '@nestjs/core';\nNestFactory.create(M).then(a => a.listen(3000));\nimport './app.module';\n", "src/app.module.ts": "TypeOrmModule.forRoot({ type: 'postgres', host: process.env.DB_HOST })\n"}, needs=["postgresql"]),
    case("next", {"package.json": node("next start", ["next", "react"], scripts=NEXT), "package-lock.json": '{"x": ["\\"next\\"", "next", "react"]}', "app/page.tsx": "export default function P() {}"}, framework="next", kind="web", start="npm start", build=["npm ci", "npm run build"], health_path="/", port=3000),
    case("next-yarn", {"package.json": node("next start", ["next"], scripts=NEXT), "yarn.lock": "# yarn lockfile v1\nnext@^9.0.0:\n"}, package_manager="yarn", start="yarn run start", framework="next", build=["yarn install --frozen-lockfile", "yarn run build"]),
    case("next-export", {"package.json": node("next start", ["next"], scripts=NEXT), "next.config.js": "module.exports = { output: 'export' }\n"}, framework="next", kind="static", document_root="out", start=None),
    case("next-without-start-script", {"package.json": node(None, ["next"], scripts={"dev": "next dev", "build": "next build"})}, start="npx next start", kind="web"),
    case("next-custom-server", {"package.json": node("NODE_ENV=production node server.js", ["next", "express"], scripts={"build": "next build"}), "server.js": "const next = require('next');\nconst express = require('express');\nexpress().listen(3000);\n"}, framework="next", kind="web", start="npm start"),
    case("next-prisma-postgres", {"package.json": node("next start", ["next", "@prisma/client"], ["prisma"], NEXT), "prisma/schema.prisma": 'datasource db {\n provider = "postgresql"\n url = env("DATABASE_URL")\n}'}, framework="next", needs=["postgresql"]),
    case("nuxt", {"package.json": node(None, ["nuxt"], scripts={"build": "nuxt build", "dev": "nuxt dev", "generate": "nuxt generate", "preview": "nuxt preview"}), "nuxt.config.ts": "export default defineNuxtConfig({})"}, framework="nuxt", kind="web", start="node .output/server/index.mjs"),
    case("nuxt-generate", {"package.json": node(None, ["nuxt"], scripts={"build": "nuxt generate"})}, framework="nuxt", kind="static", document_root=".output/public"),
    case("remix-vite", {"package.json": node("remix-serve ./build/server/index.js", ["@remix-run/node", "@remix-run/react", "@remix-run/serve"], ["@remix-run/dev", "vite"], {"build": "remix vite:build", "dev": "remix vite:dev"})}, framework="remix", kind="web", start="npm start"),
    case("react-router", {"package.json": node("react-router-serve ./build/server/index.js", ["react-router", "@react-router/node", "@react-router/serve"], ["@react-router/dev", "vite"], {"build": "react-router build"}), "react-router.config.ts": "export default { ssr: true }"}, framework="react-router", kind="web", start="npm start"),
    case("react-router-spa", {"package.json": node("react-router-serve ./build/server/index.js", ["react-router", "@react-router/node"], ["@react-router/dev", "vite"], {"build": "react-router build"}), "react-router.config.ts": "export default { ssr: false }"}, framework="react-router", kind="static", document_root="build/client", single_page=True),
    case("sveltekit-node", {"package.json": node(None, [], ["@sveltejs/kit", "@sveltejs/adapter-node", "svelte", "vite"], VITE), "svelte.config.js": "import adapter from '@sveltejs/adapter-node';"}, framework="sveltekit", kind="web", start="node build"),
    case("sveltekit-static", {"package.json": node(None, [], ["@sveltejs/kit", "@sveltejs/adapter-static", "vite"], VITE), "svelte.config.js": "import adapter from '@sveltejs/adapter-static';"}, framework="sveltekit", kind="static", document_root="build"),
    case("astro-static", {"package.json": node("astro dev", ["astro"], scripts={"build": "astro build", "dev": "astro dev"}), "astro.config.mjs": "export default defineConfig({})"}, framework="astro", kind="static", document_root="dist", start=None),
    case("astro-server", {"package.json": node(None, ["astro", "@astrojs/node"], scripts={"build": "astro build"}), "astro.config.mjs": "import node from '@astrojs/node';\nexport default defineConfig({ output: 'server', adapter: node({mode: 'standalone'}) })"}, framework="astro", kind="web", start="node ./dist/server/entry.mjs"),
    case("vite-react", {"package.json": node(None, ["react"], ["vite", "@vitejs/plugin-react"], VITE), "index.html": "<html>", "vite.config.js": "export default {}"}, framework="vite", kind="static", document_root="dist", start=None, single_page=True, build=["npm install", "npm run build"], health_path="/"),
    case("vite-outdir", {"package.json": node(None, [], ["vite"], VITE), "index.html": "<html>", "vite.config.ts": "export default defineConfig({ build: { outDir: './build' } })"}, document_root="build"),
    case("vite-preview-as-start", {"package.json": node("vite preview", [], ["vite"], VITE), "index.html": "<html>"}, framework="vite", kind="static"),
    case("vite-with-express-server", {"package.json": node("node server.js", ["express", "react"], ["vite"], VITE), "index.html": "<html>", "server.js": EXPRESS}, framework="express", kind="web", start="npm start"),
    case("vite-library", {"package.json": package(name="lib", main="dist/x.js", types="dist/x.d.ts", files=["dist"], devDependencies={"vite": "5"}, scripts={"build": "vite build"}), "vite.config.ts": "export default { build: { lib: { entry: 'src/x.ts' } } }", "src/x.ts": "export const a = 1"}, kind="library", start=None),
    case("create-react-app", {"package.json": node("react-scripts start", ["react", "react-scripts"], scripts={"build": "react-scripts build"}), "public/index.html": "<html>", "src/index.js": "import React from 'react'"}, framework="create-react-app", kind="static", document_root="build", single_page=True, start=None),
    case("angular-17", {"package.json": node("ng serve", ["@angular/core"], ["@angular/cli"], {"build": "ng build"}), "angular.json": json.dumps({"projects": {"shop": {"projectType": "application", "architect": {"build": {"builder": "@angular-devkit/build-angular:application", "options": {"outputPath": "dist/shop"}}}}}})}, framework="angular", kind="static", document_root="dist/shop/browser"),
    case("angular-older", {"package.json": node("ng serve", ["@angular/core"], scripts={"build": "ng build"}), "angular.json": json.dumps({"projects": {"shop": {"architect": {"build": {"builder": "@angular-devkit/build-angular:browser", "options": {"outputPath": "dist/shop"}}}}}})}, document_root="dist/shop", kind="static"),
    case("angular-ssr", {"package.json": node("ng serve", ["@angular/core", "@angular/ssr", "express"], scripts={"build": "ng build", "serve:ssr:shop": "node dist/shop/server/server.mjs"}), "src/server.ts": "x", "angular.json": json.dumps({"projects": {"shop": {"architect": {"build": {"builder": "@angular/build:application", "options": {"outputPath": "dist/shop", "server": "src/main.server.ts", "ssr": {"entry": "src/server.ts"}}}}}}})}, framework="angular", kind="web", start="npm run serve:ssr:shop"),
    case("vue-cli", {"package.json": node(None, ["vue"], ["@vue/cli-service"], {"serve": "vue-cli-service serve", "build": "vue-cli-service build"})}, framework="vue-cli", kind="static", document_root="dist"),
    case("gatsby", {"package.json": node("gatsby develop", ["gatsby"], scripts={"build": "gatsby build"})}, framework="gatsby", kind="static", document_root="public"),
    case("docusaurus", {"package.json": node("docusaurus start", ["@docusaurus/core"], scripts={"build": "docusaurus build"})}, framework="docusaurus", kind="static", document_root="build"),
    case("eleventy", {"package.json": node("npx @11ty/eleventy --serve", [], ["@11ty/eleventy"], {"build": "npx @11ty/eleventy"})}, framework="eleventy", kind="static", document_root="_site"),
    case("vitepress-docs", {"package.json": node(None, [], ["vitepress"], {"docs:build": "vitepress build docs", "docs:dev": "vitepress dev docs"}), "docs/index.md": "x"}, framework="vitepress", kind="static", document_root="docs/.vitepress/dist", build=["npm install", "npm run docs:build"]),
    case("node-http", {"package.json": node("node index.js"), "index.js": "const http = require('http');\nhttp.createServer((q, r) => r.end('x')).listen(process.env.PORT);\n"}, framework=None, kind="web", start="npm start"),
    case("node-prints", {"package.json": node("node index.js"), "index.js": "console.log('Hello from Node');\n"}, framework=None, kind="cli", start="npm start"),
    case("node-express-listed-but-prints", {"package.json": node("node index.js", ["express"]), "index.js": "console.log('hi');\n"}, framework=None, kind="cli"),
    case("node-no-start-script", {"package.json": package(name="x"), "index.js": "console.log(1)\n"}, kind="cli", start="node index.js"),
    case("node-pnpm", {"package.json": node("node index.js"), "pnpm-lock.yaml": "lockfileVersion: 9\n", "index.js": "console.log(1)"}, package_manager="pnpm", start="pnpm run start"),
    case("node-yarn-berry", {"package.json": node("node index.js"), "yarn.lock": "__metadata:\n  version: 8\n", ".yarnrc.yml": "nodeLinker: node-modules\n", "index.js": "console.log(1)"}, package_manager="yarn-berry", start="yarn run start"),
    case("node-package-manager-field", {"package.json": node("node index.js", packageManager="pnpm@9.1.0"), "package-lock.json": "{}", "index.js": "console.log(1)"}, package_manager="pnpm"),
    case("node-yarn-field-berry", {"package.json": node("node index.js", packageManager="yarn@4.2.2"), "index.js": "console.log(1)"}, package_manager="yarn-berry"),
    case("node-yarn-field-classic", {"package.json": node("node index.js", packageManager="yarn@1.22.22"), "index.js": "console.log(1)"}, package_manager="yarn"),
    case("node-nvmrc-beats-engines", {"package.json": node("node index.js", engines={"node": ">=18"}), ".nvmrc": "v20.11.0\n", "index.js": "console.log(1)"}, runtime_version="20.11.0"),
    case("node-engines", {"package.json": node("node index.js", engines={"node": ">=18"}), "index.js": "console.log(1)"}, runtime_version=">=18"),
    case("node-bot", {"package.json": node("node bot.js", ["discord.js"]), "bot.js": "const { Client } = require('discord.js');\nconst client = new Client({});\nclient.login(process.env.TOKEN);\n"}, kind="worker", start="npm start"),
    case("node-cli-bin", {"package.json": package(name="tool", bin={"tool": "./cli.js"}), "cli.js": "#!/usr/bin/env node\nconsole.log(process.argv)\n"}, kind="cli", start="node cli.js"),
    case("node-library", {"package.json": package(name="lib", main="index.js", types="index.d.ts", exports={".": "./index.js"}), "index.js": "module.exports = () => 1\n"}, kind="library", start=None),
    case("bun-serve", {"package.json": node(None), "bun.lock": "{}", "index.ts": "Bun.serve({ fetch() { return new Response('x') } })\n"}, runtime="bun", kind="web", start="bun index.ts", package_manager="bun", language="node"),
    case("serve-build-folder", {"package.json": node("serve -s build", ["serve", "react"], scripts={"build": "x"})}, kind="static", document_root="build", single_page=True),
    case("websocket-server", {"package.json": node("node index.js", ["ws"]), "index.js": "const { WebSocketServer } = require('ws');\nconst wss = new WebSocketServer({ port: 8080 });\n"}, kind="web"),
    case("server-in-an-imported-file", {"package.json": node("node src/index.js", ["express"]), "src/index.js": "import { start } from './server.js';\nstart();\n", "src/server.js": "import express from 'express';\nexport const start = () => express().listen(3000);\n"}, framework="express", kind="web"),
    case("strapi", {"package.json": node("strapi start", ["@strapi/strapi", "pg"], scripts={"build": "strapi build", "develop": "strapi develop"}), "config/database.js": "module.exports = ({ env }) => ({ connection: { client: env('DATABASE_CLIENT', 'sqlite') } })\n"}, framework="strapi", kind="web", start="npm start"),
    case("adonis", {"package.json": node("node bin/server.js", ["@adonisjs/core"], scripts={"build": "node ace build"}), "bin/server.ts": "x"}, framework="adonisjs", kind="web", start="node build/bin/server.js"),
    case("workspace-pnpm", {"package.json": package(name="root", private=True, scripts={"build": "turbo build"}), "pnpm-workspace.yaml": "packages:\n  - 'apps/*'\n  - 'packages/*'\n", "pnpm-lock.yaml": "x", "apps/web/package.json": node("next start", ["next"], scripts=NEXT), "packages/ui/package.json": package(name="ui", main="index.js", types="x", exports="x")},
         language="node", framework="next", package_manager="pnpm", kind="web", start="pnpm --filter ./apps/web run start", path=".", build=["pnpm install --frozen-lockfile", "pnpm run build"]),
    case("workspace-npm-root-start", {"package.json": package(name="root", workspaces=["packages/*"], scripts={"start": "node packages/api/index.js"}), "packages/api/package.json": package(name="api", dependencies={"express": "4"}), "packages/api/index.js": EXPRESS}, kind="web", start="npm start"),
    case("folders-backend-frontend", {"backend/package.json": node("node server.js", ["express"]), "backend/server.js": EXPRESS, "frontend/package.json": node("react-scripts start", ["react-scripts"]), "compose.yaml": "services:\n  db:\n    image: postgres:16\n  backend:\n    build: backend\n"},
         path="backend", framework="express", kind="web", start="npm start"),
    case("heroku-postbuild", {"package.json": node(deps=["express"], scripts={"heroku-postbuild": "cd client && npm run build"}), "server.js": EXPRESS}, build=["npm install", "npm run heroku-postbuild"]),
    case("server-js-alone", {"server.js": "require('http').createServer(()=>{}).listen(8080)\n"}, language="node", kind="web", start="node server.js", package_manager=None),
    case("aws-sdk-is-optional", {"package.json": node(deps=["express", "@aws-sdk/client-s3"]), "server.js": EXPRESS}, needs=[], optional_needs=["object-storage"]),
    case("webpack-site", {"package.json": node("webpack serve", [], ["webpack", "webpack-cli"], {"build": "webpack"}), "src/index.html": "<html>", "src/index.js": "document.title = 1"}, kind="static", document_root="dist"),
]  # fmt: skip
