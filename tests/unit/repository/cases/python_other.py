# ruff: noqa: E501 - a tree a line, read sideways
"""Python: programs, workers, libraries, sites."""

from cases import case

CASES = [
    case("django-manage-elsewhere", {"pyproject.toml": "[project]\nname='reports'\n[project.optional-dependencies]\nserver=['django']\n", "manage.py": "from reports.__main__ import main\nmain()\n", "reports/__main__.py": "import os\ndef main():\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'reports.settings')\n", "reports/settings.py": "DATABASES = {'default': {'ENGINE': ENGINE, 'NAME': NAME}}\n", "reports/wsgi.py": "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"}, framework="django", kind="web", processes={"release": "python manage.py migrate --noinput", "web": "gunicorn reports.wsgi:application --bind 0.0.0.0:$PORT"}),
    case("python-script", {"main.py": "print('hi')\n"}, language="python", kind="cli", start="python main.py", package_manager=None, framework=None, needs=[]),
    case("python-script-requirements", {"main.py": "import requests\nprint(requests)\n", "requirements.txt": "requests\n"}, kind="cli", package_manager="pip"),
    case("python-poetry-script", {"pyproject.toml": "[tool.poetry]\nname='x'\n[tool.poetry.dependencies]\npython='^3.9'\n", "poetry.lock": "", "main.py": "print(1)\n"}, kind="cli", package_manager="poetry", start="python main.py"),
    case("python-uv-script", {"pyproject.toml": "[project]\nname='x'\nversion='1'\nrequires-python='>=3.13'\n", "uv.lock": "", "main.py": "def main():\n    print(1)\nif __name__ == '__main__':\n    main()\n"}, kind="cli", package_manager="uv", runtime_version=">=3.13"),
    case("python-pipfile", {"Pipfile": "[packages]\nrequests='*'\n[requires]\npython_version='3.10'\n", "main.py": "print(1)\n"}, package_manager="pipenv", runtime_version="3.10"),
    case("python-setup-py-library", {"setup.py": "from setuptools import setup\nsetup(name='lib', install_requires=['six'])\n", "lib/__init__.py": "x = 1\n"}, kind="library", start=None, package_manager="pip"),
    case("python-library-with-flask", {"pyproject.toml": "[build-system]\nrequires=['hatchling']\nbuild-backend='hatchling.build'\n[project]\nname='flask-thing'\ndependencies=['flask']\n", "src/flask_thing/__init__.py": "from flask import current_app\nclass Thing:\n    pass\n"}, kind="library", framework=None, start=None),
    case("python-console-script", {"pyproject.toml": "[build-system]\nrequires=['hatchling']\nbuild-backend='hatchling.build'\n[project]\nname='tool'\n[project.scripts]\ntool='tool.cli:main'\n", "src/tool/__init__.py": "", "src/tool/cli.py": "import click\n"}, kind="cli", start="tool"),
    case("python-package-main", {"pyproject.toml": "[project]\nname='pkg'\n", "pkg/__init__.py": "", "pkg/__main__.py": "print(1)\n"}, kind="cli", start="python -m pkg"),
    case("python-worker-loop", {"worker.py": "import time\nwhile True:\n    print('tick')\n    time.sleep(5)\n", "requirements.txt": "requests\n"}, kind="worker", start="python worker.py"),
    case("python-discord-bot", {"requirements.txt": "discord.py\n", "bot.py": "import os, discord\nclient = discord.Client(intents=None)\nclient.run(os.environ['DISCORD_TOKEN'])\n"}, kind="worker", start="python bot.py"),
    case("python-telegram-bot", {"requirements.txt": "python-telegram-bot\n", "main.py": "import os\nfrom telegram.ext import Application\napp = Application.builder().token(os.environ['TOKEN']).build()\napp.run_polling()\n"}, kind="worker", framework=None),
    case("python-celery-alone", {"requirements.txt": "celery\nredis\n", "tasks.py": "from celery import Celery\napp = Celery('tasks', broker='redis://localhost')\n@app.task\ndef add(a, b): return a + b\n"}, kind="worker", start="celery -A tasks.app worker --loglevel=info", needs=["redis"]),
    case("python-input-loop-is-a-cli", {"main.py": "import time\nwhile True:\n    x = input('> ')\n    time.sleep(1)\n    print(x)\n"}, kind="cli"),
    case("python-runtime-txt", {"requirements.txt": "requests\n", "runtime.txt": "python-3.11.9\n", "main.py": "print(1)\n"}, runtime_version="3.11.9"),
    case("python-tool-versions", {"requirements.txt": "requests\n", ".tool-versions": "nodejs 20\npython 3.12.1\n", "main.py": "print(1)\n"}, runtime_version="3.12.1"),
    case("python-mise", {"requirements.txt": "requests\n", "mise.toml": "[tools]\npython = '3.13'\n", "main.py": "print(1)\n"}, runtime_version="3.13"),
    case("python-version-precedence", {"pyproject.toml": "[project]\nname='x'\nrequires-python='>=3.9'\n", ".python-version": "3.12\n", "main.py": "print(1)\n"}, runtime_version="3.12"),
    case("mkdocs", {"mkdocs.yml": "site_name: x\n", "docs/index.md": "# x\n", "requirements.txt": "mkdocs\nmkdocs-material\n"}, kind="static", framework="mkdocs", document_root="site", language="python"),
    case("psycopg2-connects-at-start", {"requirements.txt": "psycopg2-binary\n", "main.py": "import os, psycopg2\nc = psycopg2.connect(os.environ['DATABASE_URL'])\nprint(c)\n"}, kind="cli", needs=["postgresql"]),
    case("postgres-listed-never-used", {"requirements.txt": "flask\npsycopg2-binary\n", "app.py": "from flask import Flask\napp = Flask(__name__)\n"}, needs=[], optional_needs=["postgresql"]),
    case("python2-source", {"main.py": "print 'hello'\n", "requirements.txt": "requests\n"}, language="python", kind="cli", start="python main.py"),
    case("pyproject-for-tools-only", {"pyproject.toml": "[tool.black]\nline-length = 100\n", "package.json": '{"scripts":{"start":"node index.js"}}', "index.js": "require('http').createServer(()=>{}).listen(3000)\n"}, language="node", kind="web"),
    case("grpc-server", {"requirements.txt": "grpcio\n", "server.py": "import grpc\nfrom concurrent import futures\ns = grpc.server(futures.ThreadPoolExecutor())\ns.add_insecure_port('[::]:50051')\ns.start()\n"}, kind="web", start="python server.py"),
    case("scheduler", {"requirements.txt": "apscheduler\n", "clock.py": "from apscheduler.schedulers.blocking import BlockingScheduler\ns = BlockingScheduler()\ns.start()\n"}, kind="worker", start="python clock.py"),
    case("notebook-only", {"requirements.txt": "jupyter\n", "analysis.ipynb": "{}"}, language="python", start=None),
]  # fmt: skip
CASES += [
    case("dramatiq", {"requirements.txt": "dramatiq[redis]\n", "tasks.py": "import dramatiq\n@dramatiq.actor\ndef f(): pass\n"}, kind="worker", framework="dramatiq", start="dramatiq tasks", needs=["redis"]),
    case("wsgi-function", {"requirements.txt": "gunicorn\n", "server.py": "def application(environ, start_response):\n    start_response('200 OK', [])\n    return [b'x']\n"}, kind="web", framework=None, start="gunicorn server:application --bind 0.0.0.0:$PORT", adds=[]),
    case("asgi-function", {"requirements.txt": "uvicorn\n", "main.py": "async def app(scope, receive, send):\n    pass\n"}, kind="web", start="uvicorn main:app --host 0.0.0.0 --port $PORT"),
    case("procfile-lists-all-processes", {"requirements.txt": "flask\ncelery[redis]\ngunicorn\n", "app.py": "from flask import Flask\nfrom celery import Celery\napp = Flask(__name__)\nc = Celery('x')\n", "Procfile": "web: gunicorn app:app\nqueue: celery -A app.c worker\n"},
         processes={"web": "gunicorn app:app", "queue": "celery -A app.c worker"}),
    case("arq-beside-fastapi", {"requirements.txt": "fastapi\nuvicorn\narq\n", "app/__init__.py": "", "app/main.py": "from fastapi import FastAPI\napp = FastAPI()\n", "app/worker.py": "from arq.connections import RedisSettings\nasync def work(ctx):\n    pass\nclass WorkerSettings:\n    functions = [work]\n"},
         kind="web", framework="fastapi", processes={"web": "uvicorn app.main:app --host 0.0.0.0 --port $PORT", "worker": "arq app.worker.WorkerSettings"}, needs=["redis"]),
    case("dramatiq-beside-flask", {"requirements.txt": "flask\ngunicorn\ndramatiq[redis]\n", "app.py": "from flask import Flask\nimport tasks\napp = Flask(__name__)\n", "tasks.py": "import dramatiq\n@dramatiq.actor\ndef t():\n    pass\n"},
         kind="web", processes={"web": "gunicorn app:app --bind 0.0.0.0:$PORT", "worker": "dramatiq tasks"}, needs=["redis"]),
    case("taskiq-alone", {"requirements.txt": "taskiq\ntaskiq-redis\n", "broker.py": "from taskiq_redis import ListQueueBroker\nbroker = ListQueueBroker('redis://localhost')\n@broker.task\nasync def t():\n    pass\n"},
         kind="worker", framework="taskiq", start="taskiq worker broker:broker", needs=["redis"]),
    case("slack-in-socket-mode-beside-its-own-server", {"requirements.txt": "slack-bolt\n", "app.py": "import os\nfrom slack_bolt import App\nfrom slack_bolt.adapter.socket_mode import SocketModeHandler\napp = App(token=os.environ['T'])\nif os.environ.get('SOCKET'):\n    SocketModeHandler(app, os.environ['A']).start()\n"},
         kind="worker", start="python app.py"),
]  # fmt: skip
