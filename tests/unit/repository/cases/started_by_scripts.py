"""Start scripts of containers, and queues that somebody has to work off."""

from cases import case

# ruff: noqa: E501 - a script a line
FLASK = {
    "requirements.txt": "flask\nflask-migrate\ngunicorn\npsycopg2-binary\n",
    "app.py": "import os\nfrom flask import Flask\nfrom flask_migrate import Migrate\napp = Flask(__name__)\n"
    "app.config['SQLALCHEMY_DATABASE_URI'] = os.environ['DATABASE_URL']\nMigrate(app)\n",
    "migrations/env.py": "",
    "seed.py": "print('first data')\n",
    "Dockerfile": 'FROM python:3.11\nCOPY boot.sh /boot.sh\nENTRYPOINT ["/boot.sh"]\n',
}
DJANGO = {
    "requirements.txt": "django\ngunicorn\npsycopg2-binary\n",
    "src/manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\nimport django\n",
    "src/shop/settings.py": "import os\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'HOST': os.environ['DB_HOST']}}\n"
    "WSGI_APPLICATION = 'shop.wsgi.application'\n",
    "src/shop/wsgi.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "Dockerfile": 'FROM python:3.11\nWORKDIR /srv/src\nENTRYPOINT ["/srv/docker/entrypoint.sh"]\nCMD ["gunicorn", "shop.wsgi"]\n',
}
RQ = "import os, rq\nfrom redis import Redis\nfrom flask import Flask\napp = Flask(__name__)\n"


def flask(script: str) -> dict[str, str]:
    return {**FLASK, "boot.sh": script}


FACTORY = {
    "requirements.txt": "flask\nflask-migrate\ngunicorn\npsycopg2-binary\n",
    "forum.py": "import os\nfrom flask_migrate import Migrate, upgrade\nfrom board import create_app\n\napp = create_app()\nMigrate(app)\n\n\n@app.cli.command()\ndef deploy():\n    upgrade()\n",
    "board/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n    return app\n",
    "migrations/alembic.ini": "[alembic]\n",
    "Dockerfile": 'FROM python:3.11\nENV FLASK_APP forum.py\nENTRYPOINT ["./boot.sh"]\n',
}


CASES = [
    case(
        "script-that-tries-until-it-succeeds",
        {
            **FACTORY,
            "boot.sh": '#!/bin/sh\nwhile true; do\n    flask deploy\n    if [ "$?" = 0 ]; then\n        break\n    fi\n    sleep 5\ndone\nexec gunicorn forum:app\n',
        },
        processes={
            "release": "flask --app forum:app db upgrade && flask --app forum:app deploy",
            "web": "gunicorn forum:app --bind 0.0.0.0:$PORT",
        },
    ),
    case(
        "script-whose-loops-have-the-command-as-their-condition",
        {
            **FACTORY,
            "boot.sh": "#!/bin/sh\nuntil nc -z db 5432; do sleep 1; done\nuntil flask db upgrade; do sleep 1; done\nwhile ! flask create-roles; do\n  sleep 1\ndone\nexec gunicorn forum:app\n",
        },
        processes={
            "release": "flask --app forum:app db upgrade && flask --app forum:app create-roles",
            "web": "gunicorn forum:app --bind 0.0.0.0:$PORT",
        },
    ),
    case(
        "script-whose-loop-goes-on-for-ever-in-another-one",
        {
            **FACTORY,
            "boot.sh": "#!/bin/sh\nfor shard in a b; do\n  while true; do\n    flask refresh\n    sleep 5\n  done &\ndone\nexec gunicorn forum:app\n",
        },
        processes={
            "release": "flask --app forum:app db upgrade",
            "web": "gunicorn forum:app --bind 0.0.0.0:$PORT",
        },
    ),
    case(
        "script-at-the-root-that-starts-a-server",
        {
            **DJANGO,
            "Dockerfile": "FROM scratch\n",
            "bootstrap.sh": "#!/bin/sh\nmkdir -p data/files\nmkdir -p /srv/elsewhere\npython manage.py migrate\npython manage.py make_key\nexec gunicorn shop.wsgi\n",
        },
        processes={
            "release": "cd src && mkdir -p data/files && python manage.py migrate --noinput && { python manage.py make_key || true; }",
            "web": "gunicorn --chdir src shop.wsgi:application --bind 0.0.0.0:$PORT",
        },
    ),
    case(
        "script-at-the-root-for-developers",
        {
            **DJANGO,
            "Dockerfile": "FROM scratch\n",
            "bootstrap.sh": "#!/bin/sh\npip install -r requirements.txt\npython manage.py load_samples\n",
        },
        processes={
            "release": "cd src && python manage.py migrate --noinput",
            "web": "gunicorn --chdir src shop.wsgi:application --bind 0.0.0.0:$PORT",
        },
    ),
    case(
        "script-of-one-of-several-dockerfiles",
        {
            **{path: text for path, text in DJANGO.items() if path != "Dockerfile"},
            "docker/default.Dockerfile": 'FROM python:3.13\nCMD ["./begin.sh"]\n',
            "docker/dev.Dockerfile": 'FROM python:3.13\nCMD ["./develop.sh"]\n',
            "begin.sh": "#!/bin/sh\nset -e\npython manage.py make_key\nexec gunicorn shop.wsgi\n",
        },
        processes={
            "release": "cd src && python manage.py migrate --noinput && python manage.py make_key",
            "web": "gunicorn --chdir src shop.wsgi:application --bind 0.0.0.0:$PORT",
        },
    ),
    case(
        "script-with-first-data",
        flask(
            "#!/bin/sh\nset -e\nflask db upgrade\nflask create-roles\npython /code/seed.py\nexec gunicorn app:app\n"
        ),
        processes={
            "release": "flask db upgrade && flask create-roles && python seed.py",
            "web": "gunicorn app:app --bind 0.0.0.0:$PORT",
        },
    ),
    case(
        "script-that-goes-on-after-a-failure",
        flask("#!/bin/sh\nflask db upgrade\nflask create-roles\ngunicorn app:app\n"),
        processes={
            "release": "flask db upgrade && { flask create-roles || true; }",
            "web": "gunicorn app:app --bind 0.0.0.0:$PORT",
        },
    ),
    case(
        "script-with-the-project's-own-program-under-another-name",
        {
            "pyproject.toml": "[project]\nname = 'forum'\nversion = '1'\ndependencies = ['flask', 'gunicorn']\n"
            "[project.scripts]\nforum = 'forum.cli:main'\n",
            "app.py": "from flask import Flask\napp = Flask(__name__)\n",
            "docker/entry.sh": '#!/bin/sh\nset -e\nif [ "${SET_UP:-yes}" = "no" ]; then\n  forum bootstrap --wait-only\nelse\n'
            '  forum bootstrap\nfi\nforum report\nexec "$@"\n',
            "docker/Dockerfile": "FROM python:3.12\nCOPY entry.sh /usr/local/bin/forum-entrypoint\n"
            'ENTRYPOINT ["forum-entrypoint"]\nCMD ["gunicorn", "app:app"]\n',
        },
        processes={
            "release": 'if ! [ "${SET_UP:-yes}" = "no" ]; then forum bootstrap; fi',
            "web": "gunicorn app:app --bind 0.0.0.0:$PORT",
        },
    ),
    case(
        "script-whose-last-line-is-the-server",
        flask("#!/bin/sh\nset -e\nflask db upgrade\npython app.py\n"),
        processes={"release": "flask db upgrade", "web": "gunicorn app:app --bind 0.0.0.0:$PORT"},
    ),
    case(
        "script-that-waits-and-loses-data",
        flask(
            "#!/bin/sh\nset -e\nwhile ! nc -z db 5432; do sleep 1; done\nuntil pg_isready; do\n  sleep 1\ndone\n"
            'python wait_for_db.py\nflask drop-all\nflask db upgrade\nrm -rf /tmp/x\nnpm install\nif [ "$A" = 1 ]; then\n  flask $(cat x)\nfi\nexec gunicorn app:app\n'
        ),
        processes={"release": "flask db upgrade", "web": "gunicorn app:app --bind 0.0.0.0:$PORT"},
    ),
    case(
        "procfile-has-the-last-word-on-the-release",
        {
            **flask(
                "#!/bin/sh\nset -e\nflask db upgrade\nflask create-roles\nexec gunicorn app:app\n"
            ),
            "Procfile": "web: gunicorn app:app\nrelease: flask db upgrade\n",
        },
        processes={"release": "flask db upgrade", "web": "gunicorn app:app"},
    ),
    case(
        "django-administrator-where-it-is-named",
        {
            **DJANGO,
            "docker/entrypoint.sh": "#!/bin/bash -e\npython manage.py migrate\npython manage.py collectstatic --noinput\n"
            'if [ -n "$DJANGO_SUPERUSER_USERNAME" ]; then\n    python manage.py createsuperuser --noinput || true\nfi\nexec "$@"\n',
        },
        processes={
            "release": 'cd src && python manage.py migrate --noinput && if [ -n "$DJANGO_SUPERUSER_USERNAME" ]; then { python manage.py createsuperuser --noinput || true; }; fi',
            "web": "gunicorn --chdir src shop.wsgi:application --bind 0.0.0.0:$PORT",
        },
    ),
    case(
        "fastapi-prestart",
        {
            "requirements.txt": "fastapi\nuvicorn\nalembic\npsycopg2-binary\n",
            "alembic.ini": "[alembic]\n",
            "app/__init__.py": "",
            "app/main.py": "import os\nfrom fastapi import FastAPI\nurl = os.environ['DATABASE_URL']\napp = FastAPI()\n",
            "app/first_user.py": "from app import main\n",
            "scripts/prestart.sh": "#! /usr/bin/env bash\nset -e\npython app/pre_start.py\nalembic upgrade head\npython app/first_user.py\n",
        },
        processes={
            "release": "alembic upgrade head && PYTHONPATH=. python app/first_user.py",
            "web": "uvicorn app.main:app --host 0.0.0.0 --port $PORT",
        },
    ),
    *(
        case(
            f"fastapi-prestart-of-a-{name}",
            {
                "pyproject.toml": '[tool.uv.workspace]\nmembers = ["backend"]\n',
                "backend/pyproject.toml": "[project]\nname = 'app'\nversion = '1'\ndependencies = ['fastapi', 'uvicorn', 'alembic', 'psycopg2-binary']\n",
                "backend/alembic.ini": "[alembic]\nscript_location = app/alembic\n",
                "backend/app/__init__.py": "",
                "backend/app/alembic/env.py": "",
                "backend/app/main.py": "import os\nfrom fastapi import FastAPI\nurl = os.environ['DATABASE_URL']\napp = FastAPI()\n",
                "backend/app/first_user.py": "from app import main\n",
                f"{folder}/scripts/prestart.sh": "#! /usr/bin/env bash\nset -e\nalembic upgrade head\npython app/first_user.py\n",
            },
            processes={
                "release": "cd backend && alembic upgrade head" + more,
                "web": "cd backend && uvicorn app.main:app --host 0.0.0.0 --port $PORT",
            },
        )
        for name, folder, more in (
            ("member", "backend", " && PYTHONPATH=. python app/first_user.py"),
            ("neighbour", "examples", ""),
        )
    ),
    case(
        "rq-queues-have-a-worker",
        {
            "requirements.txt": "flask\nrq\nredis\ngunicorn\n",
            "app.py": RQ
            + "r = Redis.from_url(os.environ['REDIS_URL'])\nq = rq.Queue('mails', connection=r)\nlow = rq.Queue('low', connection=r)\n",
        },
        processes={
            "web": "gunicorn app:app --bind 0.0.0.0:$PORT",
            "worker": "rq worker --url $REDIS_URL mails low",
        },
    ),
    case(
        "rq-that-can-be-done-without-has-none",
        {
            "requirements.txt": "flask\nrq\nredis\ngunicorn\n",
            "app.py": RQ
            + "if os.environ.get('REDIS_URL'):\n    q = rq.Queue('mails', connection=Redis.from_url(os.environ['REDIS_URL']))\n",
        },
        processes={"web": "gunicorn app:app --bind 0.0.0.0:$PORT"},
    ),
    case(
        "django-rq-works-off-its-queues",
        {
            **DJANGO,
            "requirements.txt": "django\ngunicorn\npsycopg2-binary\ndjango-rq\nredis\n",
            "src/shop/queues.py": "RQ_QUEUES = {\n    'default': {\n        'URL': 'x',\n    },\n    'high': {'URL': 'x'},\n}\n",
        },
        processes={
            "release": "cd src && python manage.py migrate --noinput",
            "web": "gunicorn --chdir src shop.wsgi:application --bind 0.0.0.0:$PORT",
            "worker": "cd src && python manage.py rqworker default high",
        },
    ),
    case(
        "django-rq-queues-by-constants",
        {
            **DJANGO,
            "requirements.txt": "django\ngunicorn\npsycopg2-binary\ndjango-rq\nredis\n",
            "src/shop/names.py": "URGENT = 'urgent'\n",
            "src/shop/queues.py": "from shop.names import URGENT\n\nRQ = {'URL': 'x'}\nRQ_QUEUES = {\n    'default': RQ,\n    URGENT: {\n        'URL': 'x',\n    },\n}\n",
        },
        processes={
            "release": "cd src && python manage.py migrate --noinput",
            "web": "gunicorn --chdir src shop.wsgi:application --bind 0.0.0.0:$PORT",
            "worker": "cd src && python manage.py rqworker default urgent",
        },
    ),
    case(
        "django-rq-by-a-command-that-knows-its-queues",
        {
            **DJANGO,
            "requirements.txt": "django\ngunicorn\npsycopg2-binary\ndjango-rq\nredis\n",
            "src/shop/queues.py": "RQ_QUEUES = {\n    'default': {'URL': 'x'},\n}\n",
            "src/shop/management/commands/rqworker.py": "from django_rq.management.commands.rqworker import Command as Base\n\n\nclass Command(Base):\n    pass\n",
        },
        processes={
            "release": "cd src && python manage.py migrate --noinput",
            "web": "gunicorn --chdir src shop.wsgi:application --bind 0.0.0.0:$PORT",
            "worker": "cd src && python manage.py rqworker",
        },
    ),
]
