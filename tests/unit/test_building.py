"""From Recon's report to a recipe, from a tree to an archive."""

import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hivemind_agents.building import archive, libraries
from hivemind_agents.building.causes import probable_cause
from hivemind_agents.building.model import Artifact, Manifest, Recipe
from hivemind_agents.building.recipe import recipe_for
from hivemind_agents.building.releases import Configuration, with_release
from hivemind_agents.domain.deployment import Source, StaticSite
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.report import RepositoryReport

pytestmark = pytest.mark.fast

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Source(repository="/srv/app", commit="c" * 40)
FLASK = RepositoryReport(
    language="python", package_manager="pip", kind="web", start="gunicorn app:app"
)


def manifest() -> Manifest:
    return Manifest(
        recipe="r", commit=None, source_digest="s", inputs_digest="i", image="image:1",
        architecture="x86_64", commands=(), versions={}, packages=(), added=(), processes={},
        search_path=(), host_packages=(), static=None, files=0, bytes=0,
    )  # fmt: skip


def commands(recipe: Recipe) -> list[str]:
    return [step.command for step in recipe.steps]


# Recipes


def test_pip_installs_the_requirements_into_a_virtual_environment():
    """A requirements.txt is installed at /app/.venv, and the installer is taken away."""
    recipe = recipe_for(FLASK, frozenset({"requirements.txt", "app.py"}))

    assert [
        "/usr/bin/python3 -m venv .venv",
        "printf '%s\\n' 'setuptools<81' >/tmp/build-tools.txt; PIP_CONSTRAINT=/tmp/build-tools.txt "
        ".venv/bin/pip install --quiet --no-compile -r requirements.txt",
        ".venv/bin/pip uninstall --quiet --yes pip",
    ] == commands(recipe)
    assert {"web": "gunicorn app:app"} == recipe.processes


def test_a_missing_server_is_added_in_a_version_that_stays():
    """What Recon adds is installed exactly, and recorded."""
    recipe = recipe_for(
        FLASK.model_copy(update={"adds": ("gunicorn",)}), frozenset({"requirements.txt"})
    )

    assert ("gunicorn==23.0.0",) == recipe.added
    assert ".venv/bin/pip install --quiet --no-compile gunicorn==23.0.0" in commands(recipe)


def test_uv_takes_the_lock_file_as_it_is_and_no_development_dependencies():
    """A lock file is not resolved anew by a build."""
    report = FLASK.model_copy(update={"package_manager": "uv"})

    recipe = recipe_for(report, frozenset({"pyproject.toml", "uv.lock"}))

    assert any("uv sync --frozen --no-dev" in c for c in commands(recipe))


def test_build_commands_come_after_the_dependencies_and_may_read_settings():
    """Recon's own install commands are not run twice; the others are, in order."""
    report = FLASK.model_copy(
        update={"build": ("pip install -r requirements.txt", "python manage.py collectstatic")}
    )

    recipe = recipe_for(report, frozenset({"requirements.txt"}))

    assert [step.command for step in recipe.steps if step.title == "build"] == [
        "python manage.py collectstatic"
    ]
    assert recipe.reads_env


@pytest.mark.parametrize("wanted", ["3.11", ">=3.9", "3", "3.11.4", "~=3.8", None])
def test_a_python_that_fits_is_taken(wanted):
    """Ranges and exact versions are compared as packaging does."""
    report = FLASK.model_copy(update={"runtime_version": wanted})

    assert recipe_for(report, frozenset({"requirements.txt"})).name == "python-pip"


def test_an_application_without_a_start_command_says_how_to_give_one():
    """The mend has an example with the port."""
    with pytest.raises(RepositoryError, match="no start command") as caught:
        recipe_for(FLASK.model_copy(update={"start": None}), frozenset({"requirements.txt"}))

    assert "$PORT" in (caught.value.mend or "")


def test_a_language_without_a_recipe_is_refused_by_name():
    """What there is is listed."""
    with pytest.raises(RepositoryError, match=r"no build recipe for cobol.*python \(pip\)"):
        recipe_for(RepositoryReport(language="cobol", kind="web"), frozenset())


def test_a_static_site_is_its_files():
    """Nothing is run; the web server's package and the document root go to the hosts."""
    report = RepositoryReport(language="static", kind="static", document_root="public")

    recipe = recipe_for(report, frozenset({"public/index.html"}))

    assert () == recipe.steps
    assert StaticSite(document_root="public") == recipe.static


def test_a_static_site_needs_a_front_page():
    """A folder without index.html is refused before anything is made."""
    with pytest.raises(RepositoryError, match="needs a front page"):
        recipe_for(RepositoryReport(language="static", kind="static"), frozenset({"a.css"}))


# Archives


def tree(folder: Path) -> Path:
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "run").write_text("#!/bin/sh\n")
    (folder / "b" / "run").chmod(0o711)
    (folder / "a.txt").write_text("text")
    (folder / "link").symlink_to("a.txt")
    return folder


def test_equal_trees_give_equal_bytes(tmp_path):
    """Times, owners, odd modes, byte code and the order of creation leave no trace."""
    one, other = tree(tmp_path / "one"), tree(tmp_path / "other")
    (other / "__pycache__").mkdir()
    (other / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"x")
    (other / "a.txt").chmod(0o600)

    first, _ = archive.write_archive(archive.entries(one), tmp_path / "1.tar.gz", manifest())
    second, _ = archive.write_archive(archive.entries(other), tmp_path / "2.tar.gz", manifest())

    assert first == second


def test_an_archive_has_the_manifest_first_and_plain_modes(tmp_path):
    """Names are sorted; programs are 755, the rest 644, everything root's; links stay links."""
    archive.write_archive(archive.entries(tree(tmp_path / "t")), tmp_path / "a.tar.gz", manifest())

    with tarfile.open(tmp_path / "a.tar.gz") as opened:
        members = opened.getmembers()

    assert [
        (".hivemind", 0o755), (".hivemind/manifest.json", 0o644),
        (".hivemind/sbom.cdx.json", 0o644),
        ("a.txt", 0o644), ("b", 0o755), ("b/run", 0o755), ("link", 0o777),
    ] == [(member.name, member.mode) for member in members]  # fmt: skip
    assert {(0, 0, archive.EPOCH)} == {(m.uid, m.gid, m.mtime) for m in members}
    assert "a.txt" == members[-1].linkname


def test_a_changed_file_is_another_artifact(tmp_path):
    """The digest is of the content."""
    folder = tree(tmp_path / "t")
    before, _ = archive.write_archive(archive.entries(folder), tmp_path / "1.tar.gz", manifest())
    (folder / "a.txt").write_text("texT")

    entries = archive.entries(folder)

    assert before != archive.write_archive(entries, tmp_path / "2.tar.gz", manifest())[0]


# Libraries


def test_packages_of_kept_folders_are_told_apart():
    """What every Debian has, headers and debug symbols are on no host's list."""
    lines = ["kept libpq5\n", "kept libc6", "libxml2", "libpq-dev", "", "libxml2", "zlib1g-dbg"]

    assert (("libpq5",), ("libxml2",)) == libraries.packages(lines)


def test_restored_folders_are_searched_for_what_is_newer_alone():
    """Names are quoted; without kept folders everything is the rest."""
    again = libraries.search((".venv", "my deps"), restored=True)

    assert "'/app/my deps/*' \\) -o -cnewer /tmp/hivemind-begun" in again
    assert "! \\( -false \\)" in libraries.search((), restored=False)


# Releases


def release_of(releases=(), digest="a" * 64, env=None):
    return with_release(
        releases,
        source=SOURCE,
        recipe=recipe_for(FLASK, frozenset({"requirements.txt"})),
        configuration=Configuration(env or {}, {}),
        artifact=Artifact(digest=digest, bytes=1, inputs_digest="i", built=True),
        now=NOW,
    )


def test_the_first_artifact_is_release_1():
    """A release has its commit, digest and processes."""
    releases, release = release_of()

    assert (1, "c" * 40, "a" * 64) == (release.number, release.commit, release.artifact_digest)
    assert (release,) == releases


def test_the_same_artifact_and_settings_are_the_same_release():
    """A second build makes no release."""
    releases, _ = release_of()

    assert releases == release_of(releases)[0]


def test_another_setting_is_another_release_of_the_same_artifact():
    """Configuration is part of a release."""
    releases, _ = release_of()

    assert 2 == release_of(releases, env={"COLOUR": "blue"})[1].number


def test_a_failed_release_gets_another_chance():
    """Deploying the same again after a failure keeps the number."""
    (release,), _ = release_of()
    failed = release.model_copy(update={"state": "failed"})

    assert (1, "built") == (release_of([failed])[1].number, release_of([failed])[1].state)


# Causes


@pytest.mark.parametrize(
    ("output", "code", "cause"),
    [
        ("ERROR: No matching distribution found for flaks==1", 1, "has no flaks==1"),
        ("OSError: [Errno 28] No space left on device", 1, "more disk"),
        ("src/x.c:3:10: fatal error: mysql.h: No such file or directory", 1, "mysql.h"),
        ("KeyError: 'SECRET_KEY'", 1, "SECRET_KEY"),
        ("curl: (7) No route to host", 7, "may not reach"),
        ("", 137, "memory"),
    ],
)
def test_last_lines_tell_the_probable_cause(output, code, cause):
    """Known failures get a sentence."""
    assert cause in (probable_cause(output, code)[0] or "")


def test_an_unknown_failure_has_no_cause():
    """Nothing is made up."""
    assert (None, None) == probable_cause("it broke", 1)
