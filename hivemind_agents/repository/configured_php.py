"""Configuration files of PHP that choose a database, a cache, a queue."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.choices import Choice, choice
from hivemind_agents.repository.environment import example_values
from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.readers.words import first_in
from hivemind_agents.repository.tree import FileTree

_SYSTEMS = frozenset(
    {
        "wordpress",
        "joomla",
        "magento",
        "drupal",
        "typo3",
        "mediawiki",
        "craft",
        "opencart",
        "prestashop",
        "moodle",
    }
)


def read_php(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    """Every choice of PHP's frameworks and systems."""
    yield from _laravel(tree)
    yield from _symfony(tree)
    yield from _php_systems(tree, finding)
    yield from _codeigniter(tree)
    yield from _cakephp(tree, finding)
    yield from _by_type(tree)


def _by_type(tree: FileTree) -> Iterator[Choice]:
    """A setting that names the kind of database, with its default."""
    pattern = re.compile(
        r"(?:::|[\"'])(?:DB|DATABASE)_(?:TYPE|DRIVER|ENGINE)[\"']?\s*(?:=>\s*\[?|,)\s*[\"'](\w+)[\"']"
    )
    for path in tree.sources(".php", limit=300):
        found = first_in(pattern, tree.text(path, limit=200_000) or "")
        if found and not path.rpartition("/")[2].startswith(("install", "test")):
            yield from choice(found.group(1), tree.where(path, found.group(0)))
            return


def _laravel(tree: FileTree) -> Iterator[Choice]:
    if "artisan" not in tree:
        return
    values = example_values(tree)
    where, chosen = values.get("DB_CONNECTION", ("", ""))
    if not chosen:
        for path in tree.named("database.php"):
            found = tree.search(path, r"'default'\s*=>\s*env\('DB_CONNECTION',\s*'(\w+)'")
            if found:
                where, chosen = path, found.group(1)
                break
    yield from choice(chosen, where)
    for name in ("CACHE_STORE", "CACHE_DRIVER", "QUEUE_CONNECTION", "SESSION_DRIVER"):
        place, value = values.get(name, ("", ""))
        if value == "redis":
            yield Choice("redis", place)
    # The client alone is a possibility: files or the database hold cache, queue and sessions.
    client = tree.search("composer.json", r"\"(?:predis/predis|ext-redis)\"")
    if client and "laravel/horizon" not in (tree.text("composer.json") or ""):
        yield Choice("redis", tree.where("composer.json", client.group(0)), required=False)


def _php_systems(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    """Content systems that keep everything in MySQL, or would by their own default."""
    name = finding.framework
    if name is None or name.value not in _SYSTEMS:
        return
    values = example_values(tree)
    # Drupal and Craft can use others, which their examples then name.
    for variable in ("CRAFT_DB_DRIVER", "DB_DRIVER"):
        place, driver = values.get(variable, ("", ""))
        if driver:
            yield from choice(driver, place)
            return
    yield Choice("mysql", name.evidence[0] if name.evidence else finding.manifest)


def _symfony(tree: FileTree) -> Iterator[Choice]:
    if not tree.has("bin/console", "symfony.lock"):
        return
    found = tree.search(".env", r"(?m)^DATABASE_URL=[\"']?(\w+):")
    if found and found.group(1) not in {"sqlite"}:
        yield from choice(found.group(1), tree.where(".env", re.compile(r"(?m)^DATABASE_URL=")))
    elif found is None:
        for path in ("app/config/config.yml", "config/packages/doctrine.yaml"):
            driver = tree.search(path, r"(?m)^[ \t]+driver:\s*['\"]?(?:pdo_)?(\w+)")
            if driver:
                yield from choice(driver.group(1), tree.where(path, driver.group(0).strip()))
                break
    # Transports, locks and caches are given by DSN as well.
    redis = tree.search(".env", r"(?m)^\w+(?:DSN|URL)=[\"']?(?:rediss?|valkeys?)://")
    if redis:
        yield Choice("redis", tree.where(".env", redis.group(0)))


def _codeigniter(tree: FileTree) -> Iterator[Choice]:
    """CodeIgniter's database: chosen where it is named (3), or where models use it (4)."""
    for path in ("application/config/database.php", "app/Config/Database.php"):
        text = tree.text(path) or ""
        driver = re.search(r"(?i)dbdriver['\"]\]?\s*=>?\s*['\"](\w+)", text)
        if driver is None:
            continue
        named = re.search(
            r"(?<![\w.])['\"]database['\"]\]?\s*=>?\s*(?:['\"][^'\"]|getenv|env\(|\$_)", text
        )
        inside = ("app/Models/", "app/Database/Migrations/")
        used = any(item.startswith(inside) and item.endswith(".php") for item in tree.paths)
        if named or used:
            name = {"mysqli": "mysql", "mysql": "mysql", "postgre": "postgresql"}
            yield from choice(
                name.get(driver.group(1).lower(), ""), tree.where(path, driver.group(0))
            )


def _cakephp(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    """CakePHP's data source, where tables or migrations use it; MySQL unless it names another."""
    if finding.framework is None or finding.framework.value != "cakephp":
        return
    used = any(
        re.match(r"src/Model/Table/\w+\.php$|config/Migrations/\w+\.php$", path)
        for path in tree.paths
    )
    for path in ("config/app_local.php", "config/app.php") if used else ():
        driver = tree.search(path, r"['\"]driver['\"]\s*=>\s*['\"]?[\w\\]*?(Mysql|Postgres)\b")
        if driver:
            name = "mysql" if driver.group(1) == "Mysql" else "postgresql"
            yield from choice(name, tree.where(path, driver.group(0)))
            return
