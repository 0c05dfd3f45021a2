"""From a Go repository to a recipe."""

import pytest

from hivemind_agents.building.files import Files
from hivemind_agents.building.recipe import recipe_for
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.report import RepositoryReport

pytestmark = pytest.mark.fast

MODULE = "module example.org/shop\n\ngo 1.22\n"
WEB = RepositoryReport(
    language="go", package_manager="gomod", kind="web", runtime_version="1.22",
    build=("go build -o out ./cmd/server",), start="./out",
)  # fmt: skip


def files(**more):
    return Files.of({"go.mod": MODULE, "cmd/server/main.go": "package main\n", **more})


def compiled(recipe):
    return [step.command for step in recipe.steps if step.title.startswith("compile")]


def test_a_program_is_compiled_and_nothing_else_of_go_is_released():
    """The compiler and vendored sources go; other files stay, for the program to read."""
    recipe = recipe_for(WEB, files())

    assert ["go build -o out ./cmd/server"] == compiled(recipe)
    assert recipe.steps[-1].command.endswith("rm -rf .runtime vendor")
    assert {"web": "./out"} == recipe.processes
    assert "0" == recipe.env["CGO_ENABLED"]


def test_modules_are_fetched_unless_they_are_vendored():
    """A vendored module needs no proxy, and its vendor folder is what counts."""
    module = {"go.mod": MODULE + "require github.com/a/b v1.0.0\n"}

    fetched = recipe_for(WEB, files(**module))
    vendored = recipe_for(WEB, files(**module, **{"vendor/modules.txt": "# github.com/a/b v1.0.0"}))

    assert "go mod download" in [step.command for step in fetched.steps]
    assert "go mod download" not in [step.command for step in vendored.steps]
    assert vendored.env["GOFLAGS"].endswith(" -mod=vendor")


def test_a_toolchain_line_says_the_version():
    """It is at least that version, of the same line."""
    texts = files(**{"go.mod": MODULE + "toolchain go1.23.4\n"})

    assert (
        recipe_for(WEB, texts)
        .steps[0]
        .command.endswith("runtimes.py go 1.23.4 '>=1.23.4,<1.24.0' '>=1.23.4,<2.0.0'")
    )


def test_go_run_becomes_a_compiled_program():
    """Hosts have no compiler: workers and migrations are compiled as well."""
    report = WEB.model_copy(
        update={"processes": {"worker": "go run ./cmd/worker -v", "release": "go run migrate.go"}}
    )

    recipe = recipe_for(report, files())

    assert {
        "worker": "./bin/worker -v", "release": "./bin/migrate", "web": "./out",
    } == recipe.processes  # fmt: skip
    assert [
        "go build -o out ./cmd/server", "go build -o bin/migrate ./migrate.go",
        "go build -o bin/worker ./cmd/worker",
    ] == compiled(recipe)  # fmt: skip


def test_a_program_that_a_procfile_names_is_compiled_from_its_folder():
    """`bin/worker` is what `cmd/worker` compiles to."""
    report = WEB.model_copy(update={"processes": {"worker": "bin/worker"}})

    recipe = recipe_for(report, files(**{"cmd/worker/main.go": "package main\n"}))

    assert "go build -o bin/worker ./cmd/worker" in compiled(recipe)


def test_a_program_named_as_on_a_search_path_is_compiled():
    """`shop` is what the module example.org/shop compiles to; a program of the system stays."""
    report = WEB.model_copy(
        update={"start": "shop -v", "processes": {"worker": "exec sh run.sh"}, "build": ()}
    )
    module = "module example.org/shop/v2\n\ngo 1.22\n"

    recipe = recipe_for(report, files(**{"go.mod": module, "main.go": "package main\n"}))

    assert {"web": "./bin/shop -v", "worker": "exec sh run.sh"} == recipe.processes
    assert ["go build -o bin/shop ."] == compiled(recipe)


def test_a_module_that_is_c_inside_is_compiled_with_it():
    """SQLite's driver is C."""
    texts = files(**{"go.mod": MODULE + "require github.com/mattn/go-sqlite3 v1.14.22\n"})

    assert "1" == recipe_for(WEB, texts).env["CGO_ENABLED"]


FRONT = '{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "5"}}'


def front(**more):
    texts = {"cmd/server/webroot/package.json": FRONT, "cmd/server/webroot/.keep": "", **more}
    return [step.command for step in recipe_for(WEB, files(**texts)).steps]


def test_a_front_end_that_the_program_embeds_is_built_before_it():
    """Its folder may have any name: what is embedded is missing, and lies in a npm package."""
    embed = {
        "cmd/server/webroot/web.go": "package webroot\n\n//go:embed all:dist/*\nvar f embed.FS\n"
    }

    steps = front(
        **embed, **{"cmd/server/webroot/dist": "", "cmd/server/webroot/dist/.gitkeep": ""}
    )

    built = next(at for at, step in enumerate(steps) if step.endswith("npm run build"))
    assert "cd cmd/server/webroot && " in steps[built]
    assert built < steps.index("go build -o out ./cmd/server")
    assert not any("npm" in step for step in front())
    # Built already, and kept in the repository.
    assert not any("npm" in step for step in front(**embed, **{"cmd/server/webroot/dist/a.js": ""}))


def test_a_module_without_a_program_is_refused():
    """What is missing, and how to name it."""
    with pytest.raises(RepositoryError, match="no package main to compile"):
        recipe_for(WEB.model_copy(update={"build": ("go mod download",)}), files())
