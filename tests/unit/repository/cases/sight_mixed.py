# ruff: noqa: E501 - a tree a line, read sideways
"""Several languages or components in a repository, and platform files that disagree."""

from cases import PIP, asgi, case, either, wsgi
from hivemind_agents.repository import Component

FLASK = "from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef index():\n    return 'hi'\n"
FAST = "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/api/health')\ndef health():\n    return {}\n"
REACT = '{"name": "frontend", "private": true, "scripts": {"dev": "vite", "build": "vite build"}, "dependencies": {"react": "18", "react-dom": "18"}, "devDependencies": {"vite": "5", "@vitejs/plugin-react": "4"}}'
PYWEB = {"language": "python", "kind": "web"}

CASES = [
    case("a-mix-flask-serves-react-build", {
        "api.py": "import os\nfrom flask import Flask, send_from_directory\napp = Flask(__name__, static_folder='build', static_url_path='/')\n@app.route('/')\ndef index():\n    return app.send_static_file('index.html')\n@app.route('/api/time')\ndef t():\n    return {'time': 1}\n", "requirements.txt": "flask\ngunicorn\n", "package.json": '{"name": "ui", "scripts": {"start": "react-scripts start", "build": "react-scripts build"}, "dependencies": {"react": "18", "react-scripts": "5"}, "proxy": "http://localhost:5000"}', "src/index.js": "import React from 'react'\n", "public/index.html": "<div id=root></div>"},
         **PYWEB, framework="flask", package_manager="pip", start=wsgi("api:app"), needs=[]),
    case("a-mix-fastapi-vite-folders-compose", {
        "backend/app/main.py": FAST, "backend/app/__init__.py": "", "backend/requirements.txt": "fastapi\nuvicorn\nsqlalchemy\npsycopg2-binary\n", "backend/app/db.py": "import os\nfrom sqlalchemy import create_engine\nengine = create_engine(os.environ['DATABASE_URL'])\n", "backend/Dockerfile": "FROM python:3.11\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nCMD [\"uvicorn\", \"app.main:app\", \"--host\", \"0.0.0.0\", \"--port\", \"8000\"]\n",
        "frontend/package.json": REACT, "frontend/index.html": "<div id=root>", "frontend/src/main.jsx": "import React from 'react'\n", "frontend/Dockerfile": "FROM node:20\nCMD [\"npm\", \"run\", \"dev\"]\n", "docker-compose.yml": "services:\n  backend:\n    build: ./backend\n    ports: ['8000:8000']\n    environment:\n      DATABASE_URL: postgresql://p:p@db/p\n  frontend:\n    build: ./frontend\n    ports: ['5173:5173']\n  db:\n    image: postgres:16\n"},
         **PYWEB, framework="fastapi", package_manager="pip", path="backend", start=asgi("app.main:app"), needs=["postgresql"], health_path="/api/health"),
    case("a-mix-python-with-husky", {
        "package.json": '{"name": "repo", "private": true, "devDependencies": {"husky": "9", "prettier": "3", "@commitlint/cli": "18"}, "scripts": {"prepare": "husky"}}', "package-lock.json": '{"lockfileVersion": 3}', "pyproject.toml": "[project]\nname = 'svc'\nversion = '1'\ndependencies = ['fastapi', 'uvicorn']\n", "svc/__init__.py": "", "svc/main.py": FAST},
         **PYWEB, framework="fastapi", package_manager="pip", start=asgi("svc.main:app"), needs=[]),
    case("a-mix-express-with-python-script", {
        "package.json": '{"name": "predict", "scripts": {"start": "node server.js"}, "dependencies": {"express": "4", "python-shell": "5"}}', "package-lock.json": '{"lockfileVersion": 3}', "server.js": "const express = require('express')\nconst { PythonShell } = require('python-shell')\nconst app = express()\napp.get('/', (q, r) => r.send('x'))\napp.listen(process.env.PORT || 3000)\n", "ml/predict.py": "import sys\nimport pandas as pd\nprint(sys.argv)\n", "requirements.txt": "pandas\n"},
         language="node", kind="web", framework="express", package_manager="npm", start=either("npm start", "node server.js", "npm run start"), needs=[], port=3000),
    case("a-mix-php-gulp", {
        "index.php": "<?php include 'inc/header.php'; ?>", "inc/header.php": "<header>", "package.json": '{"devDependencies": {"gulp": "4", "gulp-sass": "5"}, "scripts": {"build": "gulp build"}}', "gulpfile.js": "const gulp = require('gulp')\n", "scss/a.scss": ""},
         language="php", kind="web", framework=None, package_manager=None, needs=[]),
    case("a-mix-procfile-beats-docker", {
        "Procfile": "web: gunicorn service.wsgi:app --workers 2\n", "Dockerfile": "FROM python:3.8\nCOPY . .\nRUN pip install -r requirements.txt\nCMD [\"python\", \"old_server.py\"]\n", "service/__init__.py": "", "service/wsgi.py": FLASK, "old_server.py": "from http.server import HTTPServer, SimpleHTTPRequestHandler\nHTTPServer(('', 8000), SimpleHTTPRequestHandler).serve_forever()\n", "requirements.txt": "flask\ngunicorn\n"},
         **PYWEB, framework="flask", start="gunicorn service.wsgi:app --workers 2", needs=[]),
    case("a-mix-nixpacks-toml", {
        "nixpacks.toml": "[phases.setup]\nnixPkgs = ['python311', 'ffmpeg']\n[start]\ncmd = 'uvicorn src.web:app --host 0.0.0.0 --port $PORT'\n", "src/web.py": FAST, "requirements.txt": "fastapi\nuvicorn\n"},
         **PYWEB, framework="fastapi", start="uvicorn src.web:app --host 0.0.0.0 --port $PORT", needs=[]),
    case("a-mix-app-json-addons", {
        "app.json": '{"name": "poll", "addons": ["heroku-postgresql:mini", "heroku-redis"], "env": {"SECRET_KEY": {"generator": "secret"}}, "formation": {"web": {"quantity": 1}}, "scripts": {"postdeploy": "python manage.py migrate"}}', "Procfile": "web: gunicorn app:app\n", "app.py": "import os, redis\nfrom flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\napp = Flask(__name__)\napp.secret_key = os.environ['SECRET_KEY']\napp.config['SQLALCHEMY_DATABASE_URI'] = os.environ['DATABASE_URL']\ndb = SQLAlchemy(app)\nr = redis.from_url(os.environ['REDIS_URL'])\n", "requirements.txt": "flask\nflask-sqlalchemy\npsycopg2\nredis\ngunicorn\n"},
         **PYWEB, framework="flask", start="gunicorn app:app", needs=either(["postgresql", "redis"], ["redis", "postgresql"]), optional_needs=[]),
    case("a-mix-fly-toml", {
        "fly.toml": "app = 'x'\n[build]\n  builder = 'paketobuildpacks/builder:base'\n[env]\n  PORT = '8080'\n[processes]\n  web = 'gunicorn hello:app'\n  worker = 'python worker.py'\n[[mounts]]\n  source = 'data'\n  destination = '/data'\n[http_service]\n  internal_port = 8080\n", "hello.py": FLASK, "worker.py": "import time\nwhile True:\n    time.sleep(1)\n", "requirements.txt": "flask\ngunicorn\n"},
         **PYWEB, framework="flask", port=8080, start="gunicorn hello:app", needs=["persistent-disk"], processes={"web": "gunicorn hello:app", "worker": "python worker.py"}),
    case("a-mix-vendored-examples", {
        "app.py": FLASK, "requirements.txt": "flask\n", "vendor/django-things/manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'x.settings')\nfrom django.core.management import execute_from_command_line\n", "third_party/express-demo/package.json": '{"dependencies": {"express": "4"}, "scripts": {"start": "node index.js"}}', "third_party/express-demo/index.js": "require('express')().listen(3000)\n", "examples/redis_demo.py": "import redis\nr = redis.Redis()\n"},
         **PYWEB, framework="flask", start=wsgi("app:app"), needs=[], optional_needs=[]),
    case("a-mix-three-services-monorepo", {
        "services/users/app.py": FLASK, "services/users/requirements.txt": "flask\n", "services/orders/main.py": FAST, "services/orders/requirements.txt": "fastapi\nuvicorn\n", "web/package.json": REACT, "web/index.html": "<p>", "web/src/main.jsx": "x", "docker-compose.yml": "services:\n  users: {build: ./services/users}\n  orders: {build: ./services/orders}\n  web: {build: ./web}\n"},
         components=[
             Component(path='web', kind='static', language='node', framework='vite'),
             Component(path='services/orders', kind='web', language='python', framework='fastapi'),
             Component(path='services/users', kind='web', language='python', framework='flask')]),
    case("a-mix-docker-only-image", {"Dockerfile": "FROM metabase/metabase:latest\nENV MB_DB_TYPE=postgres\nEXPOSE 3000\n", "README.md": "Deploy Metabase"},
         language=None, kind="web", framework=None, package_manager=None, port=3000),
    case("a-mix-compose-only", {"docker-compose.yml": "services:\n  ghost:\n    image: ghost:5\n    ports: ['2368:2368']\n    environment:\n      database__client: mysql\n      database__connection__host: db\n  db:\n    image: mysql:8\n", "README.md": "Ghost"},
         language=None, kind="web", framework=None, package_manager=None),
    case("a-mix-docker-python-no-manifest", {"Dockerfile": "FROM python:3.12-slim\nRUN pip install flask gunicorn redis\nCOPY app.py .\nCMD [\"gunicorn\", \"-b\", \"0.0.0.0:80\", \"app:app\"]\n", "app.py": "import os, redis\nfrom flask import Flask\napp = Flask(__name__)\nr = redis.Redis(host=os.getenv('REDIS_HOST', 'redis'))\n@app.route('/')\ndef i():\n    return str(r.incr('n'))\n", "compose.yml": "services:\n  app: {build: ., ports: ['80:80']}\n  redis: {image: redis}\n"},
         **PYWEB, framework="flask", package_manager=PIP, start=wsgi("app:app"), needs=["redis"], optional_needs=[]),
    case("a-mix-tests-use-other-framework", {
        "requirements.txt": "fastapi\nuvicorn\nhttpx\n", "requirements-dev.txt": "flask\npytest\nredis\n", "app/__init__.py": "", "app/main.py": FAST, "tests/fake_upstream.py": FLASK, "tests/test_app.py": "from fastapi.testclient import TestClient\nimport redis\n"},
         **PYWEB, framework="fastapi", start=asgi("app.main:app"), needs=[], optional_needs=[]),
    case("a-mix-stale-yarn-and-requirements", {
        "pyproject.toml": "[tool.poetry]\nname = 'x'\nversion = '0'\n[tool.poetry.dependencies]\npython = '^3.11'\nfastapi = '*'\nuvicorn = '*'\n", "poetry.lock": "[[package]]\nname = \"fastapi\"\nversion = \"0.1\"\n", "requirements.txt": "fastapi==0.60\nuvicorn\n", "main.py": FAST, "yarn.lock": "# yarn lockfile v1\n"},
         **PYWEB, framework="fastapi", package_manager="poetry", start=asgi("main:app")),
    case("a-mix-django-nextjs", {
        "server/manage.py": "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'core.settings')\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n", "server/core/__init__.py": "", "server/core/settings.py": "import os\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'HOST': os.environ['POSTGRES_HOST'], 'NAME': os.environ['POSTGRES_DB']}}\nROOT_URLCONF = 'core.urls'\nWSGI_APPLICATION = 'core.wsgi.application'\n", "server/core/urls.py": "urlpatterns = []\n", "server/core/wsgi.py": "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n", "server/requirements.txt": "django\npsycopg2\n", "client/package.json": '{"dependencies": {"next": "14", "react": "18"}, "scripts": {"build": "next build", "start": "next start"}}', "client/app/page.tsx": "export default function P() { return <p/> }\n"},
         components=[
             Component(path='client', kind='web', language='node', framework='next'),
             Component(path='server', kind='web', language='python', framework='django')]),
    case("a-mix-streamlit-and-fastapi", {
        "requirements.txt": "fastapi\nuvicorn\nstreamlit\nrequests\n", "api/main.py": FAST, "ui/app.py": "import streamlit as st\nimport requests\nst.write(requests.get('http://localhost:8000').json())\n", "Procfile": "web: uvicorn api.main:app --host 0.0.0.0 --port $PORT\n"},
         **PYWEB, framework="fastapi", start="uvicorn api.main:app --host 0.0.0.0 --port $PORT", needs=[]),
    case("a-mix-go-site-with-python-tools", {
        "go.mod": "module example.org/x\n\ngo 1.22\n", "main.go": "package main\nimport (\"net/http\"; \"os\")\nfunc main() {\n http.HandleFunc(\"/\", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(\"x\")) })\n http.ListenAndServe(\":\"+os.Getenv(\"PORT\"), nil)\n}\n", "scripts/gen.py": "import yaml\nprint(1)\n", "requirements.txt": "pyyaml\n"},
         language="go", kind="web", framework="net/http", package_manager="gomod", needs=[]),
]  # fmt: skip
