# ruff: noqa: E501 - a tree a line, read sideways
"""Python where the first batch was weak: what is needed, who is started, where it listens."""

from cases import DISK, PIP, asgi, case, either, like, wsgi

PY = {"language": "python", "kind": "web"}
FLASK = {**PY, "framework": "flask"}
DJ = {**PY, "framework": "django"}
HI = "from flask import Flask\napp = Flask(__name__)\n\n@app.route('/')\ndef index():\n    return 'hi'\n"
FAST = "from fastapi import FastAPI\napp = FastAPI()\n\n@app.get('/')\ndef root():\n    return {}\n"


def manage(settings):
    return f"import os, sys\n\nif __name__ == '__main__':\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', '{settings}')\n    from django.core.management import execute_from_command_line\n    execute_from_command_line(sys.argv)\n"


def django(name, settings, at="", **more):
    return {
        f"{at}manage.py": manage(f"{name}.settings"),
        f"{at}{name}/__init__.py": "",
        f"{at}{name}/settings.py": f"import os\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\nSECRET_KEY = os.environ.get('SECRET_KEY', 'dev')\nINSTALLED_APPS = ['django.contrib.admin']\nROOT_URLCONF = '{name}.urls'\nWSGI_APPLICATION = '{name}.wsgi.application'\n"
        + settings,
        f"{at}{name}/urls.py": "from django.contrib import admin\nfrom django.urls import path\nurlpatterns = [path('admin/', admin.site.urls)]\n",
        f"{at}{name}/wsgi.py": f"import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '{name}.settings')\napplication = get_wsgi_application()\n",
        **more,
    }


CASES = [
    # Who is needed
    case("b-flask-config-classes", {
        "config.py": "import os\nbasedir = os.path.abspath(os.path.dirname(__file__))\n\nclass Config:\n    SECRET_KEY = os.environ.get('SECRET_KEY') or 'hard to guess string'\n    MAIL_SERVER = os.environ.get('MAIL_SERVER', 'smtp.example.com')\n    MAIL_USERNAME = os.environ.get('MAIL_USERNAME')\n\nclass DevelopmentConfig(Config):\n    DEBUG = True\n    SQLALCHEMY_DATABASE_URI = os.environ.get('DEV_DATABASE_URL') or 'sqlite:///' + os.path.join(basedir, 'data-dev.sqlite')\n\nclass TestingConfig(Config):\n    TESTING = True\n    SQLALCHEMY_DATABASE_URI = os.environ.get('TEST_DATABASE_URL') or 'sqlite://'\n\nclass ProductionConfig(Config):\n    SQLALCHEMY_DATABASE_URI = os.environ.get('DATABASE_URL') or 'sqlite:///' + os.path.join(basedir, 'data.sqlite')\n\nconfig = {'development': DevelopmentConfig, 'testing': TestingConfig, 'production': ProductionConfig, 'default': DevelopmentConfig}\n",
        "flasky.py": "import os\nfrom app import create_app, db\napp = create_app(os.getenv('FLASK_CONFIG') or 'default')\n", "app/__init__.py": "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\nfrom flask_mail import Mail\nfrom config import config\ndb = SQLAlchemy()\nmail = Mail()\ndef create_app(config_name):\n    app = Flask(__name__)\n    app.config.from_object(config[config_name])\n    db.init_app(app)\n    mail.init_app(app)\n    from .main import main\n    app.register_blueprint(main)\n    return app\n", "app/main/__init__.py": "from flask import Blueprint\nmain = Blueprint('main', __name__)\nfrom . import views\n", "app/main/views.py": "from . import main\n@main.route('/')\ndef index():\n    return 'x'\n",
        "requirements/common.txt": "Flask\nFlask-SQLAlchemy\nFlask-Mail\n", "requirements/dev.txt": "-r common.txt\nfaker\n", "requirements/prod.txt": "-r common.txt\ngunicorn\npsycopg2\n", "Procfile": "web: gunicorn flasky:app\n"},
         **FLASK, package_manager="pip", start="gunicorn flasky:app", needs=DISK, health_path="/"),
    case("b-flask-prod-config-postgres", {
        "config.py": "import os\nclass Config:\n    SECRET_KEY = os.environ['SECRET_KEY']\nclass DevelopmentConfig(Config):\n    SQLALCHEMY_DATABASE_URI = 'sqlite:///dev.db'\nclass ProductionConfig(Config):\n    SQLALCHEMY_DATABASE_URI = os.environ['DATABASE_URL']\n", "wsgi.py": "from app import create_app\napp = create_app('config.ProductionConfig')\n", "app.py": "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\ndef create_app(c):\n    app = Flask(__name__)\n    app.config.from_object(c)\n    db.init_app(app)\n    return app\n", "requirements.txt": "flask\nflask-sqlalchemy\npsycopg2-binary\ngunicorn\n"},
         **FLASK, start=wsgi("wsgi:app"), needs=["postgresql"], optional_needs=[]),
    case("b-flask-uri-fstring-parts", {
        "app/__init__.py": "import os\nfrom flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\napp = Flask(__name__)\nuser = os.environ['POSTGRES_USER']\npw = os.environ['POSTGRES_PASSWORD']\nhost = os.environ['POSTGRES_HOST']\ndb = os.environ['POSTGRES_DB']\napp.config['SQLALCHEMY_DATABASE_URI'] = f'postgresql://{user}:{pw}@{host}/{db}'\ndatabase = SQLAlchemy(app)\nfrom app import views\n", "app/views.py": "from app import app\n@app.route('/ping')\ndef ping():\n    return 'pong'\n", "manage.py": "from flask.cli import FlaskGroup\nfrom app import app\ncli = FlaskGroup(app)\nif __name__ == '__main__':\n    cli()\n", "requirements.txt": "Flask==2.2.2\nFlask-SQLAlchemy\ngunicorn\npsycopg2-binary\n"},
         **FLASK, start=wsgi("app:app"), needs=["postgresql"], optional_needs=[], health_path="/ping"),
    case("b-flask-mysqldb-literals", {
        "app.py": "from flask import Flask, request\nfrom flask_mysqldb import MySQL\napp = Flask(__name__)\napp.config['MYSQL_HOST'] = 'localhost'\napp.config['MYSQL_USER'] = 'root'\napp.config['MYSQL_PASSWORD'] = ''\napp.config['MYSQL_DB'] = 'flaskapp'\nmysql = MySQL(app)\n@app.route('/')\ndef index():\n    cur = mysql.connection.cursor()\n    cur.execute('SELECT * FROM users')\n    return str(cur.fetchall())\n", "requirements.txt": "Flask\nflask-mysqldb\n"},
         **FLASK, start=wsgi("app:app"), needs=["mysql"], optional_needs=[]),
    case("b-flask-redis-try-except", {
        "app.py": "import os\nimport redis\nfrom flask import Flask\napp = Flask(__name__)\ntry:\n    cache = redis.from_url(os.environ.get('REDIS_URL', 'redis://localhost:6379'))\n    cache.ping()\nexcept redis.exceptions.ConnectionError:\n    cache = None\n@app.route('/')\ndef i():\n    return 'cached' if cache else 'plain'\n", "requirements.txt": "flask\nredis\n"},
         **FLASK, needs=[], optional_needs=["redis"]),
    case("b-boto3-ses-only", {
        "app.py": "import os, boto3\nfrom flask import Flask\napp = Flask(__name__)\nses = boto3.client('ses', region_name=os.environ.get('AWS_REGION', 'eu-west-1'))\n@app.post('/send')\ndef send():\n    ses.send_email(Source='a@b.c', Destination={'ToAddresses': ['x@y.z']}, Message={})\n    return 'ok'\n@app.get('/')\ndef i():\n    return 'x'\n", "requirements.txt": "flask\nboto3\n"},
         **FLASK, start=wsgi("app:app"), needs=[], optional_needs=either([], ["smtp"])),
    case("b-fastapi-smtplib", {
        "main.py": "import os, smtplib\nfrom fastapi import FastAPI\napp = FastAPI()\nSMTP_HOST = os.environ['SMTP_HOST']\nSMTP_PASSWORD = os.environ['SMTP_PASSWORD']\n@app.post('/contact')\ndef contact(body: str):\n    with smtplib.SMTP(SMTP_HOST, 587) as s:\n        s.login('me', SMTP_PASSWORD)\n        s.sendmail('a@b.c', ['d@e.f'], body)\n@app.get('/healthz')\ndef healthz():\n    return 'ok'\n", "requirements.txt": "fastapi\nuvicorn\n"},
         **PY, framework="fastapi", start=asgi("main:app"), needs=["smtp"], health_path="/healthz"),
    case("b-fastapi-minio", {
        "pyproject.toml": "[project]\nname = 'files'\nversion = '0'\ndependencies = ['fastapi', 'uvicorn', 'minio']\n", "files/__init__.py": "", "files/main.py": "import os\nfrom fastapi import FastAPI, UploadFile\nfrom minio import Minio\napp = FastAPI()\nclient = Minio(os.environ['MINIO_ENDPOINT'], access_key=os.environ['MINIO_ACCESS_KEY'], secret_key=os.environ['MINIO_SECRET_KEY'])\n@app.put('/f')\ndef put(f: UploadFile):\n    client.put_object('files', f.filename, f.file, -1, part_size=10 * 1024 * 1024)\n", "docker-compose.yml": "services:\n  api:\n    build: .\n  minio:\n    image: minio/minio\n"},
         **PY, framework="fastapi", start=asgi("files.main:app"), needs=["object-storage"]),
    case("b-fastapi-beanie", {
        "requirements.txt": "fastapi\nuvicorn\nbeanie\n", "app/main.py": "from contextlib import asynccontextmanager\nfrom beanie import init_beanie\nfrom fastapi import FastAPI\nfrom motor.motor_asyncio import AsyncIOMotorClient\nfrom app.settings import settings\n@asynccontextmanager\nasync def lifespan(app):\n    await init_beanie(AsyncIOMotorClient(settings.mongo_dsn).db, document_models=[])\n    yield\napp = FastAPI(lifespan=lifespan)\n", "app/__init__.py": "", "app/settings.py": "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    mongo_dsn: str = 'mongodb://localhost:27017'\nsettings = Settings()\n"},
         **PY, framework="fastapi", start=asgi("app.main:app"), needs=["mongodb"], optional_needs=[]),
    case("b-fastapi-peewee-sqlite", {
        "requirements.txt": "fastapi\nuvicorn\npeewee\n", "main.py": FAST + "from peewee import SqliteDatabase\ndb = SqliteDatabase('people.db')\n"},
         **PY, framework="fastapi", start=asgi("main:app"), needs=DISK),
    case("b-fastapi-sqlmodel-env-sqlite", {
        "requirements.txt": "fastapi\nuvicorn\nsqlmodel\nasyncpg\naiosqlite\n", "main.py": "import os\nfrom fastapi import FastAPI\nfrom sqlalchemy.ext.asyncio import create_async_engine\nDATABASE_URL = os.getenv('DATABASE_URL', 'sqlite+aiosqlite:///./local.db')\nengine = create_async_engine(DATABASE_URL)\napp = FastAPI()\n"},
         **PY, framework="fastapi", start=asgi("main:app"), needs=DISK, optional_needs=either(["postgresql"], ["postgresql", "persistent-disk"])),
    case("b-django-cache-redis-if", django("site", "import dj_database_url\nDATABASES = {'default': dj_database_url.config(conn_max_age=600)}\nif os.environ.get('REDIS_URL'):\n    CACHES = {'default': {'BACKEND': 'django.core.cache.backends.redis.RedisCache', 'LOCATION': os.environ['REDIS_URL']}}\n", **{"requirements.txt": "django\ndj-database-url\npsycopg2\nredis\ngunicorn\n"}),
         **DJ, start=wsgi("site.wsgi", "site.wsgi:application"), needs=["postgresql"], optional_needs=["redis"]),
    case("b-django-rq", django("jobs", "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['DB_NAME'], 'HOST': os.environ['DB_HOST']}}\nRQ_QUEUES = {'default': {'URL': os.environ.get('REDIS_URL', 'redis://localhost:6379/0')}}\n", **{"requirements.txt": "django\ndjango-rq\npsycopg2-binary\n", "Procfile": "web: gunicorn jobs.wsgi\nworker: python manage.py rqworker default\n"}),
         **DJ, start="gunicorn jobs.wsgi", processes=either({"web": "gunicorn jobs.wsgi", "worker": "python manage.py rqworker default"}, {"web": "gunicorn jobs.wsgi", "worker": "python manage.py rqworker default", "release": "python manage.py migrate --noinput"}), needs=["postgresql", "redis"]),
    case("b-django-local-settings", django("cms", "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'cms', 'USER': 'cms', 'PASSWORD': os.environ.get('DB_PASSWORD'), 'HOST': 'localhost'}}\ntry:\n    from .local_settings import *\nexcept ImportError:\n    pass\n", **{"cms/local_settings.example.py": "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'x'}}\n", "requirements.txt": "Django<4\npsycopg2\n"}),
         **DJ, start=wsgi("cms.wsgi", "cms.wsgi:application"), needs=["postgresql"]),
    case("b-django-settings-package-prod", {
        "manage.py": manage("shop.settings.dev"), "shop/__init__.py": "", "shop/settings/__init__.py": "", "shop/settings/base.py": "INSTALLED_APPS = ['django.contrib.admin']\nROOT_URLCONF = 'shop.urls'\nWSGI_APPLICATION = 'shop.wsgi.application'\nfrom pathlib import Path\nBASE_DIR = Path('.')\n", "shop/settings/dev.py": "from .base import *\nDEBUG = True\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}\n", "shop/settings/prod.py": "import os\nfrom .base import *\nDEBUG = False\nDATABASES = {'default': {'ENGINE': 'django.db.backends.mysql', 'NAME': os.environ['DB_NAME'], 'USER': os.environ['DB_USER'], 'PASSWORD': os.environ['DB_PASS'], 'HOST': os.environ['DB_HOST']}}\n", "shop/wsgi.py": "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.prod')\napplication = get_wsgi_application()\n", "shop/urls.py": "urlpatterns = []\n", "requirements.txt": "django\nmysqlclient\n"},
         **DJ, start=wsgi("shop.wsgi", "shop.wsgi:application"), needs=["mysql"]),
    case("b-django-test-in-argv", django("api", "import sys\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['PGDATABASE'], 'HOST': os.environ['PGHOST']}}\nif 'test' in sys.argv:\n    DATABASES['default'] = {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}\n", **{"requirements.txt": "django\npsycopg\ngunicorn\n"}),
         **DJ, start=wsgi("api.wsgi", "api.wsgi:application"), needs=["postgresql"], optional_needs=[]),
    case("b-django-mongo-backend", django("people", "DATABASES = {'default': {'ENGINE': 'django_mongodb_backend', 'HOST': os.environ['MONGODB_URI'], 'NAME': 'people'}}\n", **{"requirements.txt": "django\ndjango-mongodb-backend\ngunicorn\n"}),
         **DJ, needs=["mongodb"], start=wsgi("people.wsgi", "people.wsgi:application")),
    case("b-celery-sqs-no-redis", {
        "tasks.py": "import os\nfrom celery import Celery\napp = Celery('tasks', broker='sqs://')\n@app.task\ndef a():\n    pass\n", "requirements.txt": "celery[sqs]\n"},
         language="python", kind="worker", needs=[], start=like(r"celery -A tasks(\.app)? worker")),
    case("b-huey-sqlite", {
        "requirements.txt": "huey\n", "jobs.py": "from huey import SqliteHuey, crontab\nhuey = SqliteHuey(filename='q.db')\n@huey.periodic_task(crontab(minute='*/5'))\ndef tick():\n    print('tick')\n"},
         language="python", kind="worker", needs=DISK, start=like(r"huey_consumer(\.py)? jobs\.huey")),
    case("b-redis-only-in-tests", {
        "pyproject.toml": "[project]\nname = 'svc'\nversion = '1'\ndependencies = ['fastapi', 'uvicorn']\n[dependency-groups]\ndev = ['redis', 'fakeredis', 'psycopg']\n", "uv.lock": "version = 1\n[[package]]\nname = \"fastapi\"\n[[package]]\nname = \"redis\"\n", "src/svc/__init__.py": "", "src/svc/main.py": FAST, "tests/test_x.py": "import redis\nr = redis.Redis(host='localhost')\n"},
         **PY, framework="fastapi", package_manager="uv", start=asgi("svc.main:app", "src.svc.main:app"), needs=[], optional_needs=[]),
    case("b-alembic-ini-postgres", {
        "requirements.txt": "fastapi\nuvicorn\nsqlalchemy\nalembic\npsycopg2\n", "alembic.ini": "[alembic]\nscript_location = alembic\nsqlalchemy.url = postgresql://postgres:postgres@db:5432/app\n", "alembic/env.py": "from alembic import context\n", "app/__init__.py": "", "app/main.py": "from fastapi import FastAPI\nfrom app.db import engine\napp = FastAPI()\n@app.get('/health')\ndef h():\n    return 1\n", "app/db.py": "from sqlalchemy import create_engine\nengine = create_engine('postgresql://postgres:postgres@db:5432/app')\n"},
         **PY, framework="fastapi", start=asgi("app.main:app"), needs=["postgresql"], optional_needs=[], processes=either({"web": asgi("app.main:app"), "release": "alembic upgrade head"})),
    # Who is started
    case("b-two-scripts-server-client", {
        "server.py": "import socket\ns = socket.socket()\ns.bind(('0.0.0.0', 9000))\ns.listen()\nwhile True:\n    c, _ = s.accept()\n    c.sendall(b'hi')\n    c.close()\n", "client.py": "import socket\ns = socket.socket()\ns.connect(('localhost', 9000))\nprint(s.recv(10))\n"},
         language="python", kind=either("web", "worker"), start="python server.py", package_manager=PIP, needs=[]),
    case("b-run-imports-main", {
        "run.py": "from service.main import main\n\nif __name__ == '__main__':\n    main()\n", "service/__init__.py": "", "service/main.py": "import os\nimport uvicorn\nfrom service.api import app\n\ndef main():\n    uvicorn.run(app, host='0.0.0.0', port=int(os.environ.get('PORT', 8080)))\n", "service/api.py": "from starlette.applications import Starlette\nfrom starlette.responses import JSONResponse\nfrom starlette.routing import Route\nasync def health(r):\n    return JSONResponse({})\napp = Starlette(routes=[Route('/health', health)])\n", "requirements.txt": "starlette\nuvicorn\n"},
         **PY, framework="starlette", start=either(asgi("service.api:app"), "python run.py"), port=8080, health_path="/health"),
    case("b-uv-script-entry", {
        "pyproject.toml": "[project]\nname = 'weather-api'\nversion = '0.1.0'\ndependencies = ['flask', 'waitress']\n[project.scripts]\nweather-api = 'weather_api:main'\n[build-system]\nrequires = ['uv_build']\nbuild-backend = 'uv_build'\n", "uv.lock": "version = 1\n[[package]]\nname = \"flask\"\n", "src/weather_api/__init__.py": "from flask import Flask\nimport os\nfrom waitress import serve\n\napp = Flask(__name__)\n\n@app.get('/')\ndef index():\n    return 'sunny'\n\ndef main() -> None:\n    serve(app, port=int(os.environ.get('PORT', 8080)))\n"},
         **FLASK, package_manager="uv", start=either(wsgi("weather_api:app"), "weather-api", "uv run weather-api"), health_path="/"),
    case("b-flask-two-apps-tests-and-admin", {
        "tests/app.py": HI, "admin/app.py": HI.replace("hi", "admin"), "app.py": HI, "requirements.txt": "flask\n"}, **FLASK, start=wsgi("app:app")),
    case("b-flask-inside-src-package-setup-cfg", {
        "setup.cfg": "[metadata]\nname = hooks\nversion = 1\n[options]\npackage_dir =\n    = src\npackages = find:\ninstall_requires =\n    flask>=2\n    gunicorn\n[options.packages.find]\nwhere = src\n", "setup.py": "import setuptools\nsetuptools.setup()\n", "src/hooks/__init__.py": "", "src/hooks/web.py": HI, "Dockerfile": "FROM python:3.11\nCOPY . .\nRUN pip install .\nCMD gunicorn hooks.web:app -b :8000\n"},
         **FLASK, package_manager="pip", start=wsgi("hooks.web:app"), needs=[]),
    case("b-procfile-bin-script", {
        "Procfile": "web: bin/start-web\nworker: bin/start-worker\n", "bin/start-web": "#!/bin/sh\nexec gunicorn app:app\n", "bin/start-worker": "#!/bin/sh\nexec celery -A app.celery worker\n", "app.py": HI + "from celery import Celery\ncelery = Celery('app', broker='redis://redis')\n", "requirements.txt": "flask\ncelery[redis]\ngunicorn\n"},
         **FLASK, start="bin/start-web", needs=["redis"]),
    case("b-dockerfile-cmd-only-truth", {
        "requirements.txt": "tornado\n", "svc/__init__.py": "", "svc/__main__.py": "from svc.server import run\nrun()\n", "svc/server.py": "import os\nimport tornado.ioloop, tornado.web\nclass H(tornado.web.RequestHandler):\n    def get(self):\n        self.write('x')\ndef run():\n    tornado.web.Application([(r'/', H)]).listen(int(os.environ.get('PORT', '5000')))\n    tornado.ioloop.IOLoop.current().start()\n", "Dockerfile": "FROM python:3.12\nCOPY . /app\nWORKDIR /app\nRUN pip install -r requirements.txt\nCMD [\"python\", \"-m\", \"svc\"]\n"},
         **PY, framework="tornado", start="python -m svc", port=5000),
    case("b-gradio-blocks-in-main", {
        "requirements.txt": "gradio\ntorch\n", "webui.py": "import gradio as gr\nfrom inference import run\n\ndef build():\n    with gr.Blocks() as demo:\n        t = gr.Textbox()\n        t.submit(run, t, t)\n    return demo\n\nif __name__ == '__main__':\n    build().launch(server_name='0.0.0.0')\n", "inference.py": "import torch\ndef run(x):\n    return x\n", "train.py": "import torch\nif __name__ == '__main__':\n    print('training')\n"},
         **PY, framework="gradio", start=like(r"python webui\.py"), needs=[]),
    case("b-streamlit-in-src-with-fastapi-dep", {
        "requirements.txt": "streamlit\npandas\nsqlalchemy\npsycopg2-binary\n", "src/dashboard.py": "import os\nimport streamlit as st\nfrom sqlalchemy import create_engine\nengine = create_engine(os.environ['DATABASE_URL'])\nst.title('x')\n"},
         **PY, framework="streamlit", start=like(r"streamlit run src/dashboard\.py.*PORT"), needs=["postgresql"]),
    case("b-panel", {"requirements.txt": "panel\nhvplot\n", "app.py": "import panel as pn\npn.extension()\npn.Column('# Hi').servable()\n"}, **PY, framework="panel", start=like(r"panel serve app\.py.*PORT")),
    case("b-webhook-telegram", {
        "requirements.txt": "python-telegram-bot[webhooks]\n", "bot.py": "import os\nfrom telegram.ext import Application\napp = Application.builder().token(os.environ['TOKEN']).build()\napp.run_webhook(listen='0.0.0.0', port=int(os.environ.get('PORT', 8443)), webhook_url=os.environ['URL'])\n"},
         language="python", kind="web", start="python bot.py", port=8443, needs=[]),
    case("b-discord-with-keepalive-flask", {
        "main.py": "import os\nimport discord\nfrom keep_alive import keep_alive\nclient = discord.Client(intents=discord.Intents.default())\nkeep_alive()\nclient.run(os.environ['TOKEN'])\n", "keep_alive.py": "from flask import Flask\nfrom threading import Thread\napp = Flask('')\n@app.route('/')\ndef home():\n    return 'alive'\ndef run():\n    app.run(host='0.0.0.0', port=8080)\ndef keep_alive():\n    Thread(target=run).start()\n", "requirements.txt": "discord.py\nflask\n"},
         language="python", start="python main.py", needs=[]),
    case("b-scheduled-with-while", {
        "requirements.txt": "schedule\nrequests\n", "monitor.py": "import schedule, time, requests\ndef job():\n    requests.get('https://example.org')\nschedule.every(10).minutes.do(job)\nwhile True:\n    schedule.run_pending()\n    time.sleep(1)\n"}, language="python", kind="worker", start="python monitor.py", needs=[]),
    case("b-guess-game", {"guess.py": "import random\nn = random.randint(1, 9)\nwhile True:\n    g = int(input('? '))\n    if g == n:\n        print('yes')\n        break\n"}, language="python", kind="cli", start="python guess.py", package_manager=PIP),
    case("b-typer-package-main", {"pyproject.toml": "[project]\nname = 'tidy'\nversion = '1'\ndependencies = ['typer']\n[project.scripts]\ntidy = 'tidy.main:app'\n", "tidy/__init__.py": "", "tidy/main.py": "import typer\napp = typer.Typer()\n@app.command()\ndef go():\n    print('x')\n"}, language="python", kind="cli", start="tidy", needs=[]),
    case("b-library-with-web-extra", {"pyproject.toml": "[build-system]\nrequires = ['flit_core']\nbuild-backend = 'flit_core.buildapi'\n[project]\nname = 'cachelib2'\nversion = '1'\ndependencies = []\n[project.optional-dependencies]\nredis = ['redis']\nweb = ['flask']\n", "cachelib2/__init__.py": "class Cache: pass\n", "cachelib2/redis.py": "import redis\nclass RedisCache:\n    def __init__(self):\n        self.r = redis.Redis()\n", "tests/test_a.py": "def test(): pass\n"}, language="python", kind="library", needs=[], start=None),
    case("b-notebook-folder-and-scripts", {"README.md": "course", "week1/intro.ipynb": "{\"cells\": [], \"metadata\": {\"language_info\": {\"name\": \"python\"}}, \"nbformat\": 4, \"nbformat_minor\": 5}", "week2/sort.py": "def sort(a):\n    return sorted(a)\nprint(sort([2, 1]))\n", "requirements.txt": "numpy\n"}, language="python", kind=either("cli", "library"), framework=either(None, "jupyter"), needs=[]),
    case("b-app-py-is-cli-despite-name", {"app.py": "import argparse\np = argparse.ArgumentParser()\np.add_argument('file')\nprint(open(p.parse_args().file).read())\n", "requirements.txt": ""}, language="python", kind="cli", framework=None, start="python app.py"),
    case("b-zappa-django", {**django("blog", "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['DB'], 'HOST': os.environ['HOST']}}\n", at="src/"), "zappa_settings.json": '{"dev": {"django_settings": "blog.settings"}}', "src/requirements.txt": "django\nzappa\npsycopg2-binary\n"}, **DJ, needs=["postgresql"], start=wsgi("blog.wsgi", "blog.wsgi:application")),
    case("b-fastapi-root-path-in-backend-with-venv", {"backend/main.py": "from fastapi import FastAPI\nfrom routers import items\napp = FastAPI()\napp.include_router(items.router, prefix='/api')\n", "backend/routers/items.py": "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/health')\ndef h():\n    return 'ok'\n", "backend/routers/__init__.py": "", "backend/requirements.txt": "fastapi\nuvicorn\n", "backend/venv/lib/python3.11/site-packages/flask/__init__.py": "from .app import Flask\napp = Flask(__name__)\n"}, **PY, framework="fastapi", path="backend", start=asgi("main:app"), health_path="/api/health"),
    case("b-plumber-render-docker", {"render.yaml": "services:\n  - type: web\n    name: api\n    runtime: docker\n    healthCheckPath: /ready\n", "Dockerfile": "FROM python:3.11\nCOPY . .\nRUN pip install -r requirements.txt\nEXPOSE 9999\nCMD [\"python\", \"serve.py\"]\n", "serve.py": "from waitress import serve\nfrom api import app\nserve(app, listen='*:9999')\n", "api.py": "import falcon\nclass Ready:\n    def on_get(self, req, resp):\n        resp.text = 'y'\napp = falcon.App()\napp.add_route('/ready', Ready())\n", "requirements.txt": "falcon\nwaitress\n"}, **PY, framework="falcon", start=either("python serve.py", wsgi("api:app")), port=9999, health_path="/ready"),
    case("b-web-py", {"requirements.txt": "web.py\n", "code.py": "import web\nurls = ('/', 'index')\nclass index:\n    def GET(self):\n        return 'Hello'\napp = web.application(urls, globals())\nif __name__ == '__main__':\n    app.run()\n"}, **PY, framework=either("web.py", "webpy"), start=like(r"python code\.py")),
    case("b-sanic-factory-worker", {"requirements.txt": "sanic\nsanic-ext\n", "src/server.py": "from sanic import Sanic, text\n\ndef create_app():\n    app = Sanic('x')\n    @app.get('/healthz')\n    async def h(r):\n        return text('ok')\n    return app\n"}, **PY, framework="sanic", start=like(r"sanic .*server.*create_app.*--factory.*PORT", r"sanic .*--factory.*PORT"), health_path="/healthz"),
    case("b-litestar-factory-cli", {"requirements.txt": "litestar[standard]\n", "app/__init__.py": "", "app/asgi.py": "from litestar import Litestar, get\n@get('/health')\nasync def health() -> str:\n    return 'ok'\ndef create_app() -> Litestar:\n    return Litestar(route_handlers=[health])\n"}, **PY, framework="litestar", start=either(like(r"uvicorn.*app\.asgi:create_app.*--factory.*PORT", r"uvicorn.*--factory app\.asgi:create_app.*PORT"), like("litestar --app app.asgi:create_app run.*PORT")), health_path="/health"),
    case("b-aiohttp-factory-gunicorn", {"requirements.txt": "aiohttp\ngunicorn\naioredis\n", "main.py": "import os\nimport aioredis\nfrom aiohttp import web\nasync def make_app():\n    app = web.Application()\n    app['redis'] = await aioredis.from_url(os.environ['REDIS_URL'])\n    app.router.add_get('/status', lambda r: web.Response(text='ok'))\n    return app\nif __name__ == '__main__':\n    web.run_app(make_app(), port=8000)\n"}, **PY, framework="aiohttp", start=either("python main.py", like(r"gunicorn main:make_app .*aiohttp")), needs=["redis"], health_path="/status"),
]  # fmt: skip
