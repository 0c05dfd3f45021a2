# ruff: noqa: E501 - a tree a line, read sideways
"""Django in the layouts that people use."""

from cases import DISK, PIP, asgi, case, either, wsgi

DJ = {"language": "python", "kind": "web", "framework": "django"}
URLS = "from django.contrib import admin\nfrom django.urls import path, include\nurlpatterns = [path('admin/', admin.site.urls)]\n"
SQLITE = "DATABASES = {\n    'default': {\n        'ENGINE': 'django.db.backends.sqlite3',\n        'NAME': BASE_DIR / 'db.sqlite3',\n    }\n}\n"


def manage(settings):
    return f"#!/usr/bin/env python\nimport os\nimport sys\n\n\ndef main():\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', '{settings}')\n    from django.core.management import execute_from_command_line\n    execute_from_command_line(sys.argv)\n\n\nif __name__ == '__main__':\n    main()\n"


def gateway(kind, settings):
    return f"import os\n\nfrom django.core.{kind} import get_{kind}_application\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '{settings}')\n\napplication = get_{kind}_application()\n"


def settings(project, more=SQLITE, apps="", middleware=""):
    return f"from pathlib import Path\nimport os\n\nBASE_DIR = Path(__file__).resolve().parent.parent\nSECRET_KEY = 'django-insecure-abc'\nDEBUG = True\nALLOWED_HOSTS = []\nINSTALLED_APPS = ['django.contrib.admin', 'django.contrib.auth', 'django.contrib.staticfiles', {apps}]\nMIDDLEWARE = ['django.middleware.security.SecurityMiddleware', {middleware}]\nROOT_URLCONF = '{project}.urls'\nWSGI_APPLICATION = '{project}.wsgi.application'\n{more}STATIC_URL = 'static/'\n"


def project(name="mysite", at="", body=None, **files):
    return {
        f"{at}manage.py": manage(f"{name}.settings"),
        f"{at}{name}/__init__.py": "",
        f"{at}{name}/settings.py": body or settings(name),
        f"{at}{name}/urls.py": URLS,
        f"{at}{name}/wsgi.py": gateway("wsgi", f"{name}.settings"),
        f"{at}{name}/asgi.py": gateway("asgi", f"{name}.settings"),
        **files,
    }


PG = "DATABASES = {\n    'default': {\n        'ENGINE': 'django.db.backends.postgresql',\n        'NAME': os.environ.get('DB_NAME'),\n        'USER': os.environ.get('DB_USER'),\n        'PASSWORD': os.environ.get('DB_PASSWORD'),\n        'HOST': os.environ.get('DB_HOST', 'localhost'),\n        'PORT': '5432',\n    }\n}\n"

CASES = [
    case("a-django-startproject", {**project(), "requirements.txt": "Django==5.0.6\n"}, **DJ, package_manager="pip", start=wsgi("mysite.wsgi", "mysite.wsgi:application"), needs=DISK, optional_needs=DISK),
    case("a-django-no-manifest", project("locallibrary", **{"catalog/views.py": "from django.shortcuts import render\ndef index(request):\n    return render(request, 'index.html')\n", "catalog/models.py": "from django.db import models\n", "README.md": "# Library\n"}),
         **DJ, package_manager=PIP, start=wsgi("locallibrary.wsgi", "locallibrary.wsgi:application"), needs=DISK),
    case("a-django-cookie", {
        "manage.py": manage("config.settings.local"), "config/__init__.py": "from .celery_app import app as celery_app\n", "config/celery_app.py": "import os\nfrom celery import Celery\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings.local')\napp = Celery('shop')\napp.config_from_object('django.conf:settings', namespace='CELERY')\n", "config/settings/__init__.py": "",
        "config/settings/base.py": "import environ\nenv = environ.Env()\nDATABASES = {'default': env.db('DATABASE_URL')}\nINSTALLED_APPS = ['django.contrib.admin', 'django_celery_beat', 'shop.users']\nREDIS_URL = env('REDIS_URL', default='redis://redis:6379/0')\nCELERY_BROKER_URL = REDIS_URL\nROOT_URLCONF = 'config.urls'\nWSGI_APPLICATION = 'config.wsgi.application'\n",
        "config/settings/local.py": "from .base import *\nDEBUG = True\nSECRET_KEY = env('DJANGO_SECRET_KEY', default='x')\nEMAIL_BACKEND = 'django.core.mail.backends.console.EmailBackend'\n", "config/settings/production.py": "from .base import *\nSECRET_KEY = env('DJANGO_SECRET_KEY')\nALLOWED_HOSTS = env.list('DJANGO_ALLOWED_HOSTS', default=['example.com'])\nCACHES = {'default': {'BACKEND': 'django_redis.cache.RedisCache', 'LOCATION': REDIS_URL}}\nSECURE_SSL_REDIRECT = env.bool('DJANGO_SECURE_SSL_REDIRECT', default=True)\nSECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https')\nEMAIL_BACKEND = 'anymail.backends.mailgun.EmailBackend'\nANYMAIL = {'MAILGUN_API_KEY': env('MAILGUN_API_KEY')}\n", "config/settings/test.py": "from .base import *\n",
        "config/urls.py": URLS, "config/wsgi.py": gateway("wsgi", "config.settings.production"), "shop/__init__.py": "", "shop/users/models.py": "from django.db import models\n", "shop/users/__init__.py": "",
        "requirements/base.txt": "django==4.2\ndjango-environ\ncelery\nredis\ndjango-redis\ndjango-celery-beat\n", "requirements/local.txt": "-r base.txt\nWerkzeug[watchdog]\npsycopg[c]\npytest\n", "requirements/production.txt": "-r base.txt\ngunicorn\npsycopg[c]\ndjango-anymail[mailgun]\n",
        "production.yml": "services:\n  django:\n    build: {context: ., dockerfile: ./compose/production/django/Dockerfile}\n    command: /start\n    depends_on: [postgres, redis]\n  postgres:\n    build: {context: ., dockerfile: ./compose/production/postgres/Dockerfile}\n  redis:\n    image: redis:6\n  celeryworker:\n    command: /start-celeryworker\n", "compose/production/django/start": "#!/bin/bash\npython /app/manage.py collectstatic --noinput\nexec gunicorn config.wsgi --bind 0.0.0.0:5000 --chdir=/app\n", "compose/production/postgres/Dockerfile": "FROM postgres:15\n"},
         **DJ, package_manager="pip", start=wsgi("config.wsgi", "config.wsgi:application"), needs=["postgresql", "redis"]),
    case("a-django-src-pipfile", {
        "Pipfile": "[packages]\ndjango = '*'\ngunicorn = '*'\ndjangorestframework = '*'\n[requires]\npython_version = '3.10'\n", **project("core", at="src/", **{"src/todos/models.py": "from django.db import models\n", "src/todos/__init__.py": ""})},
         **DJ, package_manager="pipenv", start=wsgi("core.wsgi", "core.wsgi:application", inside="src"), runtime_version="3.10", needs=DISK),
    case("a-django-backend-react-frontend", {
        **project("backend", at="backend/", **{"backend/api/views.py": "from rest_framework.views import APIView\n", "backend/requirements.txt": "django\ndjangorestframework\ndjango-cors-headers\n"}),
        "frontend/package.json": '{"name": "frontend", "dependencies": {"react": "18", "react-dom": "18", "react-scripts": "5"}, "scripts": {"start": "react-scripts start", "build": "react-scripts build"}}', "frontend/src/index.js": "import React from 'react'\n", "frontend/public/index.html": "<div id=root></div>", "README.md": "# Todo: Django + React\n"},
         **DJ, package_manager="pip", start=wsgi("backend.wsgi", "backend.wsgi:application", inside="backend"), needs=DISK),
    case("a-django-dj-database-url", {
        **project("gettingstarted", body=settings("gettingstarted", "import dj_database_url\nDATABASES = {'default': dj_database_url.config(default='sqlite:///' + str(BASE_DIR / 'db.sqlite3'), conn_max_age=600)}\n", middleware="'whitenoise.middleware.WhiteNoiseMiddleware'")),
        "requirements.txt": "django\ngunicorn\ndj-database-url\nwhitenoise\npsycopg[binary]\n", "Procfile": "web: gunicorn gettingstarted.wsgi --log-file -\nrelease: python manage.py migrate --noinput\n", ".python-version": "3.13", "hello/views.py": "from django.http import HttpResponse\ndef index(request):\n    return HttpResponse('hi')\n"},
         **DJ, package_manager="pip", runtime_version="3.13", start="gunicorn gettingstarted.wsgi --log-file -", needs=DISK, optional_needs=either(["postgresql"], ["postgresql", "persistent-disk"])),
    case("a-django-mysql", {
        **project("blog", body=settings("blog", "DATABASES = {'default': {'ENGINE': 'django.db.backends.mysql', 'NAME': os.environ['MYSQL_DATABASE'], 'USER': os.environ['MYSQL_USER'], 'PASSWORD': os.environ['MYSQL_PASSWORD'], 'HOST': os.environ.get('MYSQL_HOST', '127.0.0.1'), 'OPTIONS': {'charset': 'utf8mb4'}}}\n")), "requirements.txt": "Django\nmysqlclient\ngunicorn\n"},
         **DJ, start=wsgi("blog.wsgi", "blog.wsgi:application"), needs=["mysql"], optional_needs=[]),
    case("a-django-channels-daphne", {
        **project("chatsite", body=settings("chatsite", SQLITE + "ASGI_APPLICATION = 'chatsite.asgi.application'\nCHANNEL_LAYERS = {'default': {'BACKEND': 'channels_redis.core.RedisChannelLayer', 'CONFIG': {'hosts': [(os.environ.get('REDIS_HOST', '127.0.0.1'), 6379)]}}}\n", apps="'daphne', 'channels', 'chat'")),
        "chatsite/asgi.py": "import os\nfrom channels.auth import AuthMiddlewareStack\nfrom channels.routing import ProtocolTypeRouter, URLRouter\nfrom django.core.asgi import get_asgi_application\nimport chat.routing\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'chatsite.settings')\napplication = ProtocolTypeRouter({'http': get_asgi_application(), 'websocket': AuthMiddlewareStack(URLRouter(chat.routing.websocket_urlpatterns))})\n", "chat/routing.py": "websocket_urlpatterns = []\n", "requirements.txt": "django\nchannels\nchannels-redis\ndaphne\n"},
         **DJ, start=asgi("chatsite.asgi:application"), needs=either(["redis"], ["persistent-disk", "redis"], ["redis", "persistent-disk"])),
    case("a-django-decouple", {
        **project("vault", body="from pathlib import Path\nfrom decouple import config, Csv\nimport dj_database_url\nBASE_DIR = Path(__file__).resolve().parent.parent\nSECRET_KEY = config('SECRET_KEY')\nDEBUG = config('DEBUG', default=False, cast=bool)\nALLOWED_HOSTS = config('ALLOWED_HOSTS', cast=Csv())\nDATABASES = {'default': dj_database_url.parse(config('DATABASE_URL'))}\nEMAIL_HOST = config('EMAIL_HOST', default='')\nROOT_URLCONF = 'vault.urls'\nWSGI_APPLICATION = 'vault.wsgi.application'\n"), "requirements.txt": "Django\npython-decouple\ndj-database-url\npsycopg2-binary\ngunicorn\n", ".env.example": "SECRET_KEY=\nALLOWED_HOSTS=localhost\nDATABASE_URL=postgres://u:p@localhost/db\n"},
         **DJ, start=wsgi("vault.wsgi", "vault.wsgi:application"), needs=["postgresql"], optional_needs=either(["smtp"], [])),
    case("a-django-if-database-url", {
        **project("web", body=settings("web", "import dj_database_url\n" + SQLITE + "if 'DATABASE_URL' in os.environ:\n    DATABASES['default'] = dj_database_url.config(conn_max_age=500, ssl_require=True)\n")), "requirements.txt": "Django\ndj-database-url\npsycopg2\ngunicorn\n"},
         **DJ, start=wsgi("web.wsgi", "web.wsgi:application"), needs=DISK, optional_needs=either(["postgresql"], ["postgresql", "persistent-disk"])),
    case("a-django-poetry-compose-pg", {
        **project("api", body=settings("api", PG, apps="'rest_framework'")), "pyproject.toml": "[tool.poetry]\nname = 'api'\nversion = '0.1.0'\n[tool.poetry.dependencies]\npython = '^3.11'\ndjango = '^5.0'\ndjangorestframework = '*'\npsycopg2-binary = '*'\n", "poetry.lock": "[[package]]\nname = \"django\"\nversion = \"5.0\"\n",
        "docker-compose.yml": "services:\n  db:\n    image: postgres:16\n    volumes: ['pg:/var/lib/postgresql/data']\n  web:\n    build: .\n    command: python manage.py runserver 0.0.0.0:8000\n    depends_on: [db]\nvolumes:\n  pg:\n", "Dockerfile": "FROM python:3.11\nWORKDIR /code\nCOPY . .\nRUN pip install poetry && poetry install\n"},
         **DJ, package_manager="poetry", start=wsgi("api.wsgi", "api.wsgi:application"), needs=["postgresql"], optional_needs=[]),
    case("a-wagtail", {
        "manage.py": manage("site1.settings.dev"), "site1/__init__.py": "", "site1/settings/__init__.py": "", "site1/settings/base.py": "import os\nPROJECT_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\nBASE_DIR = os.path.dirname(PROJECT_DIR)\nINSTALLED_APPS = ['home', 'wagtail', 'wagtail.admin', 'django.contrib.admin']\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': os.path.join(BASE_DIR, 'db.sqlite3')}}\nMEDIA_ROOT = os.path.join(BASE_DIR, 'media')\nROOT_URLCONF = 'site1.urls'\nWSGI_APPLICATION = 'site1.wsgi.application'\n", "site1/settings/dev.py": "from .base import *\nDEBUG = True\n", "site1/settings/production.py": "from .base import *\nDEBUG = False\n", "site1/urls.py": URLS, "site1/wsgi.py": gateway("wsgi", "site1.settings.dev"), "home/models.py": "from wagtail.models import Page\nclass HomePage(Page):\n    pass\n", "requirements.txt": "Django>=5,<5.1\nwagtail>=6,<6.1\n",
        "Dockerfile": "FROM python:3.12-slim\nRUN pip install gunicorn\nCOPY . .\nRUN pip install -r requirements.txt\nCMD set -xe; python manage.py migrate --noinput; gunicorn site1.wsgi:application\n"},
         language="python", kind="web", framework=either("django", "wagtail"), start=wsgi("site1.wsgi", "site1.wsgi:application"), needs=DISK),
    case("a-django-nested", {**project("mysite", at="mysite/", **{"mysite/polls/views.py": "from django.http import HttpResponse\n"}), "requirements.txt": "Django==4.2\n", "README.md": "cd mysite; python manage.py runserver\n"},
         **DJ, package_manager="pip", start=wsgi("mysite.wsgi", "mysite.wsgi:application", inside="mysite"), needs=DISK),
    case("a-django-reusable-app", {
        "setup.cfg": "[metadata]\nname = django-polls\nversion = 0.1\nclassifiers =\n    Framework :: Django\n[options]\ninclude_package_data = true\npackages = find:\ninstall_requires =\n    Django >= 3.2\n", "setup.py": "from setuptools import setup\nsetup()\n", "polls/__init__.py": "", "polls/apps.py": "from django.apps import AppConfig\nclass PollsConfig(AppConfig):\n    name = 'polls'\n", "polls/models.py": "from django.db import models\n", "polls/urls.py": "urlpatterns = []\n", "tests/settings.py": "SECRET_KEY = 'x'\nINSTALLED_APPS = ['polls']\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n", "runtests.py": "import os, django\nos.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'\ndjango.setup()\n", "tox.ini": "[tox]\nenvlist = py310\n", "MANIFEST.in": "include README.rst\n"},
         language="python", kind="library", package_manager="pip", framework=either(None, "django"), needs=[], start=None),
    case("a-django-webpack", {
        **project("portal", body=settings("portal", PG, apps="'webpack_loader'")), "requirements.txt": "django\ndjango-webpack-loader\npsycopg2\ngunicorn\nwhitenoise\n", "package.json": '{"name": "portal", "scripts": {"dev": "webpack --watch", "build": "webpack --mode production"}, "devDependencies": {"webpack": "5", "webpack-cli": "5", "webpack-bundle-tracker": "1"}, "dependencies": {"react": "18"}}', "package-lock.json": '{"name": "portal", "lockfileVersion": 3, "packages": {}}', "webpack.config.js": "module.exports = {entry: './assets/index.js'}\n", "assets/index.js": "import React from 'react'\n"},
         **DJ, package_manager="pip", start=wsgi("portal.wsgi", "portal.wsgi:application"), needs=["postgresql"], optional_needs=[]),
    case("a-django-celery-beat-compose", {
        **project("tracker", body=settings("tracker", PG + "CELERY_BROKER_URL = os.environ.get('CELERY_BROKER', 'redis://redis:6379/0')\nCELERY_RESULT_BACKEND = os.environ.get('CELERY_BACKEND', 'redis://redis:6379/0')\n")), "tracker/celery.py": "import os\nfrom celery import Celery\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'tracker.settings')\napp = Celery('tracker')\napp.config_from_object('django.conf:settings', namespace='CELERY')\napp.autodiscover_tasks()\n", "tracker/__init__.py": "from .celery import app as celery_app\n", "requirements.txt": "Django\ncelery\nredis\npsycopg2-binary\ngunicorn\n",
        "docker-compose.yml": "services:\n  web:\n    build: .\n    command: gunicorn tracker.wsgi:application --bind 0.0.0.0:8000\n  celery:\n    build: .\n    command: celery -A tracker worker -l info\n  celery-beat:\n    build: .\n    command: celery -A tracker beat -l info\n  redis:\n    image: redis:alpine\n  db:\n    image: postgres:13\n", "Dockerfile": "FROM python:3.9\n"},
         **DJ, start=wsgi("tracker.wsgi", "tracker.wsgi:application"), needs=["postgresql", "redis"], optional_needs=[]),
    case("a-django-use-s3", {
        **project("gallery", body=settings("gallery", PG + "USE_S3 = os.getenv('USE_S3') == 'TRUE'\nif USE_S3:\n    AWS_STORAGE_BUCKET_NAME = os.getenv('AWS_STORAGE_BUCKET_NAME')\n    DEFAULT_FILE_STORAGE = 'storages.backends.s3boto3.S3Boto3Storage'\nelse:\n    MEDIA_URL = '/media/'\n    MEDIA_ROOT = BASE_DIR / 'media'\n", apps="'storages'")), "requirements.txt": "Django\nboto3\ndjango-storages\npsycopg2-binary\nPillow\n"},
         **DJ, start=wsgi("gallery.wsgi", "gallery.wsgi:application"), needs=either(["postgresql"], ["persistent-disk", "postgresql"], ["postgresql", "persistent-disk"]), optional_needs=either(["object-storage"], ["object-storage", "persistent-disk"])),
    case("a-django-asgi-uvicorn-worker-render", {
        **project("mysite", body=settings("mysite", "import dj_database_url\nDATABASES = {'default': dj_database_url.config(default='postgresql://postgres:postgres@localhost:5432/mysite', conn_max_age=600)}\n", middleware="'whitenoise.middleware.WhiteNoiseMiddleware'")), "requirements.txt": "Django\ndj-database-url\npsycopg2-binary\nwhitenoise[brotli]\ngunicorn\nuvicorn\n",
        "build.sh": "#!/usr/bin/env bash\nset -o errexit\npip install -r requirements.txt\npython manage.py collectstatic --no-input\npython manage.py migrate\n", "render.yaml": "databases:\n  - name: mysite\n    plan: free\nservices:\n  - type: web\n    name: mysite\n    runtime: python\n    buildCommand: './build.sh'\n    startCommand: 'python -m gunicorn mysite.asgi:application -k uvicorn.workers.UvicornWorker'\n    envVars:\n      - key: DATABASE_URL\n        fromDatabase:\n          name: mysite\n          property: connectionString\n      - key: SECRET_KEY\n        generateValue: true\n      - key: WEB_CONCURRENCY\n        value: 4\n"},
         **DJ, start="python -m gunicorn mysite.asgi:application -k uvicorn.workers.UvicornWorker", needs=["postgresql"], optional_needs=[]),
    case("a-django-cms-email-required", {
        **project("shop", body=settings("shop", PG + "EMAIL_BACKEND = 'django.core.mail.backends.smtp.EmailBackend'\nEMAIL_HOST = os.environ['EMAIL_HOST']\nEMAIL_HOST_USER = os.environ['EMAIL_HOST_USER']\nEMAIL_HOST_PASSWORD = os.environ['EMAIL_HOST_PASSWORD']\nEMAIL_USE_TLS = True\n")), "orders/views.py": "from django.core.mail import send_mail\ndef done(request):\n    send_mail('Order', 'Thanks', None, ['a@b.c'])\n", "requirements.txt": "django\npsycopg2\n"},
         **DJ, start=wsgi("shop.wsgi", "shop.wsgi:application"), needs=either(["postgresql", "smtp"], ["smtp", "postgresql"])),
    case("a-django-sqlite-debug-postgres-prod", {
        **project("crm", body=settings("crm", "if DEBUG:\n    DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}\nelse:\n    DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['PGDATABASE'], 'USER': os.environ['PGUSER'], 'PASSWORD': os.environ['PGPASSWORD'], 'HOST': os.environ['PGHOST']}}\n").replace("DEBUG = True", "DEBUG = os.environ.get('DEBUG') == '1'")), "requirements.txt": "django\npsycopg\n"},
         **DJ, start=wsgi("crm.wsgi", "crm.wsgi:application"), needs=["postgresql"]),
    case("a-django-single-file", {
        "app.py": "import sys\nfrom django.conf import settings\nfrom django.core.wsgi import get_wsgi_application\nfrom django.http import HttpResponse\nfrom django.urls import path\n\nsettings.configure(DEBUG=False, SECRET_KEY='x', ROOT_URLCONF=__name__, ALLOWED_HOSTS=['*'])\n\ndef index(request):\n    return HttpResponse('Hello')\n\nurlpatterns = [path('', index)]\napplication = get_wsgi_application()\n\nif __name__ == '__main__':\n    from django.core.management import execute_from_command_line\n    execute_from_command_line(sys.argv)\n", "requirements.txt": "django\n"},
         **DJ, start=wsgi("app:application", "app"), needs=[]),
    case("a-django-vite-static-in-apps-folder", {
        "requirements.txt": "django\nwhitenoise\ngunicorn\ndjango-vite\n", "apps/manage.py": manage("conf.settings"), "apps/conf/__init__.py": "", "apps/conf/settings.py": settings("conf"), "apps/conf/urls.py": URLS, "apps/conf/wsgi.py": gateway("wsgi", "conf.settings"), "package.json": '{"scripts": {"dev": "vite", "build": "vite build"}, "devDependencies": {"vite": "5"}}', "vite.config.js": "export default {}\n", "Procfile": "web: cd apps && gunicorn conf.wsgi\n"},
         **DJ, package_manager="pip", start="cd apps && gunicorn conf.wsgi", needs=DISK),
]  # fmt: skip
