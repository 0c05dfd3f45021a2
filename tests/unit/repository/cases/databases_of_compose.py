"""A fallback to SQLite beside a compose file that names the server, and drivers that are listed."""

from cases import case

APP = (
    "import os\nfrom flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n"
    "app = Flask(__name__)\n"
    "url = os.environ.get('DATABASE_URL') or 'sqlite:///app.db'\n"
    "app.config['SQLALCHEMY_DATABASE_URI'] = url  # e.g. mysql+pymysql://root@localhost/app\n"
    "db = SQLAlchemy(app)\n"
)
LISTED = "flask\nflask-sqlalchemy\nsqlalchemy\ngunicorn\n"
COMPOSE = (
    "services:\n  web:\n    build: .\n    environment:\n      - {}\n"
    "  db:\n    image: mariadb:10.11\n"
)

# The settings of a release stop without the variable; those for development have a file.
DEMANDED = {
    "pyproject.toml": "[project]\nname = 'forum'\nversion = '1'\n"
    "dependencies = ['flask', 'sqlalchemy', 'gunicorn']\n"
    "[project.optional-dependencies]\npostgres = ['psycopg[binary]']\n",
    "app.py": "from flask import Flask\napp = Flask(__name__)\n",
    "settings/base.py": "DATABASE = 'sqlite:///forum.db'\n",
    "settings/release.py": "import os\ndef demanded(name):\n    value = os.environ.get(name)\n"
    "    if not value:\n        raise RuntimeError(name)\n    return value\n"
    "DATABASE = demanded('DATABASE_URI')\n",
}
PUBLISHED = (
    "services:\n  db:\n    image: postgres:18\n  web:\n    image: registry.example/forum\n"
    "    depends_on: [db]\n    ports: ['8000:8000']\n    volumes: ['files:/var/lib/forum']\n"
    "    environment:\n      {}: postgresql+psycopg://a:b@db/app\n"
)

CASES = [
    case(
        "compose-of-the-published-image-and-a-demanded-variable",
        {**DEMANDED, "docker/docker-compose.yaml": PUBLISHED.format("DATABASE_URI")},
        needs=["postgresql"],
        need_variables={"postgresql": ("DATABASE_URI",)},
        url_schemes={"postgresql": "postgresql+psycopg"},
        volumes=["/var/lib/forum"],
    ),
    case(
        "compose-of-the-published-image-and-a-variable-with-a-default",
        {
            **DEMANDED,
            "settings/release.py": "import os\n"
            "DATABASE = os.environ.get('DATABASE_URI', 'sqlite:///forum.db')\n",
            "docker/docker-compose.yaml": PUBLISHED.format("DATABASE_URI"),
        },
        needs=[],
    ),
    case(
        "compose-connects-the-application",
        {
            "app.py": APP,
            "requirements.txt": LISTED + "mysqlclient\n",
            "docker-compose.yml": COMPOSE.format("DATABASE_URL=mysql+pymysql://a:b@db/app"),
        },
        needs=["mysql"],
        url_schemes={},
    ),
    case(
        "compose-names-the-server-as-a-host",
        {
            "app.py": APP.replace("DATABASE_URL", "DB_HOST"),
            "requirements.txt": LISTED + "pymysql\n",
            "docker-compose.yml": COMPOSE.format("DB_HOST=db"),
        },
        needs=["mysql"],
        url_schemes={"mysql": "mysql+pymysql"},
    ),
    case(
        "compose-has-a-server-that-nobody-is-told-of",
        {
            "app.py": APP,
            "requirements.txt": LISTED + "pymysql\n",
            "docker-compose.yml": COMPOSE.format("LOG_LEVEL=info"),
        },
        needs=[],
        optional_needs=["mysql", "persistent-disk"],
    ),
    case(
        "compose-connects-without-a-driver",
        {
            "app.py": APP,
            "requirements.txt": LISTED,
            "docker-compose.yml": COMPOSE.format("DATABASE_URL=mysql+pymysql://a:b@db/app"),
        },
        needs=[],
    ),
]
