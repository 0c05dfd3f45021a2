"""Why a release probably does not run."""

import pytest

from hivemind_agents.hosting.causes import with_cause

pytestmark = pytest.mark.fast

TOLD = "hivemind-shop-web.service does not stay up. The last lines of its log:\n  "


@pytest.mark.parametrize(
    ("line", "cause", "mend"),
    [
        ("ModuleNotFoundError: No module named 'redis'", "imports redis", "add redis"),
        ("Error: Cannot find module 'pg'", "asks for pg", "move pg"),
        ("Error: Cannot find module '@prisma/client'", "asks for @prisma/client", "dependencies"),
        ("Error: Cannot find module '/app/dist/main'", "dist/main is not in", "build:"),
        ("KeyError: 'STRIPE_KEY'", "STRIPE_KEY is not set", "--secret STRIPE_KEY"),
        ("decouple.UndefinedValueError: API_URL not found.", "API_URL is", "--env API_URL=..."),
        ("sqlite3.OperationalError: unable to open database file", "folder", "persistent:"),
        ("FileNotFoundError: [Errno 2] No such file or directory: '/app/log/info.log'",
         "log/info.log is not in the release", "persistent:"),
        ("Error: ENOENT: no such file or directory, open './config/local.json'",
         "config/local.json", "commit it"),
        ("PermissionError: [Errno 13] Permission denied: '/app/data/x.json'", "(data/x.json)",
         "persistent:"),
        ("django.db.utils.OperationalError: no such table: auth_user", "auth_user", "`release`"),
        ('UndefinedTable: relation "posts" does not exist', "no table posts", "release"),
        ('UndefinedObject) type "geometry" does not exist', "no type geometry", "postgis"),
        ("Error: connect ECONNREFUSED 127.0.0.1:5432", "127.0.0.1:5432", "DATABASE_URL"),
        ("Error: getaddrinfo ENOTFOUND db", "connects to db,", "DATABASE_URL"),
        ("web of release 1 ended: oom-kill, killed KILL", "less memory", "instance_type"),
    ],
)  # fmt: skip
def test_last_lines_tell_why_a_release_does_not_run(line, cause, mend):
    """With what mends it, which stands for the general advice."""
    told = with_cause(f"{TOLD}{line}\nFIX: the general advice")

    said, _, fix = told.partition("\nProbable cause: ")[2].partition("\nFIX: ")
    assert cause in said
    assert mend in fix
    assert "the general advice" not in told
    assert line in told


def test_an_unknown_failure_is_told_as_it_is():
    """Nothing is made up."""
    assert f"{TOLD}it broke\nFIX: look" == with_cause(f"{TOLD}it broke\nFIX: look")
