"""The recipe of PHP: version, extensions, pages, packages."""

import json
import subprocess

import pytest

from hivemind_agents.building.files import Files
from hivemind_agents.building.model import Recipe
from hivemind_agents.building.php_versions import judged
from hivemind_agents.building.recipe import recipe_for
from hivemind_agents.domain.deployment import PhpSite
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository import FileTree, inspect_tree

pytestmark = pytest.mark.fast
PAGE = "<?php echo '<h1>hello</h1>';"


def recipe(texts: dict[str, str]) -> Recipe:
    report = inspect_tree(FileTree.of(texts))
    return recipe_for(report, Files.of(texts))


def composer(**content: object) -> str:
    return json.dumps(content)


@pytest.mark.parametrize("wish", [
    "8.2", "^8.1", ">=7.4", "~8.0", "8.2.*", "^7.4 || ^8.0", "^7.4|^8.2", ">=8.1 <8.4", ">= 8.0",
    "8.*", "*", "8", "7.4 - 8.3", ">7.2.5", "^8.2.1", "~8.2.3", "!=8.1", None,
])  # fmt: skip
def test_a_version_that_fits_is_silent(wish):
    """Composer's constraints, as they are written."""
    assert (False, ()) == (judged(wish).ignored, judged(wish).warnings)


@pytest.mark.parametrize("wish", ["^7.4", "7.4", "~7.2.0", ">=5.6 <8", "5.6 - 7.4", "8.1.*"])
def test_an_older_version_is_a_wish(wish):
    """It runs on the hosts' PHP, and the user is told."""
    assert judged(wish).ignored
    assert "8.2" in judged(wish).warnings[0]


@pytest.mark.parametrize("wish", ["^8.3", ">=8.4", "8.3", "~8.3.0", "^9.0 || ^8.4", ">8.3 <9"])
def test_a_newer_version_is_refused(wish):
    """With the version that there is."""
    with pytest.raises(RepositoryError, match=r"8\.2"):
        judged(wish)


def test_pages_are_served_by_fpm_and_nginx():
    """Document root and front page by Recon; PHP's own server is replaced."""
    made = recipe({"public/index.php": PAGE, "composer.json": composer(require={"php": ">=8.1"})})

    assert PhpSite(document_root="public", front_controller="index.php") == made.php
    assert {"web": "nginx", "php": "php-fpm"} == made.processes
    assert {"nginx-light", "php8.2-fpm", "php8.2-mbstring"} <= set(made.packages)


def test_nothing_is_installed_where_the_packages_are_committed():
    """Without Composer there is nothing that the builder would need PHP for."""
    made = recipe({
        "public/index.php": PAGE, "vendor/autoload.php": "<?php",
        "composer.json": composer(require={"slim/slim": "^4"}),
    })  # fmt: skip

    assert () == made.steps
    assert "composer" not in made.build_packages


def test_platform_requirements_alone_need_no_network():
    """The class loader is written; nothing is downloaded."""
    made = recipe({
        "public/index.php": PAGE,
        "composer.json": composer(require={"php": "^8.1", "ext-pdo_pgsql": "*"}),
    })  # fmt: skip

    assert ["make the class loader"] == [step.title for step in made.steps]
    assert "dump-autoload" in made.steps[0].command
    assert "php8.2-pgsql" in made.packages
    assert "php8.2-pgsql" in made.build_packages


def test_packages_are_installed_before_the_code_runs():
    """Downloads are a phase of their own, that the next build keeps."""
    made = recipe({
        "public/index.php": PAGE, "composer.json": composer(require={"slim/slim": "^4"}),
        "composer.lock": composer(packages=[{"require": {"ext-soap": "*", "ext-json": "*"}}]),
    })  # fmt: skip

    assert ["dependencies", "build"] == [step.phase for step in made.steps]
    assert ("vendor",) == made.kept
    assert "php8.2-soap" in made.packages


def test_an_extension_that_debian_does_not_have_is_named():
    """Before anything is built."""
    with pytest.raises(RepositoryError, match="'grpc'"):
        recipe({"index.php": PAGE, "composer.json": composer(require={"ext-grpc": "*"})})


def test_extensions_that_only_the_code_tells_of():
    """Plain PHP lists nothing."""
    made = recipe({"index.php": "<?php $r = new Redis(); new PDO('mysql:host=x'); ?><h1>"})

    assert {"php8.2-redis", "php8.2-mysql"} <= set(made.packages)


def test_an_installer_finds_every_database():
    """It offers those that PHP has an extension for, whatever the code says."""
    made = recipe({"index.php": "<?php include 'install/' . $step . '.php';"})

    assert {"php8.2-mysql", "php8.2-pgsql", "php8.2-sqlite3"} <= set(made.packages)


def test_laravel_gets_its_scheduler_and_migration():
    """`artisan serve` is replaced; storage is kept; what is scheduled runs each minute."""
    made = recipe({
        "artisan": "", "public/index.php": PAGE,
        "composer.json": composer(require={"laravel/framework": "^11", "php": "^8.2"}),
        "routes/console.php": "<?php\nSchedule::command('clean')->daily();\n",
        "database/migrations/1.php": "",
    })  # fmt: skip

    assert {"web": "nginx", "php": "php-fpm"}.items() <= made.processes.items()
    assert "php artisan migrate --force" == made.processes["release"]
    assert ["php artisan schedule:run"] == [job.command for job in made.schedules]
    assert ("storage",) == made.persistent
    assert "stderr" == made.runtime_env["LOG_CHANNEL"]


def test_a_program_that_listens_itself_is_left_alone():
    """No php-fpm, no nginx."""
    made = recipe({
        "server.php": "<?php $http = new React\\Http\\HttpServer(fn() => 1);",
        "composer.json": composer(require={"react/http": "^1"}), "vendor/autoload.php": "",
    })  # fmt: skip

    assert made.php is None
    assert "php server.php" == made.processes["web"]
    assert "nginx-light" not in made.packages


def test_settings_that_are_a_sample_alone_are_read_from_the_environment():
    """
    Where the database is, and keys; everything else is as the sample has it.
    """
    sample = (
        "<?php // it's yours\ndefine( 'DB_HOST', 'localhost' );\ndefine('DB_PORT', 3306);\n"
        "define('AUTH_KEY', \"phrase\");\ndefine('DB_CHARSET', 'utf8');\ndefine('SITE_URL', '');\n"
    )
    made = recipe({"index.php": PAGE, "inc/db.config.sample.php": sample})

    step = next(s for s in made.steps if "sample" in s.title)
    told = subprocess.run(
        ["sh", "-c", step.command.replace(">inc/db.config.php", "")],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip

    assert (
        "<?php // it's yours\ndefine( 'DB_HOST', getenv('DB_HOST') ?: 'localhost' );\n"
        "define('DB_PORT', getenv('DB_PORT') ?: 3306);\n"
        "define('AUTH_KEY', getenv('AUTH_KEY') ?: \"phrase\");\n"
        "define('DB_CHARSET', 'utf8');\n"
        "define('SITE_URL', getenv('SITE_URL') ?: '');\n"
    ) == told


def test_a_sample_that_an_installer_fills_in_is_left_to_it():
    """
    An installer that finds settings takes its work for done.
    """
    sample = "<?php\ndefine('DB_HOST', '%DB_HOST');\ndefine('SITE_URL', '%SITE_URL');\n"
    made = recipe({"index.php": PAGE, "config.php-dist": sample})

    assert not [step for step in made.steps if "sample" in step.title]
