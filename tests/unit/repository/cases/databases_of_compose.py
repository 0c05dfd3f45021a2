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

CASES = [
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
