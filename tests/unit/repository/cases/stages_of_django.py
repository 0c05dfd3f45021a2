"""Settings for several stages: the one for production is what a release runs with."""

from cases import case, demands

MANAGE = (
    "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '{}')\n"
    "from django.core.management import execute_from_command_line\n"
)
WSGI = (
    "import os\nfrom django.core.wsgi import get_wsgi_application\n"
    "os.environ.setdefault('DJANGO_SETTINGS_MODULE', '{}')\napplication = get_wsgi_application()\n"
)
BASE = (
    "import environ\nenv = environ.Env()\nDATABASES = {'default': env.db('DATABASE_URL')}\n"
    "WSGI_APPLICATION = 'config.wsgi.application'\n"
)
PRODUCTION = (
    "from .base import *\nfrom .base import INSTALLED_APPS, env\n"
    "SECRET_KEY = env('DJANGO_SECRET_KEY')\nMAIL_KEY = env('MAILGUN_API_KEY')\n"
    "ALLOWED_HOSTS = env.list('DJANGO_ALLOWED_HOSTS', default=['example.com'])\n"
    "SECURE_SSL_REDIRECT = env.bool('DJANGO_SSL_REDIRECT', default=True)\n"
    "CSRF_COOKIE_SECURE = env.bool('CSRF_COOKIE_SECURE', default=True)\n"
    "SECURE_HSTS_PRELOAD = env.bool('HSTS_PRELOAD', default=True)\n"
)
LOCAL = (
    "from .base import *\nDEBUG = True\nALLOWED_HOSTS = ['localhost']\nTOKEN = env('LOCAL_TOKEN')\n"
)
PACKAGES = {"requirements.txt": "django\ndjango-environ\npsycopg2-binary\ngunicorn\n"}


def tree(manage: str, wsgi: str, files: dict[str, str]) -> dict[str, str]:
    return {
        **PACKAGES,
        "manage.py": MANAGE.format(manage),
        "config/__init__.py": "",
        "config/wsgi.py": WSGI.format(wsgi),
        "config/urls.py": "urlpatterns = []\n",
        **{f"config/{name}.py": text for name, text in files.items()},
    }


STAGED = {
    "settings/base": BASE, "settings/local": LOCAL, "settings/production": PRODUCTION
}  # fmt: skip


def with_switch(condition: str) -> dict[str, str]:
    """Settings that take a file where the condition holds, a server else."""
    return tree(
        "config.settings",
        "config.settings",
        {
            "settings": "import os\n"
            f"if {condition}:\n"
            "    DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3',\n"
            "                             'NAME': os.environ.get('DB_NAME', '/srv/db.sqlite3')}}\n"
            "else:\n"
            "    DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql',\n"
            "                             'NAME': os.environ.get('DB_NAME'),\n"
            "                             'HOST': os.environ.get('DB_HOST')}}\n"
        },
    )


CASES = [
    *(
        case(f"django-file-where-{name}", with_switch(condition), needs=needs)
        for name, condition, needs in (
            ("it-is-asked-for", "os.getenv('SQLITE', 'False') == 'True'", ["postgresql"]),
            ("its-variable-is-set", "os.getenv('USE_SQLITE')", ["postgresql"]),
            ("no-address-is-given", "os.getenv('DB_HOST', '') == ''", []),
            ("no-server-is-asked-for", "os.getenv('SERVER', 'no') in ('no', 'off')", []),
        )
    ),
    case(
        "django-package-of-the-name-of-its-folder",
        {
            "requirements.txt": "django\ngunicorn\ncelery\nredis\n",
            "shop/manage.py": MANAGE.format("shop.settings"),
            "shop/shop/__init__.py": "from .celery import app as celery_app\n",
            "shop/shop/wsgi.py": WSGI.format("shop.settings"),
            "shop/shop/settings.py": "WSGI_APPLICATION = 'shop.wsgi.application'\nDATABASES = {}\n",
            "shop/shop/celery.py": "from celery import Celery\nimport shop\napp = Celery()\n",
        },
        processes={
            "web": "gunicorn --chdir shop shop.wsgi:application --bind 0.0.0.0:$PORT",
            "worker": "cd shop && celery -A shop worker --loglevel=info",
        },
    ),
    case(
        "django-settings-take-those-for-developers-by-themselves",
        tree(
            "config.settings",
            "config.settings",
            {
                **STAGED,
                "settings/__init__": "try:\n    from .local import *\nexcept ImportError:\n"
                "    from .production import *\n",
            },
        ),
        sets={"DJANGO_SETTINGS_MODULE": "config.settings.production"},
    ),
    case(
        "django-settings-take-those-for-production-and-what-is-local",
        tree(
            "config.settings",
            "config.settings",
            {
                "settings/base": BASE,
                "settings/production": PRODUCTION,
                "settings/__init__": "from .production import *\ntry:\n    from .local import *\n"
                "except ImportError:\n    pass\n",
            },
        ),
        sets={},
    ),
    case(
        "django-server-names-an-empty-package",
        tree(
            "config.settings.shop",
            "config.settings",
            {
                "settings/__init__": '"""Settings."""\n',
                "settings/base": BASE,
                "settings/shop": "from .base import *\nSECRET_KEY = env('KEY')\n",
            },
        ),
        sets={"DJANGO_SETTINGS_MODULE": "config.settings.shop"},
        env=demands("DATABASE_URL", "KEY"),
    ),
    case(
        "django-settings-that-the-server's-file-names",
        {
            **tree(
                "config.settings",
                "config.settings",
                {
                    "settings/__init__": BASE,
                    "settings/server": "from . import *\nSECRET_KEY = env('KEY')\n",
                },
            ),
            "uwsgi.ini": "[uwsgi]\nmodule = config.wsgi:application\n"
            "env = DJANGO_SETTINGS_MODULE=config.settings.server\n",
        },
        sets={"DJANGO_SETTINGS_MODULE": "config.settings.server"},
    ),
    *(
        case(
            f"django-settings-that-{path}-names",
            {
                **tree(
                    "config.settings.base",
                    "config.settings.base",
                    {
                        "settings/base": BASE,
                        "settings/cloud": "from .base import *\nSECRET_KEY = env('CLOUD_KEY')\n",
                    },
                ),
                path: text,
            },
            sets={"DJANGO_SETTINGS_MODULE": "config.settings.cloud"},
            env=demands("CLOUD_KEY", "DATABASE_URL"),
        )
        for path, text in (
            ("fly.toml", "[env]\n  DJANGO_SETTINGS_MODULE = 'config.settings.cloud'\n"),
            (
                "render.yaml",
                "services:\n  - type: web\n    env: python\n    envVars:\n"
                "      - key: DJANGO_SETTINGS_MODULE\n        value: config.settings.cloud\n",
            ),
            (
                "app.json",
                '{"env": {"DJANGO_SETTINGS_MODULE": {"value": "config.settings.cloud"}}}',
            ),
            ("Dockerfile", "FROM python:3.11\nENV DJANGO_SETTINGS_MODULE config.settings.cloud\n"),
        )
    ),
    case(
        "django-image-names-settings-for-tests",
        {
            **tree("config.settings", "config.settings", {"settings": BASE}),
            "Dockerfile": "FROM python:3.11\nENV DJANGO_SETTINGS_MODULE=config.settings_test\n",
        },
        sets={},
    ),
    case(
        "django-image-has-its-settings-from-elsewhere",
        {
            **tree("config.settings", "config.settings", {"settings": BASE}),
            "Dockerfile": "FROM python:3.11\nENV DJANGO_SETTINGS_MODULE=image_settings\n"
            "COPY docker/image_settings.py /srv/image_settings.py\n",
            "docker/image_settings.py": "from config.settings import *\n",
        },
        sets={},
    ),
    case(
        "django-with-geography-loads-its-libraries",
        tree(
            "config.settings",
            "config.settings",
            {"settings": f"{BASE}INSTALLED_APPS = ['django.contrib.gis']\n"},
        ),
        system_packages=["gdal-bin"],
    ),
    case(
        "django-without-geography-loads-none",
        tree("config.settings", "config.settings", {"settings": f"{BASE}# django.contrib.gis\n"}),
        system_packages=[],
    ),
    case(
        "django-settings-of-another-host-ask-for-nothing",
        tree(
            "config.settings.local",
            "config.settings.production",
            {
                **STAGED,
                "settings/heroku": "from .base import *\nSECRET_KEY = env('HEROKU_KEY')\n",
            },
        )
        | {"extras/development/settings.py": "import os\nDEBUG = True\nX = os.environ['DEV_X']\n"},
        env=demands("DATABASE_URL", "DJANGO_SECRET_KEY", "MAILGUN_API_KEY"),
    ),
    case(
        "django-settings-that-load-others-by-name",
        tree(
            "config.settings",
            "config.settings",
            {
                "settings/__init__": f"{BASE}from importlib import import_module\n"
                'import_module(f\'config.settings.{env("HOST_KIND", default="own")}\')\n',
                "settings/own": "from . import env\nSECRET_KEY = env('OWN_KEY')\n",
            },
        ),
        env=demands("DATABASE_URL", "OWN_KEY", "SECRET_KEY"),
    ),
    case(
        "django-wsgi-names-production",
        tree("config.settings.local", "config.settings.production", STAGED),
        sets={"DJANGO_SETTINGS_MODULE": "config.settings.production"},
        behaviours=[],
        https_variables=["CSRF_COOKIE_SECURE", "DJANGO_SSL_REDIRECT"],
    ),
    case(
        "django-package-with-a-program-of-its-own",
        {
            "pyproject.toml": "[project]\nname = 'atlas'\nversion = '1'\n"
            "dependencies = ['django', 'django-environ', 'psycopg']\n"
            "[project.scripts]\natlas = 'atlas.bin:main'\n",
            "atlas/__init__.py": "",
            "atlas/bin.py": MANAGE.format("atlas.settings"),
            "atlas/wsgi.py": WSGI.format("atlas.settings"),
            "atlas/urls.py": "urlpatterns = []\n",
            "atlas/settings.py": "import environ\nenv = environ.Env()\nSTATIC_ROOT = '/x'\n"
            "SECRET_KEY = env('SECRET_KEY')\nDATABASES = {'default': env.db('DATABASE_URL')}\n",
        },
        start="gunicorn atlas.wsgi:application --bind 0.0.0.0:$PORT",
        build=["pip install .", "python -m django collectstatic --noinput"],
        processes={
            "release": "python -m django migrate --noinput",
            "web": "gunicorn atlas.wsgi:application --bind 0.0.0.0:$PORT",
        },
        sets={"DJANGO_SETTINGS_MODULE": "atlas.settings"},
        needs=["postgresql"],
    ),
    case(
        "django-server-whose-settings-are-elsewhere",
        {
            **PACKAGES,
            "atlas/wsgi.py": WSGI.format("site_of_others.settings"),
            "atlas/models.py": "from django.db import models\n",
        },
        processes={"web": "gunicorn atlas.wsgi:application --bind 0.0.0.0:$PORT"},
        sets={},
    ),
    case(
        "django-all-name-local",
        tree("config.settings.local", "config.settings.local", STAGED),
        sets={"DJANGO_SETTINGS_MODULE": "config.settings.production"},
    ),
    case(
        "django-all-name-base",
        tree("config.settings.base", "config.settings.base", STAGED),
        sets={"DJANGO_SETTINGS_MODULE": "config.settings.production"},
    ),
    case(
        "django-all-name-production",
        tree("config.settings.production", "config.settings.production", STAGED),
        sets={},
    ),
    case(
        "django-one-module",
        tree("config.settings", "config.settings", {"settings": BASE}),
        sets={},
    ),
    case(
        "django-empty-package-of-settings",
        tree("config.settings", "config.settings", {**STAGED, "settings/__init__": ""}),
        sets={"DJANGO_SETTINGS_MODULE": "config.settings.production"},
    ),
    case(
        "django-settings-by-suffix",
        tree(
            "config.settings_dev",
            "config.settings_dev",
            {
                "settings": BASE,
                "settings_dev": "from .settings import *\nX = env('ONLY_HERE')\n",
                "settings_prod": "from .settings import *\nSECRET_KEY = env('SECRET_KEY')\n",
            },
        ),
        sets={"DJANGO_SETTINGS_MODULE": "config.settings_prod"},
    ),
    case(
        "django-no-settings-for-production",
        tree(
            "config.settings.local",
            "config.settings.local",
            {"settings/base": BASE, "settings/local": LOCAL},
        ),
        sets={},
    ),
    case(
        "django-stage-by-variable",
        tree(
            "config.settings",
            "config.settings",
            {
                "settings/__init__": "import os\n"
                "if os.environ.get('DJANGO_ENV', 'dev') == 'prod':\n    from .prod import *\n"
                "else:\n    from .dev import *\n",
                "settings/dev": "DEBUG = True\n",
                "settings/prod": "DEBUG = False\n",
            },
        ),
        sets={"DJANGO_ENV": "prod"},
    ),
    case(
        "dockerfile-sets-the-stage",
        {
            **PACKAGES,
            "app.py": "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
            "mode = os.environ.get('SHOP_MODE', 'demo')\nport = os.environ.get('PORT')\n"
            "key = os.environ.get('API_KEY')\ncache = os.environ.get('CACHE_PATH')\n",
            "Dockerfile": "FROM node:20\nENV SHOP_MODE=assets\nFROM python:3.11\n"
            "ENV SHOP_MODE=shop PORT=5000 API_KEY=none \\\n  CACHE_PATH=/srv/cache UNREAD=1\n",
        },
        sets={"SHOP_MODE": "shop"},
    ),
    case(
        "dockerfile-for-developers-sets-nothing",
        {
            **PACKAGES,
            "app.py": "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
            "mode = os.environ.get('SHOP_ENV', 'production')\nd = os.environ.get('SHOP_DEBUG')\n",
            "Dockerfile": "FROM python:3.11\nENV SHOP_ENV development\nENV SHOP_DEBUG=1\n",
        },
        sets={},
    ),
    case(
        "flask-config-by-name",
        {
            **PACKAGES,
            "shop.py": "import os\nfrom app import create_app\n"
            "app = create_app(os.getenv('FLASK_CONFIG') or 'default')\n",
            "app/__init__.py": "from flask import Flask\nfrom config import config\n"
            "def create_app(name):\n    app = Flask(__name__)\n"
            "    app.config.from_object(config[name])\n    return app\n",
            "config.py": "class Config: pass\nclass DevelopmentConfig(Config): DEBUG = True\n"
            "class ProductionConfig(Config): pass\n"
            "config = {'development': DevelopmentConfig, 'production': ProductionConfig,\n"
            "          'default': DevelopmentConfig}\n",
        },
        sets={"FLASK_CONFIG": "production"},
    ),
    case(
        "flask-config-by-class",
        {
            **PACKAGES,
            "app.py": "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
            "app.config.from_object(os.getenv('APP_SETTINGS', 'shop.config.DevelopmentConfig'))\n",
            "shop/config.py": "class DevelopmentConfig: pass\nclass ProductionConfig: pass\n",
        },
        sets={"APP_SETTINGS": "shop.config.ProductionConfig"},
    ),
    case(
        "stage-that-is-production-already",
        {
            **PACKAGES,
            "app.py": "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
            "if os.getenv('APP_STAGE', 'production') == 'production':\n    pass\n",
        },
        sets={},
    ),
    case(
        "express-where-its-database-is",
        {
            "package.json": '{"scripts": {"start": "node app.js"}, "dependencies": '
            '{"express": "4", "mysql2": "3", "sequelize": "6"}}',
            "app.js": "const app = require('express')();\napp.listen(process.env.PORT);\n",
            "config/database.js": "module.exports = { development: { username: 'root', "
            "host: '127.0.0.1', dialect: 'mysql' } };\n",
        },
        behaviours=[],
    ),
    case(
        "django-compressed-beforehand",
        {
            **tree(
                "config.settings",
                "config.settings",
                {"settings": BASE + "STATIC_ROOT = 'static'\nCOMPRESS_OFFLINE = True\n"},
            ),
            "requirements.txt": "django\ndjango-compressor\n",
        },
        build=[
            "pip install -r requirements.txt",
            "python manage.py collectstatic --noinput",
            "python manage.py compress --force",
        ],
    ),
    case(
        "debugging-that-is-on-by-default",
        {
            **PACKAGES,
            "app.py": "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
            "a = os.getenv('DEBUG', 'True') == 'True'\nb = int(os.getenv('SHOP_DEBUG', '1'))\n"
            "c = os.getenv('OTHER_DEBUG', 'False')\n",
        },
        sets={"DEBUG": "False", "SHOP_DEBUG": "0"},
    ),
    case(
        "go-that-parses-the-environment-and-migrates-when-told",
        {
            "go.mod": "module x\n\nrequire github.com/lib/pq v1.10.9\n",
            "main.go": 'package main\nimport "net/http"\nimport _ "github.com/lib/pq"\n'
            "func main() { http.ListenAndServe(addr, nil) }\n",
            "config/parser.go": "package config\nfunc parse() { lines(os.Environ()) }\n",
            "config/options.go": "package config\nfunc set(key string) {\n  switch key {\n"
            '  case "DATABASE_URL":\n  case "RUN_MIGRATIONS":\n  case "PORT":\n  }\n}\n',
        },
        sets={"RUN_MIGRATIONS": "true"},
        need_variables={"postgresql": ("DATABASE_URL",)},
    ),
    case(
        "redis-that-is-switched-off",
        {
            "package.json": '{"scripts": {"start": "node app.js"}, "dependencies": '
            '{"express": "4", "envalid": "8", "ioredis": "5"}}',
            "app.js": "const Redis = require('ioredis');\nconst env = require('./env');\n"
            "const r = env.REDIS_ENABLED && new Redis();\n"
            "require('express')().listen(process.env.PORT);\n",
            "env.js": "const { cleanEnv, bool, str } = require('envalid');\n"
            "module.exports = cleanEnv(process.env, {\n"
            "  REDIS_ENABLED: bool({ default: false }),\n"
            "  REDIS_HOST: str({ default: '127.0.0.1' }),\n});\n",
        },
        needs=[],
    ),
]
