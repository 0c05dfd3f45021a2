"""Django's settings that a repository has as a sample alone."""

import re
from typing import Any

import pytest

from hivemind_agents.repository.languages.python.samples import filled, samples

pytestmark = pytest.mark.fast

SAMPLE = """\
ALLOWED_HOSTS = []
DEBUG = True
SECRET_KEY = ''
DATABASES = {
    'default': {
        'ENGINE': 'django.db.backends.postgresql',
        'NAME': 'shop', 'USER': '', 'PASSWORD': '', 'HOST': 'localhost', 'PORT': '',
    }
}
REDIS = {
    'tasks': {'HOST': 'localhost', 'PORT': 6379, 'USERNAME': '', 'PASSWORD': '', 'DATABASE': 0,
              'SSL': False},
    'caching': {'HOST': 'localhost', 'PORT': 6379, 'PASSWORD': '', 'DATABASE': 1},
}
BROKER = 'redis://localhost:6379/3'
CACHES = {'default': {'LOCATION': 'redis://127.0.0.1:6379/1', 'KEY': 'redis://other/1'}}
# the end"""
NEEDED = "from shop import configuration\n"
OPTIONAL = "try:\n    from .configuration import *\nexcept ImportError:\n    pass\n"
DEMANDED = (
    "try:\n    from .configuration import *\nexcept ImportError as error:\n"
    "    raise RuntimeError('copy configuration_example.py') from error\n"
)


def run(text: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    module: dict[str, Any] = {}
    exec(compile(text, "settings", "exec"), module)  # noqa: S102 - what is tested is a module
    return module


def found(files: dict[str, str]) -> dict[str, str]:
    return samples(files, files.get)


@pytest.mark.parametrize("settings", [NEEDED, DEMANDED])
@pytest.mark.parametrize(
    "name", ["shop/configuration_example.py", "shop/configuration.py.sample",
             "shop/configuration.example.py", "shop/configuration-dist.py"],
)  # fmt: skip
def test_a_sample_that_settings_need_is_found(name: str, settings: str):
    files = {name: SAMPLE, "shop/settings.py": settings}

    assert {name: "shop/configuration.py"} == found(files)


@pytest.mark.parametrize(
    "files",
    [
        {"shop/settings.py": OPTIONAL},
        {"shop/settings.py": "DATABASES = {}\n"},
        {"shop/settings.py": NEEDED, "shop/configuration.py": ""},
        {"shop/settings.py": NEEDED, "shop/configuration/__init__.py": ""},
    ],
    ids=["taken only where it is there", "named nowhere", "there", "a package"],
)
def test_nothing_is_made_where_it_is_not_missed(files: dict[str, str]):
    assert {} == found({"shop/configuration_example.py": SAMPLE, **files})


def test_a_sample_without_a_database_is_not_ours():
    files = {"shop/settings_example.py": "SIZE = 1\n", "shop/wsgi.py": "import shop.settings\n"}

    assert {} == found(files)


def test_stores_and_keys_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch):
    made = run(
        filled(SAMPLE),
        {
            "DATABASE_URL": "postgresql://us%2Fer:p%40ss@db.example.org:5433/main",
            "REDIS_URL": "rediss://:word@cache.example.org:6380/0",
            "SECRET_KEY": "key",
        },
        monkeypatch,
    )

    assert {
        "ENGINE": "django.db.backends.postgresql", "NAME": "main", "USER": "us/er",
        "PASSWORD": "p@ss", "HOST": "db.example.org", "PORT": 5433,
    } == made["DATABASES"]["default"]  # fmt: skip
    assert {
        "HOST": "cache.example.org", "PORT": 6380, "USERNAME": "", "PASSWORD": "word",
        "DATABASE": 1, "SSL": True,
    } == made["REDIS"]["caching"]  # fmt: skip
    there = "rediss://:word@cache.example.org:6380"
    assert f"{there}/3" == made["BROKER"]
    assert {"LOCATION": f"{there}/1", "KEY": "redis://other/1"} == made["CACHES"]["default"]
    assert ("key", False) == (made["SECRET_KEY"], made["DEBUG"])


def test_without_stores_a_sample_is_what_it_was_and_never_in_debug_mode(
    monkeypatch: pytest.MonkeyPatch,
):
    before = run(SAMPLE, {}, monkeypatch)
    made = run(filled(SAMPLE), {}, monkeypatch)

    assert False is made["DEBUG"]
    for name in ("DATABASES", "REDIS", "CACHES", "ALLOWED_HOSTS", "SECRET_KEY"):
        assert before[name] == made[name]


def test_what_is_added_brings_no_public_name():
    """Settings that take everything of a module (`import *`) would take its names as well."""
    added = filled("").strip()

    assert {"DEBUG", "SECRET_KEY"} == set(re.findall(r"(?m)^([A-Za-z]\w*)\s*=", added))
