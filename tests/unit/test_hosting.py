"""How a release runs on a host."""

import subprocess
from datetime import UTC, datetime

import pytest

from hivemind_agents.domain.deployment import (
    Cache,
    Database,
    Deployment,
    PhpSite,
    Release,
    ReleaseRuntime,
)
from hivemind_agents.domain.schedule import Schedule
from hivemind_agents.domain.verification import Check
from hivemind_agents.errors import UserError
from hivemind_agents.hosting.connections import Wishes
from hivemind_agents.hosting.environment import (
    application_environment,
    environment_file,
)
from hivemind_agents.hosting.processes import jobs, kill_mode, launcher, processes
from hivemind_agents.hosting.verdict import facts, verdict, veto, with_live

pytestmark = pytest.mark.fast

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DATABASE = Database(
    engine="postgresql", identifier="db", host="db.test", port=5432, name="app",
    secret_arn="arn:aws:secretsmanager:eu-west-1:1:secret:x",
)  # fmt: skip
SECRETS = {
    f"{DATABASE.secret_arn}#username": "app",
    f"{DATABASE.secret_arn}#password": "p/w@1%",
    "ssm:/hivemind/demo/env/KEY": "k3y",
}


def release(number: int = 1, **changes: object) -> Release:
    return Release(number=number, created_at=NOW, **changes)


def environment(database: Database | None = DATABASE, **changes: object) -> dict[str, str]:
    given = {"release": release(), **changes}
    return application_environment(
        deployment_name="demo", database=database, resolve=SECRETS.__getitem__, **given
    )


# Environment


def test_the_database_url_quotes_the_password_and_tls_is_asked_for():
    """A password with any character makes a valid URL; what not all clients take is not in it."""
    env = environment()

    assert "postgresql://app:p%2Fw%401%25@db.test:5432/app" == env["DATABASE_URL"]
    assert "require" == env["PGSSLMODE"]


def test_variables_that_the_code_reads_get_their_part_of_the_connection():
    """Names are matched by their endings; a URL gets the scheme that its driver wants."""
    env = environment(
        wishes=Wishes(
            variables={"postgresql": ("DB_HOST", "PGPORT", "DB_USER", "DB_PASS", "DB_NAME", "URI")},
            schemes={"postgresql": "postgresql+psycopg"},
        )
    )

    assert ["db.test", "5432", "app", "p/w@1%", "app"] == [
        env[name] for name in ("DB_HOST", "PGPORT", "DB_USER", "DB_PASS", "DB_NAME")
    ]
    assert env["URI"].startswith("postgresql+psycopg://")


ACCOUNT = "app:p%2Fw%401%25"


@pytest.mark.parametrize(
    ("engine", "asked", "variable", "value"),
    [
        ("postgresql", {"language": "node"}, "DATABASE_URL",
         f"postgresql://{ACCOUNT}@db.test:1/app?sslmode=require"),
        ("postgresql", {"language": "node"}, "PGSSL", "require"),
        ("postgresql", {"language": "node"}, "NODE_EXTRA_CA_CERTS",
         "/etc/ssl/certs/ca-certificates.crt"),
        ("postgresql", {"schemes": {"postgresql": "postgresql+asyncpg"}}, "DATABASE_URL",
         f"postgresql+asyncpg://{ACCOUNT}@db.test:1/app"),
        ("postgresql", {"names": ("DB_SOURCE",)}, "DB_SOURCE",
         f"postgresql://{ACCOUNT}@db.test:1/app"),
        ("mysql", {}, "DATABASE_URL", f"mysql://{ACCOUNT}@db.test:1/app"),
        ("mysql", {"schemes": {"mysql": "mysql+pymysql"}}, "DATABASE_URL",
         f"mysql+pymysql://{ACCOUNT}@db.test:1/app"),
        ("mysql", {"language": "ruby"}, "DATABASE_URL", f"mysql2://{ACCOUNT}@db.test:1/app"),
        ("mysql", {"language": "go", "names": ("DB_DSN",)}, "DB_DSN",
         "app:p/w@1%@tcp(db.test:1)/app?charset=utf8mb4&parseTime=True&loc=UTC"),
        ("mysql", {"language": "php", "names": ("DB_DSN",)}, "DB_DSN",
         "mysql:host=db.test;port=1;dbname=app;charset=utf8mb4"),
        ("postgresql", {"language": "php", "names": ("DB_CONNECTION",)}, "DB_CONNECTION", "pgsql"),
        ("postgresql", {"schemes": {"postgresql": "jdbc:postgresql"}}, "DATABASE_URL",
         "jdbc:postgresql://db.test:1/app?user=app&password=p%2Fw%401%25"),
        ("postgresql", {"schemes": {"postgresql": "jdbc:postgresql"}, "language": "java",
                        "names": ("SPRING_DATASOURCE_URL", "SPRING_DATASOURCE_PASSWORD")},
         "SPRING_DATASOURCE_URL", "jdbc:postgresql://db.test:1/app"),
        ("mysql", {"names": ("MYSQL_ADDR",)}, "MYSQL_ADDR", "db.test:1"),
        ("mysql", {"names": ("MYSQL_DATABASE_DB",)}, "MYSQL_DATABASE_DB", "app"),
        ("mysql", {"language": "go"}, "HIVEMIND_DATABASE", f"mysql://{ACCOUNT}@db.test:1/app"),
        ("mysql", {"names": ("DB",), "values": {"mysql": {"DB": "mariadb"}}}, "DB", "mariadb"),
        ("postgresql", {"names": ("DB",), "values": {"mysql": {"DB": "mariadb"}}}, "DB", "app"),
    ],
)  # fmt: skip
def test_a_connection_is_written_as_the_application_reads_it(engine, asked, variable, value):
    """Schemes, TLS and drivers' own forms, by language, as the clients were seen to want them."""
    asked = dict(asked)
    names = asked.pop("names", ())
    database = DATABASE.model_copy(update={"engine": engine, "port": 1})
    env = environment(database, wishes=Wishes(variables={engine: names}, **asked))

    assert value == env[variable]


def test_a_switch_that_ends_in_the_name_of_a_server_is_no_part_of_a_connection():
    """`ENABLE_EMBEDDED_MARIADB=app` would switch on what nobody asked for."""
    names = ("ENABLE_EMBEDDED_MARIADB", "SHOP_DB")
    env = environment(DATABASE, wishes=Wishes(variables={DATABASE.engine: names}))

    assert "ENABLE_EMBEDDED_MARIADB" not in env
    assert "app" == env["SHOP_DB"]


def test_a_cache_is_told_in_every_variable_that_the_code_reads():
    """As a URL without password and TLS, or in parts; what is not known is left out."""
    names = ("CELERY_BROKER_URL", "REDIS_ADDR", "REDIS_HOST", "REDIS_PORT", "REDIS_DB",
             "REDIS_PASSWORD", "CELERY_RESULT_BACKEND", "REDIS_TLS")  # fmt: skip
    cache = Cache(identifier="c", host="cache.test", port=6379)
    env = environment(None, cache=cache, wishes=Wishes(variables={"redis": names}))

    url = "redis://cache.test:6379/0"
    assert [url, url, url, "cache.test:6379", "cache.test", "6379", "0", "false"] == [
        env[name]
        for name in ("REDIS_URL", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "REDIS_ADDR",
                     "REDIS_HOST", "REDIS_PORT", "REDIS_DB", "REDIS_TLS")
    ]  # fmt: skip
    assert "REDIS_PASSWORD" not in env


@pytest.mark.parametrize(
    ("language", "told"), [("python", {"REDIS_PASSWORD": "", "REDIS_USERNAME": ""}), ("elixir", {})]
)
def test_a_cache_without_a_password(language: str, told: dict[str, str]):
    """
    Variables for its account are empty where that means none, and unset elsewhere.
    """
    names = ("REDIS_PASSWORD", "REDIS_USERNAME")
    wishes = Wishes(language=language, variables={"redis": names})

    cache = Cache(identifier="c", host="cache.test", port=6379)
    found = environment(None, cache=cache, wishes=wishes)

    assert told == {name: found[name] for name in names if name in found}


def test_the_users_word_wins_and_secrets_are_resolved():
    """Values by the user replace what was worked out."""
    env = environment(
        release=release(env={"DATABASE_URL": "mine"}, secrets={"KEY": "ssm:/hivemind/demo/env/KEY"})
    )

    assert ("mine", "k3y") == (env["DATABASE_URL"], env["KEY"])


def test_no_database_means_no_database_url():
    """Nothing is made up."""
    assert "DATABASE_URL" not in environment(None)


def test_an_environment_file_keeps_quotes_dollars_and_lines():
    """systemd reads back what was written."""
    assert 'A="say \\"x\\" \\$HOME \\\\ \n2"\nB="1"\n' == environment_file(
        {"B": "1", "A": 'say "x" $HOME \\ \n2'}
    )


@pytest.mark.parametrize("name", ["1A", "A-B", "", "A=B", "A\nB"])
def test_a_name_that_no_environment_has_is_refused(name):
    """A wrong name never becomes another variable."""
    with pytest.raises(UserError):
        environment_file({name: "x"})


# Processes


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("serve --port $PORT 'a:b()'", "exec serve --port $PORT 'a:b()'"),
        ("A=1 B='x y' run", "A=1 B='x y' exec run"),
        ("migrate && serve", "migrate\nexec serve"),
        ("a && b 'x && y'; c", "a\nb 'x && y'\nexec c"),
        ("cd web && A=1 npm start", "cd web\nA=1 exec npm start"),
        ("a || b && c", "a || b && c"),
        ("serve & wait", "serve & wait"),
        ("serve;", "exec serve"),
        ("cd web", "cd web"),
        ("exec run", "exec run"),
    ],
)  # fmt: skip
def test_a_start_command_becomes_the_process_when_it_can(command, line):
    """One program is exec'ed, so that it gets the signals; shell programs stay as they are."""
    assert f"#!/bin/sh\nset -e\n{line}\n" == launcher(command)


def test_a_launcher_is_a_shell_script():
    """The assignment before the command reaches it."""
    done = subprocess.run(
        ["sh", "-c", launcher("GREETING='hello you' printenv GREETING")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert "hello you\n" == done.stdout


@pytest.mark.parametrize(
    ("command", "mode"),
    [
        ("gunicorn app:app", "mixed"),
        ("migrate && gunicorn app:app", "mixed"),
        ("exec node server.js", "mixed"),
        ("NODE_ENV=production npm start", "control-group"),
        ("cd web && yarn start", "control-group"),
        ("./start.sh", "control-group"),
        ("serve | tee log", "control-group"),
    ],
)
def test_what_stops_a_process_depends_on_who_started_it(command, mode):
    """Behind a shell or npm everyone is told to stop; a server stops its own workers."""
    assert mode == kill_mode(command)


def test_a_failure_before_the_server_ends_the_script(tmp_path):
    """What comes before the last command has to succeed."""
    script = launcher(f"false && touch {tmp_path}/a && touch {tmp_path}/b")
    done = subprocess.run(["sh", "-c", script], check=False)

    assert (1, []) == (done.returncode, list(tmp_path.iterdir()))


def test_servers_of_ours_get_their_own_commands_and_a_graceful_signal():
    """nginx and php-fpm finish their requests on QUIT."""
    runtime = ReleaseRuntime(php=PhpSite())
    found = processes(release(runtime=runtime, processes={"web": "nginx", "php": "php-fpm"}))

    assert [("php", "SIGQUIT"), ("web", "SIGQUIT")] == [(p.name, p.kill_signal) for p in found]
    assert "/usr/sbin/nginx" in found[1].script


def test_jobs_by_the_clock_are_units_of_their_own():
    """Their names cannot be taken for a process's."""
    job = Schedule(name="clean", command="python clean.py", cron="*/10 * * * *")
    found = jobs(release(runtime=ReleaseRuntime(schedules=(job,))))

    assert [("cron-clean", ("*-*-* *:0,10,20,30,40,50:00 UTC",))] == [
        (one.name, one.calendars) for one in found
    ]


# Verdict


def checks(*states: str) -> list[Check]:
    return [Check(name=f"c{n}", status=state, detail=state) for n, state in enumerate(states)]


def record(*releases: Release) -> Deployment:
    return Deployment(
        id="1", name="demo", region="eu-west-1", releases=releases, created_at=NOW, updated_at=NOW
    )


def test_a_single_failed_check_vetoes():
    """The message starts with the word that the engine looks for, and names the check."""
    assert "VETO: c1: failed" == veto(verdict(checks("passed", "failed", "skipped"), NOW))
    assert None is veto(verdict(checks("passed", "skipped"), NOW))


def test_one_bad_host_spoils_a_check():
    """A check of several hosts passes only when every host passes."""
    same = [
        Check(name="ssh", status="passed", detail="a"),
        Check(name="ssh", status="failed", detail="b"),
        Check(name="ssh", status="failed", detail="c"),
    ]

    assert [("ssh", "failed", "b; c")] == [
        (one.name, one.status, one.detail) for one in verdict(same, NOW).checks
    ]


def test_a_passed_release_is_live_and_the_one_before_it_previous():
    """Older ones can be pruned."""
    before = [
        release(1, state="previous", live_at=NOW),
        release(2, state="live", live_at=NOW),
        release(3),
    ]

    assert ["built", "previous", "live"] == [one.state for one in with_live(before, 3, NOW)]


def test_a_vetoed_new_release_is_failed_and_a_live_one_stays_live():
    """A bad day of what is live takes nothing off it."""
    bad = verdict(checks("failed"), NOW)

    new = facts(record(release(1)), 1, bad)
    live = facts(record(release(1, state="live", live_at=NOW)), 1, bad)

    assert ("failed", "failed") == (new["status"], new["releases"][0]["state"])
    assert {"verification"} == set(live)
