"""Shapes of well-known applications that were read wrong once."""

# ruff: noqa: E501 - a tree a line, read sideways
from cases import DISK, asgi, case, wsgi

FLASK = {
    "language": "python",
    "kind": "web",
    "framework": "flask",
    "needs": [],
    "optional_needs": DISK,
}
MADE = "from flask import Flask\n\napp = Flask(__name__)\n\n\ndef create_app():\n    app.config['SIZE'] = 1\n    return app\n"
NESTED = (
    "from flask import Flask, request\n\n\ndef create_app():\n    app = Flask(__name__)\n\n    @app.before_request\n    def language():\n"
    "        found = request.accept_languages.best_match(['de', 'en'])\n        return found\n\n    return app\n"
)

CASES = [
    case(
        "a factory with functions inside that return something else",
        {"shared/__init__.py": "", "shared/run.py": NESTED,
         "shared/wsgi.py": "from shared.run import create_app\n\napplication = create_app()\n",
         "shared/manage.py": "import click\nfrom shared.run import create_app\n\n\n@click.group()\ndef cli():\n    create_app()\n",
         "pyproject.toml": "[project]\nname = 'shared'\nversion = '1'\ndependencies = ['flask', 'click']\n[project.scripts]\nshared = 'shared.manage:cli'\n"},
        **FLASK, start=wsgi("shared.wsgi:application"),
    ),
    case(
        "migrations inside the package",
        {"shared/run.py": "from flask import Flask\nfrom flask_migrate import Migrate\n\n\ndef create_app():\n    app = Flask(__name__)\n    Migrate(app)\n    return app\n",
         "shared/__init__.py": "", "shared/wsgi.py": "from shared.run import create_app\n\napplication = create_app()\n",
         "shared/migrations/alembic.ini": "[alembic]\n", "requirements.txt": "flask\nflask-migrate\n"},
        **FLASK, processes={"web": wsgi("shared.wsgi:application"), "release": "flask --app shared.wsgi:application db upgrade --directory shared/migrations"},
    ),
    case(
        "an object that a function of its module goes on making",
        {"shop/__init__.py": MADE, "shop/wsgi.py": "from shop import create_app\n\napp = create_app()\n", "requirements.txt": "flask\n"},
        **FLASK, start=wsgi("shop.wsgi:app"),
    ),
    case(
        "an object and nobody but a server to call its function",
        {"shop/__init__.py": MADE, "requirements.txt": "flask\n"},
        **FLASK, start=wsgi("shop:create_app()"),
    ),
    case(
        "pages added and served by the program itself",
        {"cps/__init__.py": MADE, "cps/server.py": "from gevent.pywsgi import WSGIServer\n\n\ndef start(app):\n    WSGIServer(('', 8083), app).serve_forever()\n",
         "cps/main.py": "from . import create_app\nfrom .server import start\n\n\ndef main():\n    app = create_app()\n    from .web import web\n    app.register_blueprint(web)\n    start(app)\n",
         "cps/web.py": "from flask import Blueprint\n\nweb = Blueprint('web', __name__)\n\n\n@web.route('/')\ndef index():\n    return 'books'\n",
         "cps.py": "from cps.main import main\n\nif __name__ == '__main__':\n    main()\n", "requirements.txt": "flask\ngevent\n"},
        **FLASK, start="python cps.py", adds=[],
    ),
    case(
        "a package whose main function serves it",
        {"watcher/__init__.py": "import os\nfrom watcher import flask_app\n\ntry:\n    os.nice(1)\nexcept OSError:\n    pass\n\n\ndef main():\n    app = flask_app.watcher_app(os.environ)\n    socketio.run(app, host='0.0.0.0', port=5000)\n",
         "watcher/flask_app.py": MADE.replace("create_app", "watcher_app"), "requirements.txt": "flask\n",
         "watch.py": "import watcher\n\nif __name__ == '__main__':\n    watcher.main()\n"},
        **FLASK, start="python watch.py", adds=[],
    ),
    case(
        "a script with the arguments that its container passes",
        {"package.json": '{"name": "desk", "main": "server.js", "dependencies": {"express": "4"}}',
         "server.js": "require('express')().listen(process.env.PORT);\n",
         "Dockerfile": 'FROM node:22\nCMD ["node", "./server.js", "--data", "/store"]\n'},
        language="node", kind="web", framework="express", start="node ./server.js --data /store",
    ),
    case(
        "a function that only serves what the factory makes",
        {"chat/__init__.py": "from flask import Flask\nfrom flask_socketio import SocketIO\n\nsocketio = SocketIO()\n\n\ndef create_app():\n    app = Flask(__name__)\n    socketio.init_app(app)\n    return app\n",
         "run.py": "from chat import create_app, socketio\n\n\ndef main():\n    app = create_app()\n    socketio.run(app)\n\n\nif __name__ == '__main__':\n    main()\n",
         "requirements.txt": "flask\nflask-socketio\neventlet\n"},
        **FLASK, start="gunicorn --worker-class eventlet -w 1 'chat:create_app()' --bind 0.0.0.0:$PORT",
    ),
    case(
        "a package whose program starts what others import",
        {"package.json": '{"name": "desk", "main": "lib/app.js", "bin": {"desk": "./bin/desk.js"}, "dependencies": {"express": "4"}}',
         "bin/desk.js": "#!/usr/bin/env node\nconst app = require('../lib/app');\napp().listen(process.env.PORT);\n",
         "lib/app.js": "const express = require('express');\nmodule.exports = () => { const app = express(); app.get('/', (q, a) => a.send('')); return app; };\n"},
        language="node", kind="web", framework="express", start="node bin/desk.js",
    ),
    case(
        "tables of a file that a command makes by removing them first",
        {"notes/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n    from . import db\n    db.init_app(app)\n    return app\n",
         "notes/db.py": "import sqlite3\nimport click\n\n\n@click.command('init-db')\ndef init_db_command():\n    sqlite3.connect('notes.sqlite').executescript(open('schema.sql').read())\n\n\ndef init_app(app):\n    app.cli.add_command(init_db_command)\n",
         "schema.sql": "DROP TABLE IF EXISTS note;\n", "requirements.txt": "flask\n"},
        **FLASK,
        processes={"web": wsgi("notes:create_app()"),
                   "release": 'test -e "$HOME/.tables-made" || { flask --app notes:create_app init-db && touch "$HOME/.tables-made"; }'},
    ),
    case(
        "tables of a server that a command adds",
        {"app.py": "import os\nfrom flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n\napp = Flask(__name__)\napp.config['SQLALCHEMY_DATABASE_URI'] = os.environ['DATABASE_URL']\ndb = SQLAlchemy(app)\n\n\n@app.cli.command()\ndef create_tables():\n    db.create_all()\n",
         "requirements.txt": "flask\nflask-sqlalchemy\npsycopg2-binary\n"},
        language="python", kind="web", framework="flask", needs=["postgresql"],
        processes={"web": wsgi("app:app"), "release": "flask --app app:app create-tables"},
    ),
    case(
        "a worker whose Celery is an extension of the application",
        {"make_celery.py": "from tasks import create_app\n\nflask_app = create_app()\ncelery_app = flask_app.extensions['celery']\n",
         "tasks/__init__.py": "from celery import Celery\nfrom flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n    app.extensions['celery'] = Celery(app.name, broker='redis://localhost')\n    return app\n",
         "requirements.txt": "flask\ncelery[redis]\n"},
        language="python", kind="web", framework="flask", needs=["redis"],
        processes={"web": wsgi("make_celery:flask_app"), "worker": "celery -A make_celery.celery_app worker --loglevel=info"},
    ),
    case(
        "pages that tools for developers made",
        {"package.json": '{"name": "theme", "scripts": {"start": "npm run build && node scripts/start.js", "build": "node scripts/build.js"}, "devDependencies": {"browser-sync": "3"}}',
         "scripts/start.js": "require('concurrently')(['browser-sync dist -w'])\n", "scripts/build.js": "",
         "dist/index.html": "<title>Theme</title>", "dist/css/styles.css": ""},
        language="static", kind="static", document_root="dist", package_manager=None, build=[],
    ),
    case(
        "pages beside tasks that only watch",
        {"package.json": '{"name": "admin", "scripts": {"start": "node_modules/.bin/gulp watch"}}', "gulpfile.js": "require('gulp')\n",
         "index.html": "<title>Admin</title>", "css/admin.css": ""},
        language="static", kind="static", document_root=".", package_manager=None, build=[],
    ),
    case(
        "an application of a class of its own",
        {"ctf/__init__.py": "from flask import Flask\n\n\nclass CTF(Flask):\n    pass\n\n\ndef create_app():\n    app = CTF(__name__)\n    return app\n",
         "serve.py": "from ctf import create_app\n\nif __name__ == '__main__':\n    app = create_app()\n    app.run()\n",
         "requirements.txt": "flask\n"},
        **FLASK, start=wsgi("ctf:create_app()"),
    ),
    case(
        "a script that keeps its application to itself",
        {"shop/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n    return app\n",
         "shop/tool.py": "from shop import create_app\n\n_app = create_app()\n",
         "run.py": "from shop import create_app\n\nif __name__ == '__main__':\n    app = create_app()\n    app.run()\n",
         "requirements.txt": "flask\n"},
        **FLASK, start=wsgi("shop:create_app()"),
    ),
    *(
        case(
            f"migrations whose folder {name}",
            {"board/__init__.py": f"from flask import Flask\nimport flask_migrate\nfrom flask_migrate import Migrate\n\nfolder = 'board/migrations'\napp = Flask(__name__)\nmigrate = Migrate()\n{call}\n",
             "board/migrations/alembic.ini": "[alembic]\n", "requirements.txt": "flask\nflask-migrate\n"},
            **FLASK, processes={"web": wsgi("board:app"), "release": f"flask --app board:app db upgrade{option}"},
        )
        for name, call, option in (
            ("the application names", "migrate.init_app(app, directory=folder)", ""),
            ("another command names", "migrate.init_app(app)\n\n\ndef new():\n    flask_migrate.migrate(directory=folder)", " --directory board/migrations"),
        )
    ),
    *(
        case(
            f"a function that makes an application {name}",
            {"shop/__init__.py": f"from flask import Flask\nfrom flask_migrate import Migrate\nfrom shop.config import stages\n\n\ndef create_app({parameters}):\n    app = Flask(__name__)\n    Migrate(app)\n    return app\n",
             "shop/config.py": "class Config:\n    DEBUG = False\n\n\nclass DevConfig(Config):\n    DEBUG = True\n\n\nclass ProdConfig(Config):\n    pass\n\n\nstages = {'development': DevConfig, 'production': ProdConfig}\n",
             "migrations/alembic.ini": "[alembic]\n", "requirements.txt": "flask\nflask-migrate\n"},
            **FLASK, processes={"web": f"gunicorn {served} --bind 0.0.0.0:$PORT", "release": f"flask --app {migrated} db upgrade"},
        )
        for name, parameters, served, migrated in (
            ("for developers unless it is told", "config_name='development'", "'shop:create_app(\"production\")'", "'shop:create_app(\"production\")'"),
            ("for the stage that it is told", "config_name, silent=False", "'shop:create_app(\"production\")'", "'shop:create_app(\"production\")'"),
            ("of a class that it is told", "config='shop.config.DevConfig'", "'shop:create_app(\"shop.config.ProdConfig\")'", "'shop:create_app(\"shop.config.ProdConfig\")'"),
            ("and finds its stage itself", "config_name=None", "'shop:create_app()'", "shop:create_app"),
            ("of an object", "config=stages['production']", "'shop:create_app()'", "shop:create_app"),
            ("under a name", "name='development'", "'shop:create_app()'", "shop:create_app"),
        )
    ),
    *(
        case(
            f"migrations whose settings are {name}",
            {"api/__init__.py": "", "api/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n", "requirements.txt": "fastapi\nuvicorn\nalembic\n", **files},
            language="python", framework="fastapi", processes={"web": asgi("api.main:app"), **({"release": release} if release else {})},
        )
        for name, files, release in (
            ("beside their scripts", {"api/alembic.ini": "[alembic]\nscript_location = migrations\n", "api/migrations/env.py": ""},
             "cd api && PYTHONPATH=.:.. alembic upgrade head"),
            ("below the root that scripts are named from", {"api/alembic.ini": "[alembic]\nscript_location = api/migrations\n", "api/migrations/env.py": ""},
             "alembic --config api/alembic.ini upgrade head"),
            ("named by their own place", {"db/alembic.ini": "[alembic]\nscript_location = %(here)s/migrations\n", "db/migrations/env.py": ""},
             "cd db && PYTHONPATH=.:.. alembic upgrade head"),
            ("of a package", {"api/alembic.ini": "[alembic]\nscript_location = api:migrations\n", "api/migrations/env.py": ""},
             "alembic --config api/alembic.ini upgrade head"),
            ("without scripts", {"api/alembic.ini": "[alembic]\nscript_location = migrations\n"}, None),
        )
    ),
    *(
        case(
            f"migrations that {name}",
            {"manage.py": "from board.cli import manager\n\nif __name__ == '__main__':\n    manager()\n",
             "board/__init__.py": "from flask import Flask\nfrom flask_migrate import Migrate\n\n\ndef create_app():\n    app = Flask(__name__)\n    Migrate(app)\n    return app\n",
             "board/wsgi.py": "from board import create_app\n\napp = create_app()\n",
             "board/cli/__init__.py": "import click\nfrom flask.cli import FlaskGroup\nfrom board import create_app\nfrom board.cli import tables\n\n\n@click.group(cls=FlaskGroup, create_app=create_app)\ndef manager():\n    pass\n\n\nmanager.add_command(tables.group, 'tables')\n",
             "board/cli/tables.py": f"from flask.cli import AppGroup\nfrom flask_migrate import stamp\n\ngroup = AppGroup()\n\n\n@group.command(name='make_all')\ndef make_all():\n    from board.models import db\n    {body}\n    stamp()\n",
             "migrations/alembic.ini": "[alembic]\n", "requirements.txt": "flask\nflask-migrate\n"},
            **FLASK, processes={"web": wsgi("board.wsgi:app"), "release": release + "flask --app board.wsgi:app db upgrade"},
        )
        for name, body, release in (
            ("do not begin with nothing", "db.create_all()", "python manage.py tables make_all && "),
            ("a command begins by losing everything", "db.drop_all(); db.create_all()", ""),
        )
    ),
    case(
        "a module for developers beside the function that makes the application",
        {"studio/__init__.py": "", "studio/app/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n    return app\n",
         "studio/debug.py": "from studio.app import create_app\n\napp = create_app()\n\nif __name__ == '__main__':\n    app.run(debug=True)\n",
         "requirements.txt": "flask\n"},
        **FLASK, start=wsgi("studio.app:create_app()"),
    ),
    case(
        "an application that only a module for developers makes",
        {"dev.py": "from flask import Flask\n\napp = Flask(__name__)\n", "requirements.txt": "flask\n"},
        **FLASK, start=wsgi("dev:app"),
    ),
    case(
        "a command that empties a server of another kind is never run",
        {"app.py": "from flask import Flask\nfrom pymongo import MongoClient\n\napp = Flask(__name__)\ndb = MongoClient().shop\n\n\n@app.cli.command('init-db')\ndef init_db():\n    db.drop_collection('orders')\n",
         "requirements.txt": "flask\npymongo\n"},
        language="python", kind="web", framework="flask", processes={"web": wsgi("app:app")},
    ),
]  # fmt: skip
