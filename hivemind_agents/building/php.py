"""PHP: pages run by php-fpm behind nginx on the hosts, dependencies by Composer."""

import re

from hivemind_agents.building import php_access, php_extensions
from hivemind_agents.building.assets import front_end_steps
from hivemind_agents.building.files import text_of
from hivemind_agents.building.model import Recipe, Step
from hivemind_agents.building.php_versions import HOSTS_HAVE, judged
from hivemind_agents.building.samples import sample_steps
from hivemind_agents.building.system_packages import for_building, for_running
from hivemind_agents.domain.deployment import PhpSite
from hivemind_agents.domain.schedule import Schedule
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.languages.php.samples import filled, samples
from hivemind_agents.repository.readers.structured import parse_json, table
from hivemind_agents.repository.report import RepositoryReport

# Servers for development, and names of what is our own here: php-fpm takes their place.
_SERVED_BY_US = re.compile(
    r"\bphp\d?(\.\d)?\s+(-\S+\s+)*-S\b|\b(artisan|spark|yii)\s+serve\b|\bcake\s+server\b|"
    r"\bsymfony\b.*\bserve|\bserver:(run|start)\b|heroku-php-|apache2-foreground|^php-fpm|^nginx\b"
)
_ROOT = re.compile(r"\s-t\s+([\w./-]+)")
# What the recipe does itself when Recon lists it among the commands.
_DONE_HERE = re.compile(r"^(composer|npm|npx|yarn|pnpm|bun)\b")
_ENV = {
    "COMPOSER_HOME": "/tmp/composer",  # noqa: S108 - the builder's own
    "COMPOSER_NO_INTERACTION": "1",
    "COMPOSER_DISABLE_XDEBUG_WARN": "1",
}
_RUNTIME_ENV: dict[str, dict[str, str]] = {
    "laravel": {"APP_ENV": "production", "APP_DEBUG": "false", "LOG_CHANNEL": "stderr"},
    "lumen": {"APP_ENV": "production", "APP_DEBUG": "false", "LOG_CHANNEL": "stderr"},
    "symfony": {"APP_ENV": "prod", "APP_DEBUG": "0"},
    "codeigniter": {"CI_ENVIRONMENT": "production"},
}
_SCHEDULES = re.compile(r"^[^/#*\n]*(\$schedule->|Schedule::\w+\()", re.MULTILINE)


def application(report: RepositoryReport, files: frozenset[str]) -> Recipe:
    """Pages, workers and servers in PHP.

    Raises RepositoryError for a version or an extension that the hosts cannot have.
    """
    composer = table(parse_json(text_of(files, "composer.json") or "{}"))
    version = judged(report.runtime_version)
    extensions = php_extensions.packages(files)
    site = _site(report, files)
    processes = _processes(report, site)
    dependencies, built = _composer(composer, files, ignore_version=version.ignored)
    front = front_end_steps(report, files)
    commands = [
        Step(title="build", command=command)
        for command in report.build
        if not _DONE_HERE.match(re.sub(r"^(\w+=\S*\s+)+", "", command))
    ]
    steps = (*dependencies, *front, *built, *_settings(files), *commands)
    needs_php = bool(dependencies or built or commands)
    runtime = _RUNTIME_ENV.get(report.framework or "", {})
    return Recipe(
        name="php-fpm" if site else "php",
        steps=steps,
        env=_ENV if needs_php else {},
        reads_env=bool(built or commands),
        defaults={**runtime, "APP_KEY": "base64:" + "A" * 43 + "="} if built or commands else {},
        processes=processes,
        runtime_env=runtime,
        packages=tuple(
            sorted(
                {
                    *extensions,
                    f"php{HOSTS_HAVE}-cli",
                    *((f"php{HOSTS_HAVE}-fpm", "nginx-light") if site else ()),
                    *for_running(report),
                }
            )
        ),
        build_packages=tuple(
            sorted({*for_building(report), *extensions, "composer", "unzip"})
            if needs_php
            else for_building(report)
        ),
        warnings=version.warnings,
        kept=("vendor",) if dependencies else (),
        keyed_by=("composer.json", "composer.lock"),
        php=site,
        schedules=_schedules(report, files),
        versions={"php": "php -r 'echo PHP_VERSION;'"} if needs_php else {},
        inventory=_INVENTORY if dependencies else None,
    )


_INVENTORY = (
    'php -r \'$i = json_decode(file_get_contents("vendor/composer/installed.json"), true);'
    ' foreach ($i["packages"] ?? $i as $p) echo $p["name"], " ", $p["version"], "\\n";\''
)


def _site(report: RepositoryReport, files: frozenset[str]) -> PhpSite | None:
    """The pages, where they are served by us; None for a program that listens itself."""
    if report.kind != "web":
        return None
    command = report.processes.get("web") or report.start
    if command and not _SERVED_BY_US.search(command):
        return None
    told = _ROOT.search(command or "")
    root = (report.document_root or (told[1] if told else ".")).strip("/").removeprefix("./") or "."
    prefix = "" if root == "." else f"{root}/"
    if prefix and not any(name.startswith(prefix) for name in files):
        raise RepositoryError(
            f"the document root {root!r} is no folder of the repository",
            mend="say which folder holds the front page: document_root in hivemind.yml",
        )
    pages = ("index.php", "app.php") if report.framework == "symfony" else ("index.php",)
    front = next((page for page in pages if f"{prefix}{page}" in files), None)
    front = front or php_access.rewritten_to(files, root)
    return PhpSite(
        document_root=root,
        front_controller=front,
        denied=php_access.denied(files, root),
        scriptless=php_access.scriptless(files, root),
    )


def _processes(report: RepositoryReport, site: PhpSite | None) -> dict[str, str]:
    processes = dict(report.processes)
    main = "worker" if report.kind == "worker" else "web"
    if site:
        # nginx takes the requests and hands them to php-fpm: two units, one of each.
        return {**processes, "web": "nginx", "php": "php-fpm"}
    if report.start:
        processes.setdefault(main, report.start)
    if main not in processes:
        raise RepositoryError(
            "there is no start command", mend="give one with --start, the port as $PORT"
        )
    return processes


def _composer(
    composer: dict[str, object], files: frozenset[str], *, ignore_version: bool
) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """(install, finish): nothing where the packages are in the repository already."""
    if "composer.json" not in files or "vendor/autoload.php" in files:
        return (), ()
    suffix = "composer config --global autoloader-suffix hivemind"
    required = [name for name in table(composer.get("require")) if "/" in str(name)]
    if not required:
        dump = f"{suffix} && composer dump-autoload --no-dev --optimize"
        return (), (Step(title="make the class loader", command=dump),)
    options = "--no-dev --no-progress --prefer-dist"
    if ignore_version:
        options += " --ignore-platform-req=php"
    # The repository's own scripts need all of its files; packages come from the cache then.
    return (
        Step(
            title="install packages",
            command=f"composer install {options} --no-scripts --no-autoloader",
            phase="dependencies",
        ),
    ), (
        Step(
            title="make the class loader",
            command=f"{suffix} && composer install {options} --optimize-autoloader",
        ),
    )


def _settings(files: frozenset[str]) -> tuple[Step, ...]:
    """Write the settings that the repository has as a sample alone, read from the environment."""
    found = samples(files, lambda name: text_of(files, name))
    return sample_steps(files, found, filled)


def _schedules(report: RepositoryReport, files: frozenset[str]) -> tuple[Schedule, ...]:
    """Laravel's scheduler, where something is scheduled, as its manual wants it: each minute."""
    if report.framework != "laravel" or any("schedule:" in job.command for job in report.schedules):
        return ()
    if any("schedule:work" in command for command in report.processes.values()):
        return ()
    places = ("routes/console.php", "app/Console/Kernel.php", "bootstrap/app.php")
    if any(_SCHEDULES.search(text_of(files, place) or "") for place in places):
        return (Schedule(name="scheduler", command="php artisan schedule:run", cron="* * * * *"),)
    return ()
