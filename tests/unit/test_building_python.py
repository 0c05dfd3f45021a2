"""Python's recipes: which installer, which interpreter, what is added, what is refused."""

import hashlib
import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from hivemind_agents.building import programs, python_versions
from hivemind_agents.building.files import Files
from hivemind_agents.building.model import Recipe
from hivemind_agents.building.recipe import recipe_for
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.report import Behaviour, EnvVariable, HostVariable, RepositoryReport

pytestmark = pytest.mark.fast

WEB = RepositoryReport(
    language="python", package_manager="pip", kind="web", start="gunicorn app:app"
)


def recipe(files: dict[str, str], **report: object) -> Recipe:
    return recipe_for(WEB.model_copy(update=report), Files.of(files))


def commands(made: Recipe) -> str:
    return "\n".join(step.command for step in made.steps)


# Installers


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"requirements.txt": "flask", "requirements/base.txt": "x"}, "-r requirements.txt"),
        ({"requirements/production.txt": "flask"}, "-r requirements/production.txt"),
        ({"requirements/base.txt": "flask"}, "-r requirements/base.txt"),
        ({"setup.py": "setup()"}, "pip install --quiet --no-compile ."),
        (
            {"pyproject.toml": "[project]\nname='x'\ndependencies=['flask']\n"},
            "pip install --quiet --no-compile -r /tmp/listed.txt",
        ),
    ],
)
def test_pip_installs_the_production_list_wherever_it_is(files, wanted):
    """The root's file first; a project without one by its own list."""
    assert wanted in commands(recipe(files))


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            {
                "pyproject.toml": "[build-system]\nrequires = ['setuptools-scm']\n"
                "[project]\nname = 'my.app'\ndynamic = ['version']\n"
            },
            "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_MY_APP",
        ),
        (
            {
                "pyproject.toml": "[build-system]\nrequires = ['setuptools', 'setuptools_scm']\n",
                "setup.cfg": "[metadata]\nname = ara\n",
            },
            "VCS_VERSIONING_PRETEND_VERSION_FOR_ARA",
        ),
        ({"setup.py": "setup(setup_requires=['pbr'], pbr=True)"}, "PBR_VERSION"),
    ],
)
def test_a_project_whose_version_is_gits_is_told_one(files, told):
    """Builds see no repository; the version of no dependency is touched."""
    env = recipe(files).env

    assert "0.0.0" == env[told]
    assert "SETUPTOOLS_SCM_PRETEND_VERSION" not in env
    assert told not in recipe({"requirements.txt": "flask"}).env


@pytest.mark.parametrize(
    ("manager", "wanted"),
    [
        ("pip", '(optional[name] for name in ["server"])'),
        ("uv", "--no-install-project --extra server"),
    ],
)
def test_extras_of_production_are_installed(manager, wanted):
    """Those that Recon counts among the dependencies; not those for tests."""
    project = (
        "[project]\nname = 'x'\nversion = '1'\ndependencies = ['click']\n"
        "[project.optional-dependencies]\nserver = ['django']\ntest = ['pytest']\n"
    )

    assert wanted in commands(recipe({"pyproject.toml": project}, package_manager=manager))


@pytest.mark.parametrize("manager", ["pip", "uv"])
def test_workers_of_gevent_get_what_gunicorn_imports_for_them(manager):
    """Gunicorn does not bring it any more; what is there stays in its version."""
    files = {"pyproject.toml": "[project]\nname='x'\ndependencies=['gunicorn', 'gevent']\n"}

    made = commands(recipe(files, package_manager=manager, start="gunicorn -k gevent app:app"))

    assert re.search(r"import packaging' 2>/dev/null \|\| .*install .*packaging==", made)
    assert "packaging" not in commands(recipe(files, package_manager=manager))


EXTRAS = (
    "[project]\nname = 'x'\ndependencies = [{0}]\n[project.optional-dependencies]\n"
    "mysql = ['mysqlclient']\npostgres = ['psycopg[binary]>=3']\ndev = ['pytest']\n"
)


@pytest.mark.parametrize(
    ("dependencies", "needs", "extras"),
    [
        ("'django'", ("postgresql",), {"postgres"}),
        ("'django'", ("mysql", "redis"), {"mysql"}),
        ("'django', 'Psycopg2_binary>=2'", ("postgresql",), set()),
        ("'django', 'pymysql'", (), set()),
    ],
)
@pytest.mark.parametrize("manager", ["pip", "uv", "pdm"])
def test_the_extra_with_the_driver_of_a_store_is_installed(manager, dependencies, needs, extras):
    """Where the project lists no driver itself; never that of another store."""
    files = {"pyproject.toml": EXTRAS.format(dependencies)}
    made = commands(recipe(files, package_manager=manager, needs=needs))

    if manager == "uv":
        assert extras == {
            word for before, word in pairwise(made.split()) if before == "--extra"
        }  # fmt: skip
    else:
        listed = json.loads(made.split("for name in ")[1].split("]", maxsplit=1)[0] + "]")
        assert extras == set(listed)


@pytest.mark.parametrize(
    ("files", "needs", "listed"),
    [
        ({"requirements/base.txt": "django", "requirements/mariadb.txt": "-r base.txt\nmysqlclient",
          "requirements/postgres.txt": "psycopg2"},
         ("mysql",), "requirements/base.txt -r requirements/mariadb.txt"),
        ({"requirements.txt": "django", "requirements-postgres.txt": "psycopg[binary]>=3"},
         ("postgresql",), "requirements.txt -r requirements-postgres.txt"),
        ({"requirements.txt": "-r more.txt", "more.txt": "psycopg2",
          "requirements/postgres.txt": "psycopg2"},
         ("postgresql",), "requirements.txt"),
        ({"requirements.txt": "django", "requirements/postgres.txt": "django-debug-toolbar"},
         ("postgresql",), "requirements.txt"),
    ],
)  # fmt: skip
def test_requirements_split_by_store_are_taken_for_the_store_that_is_needed(files, needs, listed):
    """Where the file for all lacks the driver and the other has it."""
    made = commands(recipe(files, needs=needs))

    assert any(line.endswith(f"--no-compile -r {listed}") for line in made.splitlines())


def test_a_project_that_is_a_package_is_installed_after_its_dependencies():
    """What changes with every commit is not among what is kept."""
    text = "[build-system]\nrequires=['hatchling']\n[project]\nname='x'\ndependencies=['flask']\n"

    made = recipe({"pyproject.toml": text})

    phases = {step.command: step.phase for step in made.steps}
    assert "build" == phases[".venv/bin/pip install --quiet --no-compile --no-deps ."]
    assert ("pyproject.toml",) == made.keyed_by


@pytest.mark.parametrize("manager", ["poetry", "pipenv", "pdm"])
def test_lock_files_of_other_managers_are_read_by_the_program(manager):
    """No manager is installed for it, and nothing is resolved anew."""
    lock = {"poetry": "poetry.lock", "pipenv": "Pipfile.lock", "pdm": "pdm.lock"}[manager]
    files = {lock: "{}" if manager == "pipenv" else "", "pyproject.toml": ""}

    made = recipe(files, package_manager=manager)

    assert f"python_locks.py {manager} >/tmp/locked.txt" in commands(made)
    assert "--no-deps --requirement /tmp/locked.txt" in commands(made)
    assert f"python-{manager}" == made.name


def test_a_uv_lock_of_one_index_is_installed_from_the_index_of_this_machine():
    """Names, versions and digests are the lock's; where files come from is not."""
    lock = 'version = 1\n[[package]]\nname = "a"\nsource = { registry = "https://one.example/" }\n'

    made = recipe(
        {"uv.lock": lock, "pyproject.toml": "[project]\nname='x'\n"}, package_manager="uv"
    )

    assert "uv export --quiet --frozen --no-dev" in commands(made)
    assert "UV_DEFAULT_INDEX=https://one.example/" in commands(made)


@pytest.mark.parametrize(
    ("manager", "files", "told"),
    [
        ("pipenv", {"Pipfile": '[packages]\nflask = "*"\n', "Pipfile.lock": '{"default": {}}'},
         "flask is not in it"),
        ("poetry", {"pyproject.toml": '[tool.poetry.dependencies]\nflask = ">=3"\n',
                    "poetry.lock": '[[package]]\nname = "flask"\nversion = "2.0"\n'},
         "flask is locked at 2.0"),
        ("uv", {"pyproject.toml": "[project]\nname='x'\ndependencies=['flask']\n", "uv.lock": ""},
         "flask is not in it"),
        ("pdm", {"pyproject.toml": "[project]\ndependencies=['flask']\n", "pdm.lock": ""},
         "flask is not in it"),
    ],
)  # fmt: skip
def test_a_lock_file_out_of_step_is_refused_with_the_command_that_mends_it(manager, files, told):
    """Before anything is built."""
    with pytest.raises(RepositoryError, match=told) as caught:
        recipe(files, package_manager=manager)

    assert f"{manager} lock, and commit" in str(caught.value)


def test_conda_is_refused_unless_a_requirements_file_is_beside_it():
    """The error says what to do."""
    with pytest.raises(RepositoryError, match="listed for Conda"):
        recipe({"environment.yml": ""}, package_manager="conda")

    assert "-r requirements.txt" in commands(
        recipe({"environment.yml": "", "requirements.txt": ""}, package_manager="conda")
    )


@pytest.mark.parametrize(
    ("requirements", "keyed_by"),
    [
        ("flask\n", ("requirements.txt",)),
        ("-r base.txt\n-c limits.txt\n", ("base.txt", "limits.txt", "requirements.txt")),
        ("-r missing.txt\n", None),
        ("-e .\n", None),
        ("./vendored/thing\n", None),
        ("thing @ file:///app/thing\n", None),
    ],
)
def test_what_decides_the_dependencies_is_every_file_that_is_named(requirements, keyed_by):
    """Included files count; where files of the repository are installed, everything does."""
    files = {"requirements.txt": requirements, "base.txt": "flask", "limits.txt": "flask<4"}

    assert keyed_by == recipe(files).keyed_by


# Interpreters


@pytest.mark.parametrize(
    ("wanted", "where"),
    [("3.12", ".python-version:1"), ("3.9.18", "runtime.txt:1"), ("3.8", "Dockerfile:1"),
     ("3.10", "Pipfile:4")],
)  # fmt: skip
def test_a_named_version_is_a_wish(wanted, where):
    """The hosts' interpreter serves it, and the user is told."""
    made = recipe({"requirements.txt": ""}, runtime_version=wanted,
                  evidence={"runtime_version": (where,)})  # fmt: skip

    assert "/usr/bin/python3 -m venv .venv" in commands(made)
    assert f"names Python {wanted}; it is built and run with Python 3.11" in made.warnings[0]


@pytest.mark.parametrize("wanted", ["3.11", "3.11.4", ">=3.9", "3", "~=3.8", "^3.9", None, "odd"])
def test_a_version_that_fits_needs_no_word(wanted):
    """Ranges of all manifests are understood; what cannot be compared is let be."""
    made = recipe({"requirements.txt": ""}, runtime_version=wanted)

    assert () == made.warnings


@pytest.mark.parametrize(
    ("demanded", "version"),
    [(">=3.12", "3.12"), (">=3.13,<3.14", "3.13"), ("^3.12", "3.12"), ("<3.11,>=3.9", "3.10")],
)
def test_a_demanded_version_that_hosts_lack_travels_in_the_artifact(demanded, version):
    """`requires-python` is kept; the interpreter is below /app."""
    text = f"[project]\nname='x'\nrequires-python='{demanded}'\ndependencies=[]\n"

    made = recipe({"pyproject.toml": text, "requirements.txt": ""}, runtime_version="3.11")

    assert f"--install-dir /app/.python {version}" in commands(made)
    assert (".venv", ".python") == made.kept


def test_a_version_that_nobody_makes_is_refused_with_those_that_there_are():
    """The list of what can be had is in the error."""
    with pytest.raises(RepositoryError, match=r"demands Python >=4; there are: 3\.11, 3\.12"):
        recipe({"pyproject.toml": "[project]\nname='x'\nrequires-python='>=4'\n"})


def test_poetrys_python_is_a_demand():
    """`python = "^3.12"` in the dependencies."""
    text = '[tool.poetry.dependencies]\npython = "~3.12"\n'

    chosen = python_versions.choose(WEB, Files.of({"pyproject.toml": text}))

    assert ("3.12", True) == (chosen.version, chosen.managed)


# Django


def django(files: dict[str, str], **more: object) -> Recipe:
    report: dict[str, object] = {
        "framework": "django", "start": "gunicorn shop.wsgi:application --bind 0.0.0.0:$PORT",
        "build": ("pip install -r requirements.txt", "python manage.py collectstatic --noinput"),
    }  # fmt: skip
    return recipe(files, **(report | more))


def test_django_without_whitenoise_serves_its_static_files_all_the_same():
    """Its application is wrapped by a module in the release; the project stays as it is."""
    made = django({"requirements.txt": "django"})

    assert "gunicorn hivemind_wsgi:application --bind 0.0.0.0:$PORT" == made.processes["web"]
    assert "whitenoise==6.9.0" in made.added
    assert "from shop.wsgi import application" in commands(made)
    assert made.steps[-2].command.startswith("python manage.py collectstatic")


def test_what_the_application_writes_as_the_build_runs_it_is_no_part_of_the_release(tmp_path):
    """A log could not be appended to by the release, and a key would be on every host."""
    made = django({"requirements.txt": "django"})
    note, _, take_away = made.steps[-3:]
    marker = tmp_path / "before"

    def run(command: str) -> None:
        command = command.replace(note.command.removeprefix("touch "), str(marker))
        subprocess.run(["/bin/sh", "-euc", command], cwd=tmp_path, check=True)

    there = ["logs/of-the-repository.log", "static/app.css", ".venv/pip.log"]
    added = ["data/logs/app.log", "data/.secret", "secret_key.txt"]
    code = ["shop/secret_key.py", "static/logs.css", ".venv/new.log"]
    for name in there + added + code:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    run(note.command)
    noted = marker.stat().st_mtime
    for name in there + added + code:
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (noted, noted + (-9 if name in there else 9)))
    run(take_away.command)

    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert {*there, *code, "before"} == left


@pytest.mark.parametrize(
    ("start", "wrapped"),
    [
        ("gunicorn shop.wsgi:default_application", "gunicorn hivemind_wsgi:application"),
        ("gunicorn --chdir web shop.wsgi", "gunicorn --chdir web hivemind_wsgi:application"),
        ("cd web && gunicorn shop.wsgi:application -w 2",
         "cd web && gunicorn hivemind_wsgi:application -w 2"),
        ("uvicorn shop.asgi:application", "uvicorn shop.asgi:application"),
        ("python manage.py migrate && gunicorn shop.wsgi --log-file -",
         "python manage.py migrate && gunicorn hivemind_wsgi:application --log-file -"),
        ("uwsgi --wsgi-file shop/wsgi.py", "uwsgi --wsgi-file shop/wsgi.py"),
        ("bin/start", "bin/start"),
    ],
)  # fmt: skip
def test_only_a_wsgi_command_that_is_understood_is_wrapped(start, wrapped):
    """Everything else is run as it is written."""
    assert wrapped == django({"requirements.txt": "django"}, start=start).processes["web"]


def test_django_with_whitenoise_and_a_variable_for_its_names_is_left_alone():
    """Wherever it is listed; without the variable the wrapper adds the names alone."""
    files = {"requirements.txt": "-r requirements/base.txt",
             "requirements/base.txt": "django\nwhitenoise\n"}  # fmt: skip
    named = {"DJANGO_HOSTS": HostVariable()}
    made = django(files, host_variables=named)
    assert django(files).processes["web"].startswith("gunicorn hivemind_wsgi:application")

    assert made.processes["web"].startswith("gunicorn shop.wsgi:application")
    assert () == made.added


def test_the_wrapper_is_python():
    """Whatever module it is made for."""
    step = next(s for s in django({"requirements.txt": ""}).steps if "where it runs" in s.title)
    text = subprocess.run(
        ["sh", "-c", step.command.replace(">hivemind_wsgi.py", "")],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip

    compile(text, "hivemind_wsgi.py", "exec")
    assert r'r"^.+\.[0-9a-f]{12}\..+$"' in text


def written(made: Recipe, folder: Path) -> Path:
    """The wrapper as the build writes it, beside a Django that is nothing but its settings."""
    step = next(s for s in made.steps if "where it runs" in s.title)
    (folder / "shop").mkdir()
    (folder / "shop/wsgi.py").write_text(
        "class Application:\n    redirects = True\n    def load_middleware(self):\n"
        "        from django.conf import settings\n"
        "        self.redirects = settings.SECURE_SSL_REDIRECT\napplication = Application()\n"
    )
    (folder / "django").mkdir()
    (folder / "django/conf.py").write_text(
        "class settings:\n    ALLOWED_HOSTS = ['shop.example.org']\n"
        "    SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True\n"
    )
    subprocess.run(["sh", "-c", step.command], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize(
    ("env", "hosts", "https_only"),
    [
        ({"HIVEMIND_HOSTS": "lb.example,10.0.0.4", "HIVEMIND_HTTPS": "no"},
         "shop.example.org lb.example 10.0.0.4", False),
        ({"HIVEMIND_HOSTS": "lb.example", "HIVEMIND_HTTPS": "yes"},
         "shop.example.org lb.example", True),
        ({}, "shop.example.org", True),
    ],
)  # fmt: skip
def test_django_with_fixed_settings_is_reached_by_the_names_it_has_here(
    tmp_path, env, hosts, https_only
):
    """
    Where the settings name hosts themselves, or want HTTPS that is not there.
    """
    fixed = tuple(
        Behaviour(about=about, why="", mend="") for about in ("host-allow-list", "https-only")
    )
    made = django({"requirements.txt": "django\nwhitenoise\n"}, behaviours=fixed)
    look = (
        "from hivemind_wsgi import application, settings as s; "
        "print(*s.ALLOWED_HOSTS); print(s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_SECURE, "
        "s.CSRF_COOKIE_SECURE, application.redirects)"
    )

    told = subprocess.run(
        [sys.executable, "-c", look], cwd=written(made, tmp_path), env=env,
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip

    assert [hosts, " ".join([str(https_only)] * 4)] == told
    assert () == made.added


def test_a_key_that_production_lacks_comes_from_the_environment(tmp_path):
    """And errors of requests are told to the log, where nothing else is set up for them."""
    made = django({"requirements.txt": "django\nwhitenoise\n"})
    folder = written(made, tmp_path)
    settings = folder / "django/conf.py"
    settings.write_text(
        settings.read_text().replace("class settings", "class Known")
        + "class Settings:\n    def __getattr__(self, name):\n        if name == 'SECRET_KEY':\n"
        "            raise RuntimeError(name)\n        return getattr(Known, name)\n"
        "settings = Settings()\n"
    )
    look = (
        "from hivemind_wsgi import settings; import logging; print(settings.SECRET_KEY); "
        "logging.getLogger('django.request').error('it broke')"
    )

    told = subprocess.run(
        [sys.executable, "-c", look], cwd=folder, env={"SECRET_KEY": "made"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert ("made\n", "it broke\n") == (told.stdout, told.stderr)


def test_commands_of_the_build_get_stand_ins_for_what_the_code_cannot_do_without():
    """Required variables and keys; what is optional stays unset."""
    made = django(
        {"requirements.txt": ""},
        needs=("postgresql",), need_variables={"postgresql": ("DATABASE_URL",)},
        env=(
            EnvVariable(name="SECRET_KEY", secret=True),
            EnvVariable(name="DATABASE_URL", required=True),
            EnvVariable(name="EMAIL_PORT", required=True),
            EnvVariable(name="DEBUG", required=True),
            EnvVariable(name="SENTRY_DSN", secret=True),
            EnvVariable(name="LOG_LEVEL", default="info"),
        ),
    )  # fmt: skip

    assert {
        "SECRET_KEY": "stand-in-of-the-build-that-is-long-enough-to-be-a-key",
        "DATABASE_URL": "postgresql://build:build@127.0.0.1:5432/build",
        "EMAIL_PORT": "1",
        "DEBUG": "0",
    } == made.defaults


# System packages


def test_what_compiles_goes_to_the_builder_and_what_is_loaded_to_the_hosts():
    """Compilers and headers reach no host; names of other Debians are known."""
    made = recipe(
        {"requirements.txt": ""},
        system_packages=("libldap2-dev", "gcc", "libpango-1.0-0", "libmysqlclient-dev"),
        needs=("mysql",),
    )

    assert ("default-libmysqlclient-dev", "libldap2-dev", "libpango-1.0-0") == made.build_packages
    assert ("libmariadb3", "libpango-1.0-0", "python3") == made.packages


def test_old_pins_are_compiled_with_the_headers_and_tools_of_their_time():
    """What has no wheel for the hosts' Python; what is named by the project stays as it is."""
    old = recipe({"requirements.txt": "Pillow==8.4.0\nPyYAML==5.4.1\nlxml==5.3.0\n"})
    new = recipe({"requirements.txt": "Pillow==11.0\nsetuptools==70\n"})

    assert ("libfreetype-dev", "libjpeg-dev", "libyaml-dev", "zlib1g-dev") == old.build_packages
    assert "'cython<3' 'setuptools<81' >/tmp/build-tools.txt" in commands(old)
    assert () == new.build_packages
    assert "PIP_CONSTRAINT" not in commands(new)


def test_what_is_no_name_of_a_package_is_refused():
    """It would be an argument of apt."""
    with pytest.raises(RepositoryError, match="is not the name of a Debian package"):
        recipe({"requirements.txt": ""}, system_packages=("--allow-unauthenticated",))


# The program that reads lock files


def locked(folder: Path, manager: str, files: dict[str, str]) -> list[str]:
    for name, text in files.items():
        (folder / name).write_text(text)
    program = Path(programs.__file__).parent / "python_locks.py"
    return subprocess.run(
        [sys.executable, program, manager], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_poetrys_lock_gives_what_the_main_group_reaches(tmp_path):
    """By markers, extras and versions; neither development nor another system's packages."""
    digest = hashlib.sha256(b"x").hexdigest()
    files = f'files = [{{file = "x", hash = "sha256:{digest}"}}]'
    lock = f"""
        [[package]]
        name = "Web"
        version = "2.1"
        {files}
        [package.dependencies]
        colours = {{version = "*", markers = "sys_platform == \\"win32\\""}}
        helper = ">=1"
        fast = {{version = "*", optional = true}}
        [package.extras]
        speed = ["fast (>=1)"]
        [[package]]
        name = "helper"
        version = "1.5"
        {files}
        [[package]]
        name = "colours"
        version = "1"
        {files}
        [[package]]
        name = "fast"
        version = "1"
        {files}
        [[package]]
        name = "tester"
        version = "1"
        {files}
    """
    manifest = """
        [tool.poetry.dependencies]
        python = "^3.9"
        web = {version = "^2.0", extras = ["speed"]}
        [tool.poetry.group.dev.dependencies]
        tester = "*"
    """

    lines = locked(tmp_path, "poetry", {"poetry.lock": lock, "pyproject.toml": manifest})

    assert ["fast==1", "helper==1.5", "web==2.1"] == [line.split(" --hash=")[0] for line in lines]
    assert all(line.endswith(f"--hash=sha256:{digest}") for line in lines)


def test_poetrys_own_ranges_are_written_as_pips(tmp_path):
    """Without a lock file the manifest's list is resolved."""
    manifest = """
        [tool.poetry.dependencies]
        python = "^3.9"
        a = "^1.2"
        b = "~1.2.3"
        c = "^0.3"
        d = "*"
        e = "1.0"
        f = ">=1,<3"
    """

    lines = locked(tmp_path, "poetry", {"pyproject.toml": manifest})

    assert ["a>=1.2,<2", "b>=1.2.3,<1.3", "c>=0.3,<0.4", "d", "e==1.0", "f>=1,<3"] == sorted(lines)


def test_pipenvs_lock_gives_its_default_section_with_other_indexes(tmp_path):
    """Markers, digests and repositories are kept."""
    lock = {
        "_meta": {"sources": [{"url": "https://a.example"}, {"url": "https://b.example"}]},
        "default": {
            "flask": {"version": "==3.0", "markers": "python_version >= '3.8'"},
            "own": {"git": "https://host.example/own.git", "ref": "c0ffee"},
        },
        "develop": {"pytest": {"version": "==8"}},
    }

    assert [
        "--extra-index-url https://b.example",
        "flask==3.0 ; python_version >= '3.8'",
        "own @ git+https://host.example/own.git@c0ffee",
    ] == locked(tmp_path, "pipenv", {"Pipfile.lock": json.dumps(lock)})


# Translations


def test_translations_that_are_there_as_texts_alone_are_compiled():
    """
    The texts beside a compiled form need nothing.
    """
    texts = {"requirements.txt": "django", "shop/locale/de/LC_MESSAGES/django.po": 'msgid ""\n'}

    made = django(texts)
    with_both = django({**texts, "shop/locale/de/LC_MESSAGES/django.mo": ""})

    assert "msgfmt" in commands(made)
    assert "gettext" in made.build_packages
    assert commands(made).index("msgfmt") < commands(made).index("collectstatic")
    assert "msgfmt" not in commands(with_both)
    assert "gettext" not in with_both.build_packages


def test_what_the_repository_sets_is_a_default_of_the_build_and_of_the_release():
    """
    Both can be overruled by what the user sets.
    """
    made = django({"requirements.txt": "django"}, sets={"DJANGO_ENV": "prod"})

    assert "prod" == made.runtime_env["DJANGO_ENV"]
    assert "prod" == made.defaults["DJANGO_ENV"]


def test_a_site_that_python_makes_is_its_output_folder():
    """
    MkDocs and its kin are tools of the build; a web server hands out what they made.
    """
    made = recipe(
        {"requirements.txt": "mkdocs", "mkdocs.yml": ""},
        kind="static", framework="mkdocs", start=None, document_root="site",
        build=("pip install -r requirements.txt", "mkdocs build"),
    )  # fmt: skip

    assert {"web": "nginx"} == made.processes
    assert "site" == made.static.document_root
    assert ("nginx-light",) == made.packages
    assert [step.command for step in made.steps][-1].endswith("site.py site")
    assert "mkdocs build" in commands(made)
