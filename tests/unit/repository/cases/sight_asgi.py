# ruff: noqa: E501 - a tree a line, read sideways
"""FastAPI, Starlette, Litestar, Sanic, aiohttp, Tornado and what is like them."""

from cases import DISK, PIP, asgi, case, either, like, wsgi

FAST = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\nasync def root():\n    return {'message': 'Hello World'}\n"
PY = {"language": "python", "kind": "web"}
FA = {**PY, "framework": "fastapi"}

CASES = [
    case("a-fastapi-hello", {"main.py": FAST, "requirements.txt": "fastapi\nuvicorn\n", "README.md": "uvicorn main:app --reload\n"},
         **FA, package_manager="pip", start=asgi("main:app"), needs=[], optional_needs=[], health_path="/"),
    case("a-fastapi-hypercorn-toml", {"main.py": FAST, "requirements.txt": "fastapi==0.100.0\nhypercorn==0.14.4\n", "railway.json": '{"deploy": {"startCommand": "hypercorn main:app --bind \\"[::]:$PORT\\""}}'},
         **FA, package_manager="pip", start=like(r'^hypercorn main:app --bind "?\[::\]:\$PORT"?$'), needs=[]),
    case("a-fastapi-sql-tutorial", {
        "requirements.txt": "fastapi[standard]\nsqlalchemy\n", "sql_app/__init__.py": "",
        "sql_app/database.py": "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import declarative_base, sessionmaker\n\nSQLALCHEMY_DATABASE_URL = 'sqlite:///./sql_app.db'\n# SQLALCHEMY_DATABASE_URL = 'postgresql://user:password@postgresserver/db'\n\nengine = create_engine(SQLALCHEMY_DATABASE_URL, connect_args={'check_same_thread': False})\nSessionLocal = sessionmaker(bind=engine)\nBase = declarative_base()\n",
        "sql_app/main.py": "from fastapi import Depends, FastAPI\nfrom . import models\nfrom .database import SessionLocal, engine\nmodels.Base.metadata.create_all(bind=engine)\napp = FastAPI()\n@app.get('/users/')\ndef users():\n    return []\n", "sql_app/models.py": "from .database import Base\n"},
         **FA, package_manager="pip", start=asgi("sql_app.main:app"), needs=DISK, optional_needs=DISK),
    case("a-fastapi-template-backend", {
        "app/main.py": "from fastapi import FastAPI\nfrom app.api import api_router\nfrom app.core.config import settings\napp = FastAPI(title=settings.PROJECT_NAME, openapi_url=f'{settings.API_V1_STR}/openapi.json')\napp.include_router(api_router, prefix=settings.API_V1_STR)\n", "app/__init__.py": "", "app/core/__init__.py": "",
        "app/core/config.py": "from pydantic import PostgresDsn, computed_field\nfrom pydantic_core import MultiHostUrl\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n\nclass Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_file='.env', extra='ignore')\n    API_V1_STR: str = '/api/v1'\n    PROJECT_NAME: str\n    SECRET_KEY: str = 'changethis'\n    POSTGRES_SERVER: str\n    POSTGRES_PORT: int = 5432\n    POSTGRES_USER: str\n    POSTGRES_PASSWORD: str = ''\n    POSTGRES_DB: str = ''\n    SMTP_HOST: str | None = None\n    SMTP_USER: str | None = None\n\n    @computed_field\n    @property\n    def SQLALCHEMY_DATABASE_URI(self) -> PostgresDsn:\n        return MultiHostUrl.build(scheme='postgresql+psycopg', username=self.POSTGRES_USER, password=self.POSTGRES_PASSWORD, host=self.POSTGRES_SERVER, port=self.POSTGRES_PORT, path=self.POSTGRES_DB)\n\n    @property\n    def emails_enabled(self) -> bool:\n        return bool(self.SMTP_HOST)\n\nsettings = Settings()\n",
        "app/core/db.py": "from sqlmodel import create_engine\nfrom app.core.config import settings\nengine = create_engine(str(settings.SQLALCHEMY_DATABASE_URI))\n", "app/api/__init__.py": "from fastapi import APIRouter\napi_router = APIRouter()\n@api_router.get('/utils/health-check/')\nasync def health_check() -> bool:\n    return True\n",
        "app/utils.py": "import emails\nfrom app.core.config import settings\ndef send_email(to):\n    assert settings.emails_enabled\n    emails.Message(subject='x').send(to=to, smtp={'host': settings.SMTP_HOST})\n",
        "app/alembic/env.py": "from alembic import context\n", "alembic.ini": "[alembic]\nscript_location = app/alembic\n", "scripts/prestart.sh": "#! /usr/bin/env bash\nset -e\npython app/backend_pre_start.py\nalembic upgrade head\n",
        "pyproject.toml": "[project]\nname = 'app'\nversion = '0.1.0'\nrequires-python = '>=3.10,<4.0'\ndependencies = ['fastapi[standard]<1.0.0', 'sqlmodel', 'psycopg[binary]', 'alembic', 'pydantic-settings', 'emails']\n[tool.uv]\ndev-dependencies = ['pytest']\n", "uv.lock": "version = 1\n[[package]]\nname = \"fastapi\"\n",
        "Dockerfile": "FROM python:3.10\nWORKDIR /app/\nCOPY --from=astral/uv /uv /bin/\nCOPY . /app\nRUN uv sync\nCMD [\"fastapi\", \"run\", \"--workers\", \"4\", \"app/main.py\"]\n"},
         **FA, package_manager="uv", start=asgi("app.main:app"), needs=["postgresql"], optional_needs=["smtp"], runtime_version=">=3.10,<4.0"),
    case("a-fastapi-motor", {
        "server/main.py": "import uvicorn\n\nif __name__ == '__main__':\n    uvicorn.run('server.app:app', host='0.0.0.0', port=8000, reload=True)\n", "server/__init__.py": "", "server/app.py": "from fastapi import FastAPI\nfrom server.routes import router\napp = FastAPI()\napp.include_router(router, prefix='/student')\n@app.get('/', tags=['Root'])\nasync def read_root():\n    return {'message': 'Welcome'}\n",
        "server/database.py": "import motor.motor_asyncio\nfrom decouple import config\nMONGO_DETAILS = config('MONGO_DETAILS')\nclient = motor.motor_asyncio.AsyncIOMotorClient(MONGO_DETAILS)\n", "server/routes.py": "from fastapi import APIRouter\nfrom server.database import client\nrouter = APIRouter()\n", "requirements.txt": "fastapi\nuvicorn\nmotor\npython-decouple\n"},
         **FA, start=either(asgi("server.app:app"), like("python -m server.main")), needs=["mongodb"], optional_needs=[], health_path="/"),
    case("a-fastapi-redis-optional", {
        "main.py": "from fastapi import FastAPI\nfrom settings import settings\nimport redis.asyncio as redis\napp = FastAPI()\ncache = redis.from_url(settings.redis_url) if settings.redis_url else None\n@app.get('/health')\ndef health():\n    return 'ok'\n",
        "settings.py": "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    redis_url: str | None = None\n    debug: bool = False\nsettings = Settings()\n", "requirements.txt": "fastapi\nuvicorn[standard]\nredis\npydantic-settings\n"},
         **FA, start=asgi("main:app"), needs=[], optional_needs=["redis"], health_path="/health"),
    case("a-fastapi-poetry-src", {
        "pyproject.toml": "[tool.poetry]\nname = 'orders'\nversion = '0.1.0'\npackage-mode = false\n[tool.poetry.dependencies]\npython = '^3.12'\nfastapi = '^0.111'\nuvicorn = '^0.30'\nasyncpg = '*'\ntortoise-orm = '*'\n", "poetry.lock": "[[package]]\nname = \"fastapi\"\nversion = \"0.111.0\"\n",
        "src/main.py": "import os\nfrom fastapi import FastAPI\nfrom tortoise.contrib.fastapi import register_tortoise\nfrom src.orders.router import router\napp = FastAPI()\napp.include_router(router)\nregister_tortoise(app, db_url=os.environ['DATABASE_URL'], modules={'models': ['src.orders.models']}, generate_schemas=True)\n", "src/__init__.py": "", "src/orders/router.py": "from fastapi import APIRouter\nrouter = APIRouter()\n", "src/orders/models.py": "from tortoise import models\n", "src/orders/__init__.py": ""},
         **FA, package_manager="poetry", start=asgi("src.main:app"), needs=["postgresql"], optional_needs=[]),
    case("a-fastapi-openai", {
        "app.py": "import os\nfrom fastapi import FastAPI\nfrom openai import OpenAI\nfrom dotenv import load_dotenv\nload_dotenv()\nclient = OpenAI(api_key=os.environ['OPENAI_API_KEY'])\napp = FastAPI()\n@app.post('/chat')\ndef chat(q: str):\n    return client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': q}])\n", "requirements.txt": "fastapi\nuvicorn\nopenai\npython-dotenv\n", ".env.example": "OPENAI_API_KEY=\n"},
         **FA, start=asgi("app:app"), needs=[], optional_needs=[]),
    case("a-fastapi-factory", {
        "pyproject.toml": "[project]\nname = 'gate'\nversion = '0.1'\ndependencies = ['fastapi', 'uvicorn', 'gunicorn']\n[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n", "gate/__init__.py": "", "gate/api.py": "from fastapi import FastAPI\n\ndef create_app() -> FastAPI:\n    app = FastAPI()\n    @app.get('/ping')\n    def ping():\n        return 'pong'\n    return app\n"},
         **FA, package_manager="pip", start=like(r"uvicorn.* gate\.api:create_app\b.*--factory.*PORT", r"uvicorn.*--factory gate\.api:create_app\b.*PORT"), needs=[], health_path="/ping"),
    case("a-fastapi-arq", {
        "requirements.txt": "fastapi\nuvicorn\narq\n", "main.py": "from arq import create_pool\nfrom arq.connections import RedisSettings\nfrom fastapi import FastAPI\nimport os\nfrom contextlib import asynccontextmanager\n@asynccontextmanager\nasync def lifespan(app):\n    app.state.pool = await create_pool(RedisSettings.from_dsn(os.environ['REDIS_URL']))\n    yield\napp = FastAPI(lifespan=lifespan)\n@app.post('/jobs')\nasync def job():\n    await app.state.pool.enqueue_job('work')\n",
        "worker.py": "import os\nfrom arq.connections import RedisSettings\nasync def work(ctx):\n    print('x')\nclass WorkerSettings:\n    functions = [work]\n    redis_settings = RedisSettings.from_dsn(os.environ['REDIS_URL'])\n"},
         **FA, start=asgi("main:app"), needs=["redis"], optional_needs=[]),
    case("a-fastapi-server-folder", {
        "README.md": "# Notes API\ncd server && uvicorn main:app\n", "server/main.py": FAST, "server/requirements.txt": "fastapi\nuvicorn\n", "docs/design.md": "x", ".gitignore": "x"},
         **FA, package_manager="pip", path="server", start=asgi("main:app"), needs=[]),
    case("a-fastapi-dynamodb-s3", {
        "requirements.txt": "fastapi\nmangum\nboto3\n", "main.py": "import os, boto3\nfrom fastapi import FastAPI, UploadFile\nfrom mangum import Mangum\napp = FastAPI()\nhandler = Mangum(app)\nbucket = os.environ['BUCKET_NAME']\n@app.post('/files')\ndef put(f: UploadFile):\n    boto3.client('s3').put_object(Bucket=bucket, Key=f.filename, Body=f.file)\n"},
         **FA, start=asgi("main:app"), needs=["object-storage"]),
    case("a-fastapi-in-app-folder-docker", {
        "app/__init__.py": "", "app/main.py": "from typing import Union\nfrom fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef read_root():\n    return {'Hello': 'World'}\n@app.get('/items/{item_id}')\ndef read_item(item_id: int, q: Union[str, None] = None):\n    return {'item_id': item_id}\n", "requirements.txt": "fastapi>=0.68.0,<0.69.0\npydantic>=1.8.0,<2.0.0\nuvicorn>=0.15.0,<0.16.0\n",
        "Dockerfile": "FROM python:3.9\nWORKDIR /code\nCOPY ./requirements.txt /code/requirements.txt\nRUN pip install --no-cache-dir --upgrade -r /code/requirements.txt\nCOPY ./app /code/app\nCMD [\"uvicorn\", \"app.main:app\", \"--host\", \"0.0.0.0\", \"--port\", \"80\"]\n"},
         **FA, package_manager="pip", start=asgi("app.main:app"), needs=[], health_path="/"),
    case("a-fastapi-websocket-run-in-main", {
        "requirements.txt": "fastapi\nuvicorn\nwebsockets\n", "src/chat_server.py": "import os\nimport uvicorn\nfrom fastapi import FastAPI, WebSocket\napi = FastAPI()\n@api.websocket('/ws')\nasync def ws(s: WebSocket):\n    await s.accept()\n@api.get('/healthz')\ndef healthz():\n    return {'ok': True}\nif __name__ == '__main__':\n    uvicorn.run(api, host='0.0.0.0', port=int(os.getenv('PORT', '9000')))\n"},
         **FA, start=either(asgi("chat_server:api", inside="src"), asgi("src.chat_server:api"), like("python src/chat_server.py")), port=9000, needs=[], health_path="/healthz"),
    case("a-starlette-uv", {
        "pyproject.toml": "[project]\nname = 'tiny'\nversion = '0'\nrequires-python = '>=3.13'\ndependencies = ['starlette', 'uvicorn']\n", "uv.lock": "version = 1\n[[package]]\nname = \"starlette\"\n", "main.py": "from starlette.applications import Starlette\nfrom starlette.responses import PlainTextResponse\nfrom starlette.routing import Route\nasync def home(request):\n    return PlainTextResponse('hi')\napp = Starlette(routes=[Route('/', home)])\n", ".python-version": "3.13\n"},
         **PY, framework="starlette", package_manager="uv", runtime_version="3.13", start=asgi("main:app"), needs=[], health_path="/"),
    case("a-aiohttp", {
        "requirements.txt": "aiohttp\n", "server.py": "import os\nfrom aiohttp import web\n\nasync def handle(request):\n    return web.Response(text='hello')\n\napp = web.Application()\napp.add_routes([web.get('/', handle)])\n\nif __name__ == '__main__':\n    web.run_app(app, port=int(os.environ.get('PORT', 8080)))\n"},
         **PY, framework="aiohttp", package_manager="pip", start="python server.py", needs=[], port=8080, health_path="/"),
    case("a-aiohttp-package-pg", {
        "setup.py": "from setuptools import setup, find_packages\nsetup(name='aiopolls', version='0.1', packages=find_packages(), install_requires=['aiohttp', 'asyncpg', 'aiohttp-jinja2'])\n", "aiopolls/__init__.py": "", "aiopolls/__main__.py": "from aiopolls.main import main\nmain()\n", "aiopolls/main.py": "import os\nimport asyncpg\nfrom aiohttp import web\nasync def pool(app):\n    app['pool'] = await asyncpg.create_pool(os.environ['DATABASE_URL'])\n    yield\nasync def index(request):\n    return web.json_response([])\ndef init_app():\n    app = web.Application()\n    app.router.add_get('/', index)\n    app.cleanup_ctx.append(pool)\n    return app\ndef main():\n    web.run_app(init_app(), host='0.0.0.0', port=int(os.getenv('PORT', 8000)))\n"},
         **PY, framework="aiohttp", package_manager="pip", start="python -m aiopolls", needs=["postgresql"], optional_needs=[]),
    case("a-tornado", {
        "requirements.txt": "tornado\n", "app.py": "import os\nimport tornado.ioloop\nimport tornado.web\n\nclass MainHandler(tornado.web.RequestHandler):\n    def get(self):\n        self.write('Hello')\n\ndef make_app():\n    return tornado.web.Application([(r'/', MainHandler)])\n\nif __name__ == '__main__':\n    app = make_app()\n    app.listen(int(os.environ.get('PORT', 8888)))\n    tornado.ioloop.IOLoop.current().start()\n"},
         **PY, framework="tornado", package_manager="pip", start="python app.py", needs=[], port=8888),
    case("a-sanic", {
        "requirements.txt": "sanic\n", "server.py": "from sanic import Sanic\nfrom sanic.response import json\napp = Sanic('hello')\n@app.get('/')\nasync def index(request):\n    return json({'hello': 'world'})\n"},
         **PY, framework="sanic", start=like(r"sanic server(:app|\.app)?.*PORT", r"(uvicorn|gunicorn|hypercorn).*server:app"), needs=[], health_path="/"),
    case("a-litestar-sqlalchemy", {
        "pyproject.toml": "[project]\nname = 'authors'\nversion = '0.1'\ndependencies = ['litestar[standard]', 'advanced-alchemy', 'asyncpg']\n", "app.py": "import os\nfrom litestar import Litestar, get\nfrom advanced_alchemy.extensions.litestar import SQLAlchemyAsyncConfig, SQLAlchemyPlugin\nconfig = SQLAlchemyAsyncConfig(connection_string=os.environ['DATABASE_URL'])\n@get('/')\nasync def index() -> str:\n    return 'x'\napp = Litestar([index], plugins=[SQLAlchemyPlugin(config)])\n"},
         **PY, framework="litestar", package_manager="pip", start=either(asgi("app:app"), like(r"litestar.* run .*PORT")), needs=["postgresql"]),
    case("a-bottle", {
        "hello.py": "import os\nfrom bottle import route, run\n\n@route('/')\ndef index():\n    return '<b>Hello</b>'\n\nrun(host='0.0.0.0', port=int(os.environ.get('PORT', 5000)))\n", "requirements.txt": "bottle\n"},
         **PY, framework="bottle", start="python hello.py", needs=[], health_path="/"),
    case("a-bottle-vendored-single-file", {
        "bottle.py": "# bottle\n__version__ = '0.12'\nclass Bottle(object):\n    pass\ndef run(app=None, server='wsgiref', host='127.0.0.1', port=8080):\n    pass\n", "index.py": "from bottle import Bottle\napp = application = Bottle()\n@app.route('/')\ndef hi():\n    return 'hi'\n"},
         **PY, framework="bottle", package_manager=PIP, start=wsgi("index:app", "index:application", "index"), needs=[]),
    case("a-pyramid-single", {
        "requirements.txt": "pyramid\nwaitress\n", "app.py": "from wsgiref.simple_server import make_server\nfrom pyramid.config import Configurator\nfrom pyramid.response import Response\n\ndef hello(request):\n    return Response('Hello')\n\nif __name__ == '__main__':\n    with Configurator() as config:\n        config.add_route('hello', '/')\n        config.add_view(hello, route_name='hello')\n        app = config.make_wsgi_app()\n    server = make_server('0.0.0.0', 6543, app)\n    server.serve_forever()\n"},
         **PY, framework="pyramid", start="python app.py", needs=[], port=6543),
    case("a-pyramid-cookiecutter", {
        "setup.py": "from setuptools import setup, find_packages\nsetup(name='wiki', version='0.0', packages=find_packages(), install_requires=['pyramid', 'waitress', 'pyramid_jinja2', 'SQLAlchemy', 'psycopg2'], entry_points={'paste.app_factory': ['main = wiki:main'], 'console_scripts': ['initialize_wiki_db = wiki.scripts.initialize_db:main']})\n",
        "production.ini": "[app:main]\nuse = egg:wiki\nsqlalchemy.url = postgresql://wiki:wiki@localhost/wiki\n\n[server:main]\nuse = egg:waitress#main\nlisten = *:6543\n", "development.ini": "[app:main]\nuse = egg:wiki\nsqlalchemy.url = postgresql://wiki:wiki@localhost/wiki\n[server:main]\nuse = egg:waitress#main\nlisten = localhost:6543\n",
        "wiki/__init__.py": "from pyramid.config import Configurator\ndef main(global_config, **settings):\n    with Configurator(settings=settings) as config:\n        config.include('.models')\n        config.include('.routes')\n        config.scan()\n    return config.make_wsgi_app()\n", "wiki/models.py": "from sqlalchemy import engine_from_config\ndef includeme(config):\n    config.registry['engine'] = engine_from_config(config.get_settings(), 'sqlalchemy.')\n", "wiki/routes.py": "def includeme(config):\n    config.add_route('home', '/')\n"},
         **PY, framework="pyramid", package_manager="pip", start=like(r"pserve production\.ini"), needs=["postgresql"]),
    case("a-falcon-gunicorn", {
        "requirements.txt": "falcon\ngunicorn\n", "look/__init__.py": "", "look/app.py": "import falcon\nfrom .images import Resource\napp = application = falcon.App()\napp.add_route('/images', Resource())\n", "look/images.py": "class Resource:\n    def on_get(self, req, resp):\n        resp.media = {}\n"},
         **PY, framework="falcon", start=wsgi("look.app", "look.app:app", "look.app:application"), needs=[]),
    case("a-dash", {
        "app.py": "from dash import Dash, html, dcc\nimport plotly.express as px\nimport pandas as pd\napp = Dash(__name__)\nserver = app.server\ndf = pd.read_csv('data.csv')\napp.layout = html.Div([html.H1('Sales'), dcc.Graph(figure=px.bar(df))])\nif __name__ == '__main__':\n    app.run(debug=True)\n", "data.csv": "a,b\n1,2\n", "requirements.txt": "dash\npandas\ngunicorn\n"},
         **PY, framework="dash", start=wsgi("app:server"), needs=[], health_path="/"),
    case("a-dash-pages-no-server-variable", {
        "app.py": "import dash\nfrom dash import Dash, html\nimport dash_bootstrap_components as dbc\napp = Dash(__name__, use_pages=True, external_stylesheets=[dbc.themes.BOOTSTRAP])\napp.layout = html.Div([dash.page_container])\nif __name__ == '__main__':\n    app.run_server(host='0.0.0.0', port=8050)\n", "pages/home.py": "import dash\nfrom dash import html\ndash.register_page(__name__, path='/')\nlayout = html.Div('home')\n", "requirements.txt": "dash\ndash-bootstrap-components\n"},
         **PY, framework="dash", start=either(wsgi("app:app.server"), "python app.py"), needs=[], port=8050),
    case("a-streamlit-multipage", {
        "Home.py": "import streamlit as st\nst.title('Home')\n", "pages/1_Stats.py": "import streamlit as st\nst.write('stats')\n", "requirements.txt": "streamlit\npandas\n", ".streamlit/config.toml": "[theme]\nprimaryColor = '#f00'\n"},
         **PY, framework="streamlit", start=like(r"streamlit run Home\.py.*PORT"), needs=[], port=8501),
    case("a-streamlit-root-app-poetry", {
        "pyproject.toml": "[tool.poetry]\nname = 'dash'\nversion = '0.1.0'\n[tool.poetry.dependencies]\npython = '>=3.9,<3.13'\nstreamlit = '*'\n", "streamlit_app.py": "import streamlit as st\nfrom lib.data import load\nst.title('x')\nst.write(load())\n", "lib/data.py": "import streamlit as st\n@st.cache_data\ndef load():\n    return 1\n", "lib/__init__.py": ""},
         **PY, framework="streamlit", package_manager="poetry", start=like(r"streamlit run streamlit_app\.py.*PORT"), needs=[]),
    case("a-gradio", {
        "app.py": "import gradio as gr\n\ndef greet(name):\n    return f'Hello {name}'\n\ndemo = gr.Interface(fn=greet, inputs='text', outputs='text')\ndemo.launch()\n", "requirements.txt": "gradio\n", "README.md": "---\ntitle: Greeter\nsdk: gradio\nsdk_version: 4.0.0\napp_file: app.py\n---\n"},
         **PY, framework="gradio", start=like(r"GRADIO_SERVER_PORT=\S*PORT\S* .*python app\.py", r"GRADIO_SERVER_NAME.*python app\.py"), needs=[], port=7860),
    case("a-chainlit", {
        "app.py": "import chainlit as cl\n\n@cl.on_message\nasync def main(message: cl.Message):\n    await cl.Message(content=message.content).send()\n", "chainlit.md": "# Welcome\n", ".chainlit/config.toml": "[project]\n", "requirements.txt": "chainlit\nlangchain\n"},
         **PY, framework="chainlit", start=like(r"chainlit run app\.py.*PORT"), needs=[]),
    case("a-nicegui", {
        "main.py": "from nicegui import ui\n\nui.label('Hello NiceGUI!')\n\nui.run()\n", "requirements.txt": "nicegui\n"},
         **PY, framework="nicegui", start=like(r"python main\.py"), needs=[], port=8080),
    case("a-fasthtml", {
        "main.py": "from fasthtml.common import *\n\napp, rt = fast_app()\n\n@rt('/')\ndef get():\n    return Titled('Hi', P('there'))\n\nserve()\n", "requirements.txt": "python-fasthtml\n"},
         **PY, framework="fasthtml", start=either(like("python main.py"), asgi("main:app")), needs=[]),
    case("a-stdlib-http", {
        "server.py": "import os\nfrom http.server import BaseHTTPRequestHandler, HTTPServer\n\nclass H(BaseHTTPRequestHandler):\n    def do_GET(self):\n        self.send_response(200)\n        self.end_headers()\n        self.wfile.write(b'hello')\n\nHTTPServer(('', int(os.environ.get('PORT', 8000))), H).serve_forever()\n", "README.md": "no dependencies"},
         **PY, framework=either(None, "http.server"), package_manager=PIP, start="python server.py", needs=[]),
    case("a-cherrypy", {
        "requirements.txt": "cherrypy\n", "tut01.py": "import cherrypy\n\nclass HelloWorld:\n    @cherrypy.expose\n    def index(self):\n        return 'Hello world!'\n\nif __name__ == '__main__':\n    cherrypy.config.update({'server.socket_host': '0.0.0.0', 'server.socket_port': 8080})\n    cherrypy.quickstart(HelloWorld())\n"},
         **PY, framework="cherrypy", start="python tut01.py", needs=[], port=8080),
    case("a-mcp-server-http", {
        "pyproject.toml": "[project]\nname = 'mcp-notes'\nversion = '0'\ndependencies = ['fastmcp']\n", "server.py": "import os\nfrom fastmcp import FastMCP\nmcp = FastMCP('notes')\n@mcp.tool\ndef add(a: int, b: int) -> int:\n    return a + b\nif __name__ == '__main__':\n    mcp.run(transport='http', host='0.0.0.0', port=int(os.environ.get('PORT', 8000)))\n", "uv.lock": "version = 1\n"},
         **PY, framework=either("fastmcp", None), package_manager="uv", start=like(r"python server\.py"), needs=[]),
    case("a-grpc-server", {
        "requirements.txt": "grpcio\ngrpcio-tools\n", "greeter_server.py": "from concurrent import futures\nimport grpc\nimport helloworld_pb2_grpc\nclass Greeter(helloworld_pb2_grpc.GreeterServicer):\n    def SayHello(self, request, context):\n        return None\ndef serve():\n    server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))\n    helloworld_pb2_grpc.add_GreeterServicer_to_server(Greeter(), server)\n    server.add_insecure_port('[::]:50051')\n    server.start()\n    server.wait_for_termination()\nif __name__ == '__main__':\n    serve()\n", "greeter_client.py": "import grpc\ndef run():\n    with grpc.insecure_channel('localhost:50051') as channel:\n        print(channel)\nif __name__ == '__main__':\n    run()\n", "helloworld_pb2_grpc.py": "import grpc\n", "protos/helloworld.proto": "syntax = 'proto3';\n"},
         language="python", kind=either("web", "worker"), package_manager="pip", start="python greeter_server.py", needs=[], port=either(50051, None)),
    case("a-uwsgi-ini", {
        "requirements.txt": "flask\nuwsgi\n", "uwsgi.ini": "[uwsgi]\nmodule = wsgi:app\nmaster = true\nprocesses = 5\nhttp-socket = :8080\n", "wsgi.py": "from myproject import app\nif __name__ == '__main__':\n    app.run()\n", "myproject.py": "from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef hello():\n    return 'hi'\n"},
         **PY, framework="flask", start=either(wsgi("wsgi:app", "wsgi", "myproject:app"), like(r"uwsgi (--ini )?uwsgi.ini")), needs=[]),
]  # fmt: skip
