"""Programs that a container keeps running beside its server."""

from cases import case

# ruff: noqa: E501 - a file a line
SITE = {
    "requirements.txt": "django\ngunicorn\n",
    "src/manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\nimport django\n",
    "src/shop/settings.py": "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'x'}}\n"
    "WSGI_APPLICATION = 'shop.wsgi.application'\n",
    "src/shop/wsgi.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
}
KNOWN = {
    "web": "gunicorn --chdir src shop.wsgi:application --bind 0.0.0.0:$PORT",
    "release": "cd src && python manage.py migrate --noinput",
}
CELERY = {
    **SITE,
    "requirements.txt": "django\ngunicorn\ncelery[redis]\n",
    "src/shop/__init__.py": "",
    "src/shop/celery.py": "from celery import Celery\n\napp = Celery('shop')\n",
}

CASES = [
    case(
        "uwsgi-with-programs-beside-it",
        {
            **SITE,
            "docker/uwsgi.ini": "[uwsgi]\nmodule = shop.wsgi\nattach-daemon = ./manage.py send_mails --loop\n"
            "smart-attach-daemon = /tmp/x.pid ./manage.py runserver\nhook-pre-app = exec:./manage.py migrate\n"
            "if-env = FTP_PORT\nattach-daemon = ./manage.py take_files --port %(_)\nendif =\n",
        },
        processes={**KNOWN, "send-mails": "cd src && python manage.py send_mails --loop"},
    ),
    case(
        "supervisord-with-programs-beside-the-server",
        {
            **SITE,
            "deploy/supervisord.conf": "[supervisord]\nnodaemon=true\n\n[program:web]\ncommand=gunicorn shop.wsgi\n\n"
            "[program:clock]\ncommand=/bin/bash -c 'python /srv/src/manage.py run_clock'\nautorestart=true\n\n"
            "[program:once]\ncommand=python manage.py fill_cache\nautorestart=false\n\n"
            "[program:cache]\ncommand=redis-server\n",
            "deploy/supervisord.dev.conf": "[program:watch]\ncommand=python manage.py watch_files\n",
        },
        processes={**KNOWN, "run-clock": "cd src && python manage.py run_clock"},
    ),
    case(
        "s6-with-services-beside-the-server",
        {
            **CELERY,
            "docker/rootfs/etc/s6-overlay/s6-rc.d/svc-consumer/run": "#!/command/with-contenv bash\ncd /srv/src\n"
            "exec s6-setuidgid shop python3 manage.py take_documents\n",
            "docker/rootfs/etc/s6-overlay/s6-rc.d/svc-beat/run": "#!/command/with-contenv bash\n"
            "exec s6-setuidgid shop celery --app shop beat\n",
            "docker/rootfs/etc/s6-overlay/s6-rc.d/svc-worker/run": "#!/command/with-contenv bash\n"
            "exec celery --app shop worker\n",
        },
        processes={
            **KNOWN,
            "worker": "cd src && celery -A shop worker --loglevel=info",
            "beat": "cd src && celery -A shop beat --loglevel=info",
            "take-documents": "cd src && python manage.py take_documents",
        },
    ),
    case(
        "a-procfile-that-lists-the-programs-itself",
        {
            **SITE,
            "Procfile": "web: gunicorn --chdir src shop.wsgi\nworker: python src/manage.py send_mails\n",
            "uwsgi.ini": "[uwsgi]\nattach-daemon = ./manage.py other_work\n",
        },
        processes={
            "web": "gunicorn --chdir src shop.wsgi",
            "worker": "python src/manage.py send_mails",
            "release": KNOWN["release"],
        },
    ),
    case(
        "a-worker-that-is-known-already",
        {
            **SITE,
            "requirements.txt": "django\ngunicorn\ndjango-q2\n",
            "supervisord.conf": "[program:jobs]\ncommand=python manage.py qcluster\n",
        },
        processes={**KNOWN, "worker": "cd src && python manage.py qcluster"},
    ),
]
