"""Variables that choose the database, with the word that the code expects of them."""

from cases import case

DJANGO = {
    "requirements.txt": "django\npsycopg2-binary\nmysqlclient\ngunicorn\n",
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'pings.settings')\n"
    "import django\n",
    "pings/wsgi.py": "import os\n"
    "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'pings.settings')\n"
    "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
    "pings/urls.py": "urlpatterns = []\n",
}
SERVER = (
    "'USER': os.getenv('DB_USER', 'x'), 'HOST': os.getenv('DB_HOST', ''),\n"
    "        'PASSWORD': os.getenv('DB_PASSWORD', ''), 'NAME': os.getenv('DB_NAME', 'x')}}\n"
)
COMPARED = (
    "import os\nSECRET_KEY = os.environ['SECRET_KEY']\n"
    "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'x.sqlite'}}\n"
    "if os.getenv('DB') == 'postgres':\n"
    "    DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql',\n        " + SERVER
    + "if os.getenv('DB') == 'mysql':\n"
    "    DATABASES = {'default': {'ENGINE': 'django.db.backends.mysql',\n        " + SERVER
)  # fmt: skip
PARTS = ("DB_HOST", "DB_NAME", "DB_PASSWORD", "DB_USER")

CASES = [
    case(
        "database-by-a-bare-word",
        {**DJANGO, "pings/settings.py": COMPARED},
        need_values={"postgresql": {"DB": "postgres"}, "mysql": {"DB": "mysql"}},
        need_variables={"postgresql": (*PARTS, "DB"), "mysql": (*PARTS, "DB")},
    ),
    case(
        "database-by-the-module-of-django",
        {
            **DJANGO,
            "pings/settings.py": "import os\nSECRET_KEY = os.environ['SECRET_KEY']\nDATABASES = "
            "{'default': {'ENGINE': os.getenv('DB_ENGINE', 'django.db.backends.sqlite3'),\n        "
            + SERVER,
        },
        need_values={
            "postgresql": {"DB_ENGINE": "django.db.backends.postgresql"},
            "mysql": {"DB_ENGINE": "django.db.backends.mysql"},
        },
    ),
    case(
        "database-by-the-client-that-is-installed",
        {
            "package.json": '{"scripts": {"start": "node index.js"}, "dependencies": '
            '{"express": "4", "knex": "3", "mysql2": "3", "better-sqlite3": "11"}}',
            "index.js": "const env = require('./env');\nconst knex = require('knex')"
            "({ client: env.DB_CLIENT, connection: { host: env.DB_HOST } });\n"
            "require('express')().listen(process.env.PORT);\n",
            "env.js": "const { cleanEnv, str } = require('envalid');\n"
            "const clients = ['better-sqlite3', 'mysql', 'mysql2'];\n"
            "module.exports = cleanEnv(process.env, {\n"
            "  DB_CLIENT: str({ choices: clients, default: 'better-sqlite3' }),\n"
            "  DB_HOST: str({ default: 'localhost' }),\n});\n",
        },
        needs=[],
        need_values={"mysql": {"DB_CLIENT": "mysql2"}},
    ),
    case(
        "database-by-a-constant-that-another-file-switches-on",
        {
            "index.php": "<?php\nrequire 'constants.php';\nrequire 'database.php';\n",
            "constants.php": "<?php\ndefine('DB_DRIVER', getenv('DB_DRIVER') ?: 'sqlite');\n"
            "define('DB_HOSTNAME', getenv('DB_HOSTNAME') ?: 'localhost');\n",
            "database.php": "<?php\nswitch (DB_DRIVER) {\n    case 'sqlite':\n        break;\n"
            "    case 'postgres':\n        connect(DB_HOSTNAME);\n}\n",
        },
        needs=[],
        optional_needs=["persistent-disk", "postgresql"],
        need_values={"postgresql": {"DB_DRIVER": "postgres"}},
        need_variables={"postgresql": ("DB_HOSTNAME", "DB_DRIVER")},
    ),
    case(
        "database-by-a-longer-word",
        {
            "package.json": '{"scripts": {"start": "node server.js"},'
            ' "dependencies": {"express": "5", "pg": "8", "sqlite3": "5"}}',
            "server.js": "const kind = process.env.DB_TYPE ?? 'sqlite';\n"
            "const host = process.env.DB_HOST ?? 'localhost';\n"
            "if (kind === 'postgresdb') connect(new (require('pg').Pool)({ host }));\n"
            "require('express')().listen(process.env.PORT);\n",
        },
        need_values={"postgresql": {"DB_TYPE": "postgresdb"}},
    ),
    case(
        "database-beside-an-engine-of-the-projects-own",
        {
            **DJANGO,
            "pings/settings.py": "from pings.db import is_postgres, parts\nSECRET_KEY = 'x'\n"
            "OWN = {'ENGINE': 'pings.core.sqlite_backend', 'NAME': 'x.sqlite'}\n"
            "if is_postgres():\n    DATABASES = {'default': {'ENGINE': "
            "'django.db.backends.postgresql', **parts()}}\n"
            "else:\n    DATABASES = {'default': {**OWN}}\n",
        },
        needs=[],
    ),
    case(
        "databases-of-tests-and-of-vectors-are-chosen-by-nobody",
        {
            "requirements.txt": "flask\n",
            "app.py": "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
            "if os.getenv('TEST_DB_ENGINE') == 'postgres':\n    pass\n"
            "if os.getenv('VECTOR_DB_TYPE') == 'postgres':\n    pass\n"
            "name = os.getenv('DB', 'x')\n",
        },
        need_values={},
        needs=[],
    ),
    case(
        "databases-of-tests-and-developers-are-not-that-of-a-release",
        {
            "requirements.txt": "flask\nflask-sqlalchemy\npsycopg2-binary\nredis\n",
            "app.py": "import os, redis\nfrom flask import Flask\napp = Flask(__name__)\n"
            "URLS = [os.environ.get('DEV_DATABASE_URL'), os.environ.get('TESTING_DATABASE_URL'),\n"
            "    os.environ.get('DATABASE_URL_TEST'), os.environ.get('SHADOW_DATABASE_URL')]\n"
            "app.config['SQLALCHEMY_DATABASE_URI'] = os.environ['DATABASE_URL']\n"
            "cache = redis.from_url(os.environ['REDIS_URL']) or os.getenv('DEV_REDIS_URL')\n",
        },
        needs=["postgresql", "redis"],
        need_variables={"postgresql": ("DATABASE_URL",), "redis": ("REDIS_URL",)},
    ),
]
