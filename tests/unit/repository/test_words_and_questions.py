# ruff: noqa: E501 - a tree a line, read sideways
"""The user's word, the questions that stay open, and what breaks behind a load balancer."""

import json
from pathlib import Path

import pytest

from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository import FileTree, UserWord, inspect, inspect_tree
from hivemind_agents.repository.config import parse_word, schema_text
from hivemind_agents.repository.rendering import headline, remarks, rows
from hivemind_agents.repository.writing import hivemind_yml

pytestmark = pytest.mark.fast
FLASK = {
    "requirements.txt": "flask\n",
    "app.py": "from flask import Flask\napp = Flask(__name__)\n",
}
ROOT = Path(__file__).parents[3]


def report_of(files: dict[str, str], **said: object):
    return inspect_tree(FileTree.of(files), overrides=UserWord(**said))


def about(report) -> list[str]:
    return [question.about for question in report.questions]


def test_the_file_wins_over_what_is_found_and_flags_win_over_the_file():
    """
    start comes from the flag, health_path from hivemind.yml, framework from the code.
    """
    files = {**FLASK, "hivemind.yml": "start: python a.py\nhealth_path: /ok\nneeds: [redis]\n"}

    report = report_of(files, start="python b.py")

    assert ("python b.py", "/ok", ("redis",), "flask") == (
        report.start, report.health_path, report.needs, report.framework,
    )  # fmt: skip
    assert ("hivemind.yml",) == report.evidence["health_path"]
    assert 1.0 == report.confidence["start"]
    assert "python b.py" == report.processes["web"]


def test_variables_in_the_file_change_those_that_are_found():
    """
    A default, a mapping and an empty value each say what they say.
    """
    files = {
        **FLASK,
        "hivemind.yml": "env:\n  MODE: fast\n  KEY: {required: true, secret: true}\n  NAME:\n",
    }

    env = {item.name: item for item in report_of(files).env}

    assert ("fast", False) == (env["MODE"].default, env["MODE"].required)
    assert (True, True) == (env["KEY"].required, env["KEY"].secret)
    assert env["NAME"].required


@pytest.mark.parametrize(("text", "words"), [
    ("kind: webb\n", r"hivemind\.yml:1: kind: .*'web'.*\(here: 'webb'\)"),
    ("start: x\nstrat: y\n", r"hivemind\.yml:2: strat: there is no such key; did you mean start\?"),
    ("port: 99999\n", r"hivemind\.yml:1: port: "),
    ("start: [a, b]\n", r"hivemind\.yml:1: start: "),
    ("needs:\n  - postgresql\n  - oracle\n", r"hivemind\.yml:3: needs\.1: "),
    ("env:\n  A:\n    secret: perhaps\n", r"hivemind\.yml:3: env\.A\.secret: "),
    ("health_path: health\n", r"hivemind\.yml:1: health_path: begins with a slash"),
    ("path: ../other\n", r"hivemind\.yml:1: path: is a folder inside the repository"),
    ("- a\n- b\n", r"hivemind\.yml:1: the file is to hold keys and values"),
    ("a: [1, 2\n", r"hivemind\.yml:\d: "),
])  # fmt: skip
def test_a_wrong_file_is_refused_by_line_and_key(text: str, words: str):
    """
    Each slip is named with its file, line and key.
    """
    with pytest.raises(RepositoryError, match=words) as caught:
        parse_word(text)

    assert caught.value.mend


def test_versions_need_no_quotes():
    """
    `runtime_version: 3.12` is the text "3.12".
    """
    assert "3.12" == parse_word("runtime_version: 3.12\n").runtime_version


def test_the_published_schema_is_the_models():
    """
    docs/hivemind.schema.json is what the model makes.
    """
    assert (ROOT / "docs" / "hivemind.schema.json").read_text() == schema_text()


def test_what_init_writes_is_what_was_found():
    """
    hivemind.yml from a report, read again, changes nothing.
    """
    report = report_of(FLASK)

    again = report_of({**FLASK, "hivemind.yml": hivemind_yml(report)})

    assert report.model_dump(exclude={"confidence", "evidence"}) == again.model_dump(
        exclude={"confidence", "evidence"}
    )


def test_an_empty_repository_is_one_question():
    """
    Nothing in it: one question that says so.
    """
    report = report_of({})

    assert (None, ["language"]) == (report.kind, about(report))
    assert "empty" in report.questions[0].why


def test_no_manifest_is_one_question_that_says_what_was_looked_for():
    """
    Text alone: one question, with the files that were looked for.
    """
    report = report_of({"README.md": "hello", "notes.txt": "x"})

    assert ["language"] == about(report)
    assert "package.json" in report.questions[0].why
    assert "--path" in report.questions[0].why


def test_two_equal_candidates_are_one_question():
    """
    A Python and a Node server side by side: which one is asked, with both as choices.
    """
    both = {**FLASK, "package.json": '{"scripts":{"start":"node server.js"},"dependencies":{"express":"4"}}',
            "server.js": "const e = require('express')(); e.listen(1)"}  # fmt: skip
    report = report_of(both)

    assert ["language"] == about(report)
    assert {"python", "node"} == set(report.questions[0].choices)
    for language, start in (
        ("python", "gunicorn app:app --bind 0.0.0.0:$PORT"),
        ("node", "npm start"),
    ):
        chosen = report_of(both, language=language)
        assert ([], language, start) == (about(chosen), chosen.language, chosen.start)


def test_two_services_in_folders_are_one_question():
    """
    Two servers, neither the root's: which folder is asked, with --path named.
    """
    files = {
        f"{folder}/{path}": text for folder in ("orders", "users") for path, text in FLASK.items()
    }

    report = report_of(files)

    assert ["component"] == about(report)
    assert ("orders", "users") == report.questions[0].choices
    assert ("users", []) == ((chosen := report_of(files, path="users")).path, about(chosen))


def test_a_folder_that_is_not_there_is_refused():
    """
    --path with a wrong name says so.
    """
    with pytest.raises(RepositoryError, match="there is no folder 'nowhere'"):
        report_of(FLASK, path="nowhere")


def test_no_start_command_is_one_question():
    """
    A manifest without anything to run: what was looked for, and how to say it.
    """
    report = report_of({"requirements.txt": "requests\n", "a.py": "x = 1\n", "b.py": "y = 2\n"})

    assert ["start"] == about(report)
    assert "start:" in report.questions[0].why
    assert "Procfile" in report.questions[0].why


@pytest.mark.parametrize(("files", "offered"), [
    ({**FLASK, ".python-version": "9.9\n"}, False), ({**FLASK, ".python-version": "3.12\n"}, True),
    ({"package.json": '{"engines":{"node":"99.x"},"scripts":{"start":"node i.js"}}', "i.js": "1"}, False),
    ({"package.json": '{"engines":{"node":">=18"},"scripts":{"start":"node i.js"}}', "i.js": "1"}, True),
])  # fmt: skip
def test_a_version_that_nobody_offers_is_asked_for(files: dict[str, str], offered: bool):
    """
    Python 9.9 and Node 99 are questions that name the file.
    """
    assert ([] if offered else ["runtime_version"]) == about(report_of(files))


@pytest.mark.parametrize(("files", "words"), [
    ({"package.json": '{"dependencies":{"express":"4","pg":"8"}}', "package-lock.json": '{"packages":{"node_modules/express":{},"":{"dependencies":{"express":"4"}}}, "x": {"express": 1}}', "index.js": "1"}, "it lacks pg; run `npm install`"),
    ({"pyproject.toml": "[project]\nname='x'\ndependencies=['flask','redis']\n", "uv.lock": '[[package]]\nname = "flask"\n', "main.py": "1"}, "it lacks redis; run `uv lock`"),
    ({"Gemfile": "gem 'sinatra'\ngem 'puma'\n", "Gemfile.lock": "  specs:\n    sinatra (4.0)\n", "app.rb": "require 'sinatra'\n"}, "it lacks puma; run `bundle lock`"),
    ({"package.json": "{}", "package-lock.json": "{}", "yarn.lock": "", "index.js": "1"}, "there are 2 lock files"),
])  # fmt: skip
def test_a_lock_file_out_of_step_is_told_with_its_mend(files: dict[str, str], words: str):
    """
    The missing packages and the command are in one note.
    """
    assert any(words in note for note in report_of(files).notes)


@pytest.mark.parametrize(("files", "about"), [
    ({"requirements.txt": "flask\n", "app.py": "from flask import Flask\napp = Flask(__name__)\nTalisman(app, force_https=False)\n", "settings.py": "SESSION_COOKIE_SECURE = True\n"}, {"https-only"}),
    ({"requirements.txt": "django\n", "manage.py": "DJANGO_SETTINGS_MODULE='s.settings' django", "s/settings.py": "ALLOWED_HOSTS = []\nSECURE_SSL_REDIRECT = True\n", "s/wsgi.py": ""}, {"host-allow-list", "https-only", "https-redirect"}),
    ({"package.json": '{"scripts":{"start":"node s.js"},"dependencies":{"express":"4"}}', "s.js": "const e = require('express')();\ne.listen(3000, '127.0.0.1')"}, {"binding", "port"}),
    ({"go.mod": "module x\nrequire github.com/lib/pq v1.10.9\n", "main.go": 'package main\nimport "net/http"\nimport _ "github.com/lib/pq"\nvar dsn = "host=%s user=%s dbname=%s sslmode=disable"\nfunc main() { http.ListenAndServe(":"+port, nil) }'}, {"database-tls"}),
    ({"go.mod": "module x\nrequire github.com/lib/pq v1.10.9\n", "main.go": 'package main\nimport "net/http"\nimport _ "github.com/lib/pq"\nvar dsn = env("DATABASE_URL", "postgres://localhost/x?sslmode=disable")\nfunc main() { http.ListenAndServe(":"+port, nil) }'}, set()),
    ({"package.json": '{"scripts":{"start":"node s.js"},"dependencies":{"express":"4","pg":"8"}}', "s.js": "const pool = new (require('pg').Pool)({ host: process.env.DB_HOST, ssl: false });\nrequire('express')().listen(process.env.PORT)"}, {"database-tls"}),
    (FLASK, set()),
])  # fmt: skip
def test_what_breaks_behind_a_load_balancer_is_told_with_the_mend(
    files: dict[str, str], about: set[str]
):
    """
    Forced HTTPS, host lists and the own address alone each name the setting that mends them.
    """
    found = report_of(files).behaviours

    assert about == {item.about for item in found}
    assert all(item.mend and item.evidence for item in found)


def test_a_report_fits_one_screen():
    """
    The example's report has a headline, and no more than 24 lines.
    """
    report = inspect(ROOT / "examples" / "guestbook")

    lines = [headline(report, "guestbook"), *rows(report), *remarks(report)]

    assert "guestbook: a web service, flask on Python" in headline(report, "guestbook")
    assert len(lines) <= 24


def test_every_fact_has_its_evidence():
    """
    What is given has a place in a file, where the file is one that was read.
    """
    report = inspect(ROOT / "examples" / "guestbook")

    for name in ("language", "framework", "start", "needs", "health_path", "package_manager"):
        assert report.evidence[name], name
        for place in report.evidence[name]:
            assert (ROOT / "examples" / "guestbook" / place.split(":")[0]).is_file()


def test_no_secret_is_repeated():
    """
    The default of a secret variable is not in the report.
    """
    report = report_of(
        {**FLASK, "config.py": "import os\nSECRET_KEY = os.environ.get('SECRET_KEY', 'hunter2')\n"}
    )

    assert "hunter2" not in json.dumps(report.model_dump(mode="json"))


DJANGO = {"requirements.txt": "Django==5.0\n", "manage.py": "import django\n"}


@pytest.mark.parametrize(
    ("line", "name", "separator", "origins"),
    [
        ("ALLOWED_HOSTS = os.environ['HOSTS'].split(',')", "HOSTS", ",", False),
        ("ALLOWED_HOSTS = os.environ.get('NAMES', '').split()", "NAMES", " ", False),
        ("ALLOWED_HOSTS += os.getenv(\n    'NAMES', 'a b'\n).split(' ')", "NAMES", " ", False),
        ("ALLOWED_HOSTS = json.loads(os.environ['HOSTS'])", "HOSTS", "json", False),
        ("CSRF_TRUSTED_ORIGINS = os.environ['FROM'].split(';')", "FROM", ";", True),
        ("hosts = os.environ['APP_TRUSTED_HOSTS']", "APP_TRUSTED_HOSTS", ",", False),
    ],
)
def test_variables_that_hold_host_names_are_known(line, name, separator, origins):
    """By the setting that they are assigned to, or by their own name; and how they are split."""
    files = {**DJANGO, "site/settings.py": f"import os\nDEBUG = False\n{line}\n"}

    (found,) = report_of(files).host_variables.items()

    assert (name, separator, origins) == (found[0], found[1].separator, found[1].origins)


@pytest.mark.parametrize(
    ("field", "separator"),
    [
        ("allowed_hosts: List[str] = ['*']", "json"),
        ("allowed_hosts: set[str]", "json"),
        ("allowed_hosts: str = '*'", ","),
        ("allowed_hosts: list[str] = env.list('ALLOWED_HOSTS')", ","),
    ],
)
def test_host_names_of_a_field_are_written_as_its_kind(field, separator):
    """
    A collection is JSON, also in a class whose root is in another module.
    """
    files = {
        "requirements.txt": "fastapi\n",
        "main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        "base.py": "from pydantic_settings import BaseSettings\n\nclass Root(BaseSettings):\n"
        "    stage: str = 'x'\n",
        "settings.py": f"from environs import env\nfrom base import Root\n\n"
        f"class Settings(Root):\n    {field}\n",
    }

    assert separator == report_of(files).host_variables["ALLOWED_HOSTS"].separator


def test_other_variables_hold_no_host_names():
    """Even beside such a setting."""
    text = "import os\nALLOWED_HOSTS = ['*']\nKEY = os.environ['KEY']\n"

    assert {} == report_of({**DJANGO, "site/settings.py": text}).host_variables


def test_schedules_are_read_from_platforms_and_the_users_word(tmp_path):
    """
    app.json's cron gets names, what is no schedule becomes a note, hivemind.yml adds and wins.
    """
    (tmp_path / "Procfile").write_text("worker: python work.py\n")
    (tmp_path / "requirements.txt").write_text("redis\n")
    (tmp_path / "work.py").write_text("import redis\nwhile True: pass\n")
    (tmp_path / "app.json").write_text(
        '{"cron": [{"command": "python clean.py", "schedule": "*/10 * * * *"},'
        ' {"command": "python never.py", "schedule": "sometimes"}]}'
    )
    (tmp_path / "hivemind.yml").write_text(
        'schedules:\n  report: {command: python report.py, cron: "@daily"}\n'
    )

    report = inspect(tmp_path)

    assert [("clean", "*/10 * * * *"), ("report", "@daily")] == [
        (job.name, job.cron) for job in report.schedules
    ]
    assert any("never.py" in note for note in report.notes)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("schedules:\n  x: {command: a, cron: daily}\n", "no schedule"),
        ("schedules:\n  X Y: {command: a, cron: '@daily'}\n", "no name of a schedule"),
        ("persistent: [/etc/shop]\n", "the host's own"),
        ("persistent: [/data/../etc]\n", "the host's own"),
        ("persistent: [../up]\n", "folders of the repository"),
    ],
)
def test_wrong_schedules_and_folders_are_refused(text, why):
    """The reason is told."""
    with pytest.raises(RepositoryError, match=why):
        parse_word(text)
