"""Which variables the code demands, and by which of them a need is passed."""

import pytest

from hivemind_agents.repository import FileTree, inspect_tree

pytestmark = pytest.mark.fast
SERVER = "\nrequire('express')().listen(process.env.PORT || 3000)\n"


def required(files: dict[str, str | bytes]) -> list[str]:
    return [item.name for item in inspect_tree(FileTree.of(files)).env if item.required]


def node(code: str, *packages: str) -> dict[str, str | bytes]:
    listed = ", ".join(f'"{name}": "1"' for name in ("express", *packages))
    return {"package.json": f'{{"dependencies": {{{listed}}}}}', "index.js": code + SERVER}


def test_what_the_code_asks_about_first_is_not_required():
    """
    A variable behind a question whether it is there may be absent.
    """
    code = "if (process.env.REDIS_URL) { require('ioredis')(process.env.REDIS_URL) }"

    assert [] == required(node(code, "ioredis"))


def test_a_variable_that_is_read_outright_is_required():
    """
    The address of a store that nothing stands in for has to be given.
    """
    code = "require('mongoose').connect(process.env.MONGODB_URI)"

    assert ["MONGODB_URI"] == required(node(code, "mongoose"))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("API_URL: z.string().url()", ["API_URL"]),
        ("API_URL: z.string().default('x')", []),
        ("API_URL: z.string().optional()", []),
        ("API_URL: Joi.string()", []),
        ("API_URL: Joi.string().required()", ["API_URL"]),
        ("API_URL: url({ default: 'x', desc: 'where' })", []),
    ],
)
def test_a_schema_of_the_environment_says_what_is_required(entry: str, expected: list[str]):
    """
    A key of a schema is required unless it has a default or says that it may be absent.
    """
    assert expected == required(node(f"const envSchema = object({{\n  {entry},\n}})"))


@pytest.mark.parametrize(
    "code",
    [
        "import os\ndef f(env=os.environ):\n    return env['API_URL']\n",
        "import os\nenv = os.environ\nX = env['API_URL']\n",
        "from os import environ as e\nX = e['API_URL']\n",
        "import os\ndef f(environment=None):\n    return (environment or os.environ)['X'] or "
        "environment['API_URL']\n",
        "from environs import Env\nenv = Env()\nX = env.str('API_URL')\n",
        "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    api_url: str\n",
    ],
)
def test_the_environment_is_read_under_every_name(code: str):
    """
    A mapping that is handed on, another name for it, a reader or a settings class: all are read.
    """
    names = [item.name for item in inspect_tree(FileTree.of({"main.py": code})).env]

    assert "API_URL" in names


def test_what_a_request_tells_is_no_setting():
    """
    A mapping called environ is the process's own where it is `os.environ`, else WSGI's.
    """
    code = (
        "import os\ndef app(environ, start):\n    return environ['PATH_INFO'], "
        "request.environ.get('HTTP_HOST'), environ['API_URL']\n"
        "port = os.environ['SERVER_PORT']\n"
    )

    assert ["API_URL", "SERVER_PORT"] == required({"main.py": code})


def test_what_an_application_knows_of_its_surroundings_is_no_variable():
    code = (
        "import os\nclass Report:\n    def text(self):\n        return self._environment['python'],"
        " environment['hardware'], os.environ['region'], self.environment['API_URL']\n"
    )

    assert ["API_URL", "region"] == required({"main.py": code})


def test_what_tools_of_development_read_is_not_asked_for():
    """
    A token for publishing a theme is nothing that the running application wants.
    """
    tools = {
        f"themes/one/{name}": "const token = process.env.GST_TOKEN"
        for name in ("gulpfile.js", "Gruntfile.js", "jest.config.ts", "playwright.config.mts")
    }

    assert [] == required({**node(""), **tools})
    assert ["GST_TOKEN"] == required({**node("x(process.env.GST_TOKEN)"), **tools})


def test_the_default_of_an_option_may_be_absent():
    """
    A command line that can be given otherwise demands no variable.
    """
    code = "import os\nparser.add_argument('--key', default=os.environ.get('API_KEY', None))\n"

    assert [] == required({"main.py": code})


@pytest.mark.parametrize(
    "name", ["SENTRY_DSN", "MAILER_DSN", "TEST_DATABASE_URL", "MONGO_DB_NAME", "REDIS_DB_NAME"]
)
def test_what_only_looks_like_a_databases_variable_is_not_one(name: str):
    """
    Deployments set the variables of a need: none that is about something else.
    """
    pool = "new (require('pg').Pool)({connectionString: process.env.DATABASE_URL});"
    code = f"{pool} process.env.{name}"

    report = inspect_tree(FileTree.of(node(code, "pg")))

    assert ("DATABASE_URL",) == report.need_variables["postgresql"]


LIBPQ = ("PGDATABASE", "PGHOST", "PGPASSWORD", "PGPORT", "PGUSER")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (node("const { Pool } = require('pg')\nconst pool = new Pool()\n", "pg"), LIBPQ),
        (
            {
                "requirements.txt": "flask\npsycopg[binary]\n",
                "app.py": "import psycopg\nfrom flask import Flask\napp = Flask(__name__)\n"
                "connection = psycopg.connect()\n",
            },
            LIBPQ,
        ),
        (
            node("require('./db')", "pg", "sequelize")
            | {
                "db.js": "require('sequelize'); require('pg')",
                "config/config.json": '{"production": {"use_env_variable": "PRODUCTION_DB_URL", '
                '"dialect": "postgres"}}',
            },
            ("PRODUCTION_DB_URL",),
        ),
    ],
)
def test_a_client_that_is_told_nothing_has_its_own_variables(
    files: dict[str, str | bytes], expected: tuple[str, ...]
):
    """
    Where no code names a variable, those that the client or its configuration reads are named.
    """
    assert {"postgresql": expected} == inspect_tree(FileTree.of(files)).need_variables


def test_settings_that_production_never_loads_ask_for_nothing() -> None:
    """
    What only settings for development read is no variable of a release.
    """
    starter = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings.{}')\n"
    read = "from .base import env\n{} = env('{}')\n"
    report = inspect_tree(
        FileTree.of(
            {
                "requirements.txt": "django\ndjango-environ\n",
                "manage.py": starter.format("local") + "import django\n",
                "site/wsgi.py": starter.format("production"),
                "site/settings/base.py": "import environ\nenv = environ.Env()\nSECRET_KEY = 'x'\n",
                "site/settings/local.py": read.format("TOKEN", "LOCAL_TOKEN"),
                "site/settings/production.py": read.format("MAIL", "MAIL_KEY"),
            }
        )
    )

    names = {variable.name for variable in report.env if variable.required}
    assert {"MAIL_KEY"} == names
    assert "LOCAL_TOKEN" not in {variable.name for variable in report.env}


@pytest.mark.parametrize(
    ("base", "asked"), [("DEBUG = False\n", ["SECRET_KEY"]), ("SECRET_KEY = 'x'\n", [])]
)
def test_settings_without_a_key_are_given_one(base: str, asked: list[str]) -> None:
    """
    A key that only settings for development have, production has not.
    """
    files: dict[str, str | bytes] = {
        "requirements.txt": "django\n",
        "manage.py": "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings.dev')\n"
        "import django\n",
        "site/wsgi.py": "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings.dev')\n",
        "site/settings/__init__.py": "",
        "site/settings/base.py": base,
        "site/settings/dev.py": "from .base import *\nSECRET_KEY = 'dev'\n",
        "site/settings/production.py": "from .base import *\n",
    }

    assert asked == required(files)


def test_functions_of_the_code_that_read_the_environment_are_readers():
    """
    `def flag(name, default)` over `os.getenv` is called with the names.
    """
    code = (
        "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
        "def flag(name, default='False'):\n    return os.getenv(name, default) == 'True'\n"
        "a = flag('SHOP_OPEN')\nb = flag('SHOP_NEW', 'True')\nc = print('NO_NAME')\n"
    )

    report = inspect_tree(FileTree.of({"requirements.txt": "flask", "app.py": code}))

    assert {"SHOP_OPEN": "False", "SHOP_NEW": "True"} == {v.name: v.default for v in report.env}


def test_scripts_of_pages_demand_nothing_of_a_program_in_another_language():
    """
    What a browser runs, or an editor in it, reads no environment on the host.
    """
    page = "const token = process.env.API_TOKEN;\n"
    files: dict[str, str | bytes] = {"index.php": "<?php echo getenv('SECRET_KEY');\n"}

    assert ["SECRET_KEY"] == required({**files, "modules/ace/worker.js": page})


def test_a_variable_asked_for_in_another_branch_is_not_required():
    """
    Servers tell who logged in by one of several variables.
    """
    code = "<?php if (Core::getenv('A_PASSWORD')) { $p = Core::getenv('A_PASSWORD'); }\n"
    code += "elseif (Core::getenv('B_PASSWORD')) { $p = Core::getenv('B_PASSWORD'); }\n"

    assert [] == required({"index.php": code})


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("process.env.SITE_URL", ["SITE_URL"]),
        ("process.env.UI_URL", ["UI_URL"]),
        ("process.env.URL", ["URL"]),
        ("process.env.URL || 'https://feeds.test.org/all'", []),
        ("process.env.APP_URL || 'http://localhost:3000'", ["APP_URL"]),
        ("process.env.SHOP_SITE_URL || 'https://shop.example.com'", ["SHOP_SITE_URL"]),
        ("process.env.CLIENT_URL || 'http://localhost:5173'", ["CLIENT_URL"]),
        ("process.env.APP_URL || 'https://shop.test.org'", []),
        ("process.env.SITE_ROOT || 'http://localhost:8000'", ["SITE_ROOT"]),
        ("process.env.SITE_ROOT || '/srv/site'", []),
        ("process.env.BASE_URL || '/'", []),
        ("process.env.BASE_URL", []),
        ("process.env.SLACK_APP_URL", []),
        ("process.env.OPENAI_BASE_URL || 'https://api.openai.com/v1'", []),
    ],
)
def test_variables_that_hold_the_own_address(code: str, found: list[str]):
    """
    One that may be another's counts only where its default is nobody's address.
    """
    report = inspect_tree(FileTree.of(node(f"const url = {code};")))

    assert found == list(report.url_variables)


def test_settings_behind_a_prefix_in_php():
    """
    A class that reads `PREFIX . $name` is told by every name with the prefix.
    """
    settings = (
        '<?php\nclass Config {\n  private const _ENVVAR_PREFIX = "FEEDS_";\n'
        '  const DB_TYPE = "DB_TYPE";\n  const DB_HOST = "DB_HOST";\n  const DB_PASS = "DB_PASS";\n'
        '  const DB_USER = "DB_USER";\n  const DB_NAME = "DB_NAME";\n'
        '  const SELF_URL_PATH = "SELF_URL_PATH";\n'
        "  private const _DEFAULTS = [\n"
        '    Config::DB_TYPE => [ "pgsql", 1 ], Config::DB_HOST => [ "db", 1 ],\n'
        '    Config::SELF_URL_PATH => [ "https://example.com/feeds", 1 ] ];\n'
        "  function read($name) { return getenv(self::_ENVVAR_PREFIX . $name) ?: null; }\n}\n"
    )
    client = "<?php $dsn = Config::get(Config::DB_TYPE) . ':host='; $pdo = new PDO($dsn);\n"
    report = inspect_tree(
        FileTree.of(
            {"index.php": "<?php", "classes/Config.php": settings, "classes/Db.php": client}
        )
    )

    assert ("postgresql",) == report.needs
    assert {"FEEDS_DB_HOST", "FEEDS_DB_PASS"} <= set(report.need_variables["postgresql"])
    assert ("FEEDS_SELF_URL_PATH",) == report.url_variables


def test_a_store_whose_address_callers_tell_is_not_the_programs_own():
    """
    A monitor connects to what its users name; it needs none of that to run.
    """
    ping = (
        "const { MongoClient } = require('mongodb'); const redis = require('redis');\n"
        "exports.mongo = async function (address) { await MongoClient.connect(address); };\n"
        "exports.redis = function (dsn) { return redis.createClient({ url: dsn }); };\n"
    )
    own = "const url = await settings.read();\nrequire('redis').createClient({ url: url });\n"

    monitor = inspect_tree(FileTree.of(node(ping, "mongodb", "redis")))
    shop = inspect_tree(FileTree.of(node(ping + own, "mongodb", "redis")))

    assert ((), {"mongodb", "redis"}) == (monitor.needs, set(monitor.optional_needs))
    assert ("redis",) == shop.needs


def test_a_table_of_settings_has_defaults_beside_its_readings():
    """
    What the table falls back to need not be given.
    """
    table = (
        "import os\nCONFIG = {'password': {'default': '', 'env': os.getenv('SHOP_DB_PASS')},\n"
        "          'key': {'env': os.getenv('SHOP_SECRET_KEY')}}\n"
    )
    files: dict[str, str | bytes] = {
        "requirements.txt": "flask\n",
        "app.py": f"from flask import Flask\napp = Flask(__name__)\n{table}",
    }

    assert ["SHOP_SECRET_KEY"] == required(files)


@pytest.mark.parametrize(
    ("code", "demanded"),
    [
        ("home = os.environ['SHOP_HOME'] if 'SHOP_HOME' in os.environ else '.'", []),
        ("try:\n    home = os.environ['SHOP_HOME']\nexcept KeyError:\n    home = '.'", []),
        ("try:\n    h = os.environ['SHOP_HOME']\nexcept KeyError:\n    exit(1)", ["SHOP_HOME"]),
        ("if 'SHOP_HOME' not in os.environ:\n    exit(1)\nh = os.environ['SHOP_HOME']",
         ["SHOP_HOME"]),
    ],
)  # fmt: skip
def test_what_python_looks_for_first_is_not_demanded(code: str, demanded: list[str]):
    """
    A program that ends without a variable demands it.
    """
    files: dict[str, str | bytes] = {
        "requirements.txt": "flask\n",
        "app.py": f"import os\nfrom flask import Flask\napp = Flask(__name__)\n{code}\n",
    }

    assert demanded == required(files)


def test_a_reading_whose_absence_ends_the_program_is_demanded():
    """Asked for afterwards is demanded as well; None in so many words, and a warning, are not."""
    code = (
        "import os, sys\ntoken = os.environ.get('SHOP')\nif not token:\n    raise ValueError()\n"
        "city = os.getenv('CITY')\nif city is None:\n    print('city?')\n    sys.exit(1)\n"
        "bucket_key = os.getenv('BUCKET_KEY', None)\nzone = os.getenv('ZONE')\n"
        "if zone is None:\n    print('no zone')\n"
    )

    assert ["CITY", "SHOP"] == required({"requirements.txt": "requests\n", "main.py": code})


@pytest.mark.parametrize(
    ("code", "read"),
    [
        ("import click\n@click.option('--key', envvar='SHOP_KEY')\ndef f(key): ...\n", True),
        ("KEY = Setting(str, environ_name='SHOP_KEY')\n", True),
        ("KEY = Setting(str, env_var=other)\nSHOP_KEY = 1\n", False),
        ("KEY = Setting(str, env_name='shop key')\n", False),
    ],
)
def test_a_setting_that_names_its_variable_may_be_given_by_it(code: str, read: bool):
    """
    It is one of the variables, and required by nobody.
    """
    files = {"requirements.txt": "flask\n", "app.py": f"from flask import Flask\n{code}"}

    found = {item.name: item.required for item in inspect_tree(FileTree.of(files)).env}

    assert ({"SHOP_KEY": False} if read else {}) == found
