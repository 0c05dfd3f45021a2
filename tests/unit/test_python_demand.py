"""Packages that want a newer Python than the hosts' get it, whoever says so."""

import re
from pathlib import Path

import pytest

from hivemind_agents.building.files import Files
from hivemind_agents.building.model import BuildFailed, BuildRequest
from hivemind_agents.building.python_demand import built_fitting, demanded_python
from hivemind_agents.building.python_pins import demanded_python as pinned
from hivemind_agents.building.python_versions import choose
from hivemind_agents.building.recipe import recipe_for
from hivemind_agents.domain.deployment import Source
from hivemind_agents.repository import inspect
from hivemind_agents.repository.report import RepositoryReport

pytestmark = pytest.mark.fast

# As pip 24 says it.
MISSED = (
    "ERROR: Ignored the following versions that require a different python version: "
    "1.9.0 Requires-Python >=3.10; 2.0 Requires-Python >=3.12; 2.1 Requires-Python >=3.13",
    "ERROR: Could not find a version that satisfies the requirement shop<2.1,>=2 (from: 1)",
    "ERROR: No matching distribution found for shop<2.1,>=2",
)


@pytest.mark.parametrize(
    ("lines", "demand"),
    [
        (MISSED, ">=3.12"),
        (("ERROR: Package 'shop' requires a different Python: 3.11.2 not in '>=3.13'",), ">=3.13"),
        (("ERROR: No matching distribution found for shop==99",), None),
        ((MISSED[0], "ERROR: No matching distribution found for other==1.0"), None),
        (("error: command 'gcc' failed",), None),
    ],
)
def test_what_pip_missed(lines: tuple[str, ...], demand: str | None) -> None:
    """Only versions that the requirement allows count."""
    assert demand == demanded_python(lines)


@pytest.mark.parametrize(
    ("listed", "demand"),
    [
        ("Django==6.0.1\n", ">=3.12"),
        ("# site\ndjango>=6.1,<6.2\n", ">=3.12"),
        ("Django[argon2]<6.2,>=6.1\n", ">=3.12"),
        ("Django~=5.2\n", None),
        ("Django\ndjango-six==6.0\n", None),
    ],
)
def test_djangos_version_tells_beforehand(tmp_path: Path, listed: str, demand: str | None) -> None:
    """A build that fails first costs what it did until then."""
    (tmp_path / "requirements.txt").write_text(listed)
    assert demand == pinned(Files.below(tmp_path))


_LOCKED = '[[package]]\nname = "{}"\nversion = "{}"\n'


@pytest.mark.parametrize(
    ("name", "listed", "version"),
    [
        ("poetry.lock", _LOCKED.format("asyncpg", "0.25.0"), "3.10"),
        ("poetry.lock", _LOCKED.format("asyncpg", "0.24.0"), "3.9"),
        ("requirements.txt", "greenlet==1.1.2\nflask==2.0.1\n", "3.10"),
        ("requirements.txt", "greenlet==3.1.1\n", "3.11"),
        ("requirements.txt", "greenlet>=1.0\n", "3.11"),
        ("requirements-dev.txt", "greenlet==1.1.2\n", "3.11"),
        (
            "poetry.lock",
            _LOCKED.format("numpy", "1.21.1") + _LOCKED.format("numpy", "1.26.4"),
            "3.11",
        ),
    ],
)
def test_old_pins_get_a_python_that_they_build_for(
    tmp_path: Path, name: str, listed: str, version: str
) -> None:
    """C that was generated for an earlier interpreter does not compile for a later one."""
    (tmp_path / name).write_text(listed)
    (tmp_path / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")

    assert version == choose(inspect(tmp_path), Files.below(tmp_path)).version


def test_a_range_that_leaves_no_python_for_old_pins_wins(tmp_path: Path) -> None:
    """What a manifest demands is the author's word; the pin may build all the same."""
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname = 'shop'\nversion = '1'\nrequires-python = '>=3.11'\n"
    )
    (tmp_path / "requirements.txt").write_text("flask\ngreenlet==1.1.2\n")
    (tmp_path / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")

    assert "3.11" == choose(inspect(tmp_path), Files.below(tmp_path)).version


def _request(folder: Path) -> tuple[BuildRequest, RepositoryReport, Files]:
    (folder / "requirements.txt").write_text("flask\nshop>=2,<2.1\n")
    (folder / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    report, files = inspect(folder), Files.below(folder)
    source = Source(repository=str(folder), commit="c", path=".")
    request = BuildRequest(
        deployment_name="shop", source=source, tree=folder, recipe=recipe_for(report, files)
    )
    return request, report, files


def test_a_build_that_wants_a_newer_python_is_done_again_with_it(tmp_path: Path) -> None:
    """The second recipe brings the interpreter along."""
    seen = []

    def build(request: BuildRequest) -> str:
        seen.append(request.recipe)
        if len(seen) == 1:
            raise BuildFailed("it failed", lines=MISSED)
        return "artifact"

    request, report, files = _request(tmp_path)
    built, artifact = built_fitting(build, request, report, files)

    assert "artifact" == artifact
    assert [request.recipe, built.recipe] == seen
    assert re.search(r"3\.1[234]", "".join(step.command for step in built.recipe.steps))


def test_another_failure_is_not_tried_again(tmp_path: Path) -> None:
    """It is told as it is."""
    request, report, files = _request(tmp_path)

    def build(_: BuildRequest) -> str:
        raise BuildFailed("it failed", lines=("error: command 'gcc' failed",))

    with pytest.raises(BuildFailed, match="it failed"):
        built_fitting(build, request, report, files)
