"""From a Node repository to a recipe."""

import json

import pytest

from hivemind_agents.adapters.builder_box import with_heap
from hivemind_agents.building.assets import front_end_steps
from hivemind_agents.building.causes import probable_cause
from hivemind_agents.building.files import Files
from hivemind_agents.building.node_commands import resolve
from hivemind_agents.building.node_manifests import Manifests
from hivemind_agents.building.recipe import recipe_for
from hivemind_agents.building.versions import go_spans, node_spans
from hivemind_agents.domain.deployment import StaticSite
from hivemind_agents.repository.report import Behaviour, RepositoryReport

pytestmark = pytest.mark.fast

WEB = RepositoryReport(language="node", package_manager="npm", kind="web", start="npm start")


def package(**fields):
    return json.dumps({"name": "app", **fields})


def files(**more):
    """A server with a lock; keywords replace or add files, None takes one away."""
    texts = {
        "package.json": package(scripts={"start": "node server.js"}),
        "package-lock.json": '{"lockfileVersion": 3}',
        "server.js": "",
        **more,
    }
    return Files.of({name: text for name, text in texts.items() if text is not None})


def commands(recipe):
    return [step.command for step in recipe.steps]


def resolved(command, scripts=None, **more):
    texts = files(**{"package.json": package(scripts=scripts or {}, **more)})
    return resolve(command, Manifests(texts)).command


# Versions


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        (None, ">=22.0.0,<23.0.0"),
        ("*", ">=22.0.0,<23.0.0"),
        (">=18", ">=22.0.0,<23.0.0"),
        ("20.x", ">=20.0.0,<21.0.0"),
        ("20", ">=20.0.0,<21.0.0"),
        ("^20.11.1", ">=20.11.1,<21.0.0"),
        ("~20.11", ">=20.11.0,<20.12.0"),
        ("v20.11.1", ">=20.11.1,<20.11.2"),
        ("lts/*", ">=24.0.0,<25.0.0"),
        ("lts/iron", ">=20.0.0,<21.0.0"),
        ("16 || 18", ">=18.0.0,<19.0.0"),
        ("14 - 16", ">=16.0.0,<17.0.0"),
        (">=14 <17", ">=16.0.0,<17.0.0"),
        ("<=20.5.1", ">=20.0.0,<20.5.2"),
        ("^18.18.0 || ^20.9.0 || >=21.1.0", ">=22.0.0,<23.0.0"),
    ],
)
def test_a_range_of_node_gives_the_best_line_first(wanted, first):
    """Ranges are read as npm reads them; the line with the widest range of packages is first."""
    assert first == node_spans(wanted)[0].pip


@pytest.mark.parametrize("wanted", [">=20 <18", "latest-ish-9999999 <1"])
def test_a_range_that_nothing_fits_gives_nothing(wanted):
    """It is refused before anything is fetched."""
    assert () == node_spans(wanted)


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        ("1.22", ">=1.22.0,<1.23.0"),
        ("1.23.4", ">=1.23.4,<1.24.0"),
        ("1.14", ">=1.24.0,<1.25.0"),
        (None, ">=1.24.0,<1.25.0"),
    ],
)
def test_a_go_line_takes_its_own_minor_version_first(wanted, first):
    """Modules of before 1.21 take a newer one, which runs them as they were."""
    assert first == go_spans(wanted)[0].pip


# Start commands


@pytest.mark.parametrize(
    ("command", "scripts", "expected"),
    [
        ("npm start", {"start": "node server.js"}, "node server.js"),
        ("yarn run start", {"start": "node server.js"}, "node server.js"),
        ("pnpm serve", {"serve": "node server.js"}, "node server.js"),
        ("npm run web -- --quiet", {"web": "node a.js"}, "node a.js --quiet"),
        ("npm start", {"prestart": "node m.js", "start": "node s.js"},
         "node m.js && exec node s.js"),
        ("npm start", {"start": "npm run a", "a": "npm run b", "b": "node s.js"}, "node s.js"),
        ("npm start", {"start": "cross-env NODE_ENV=production node s.js"},
         "NODE_ENV=production node s.js"),
        ("npm start", {"start": "NODE_ENV=production node s.js"}, "NODE_ENV=production node s.js"),
        ("npm start", {"start": "node a.js | node b.js"}, "node a.js | node b.js"),
        ("npm start", {"start": "echo $npm_package_version && node s.js"}, "npm start"),
        ("npm start", {"start": "next start -p 3000"}, "next start -p $PORT"),
        ("npm start", {"start": "nodemon server.js"}, "node server.js"),
        ("cd api && npm run x", {}, "cd api && exec npm run x"),
        ("PORT=1 npm start", {"start": "node s.js"}, "PORT=1 node s.js"),
        ("node server.js", {}, "node server.js"),
    ],
)  # fmt: skip
def test_a_script_becomes_its_own_command(command, scripts, expected):
    """No package manager stands between a unit and its server, unless it has to."""
    assert expected == resolved(command, scripts)


def test_a_runner_goes_where_the_program_is_among_the_packages():
    """`npx next start` is `next start`; what is not there is installed while building."""
    texts = files(**{"package.json": package(dependencies={"next": "15"})})

    assert "next start" == resolve("npx next start", Manifests(texts)).command
    unknown = resolve("npx serve -s dist", Manifests(texts))
    assert ("serve -s dist", {"serve"}) == (unknown.command, unknown.fetched)


def test_a_member_of_a_workspace_starts_in_its_folder():
    """By name or by folder, with its own programs in PATH."""
    texts = files(
        **{
            "package.json": package(workspaces=["apps/*"]),
            "apps/api/package.json": package(name="api", scripts={"start": "node main.js"}),
        }
    )
    for command in ("npm run start --workspace=apps/api", "yarn workspace api run start",
                    "pnpm --filter ./apps/api run start", "npm start -w api"):  # fmt: skip
        found = resolve(command, Manifests(texts))

        assert ("cd apps/api && exec node main.js", {"apps/api"}) == (found.command, found.folders)


# Recipes


def test_npm_installs_by_the_lock_with_what_builds_need_and_takes_it_away():
    """Development packages are there while building, and Node is a part of the release."""
    texts = files(
        **{
            "package.json": package(
                scripts={"start": "node server.js", "build": "tsc"},
                devDependencies={"typescript": "5"},
            )
        }
    )
    report = WEB.model_copy(update={"build": ("npm ci", "npm run build")})

    recipe = recipe_for(report, texts)

    assert ["tools", "dependencies", "build", "build", "build"] == [s.phase for s in recipe.steps]
    install, build, prune, pack = commands(recipe)[1:]
    assert install.startswith("npm ci --include=dev ")
    assert "npm run build" == build
    assert prune.startswith("python3 /tmp/hivemind/npm_prune.py")
    assert pack.endswith("runtimes.py pack node")
    assert {"web": "node server.js"} == recipe.processes
    assert ("node_modules/.bin", ".runtime/bin") == recipe.search_path
    assert "production" == recipe.runtime_env["NODE_ENV"]
    assert ("package-lock.json", "package.json") == recipe.keyed_by


def test_without_a_lock_npm_resolves():
    """A repository without a lock file is built all the same."""
    recipe = recipe_for(WEB, files(**{"package-lock.json": None}))

    assert commands(recipe)[1].startswith("npm install --include=dev ")


@pytest.mark.parametrize(
    ("manager", "lock", "text", "tool", "install"),
    [
        ("yarn", "yarn.lock", "# yarn lockfile v1\n", "tool yarn yarn '1.22.22'",
         "yarn install --production=false --ignore-engines --non-interactive --frozen-lockfile"),
        ("yarn-berry", "yarn.lock", "__metadata:\n  version: 8\n",
         "tool yarn @yarnpkg/cli-dist '4.x'", "yarn install --immutable"),
        ("yarn-berry", "yarn.lock", "__metadata:\n  version: 6\n",
         "tool yarn @yarnpkg/cli-dist '3.x'", "yarn install --immutable"),
        ("pnpm", "pnpm-lock.yaml", "lockfileVersion: '9.0'\n", "tool pnpm pnpm '9.x'",
         "pnpm install --prod=false --frozen-lockfile"),
        ("pnpm", "pnpm-lock.yaml", "lockfileVersion: '6.0'\n", "tool pnpm pnpm '8.x'",
         "pnpm install --prod=false --frozen-lockfile"),
        ("bun", "bun.lock", "{}", "tool bun @oven/bun-linux-PLATFORM '1.x'",
         "bun install --frozen-lockfile"),
    ],
)  # fmt: skip
def test_each_manager_comes_at_the_version_that_made_the_lock(manager, lock, text, tool, install):
    """And installs what the lock says."""
    report = WEB.model_copy(update={"package_manager": manager})

    recipe = recipe_for(report, files(**{"package-lock.json": None, lock: text}))

    assert commands(recipe)[1].endswith(tool)
    assert install == commands(recipe)[2]


def test_a_manager_is_taken_at_the_version_that_is_stated():
    """`packageManager` wins over the lock's format; its digest is no part of the version."""
    texts = files(
        **{
            "package.json": package(packageManager="pnpm@10.1.0+sha512.abc"),
            "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
        }
    )
    report = WEB.model_copy(update={"package_manager": "pnpm", "start": "node server.js"})

    assert commands(recipe_for(report, texts))[1].endswith("tool pnpm pnpm '10.1.0'")


@pytest.mark.parametrize(
    ("start", "listed", "kept"),
    [
        ("node server.js", {"nodemon": "3"}, False),
        ("ts-node src/server.ts", {"ts-node": "10"}, True),
        ("node -r ts-node/register src/server.ts", {"ts-node": "10"}, True),
        ("vite preview --port 4173", {"vite": "7"}, True),
        ("nest start", {"@nestjs/cli": "11"}, True),
    ],
)
def test_development_packages_stay_where_a_start_command_needs_one(start, listed, kept):
    """What would not start without them keeps them, and says so."""
    texts = files(**{"package.json": package(scripts={"start": start}, devDependencies=listed)})

    recipe = recipe_for(WEB, texts)

    assert kept != any("npm_prune" in command for command in commands(recipe))
    assert kept == bool(recipe.warnings)


def test_development_packages_stay_where_the_server_imports_one():
    """A server that was only ever run with everything installed starts all the same."""
    texts = files(
        **{
            "package.json": package(
                scripts={"start": "node server.js"}, devDependencies={"morgan": "1"}
            ),
            "server.js": "const morgan = require('morgan');\n",
        }
    )

    assert ("packages for development stay in the release: server.js imports morgan",) == (
        recipe_for(WEB, texts).warnings
    )


def test_a_script_of_the_repository_that_runs_on_install_may_read_any_file():
    """Then nothing is kept by the lock alone; known scripts look at packages only."""
    asks = files(**{"package.json": package(scripts={"start": "node s.js", "postinstall": "make"})})
    knows = files(
        **{"package.json": package(scripts={"start": "node s.js", "prepare": "husky install"})}
    )

    assert recipe_for(WEB, asks).keyed_by is None
    assert recipe_for(WEB, knows).keyed_by is not None


def test_code_that_names_its_port_or_the_hosts_own_address_listens_where_it_is_asked_to():
    """The load balancer reaches it as it reaches others."""
    behaviour = Behaviour(about="port", why="the port 3000 is fixed in the code", mend="PORT")
    report = WEB.model_copy(update={"behaviours": (behaviour,), "port": 3000})

    recipe = recipe_for(report, files())

    assert "cp /tmp/hivemind/listen.cjs .runtime/listen.cjs" == commands(recipe)[-1]
    assert ("--require /app/.runtime/listen.cjs", "3000") == (
        recipe.runtime_env["NODE_OPTIONS"], recipe.runtime_env["HIVEMIND_NAMED_PORT"]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("config", "kit", "package"),
    [
        ("import adapter from '@sveltejs/adapter-auto';", "^2.5.0", "@sveltejs/adapter-node@5"),
        ("import a from '@sveltejs/adapter-vercel';", "~1.30.0", "@sveltejs/adapter-node@1"),
        ("import adapter from '@sveltejs/adapter-node';", "^2.5.0", None),
    ],
)
def test_sveltekit_is_built_as_a_server_whatever_platform_it_names(config, kit, package):
    """
    The adapter that is named makes nothing that runs on a host.
    """
    manifest = json.dumps({"devDependencies": {"@sveltejs/kit": kit}})
    site = WEB.model_copy(
        update={"framework": "sveltekit", "start": "node build", "build": ("npm run build",)}
    )

    made = recipe_for(site, files(**{"svelte.config.js": config, "package.json": manifest}))

    run = "\n".join(commands(made))
    assert (f"{package}\n" in run, "#@sveltejs/adapter-node#" in run) == (bool(package),) * 2


def test_a_site_is_its_output_folder():
    """A web server hands it out; the sources stay behind."""
    report = RepositoryReport(
        language="node", package_manager="npm", kind="static", document_root="dist",
        single_page=True, build=("npm ci", "npm run build"),
    )  # fmt: skip

    recipe = recipe_for(report, files())

    assert StaticSite(document_root="dist", single_page=True) == recipe.static
    assert commands(recipe)[-1].endswith("site.py dist")
    assert {"web": "nginx"} == recipe.processes


def test_a_site_that_nothing_builds_is_its_files():
    """A package.json for tools alone installs nothing."""
    report = RepositoryReport(language="node", package_manager="npm", kind="static",
                              build=("npm ci",))  # fmt: skip

    recipe = recipe_for(report, files(**{"index.html": ""}))

    assert () == recipe.steps


def test_old_bundlers_and_create_react_app_get_the_environment_that_they_need():
    """Warnings are no errors, and webpack 4 hashes as it did."""
    texts = files(**{"package.json": package(dependencies={"react-scripts": "4.0.3"})})

    env = recipe_for(WEB, texts).env

    assert ("false", "--openssl-legacy-provider") == (env["CI"], env["NODE_OPTIONS"])


def test_a_node_that_does_not_know_the_option_is_not_given_it():
    """Node 16 and before hash as webpack 4 does, and end at options that they do not know."""
    texts = files(**{"package.json": package(dependencies={"react-scripts": "4.0.3"})})

    report = WEB.model_copy(update={"runtime_version": "16.x"})

    assert "NODE_OPTIONS" not in recipe_for(report, texts).env


# Front ends


def test_a_front_end_beside_a_python_application_is_built():
    """Its tools are there for the build alone."""
    texts = Files.of(
        {
            "manage.py": "",
            "frontend/package.json": package(
                scripts={"build": "vite build"}, devDependencies={"vite": "7"}
            ),
            "frontend/package-lock.json": "{}",
        }
    )

    steps = front_end_steps(RepositoryReport(language="python", kind="web"), texts)

    assert [
        "get Node", "install the packages of frontend", "build frontend",
        "take the front end's tools away",
    ] == [step.title for step in steps]  # fmt: skip
    assert steps[2].command.endswith("cd frontend && npm run build")
    assert "rm -rf .runtime frontend/node_modules" == steps[-1].command


def test_a_manifest_that_only_checks_style_is_no_front_end():
    """Prettier in a Python repository builds nothing."""
    texts = Files.of(
        {"package.json": package(scripts={"build": "echo no"}, devDependencies={"prettier": "3"})}
    )

    assert () == front_end_steps(RepositoryReport(language="python", kind="web"), texts)


def test_a_client_beside_an_express_server_is_built_where_the_root_does_not():
    """And its packages are no part of the release."""
    client = package(scripts={"build": "vite build"}, devDependencies={"vite": "7"})

    titles = [
        step.title for step in recipe_for(WEB, files(**{"client/package.json": client})).steps
    ]

    assert "build client" in titles
    assert "take the tools of client away" in titles


def test_a_client_that_the_root_builds_is_not_built_twice():
    """The root's own script enters the folder."""
    texts = files(
        **{
            "package.json": package(
                scripts={"start": "node server.js", "build": "cd client && npm i && npm run build"}
            ),
            "client/package.json": package(
                scripts={"build": "vite build"}, devDependencies={"vite": "7"}
            ),
        }
    )
    report = WEB.model_copy(update={"build": ("npm ci", "npm run build")})

    assert "build client" not in [step.title for step in recipe_for(report, texts).steps]


# Causes


@pytest.mark.parametrize(
    ("output", "cause", "mend"),
    [
        ("Error: request to https://binaries.prisma.sh/x failed, reason: getaddrinfo ENOTFOUND "
         "binaries.prisma.sh", "Prisma fetches its engines", "PRISMA_ENGINES_MIRROR"),
        ("Error: getaddrinfo EAI_AGAIN files.example.org", "files.example.org", "mirror"),
        ("curl: (6) Could not resolve host: files.example.org", "files.example.org", "mirror"),
        ("npm error `npm ci` can only install packages when your package.json and "
         "package-lock.json or npm-shrinkwrap.json are in sync.",
         "package-lock.json", "npm install"),
        ("error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.",
         "yarn.lock", "yarn install"),
        ("YN0028: The lockfile would have been modified by this install, which is explicitly "
         "forbidden.", "yarn.lock", "yarn install"),
        ("ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with \"frozen-lockfile\"", "pnpm-lock.yaml",
         "pnpm install"),
        ("npm error code ERESOLVE\nnpm error ERESOLVE could not resolve", "contradict",
         "npm install"),
        ("Failed to fetch `Geist Mono` from Google Fonts.", "Google Fonts", "next/font/local"),
        ("npm error code ETARGET\nnpm error notarget No matching version found for left-pad@9.9.9.",
         "left-pad@9.9.9", "package.json"),
        ("npm error code E404\nnpm error 404 Not Found - GET https://x/@acme%2fsecret - Not found",
         "@acme%2fsecret", "private"),
        ("npm error code E401\nnpm error Incorrect or missing password", "credentials", None),
        ("npm error Missing script: \"build\"", "«build»", "package.json"),
        ("error Command \"compile\" not found.", "compile", None),
        ("hivemind: no Node fits «99.x»; there are 26.1.0, 24.2.0", "26.1.0, 24.2.0", "engines"),
        ("hivemind: no Go fits «1.99»; there are 1.27.3", "1.27.3", "go.mod"),
        ("error Unsupported engine {\"node\":\">=99\"}\nnpm error code EBADENGINE",
         "another version of Node", "engines"),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
         "memory", "build_memory_mb"),
        ("Error: Cannot find module 'left-pad'", "left-pad", "npm install left-pad"),
        ("Module not found: Can't resolve 'left-pad' in '/app'", "left-pad", None),
        ("src/a.ts(3,5): error TS2322: Type 'string' is not assignable", "TypeScript", "tsc"),
        ("Error: error:0308010C:digital envelope routines::unsupported", "OpenSSL", "NODE_OPTIONS"),
        ("go: github.com/a/b@v1.0.0: Get \"https://proxy/x\": dial tcp: i/o timeout",
         "module proxy", "go mod vendor"),
        ("main.go:4:2: no required module provides package github.com/a/b; to add it:",
         "github.com/a/b", "go get github.com/a/b"),
        ("go: inconsistent vendoring in /app:", "vendor/modules.txt", "go mod vendor"),
        ("go: go.mod requires go >= 1.99 (running go 1.24.1; GOTOOLCHAIN=local)", "1.99", None),
        ("missing go.sum entry for module providing package x", "go.sum", "go mod tidy"),
    ],
)  # fmt: skip
def test_failures_of_node_and_go_have_their_cause(output, cause, mend):
    """The sentence names what is wrong, and the mend is something to type."""
    why, how = probable_cause(output, 1)

    assert cause in (why or "")
    assert mend is None or mend in (how or "")


def test_builds_give_node_a_heap_of_most_of_their_memory():
    """Its own choice, half of it at most, is what large bundles fail at."""
    assert {"NODE_OPTIONS": "--max-old-space-size=3072"} == with_heap({}, 4096)
    legacy = {"NODE_OPTIONS": "--openssl-legacy-provider"}
    assert (
        "--openssl-legacy-provider --max-old-space-size=768"
        == (with_heap(legacy, 1024)["NODE_OPTIONS"])
    )
    chosen = {"NODE_OPTIONS": "--max-old-space-size=512"}
    assert chosen == with_heap(chosen, 4096)
