"""Django behind a load balancer: a module of a few lines in the release wraps its application.

With `DEBUG` off no Django serves its static files; projects leave that to a web server that they
expect in front. Where a project has no WhiteNoise of its own, its WSGI application is wrapped in
it. Unless a variable tells the settings the names of hosts, the deployment's are added to them;
what lets nobody in who comes without HTTPS is off as long as there is none.
"""

import re
import shlex
from collections.abc import Iterable

from hivemind_agents.building.files import text_of
from hivemind_agents.building.model import Step
from hivemind_agents.repository.languages.python.manifests import REQUIREMENTS
from hivemind_agents.repository.report import RepositoryReport

MODULE = "hivemind_wsgi"
_MANIFESTS = (*REQUIREMENTS, "pyproject.toml", "Pipfile", "setup.py", "uv.lock", "poetry.lock")
_SERVER = re.compile(
    r"^(?P<before>(?:.*?\s)?(?:gunicorn|waitress-serve|uwsgi)\b.*?)"
    r"(?P<module>\b[\w.]*wsgi)(?::(?P<name>\w*application))?(?P<after>[\"']?(?:\s.*)?)$"
)
_HERE = '''\
"""The project's WSGI application, as it is reached and looked after here."""

import logging
import os

from {module} import {name}
from django.conf import settings

if not getattr(settings, "LOGGING", None):
    # Django tells errors of production by mail alone.
    handler = logging.StreamHandler()
    handler.setLevel(logging.ERROR)
    logging.getLogger("django.request").addHandler(handler)
try:
    settings.SECRET_KEY
except Exception:
    # Settings that have none for production.
    settings.SECRET_KEY = os.environ.get("SECRET_KEY", "")
'''
_NAMES = """\
hosts = [name for name in os.environ.get("HIVEMIND_HOSTS", "").split(",") if name]
if hosts and "*" not in settings.ALLOWED_HOSTS:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, *hosts]
if os.environ.get("HIVEMIND_HTTPS") == "no":
    settings.SECURE_SSL_REDIRECT = False
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    if hasattr(application, "load_middleware"):
        # What middleware knows of these settings, it learnt when it was made.
        application.load_middleware()
"""
_STATIC = """\
from urllib.parse import urlsplit

from django.contrib.staticfiles.finders import get_finders
from pathlib import Path
from whitenoise import WhiteNoise

url = urlsplit(settings.STATIC_URL or "")
installed = "django.contrib.staticfiles" in settings.INSTALLED_APPS
own = any("whitenoise" in name.lower() for name in settings.MIDDLEWARE)
if url.path and not url.netloc and installed and not own:
    root = settings.STATIC_ROOT
    if root and Path(root).is_dir():
        folders = [root]
    else:
        found = (store for finder in get_finders() for _, store in finder.list([]))
        folders = sorted({store.location for store in found})
    # A name with the digest of what is in it never changes what it means.
    hashed = r"^.+\\.[0-9a-f]{12}\\..+$"
    application = WhiteNoise(application, max_age=3600, immutable_file_test=hashed)
    for folder in folders:
        application.add_files(folder, prefix=url.path)
"""
_URLS = {
    "postgresql": "postgresql://build:build@127.0.0.1:5432/build",
    "mysql": "mysql://build:build@127.0.0.1:3306/build",
    "redis": "redis://127.0.0.1:6379/0",
    "mongodb": "mongodb://127.0.0.1:27017/build",
}
# What a variable's name says about the values that it can have; first match wins.
_STAND_INS = (
    (r"(^|_)(DEBUG|ENABLED?|USE|VERIFY|SSL|TLS)(_|$)", "0"),
    (r"(PORT|TIMEOUT|SECONDS|SIZE|COUNT|LIMIT|WORKERS|DAYS|MINUTES|ID)$", "1"),
    (r"(EMAIL|MAIL_FROM|SENDER)", "build@example.org"),
    (r"(HOSTS?|HOSTNAME|SERVER|DOMAIN)$", "127.0.0.1"),
    (r"(URL|URI|ORIGINS?)$", "http://127.0.0.1"),
)
# Frameworks refuse keys that are short.
_STAND_IN = "stand-in-of-the-build-that-is-long-enough-to-be-a-key"


def wrapped(
    processes: dict[str, str], report: RepositoryReport, files: Iterable[str]
) -> tuple[dict[str, str], tuple[Step, ...], tuple[str, ...]]:
    """(processes with the web one wrapped, the step that writes the wrapper, packages it needs)."""
    web = _SERVER.match(processes.get("web", ""))
    own = _lists_whitenoise(files)
    # Names may also be worked out where nobody sees it: only a variable for them tells otherwise.
    fixed = not report.host_variables or any(
        item.about in {"host-allow-list", "https-only"} for item in report.behaviours
    )
    if report.framework != "django" or web is None or (own and not fixed):
        return processes, (), ()
    module = web["module"]
    folder = re.search(r"(?:--chdir[ =]|^cd )([\w./-]+)", web["before"])
    path = f"{folder.group(1).rstrip('/')}/{MODULE}.py" if folder else f"{MODULE}.py"
    name = web["name"] or "application"
    name = name if name == "application" else f"{name} as application"
    text = _HERE.format(module=module, name=name) + (_NAMES if fixed else "")
    text += "" if own else _STATIC
    write = f"printf %s {shlex.quote(text)} >{path}"
    served = f"{web['before']}{MODULE}:application{web['after']}"
    step = Step(title="fit the application to where it runs", command=write)
    return {**processes, "web": served}, (step,), () if own else ("whitenoise",)


def build_defaults(report: RepositoryReport) -> dict[str, str]:
    """Stand-ins for the variables without which the code cannot even be imported.

    Commands of a build run without the application's secrets and without its database.
    """
    needs = {
        name: need for need, names in reversed(report.need_variables.items()) for name in names
    }
    return {
        variable.name: _stand_in(variable.name, needs.get(variable.name), report)
        for variable in report.env
        if variable.default is None
        and (variable.required or re.search(r"SECRET_KEY(_BASE)?$", variable.name))
    }


def _stand_in(name: str, need: str | None, report: RepositoryReport) -> str:
    if re.search(r"(URL|URI|DSN)$", name) and (need or name == "DATABASE_URL"):
        url = _URLS.get(need or next((n for n in report.needs if n in _URLS), "postgresql"))
        scheme = report.url_schemes.get(need or "")
        if url:
            return f"{scheme}://{url.partition('://')[2]}" if scheme else url
    for pattern, value in _STAND_INS:
        if re.search(pattern, name):
            return value
    return _STAND_IN


def _lists_whitenoise(files: Iterable[str]) -> bool:
    named = [name for name in _MANIFESTS if name in frozenset(files)]
    folders = [
        name for name in files
        if name.endswith(".txt") and name.startswith("requirements")
    ]  # fmt: skip
    return any("whitenoise" in (text_of(files, name) or "").lower() for name in (*named, *folders))
