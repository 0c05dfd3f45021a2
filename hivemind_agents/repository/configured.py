"""Configuration files that choose a database: Prisma, Rails, Django, Laravel, Spring and others."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hivemind_agents.repository.environment import example_values
from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.readers.branches import only_in_development
from hivemind_agents.repository.services import BOUND, DRIVERS
from hivemind_agents.repository.tree import FileTree

_NAMES = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "pgsql": "postgresql",
    "postgis": "postgresql",
    "pg": "postgresql",
    "mysql": "mysql",
    "mysql2": "mysql",
    "mariadb": "mysql",
    "trilogy": "mysql",
    "mongodb": "mongodb",
    "cockroachdb": "postgresql",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A need that a configuration chooses; optional where it names a fallback."""

    need: str
    where: str
    required: bool = True


def read_choices(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    """Every choice that a configuration states."""
    yield from _prisma(tree)
    yield from _drizzle(tree)
    yield from _meteor(tree)
    yield from _rails(tree)
    yield from _rails_cable(tree, finding)
    yield from _rails_storage(tree, finding)
    yield from _hanami(finding)
    yield from _django(tree)
    yield from _laravel(tree)
    yield from _spring(tree, finding)
    yield from _quarkus(finding)
    yield from _in_memory(tree, finding)
    yield from _entity_framework(tree, finding)
    yield from _ecto(tree)
    yield from _symfony(tree)
    yield from _php_systems(finding)
    yield from _codeigniter(tree)
    yield from _cakephp(tree, finding)


def _choice(name: str, where: str, *, required: bool = True) -> Iterator[Choice]:
    need = _NAMES.get(name.lower())
    if need:
        yield Choice(need, where, required)


def _prisma(tree: FileTree) -> Iterator[Choice]:
    providers: dict[str, str] = {}
    for path in tree.sources(".prisma", limit=5):
        found = tree.search(path, r"datasource\s+\w+\s*\{[^}]*?provider\s*=\s*\"(\w+)\"")
        if found:
            where = tree.where(path, re.compile(r"provider\s*=\s*\"" + found.group(1)))
            providers.setdefault(found.group(1), where)
    # A schema for each of several databases: one of them is used.
    first = "postgresql" if "postgresql" in providers else next(iter(providers), "")
    for provider, where in providers.items():
        yield from _choice(provider, where, required=provider == first)


def _drizzle(tree: FileTree) -> Iterator[Choice]:
    path = tree.has("drizzle.config.ts", "drizzle.config.js", "drizzle.config.mjs")
    found = tree.search(path, r"(?:dialect|driver)\s*:\s*[\"'](\w+)[\"']") if path else None
    if path and found:
        yield from _choice(found.group(1), tree.where(path, found.group(0)))


def _meteor(tree: FileTree) -> Iterator[Choice]:
    path = ".meteor/packages"
    if tree.search(path, r"(?m)^mongo\b"):
        yield Choice("mongodb", tree.where(path, "mongo"))


RAILS_DATABASES = (
    "config/database.yml",
    *(f"config/database.yml.{end}" for end in ("example", "sample", "dist", "default", "tmpl")),
    *(f"config/database.{end}.yml" for end in ("example", "sample", "production", "default")),
)


def _rails(tree: FileTree) -> Iterator[Choice]:
    """The adapter of production in `config/database.yml`."""
    path = tree.has(*RAILS_DATABASES) or ""
    text = tree.text(path)
    if not text or "Gemfile" not in tree:
        return
    production = re.search(r"(?m)^production:\s*(.*(?:\n[ \t]+.*|\n\s*)*)", text)
    block = production.group(1) if production else text
    adapter = re.search(r"adapter:\s*[\"']?(?:<%=.*?[\"'](\w+)[\"']\s*\)?\s*%>|(\w+))", block)
    if adapter is None:
        adapter = re.search(r"adapter:\s*[\"']?(?:<%=.*?[\"'](\w+)[\"']\s*\)?\s*%>|(\w+))", text)
    if adapter:
        yield from _choice(adapter.group(1) or adapter.group(2), tree.where(path, adapter.group(0)))


def _rails_cable(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    """Redis that is only listed for Action Cable, as new applications did: it may be absent."""
    gem = finding.dependencies.runtime("redis")
    if gem is None or "config/application.rb" not in tree or finding.dependencies.runtime(*BOUND):
        return
    cable = tree.search(
        "config/cable.yml", r"(?m)^production:\s*\n(?:[ \t]+.*\n)*?[ \t]+adapter:\s*redis"
    )
    channels = any(
        re.fullmatch(r"app/channels/(?!application_cable/)[\w/]+_channel\.rb", path)
        for path in tree.paths
    )
    if cable and channels:
        yield Choice("redis", tree.where("config/cable.yml", "adapter: redis"))
        return
    for path in tree.sources(".rb", ".ru", limit=400):
        if tree.search(path, r"\bRedis\b|redis_cache_store|Kredis|:redis_store|redis_session"):
            return
    yield Choice("redis", gem.where, required=False)


def _rails_storage(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    """The service that production's Active Storage names: S3, or a folder."""
    path = "config/environments/production.rb"
    chosen = tree.search(path, r"(?m)^[^#\n]*active_storage\.service\s*=\s*:(\w+)")
    if chosen is None or finding.dependencies.runtime("aws-sdk-s3") is None:
        return
    service = tree.search(
        "config/storage.yml",
        rf"(?m)^{re.escape(chosen.group(1))}:\s*\n(?:[ \t]+.*\n)*?[ \t]+service:\s*S3",
    )
    if service:
        yield Choice("object-storage", tree.where(path, chosen.group(0).strip()))


def _hanami(finding: Finding) -> Iterator[Choice]:
    """Hanami's persistence takes its driver from the gems, and everything else from the URL."""
    listed = finding.dependencies.runtime("rom-sql", "hanami-db", "hanami-model")
    if listed is None or finding.dependencies.runtime("sqlite3"):
        return
    driver = finding.dependencies.runtime("pg", "mysql2")
    if driver:
        yield Choice("postgresql" if driver.name == "pg" else "mysql", driver.where)


def _django(tree: FileTree) -> Iterator[Choice]:
    """`DATABASES`: an engine that is written plainly is required; behind a condition it is not."""
    for path in tree.sources(".py", limit=300):
        if "settings" not in path:
            continue
        text = tree.text(path) or ""
        if "DATABASES" not in text:
            continue
        engines = re.findall(
            r"django\.(?:db|contrib\.gis\.db)\.backends\.(\w+)|[\"'](djongo|"
            r"django_mongodb_backend)[\"']",
            text,
        )
        names = {
            one.replace("spatialite", "sqlite3").replace("postgresql_psycopg2", "postgresql")
            or "mongodb"
            for one, _ in engines
        }
        local = re.search(r"(?:local|dev|test)\w*\.py$", path)
        for name in sorted(names - {"sqlite3"}):
            where = tree.where(path, re.compile(rf"backends\.{name}|{name}"))
            fallback = any(
                not only_in_development(text, found.start())
                for found in re.finditer(r"sqlite3|spatialite|sqlite:", text)
            )
            if not (local and fallback):
                yield from _choice(name, where, required=not fallback)
        url = re.search(r"dj_database_url\.(?:config|parse)\(|env\.db(?:_url)?\(", text)
        if url and not names - {"sqlite3"}:
            fallback = any(
                not only_in_development(text, found.start())
                for found in re.finditer("sqlite", text)
            )
            if fallback or not re.search(r"(?i)mysql", text):
                yield Choice("postgresql", tree.where(path, url.group(0)), required=not fallback)


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
    yield from _choice(chosen, where)
    for name in ("CACHE_STORE", "CACHE_DRIVER", "QUEUE_CONNECTION", "SESSION_DRIVER"):
        place, value = values.get(name, ("", ""))
        if value == "redis":
            yield Choice("redis", place)
    # The client alone is a possibility: files or the database hold cache, queue and sessions.
    client = tree.search("composer.json", r"\"(?:predis/predis|ext-redis)\"")
    if client and "laravel/horizon" not in (tree.text("composer.json") or ""):
        yield Choice("redis", tree.where("composer.json", client.group(0)), required=False)


def _spring(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    if finding.language.value not in {"java", "kotlin", "scala"}:
        return
    for path in [
        *tree.named("application.properties"),
        *tree.named("application.yml"),
        *tree.named("application.yaml"),
        *tree.named("application-prod.properties"),
        *tree.named("application-production.yml"),
    ]:
        text = _without_profiles(tree.text(path) or "")
        if "/test/" in path:
            continue
        for found in re.finditer(
            r"(?m)^(?!\s*#).*?(?:jdbc|r2dbc):(?:pool:)?(postgresql|mysql|mariadb):", text
        ):
            yield from _choice(found.group(1), f"{path}:{text.count(chr(10), 0, found.end()) + 1}")
        kind = re.search(r"(?m)^[ \t]*quarkus\.datasource\.db-kind\s*=\s*(\w+)", text)
        if kind:
            yield from _choice(kind.group(1), tree.where(path, kind.group(0)))
        sort = re.search(r"(?m)^[ \t]*(?:[\w.]*\.)?db-type\s*[:=]\s*(postgres|mysql|mariadb)", text)
        if sort:
            yield from _choice(sort.group(1), tree.where(path, sort.group(0)))
        mongo = re.search(r"spring\.data\.mongodb\.(?:uri|host)|(?m:^\s+mongodb:\s*$)", text)
        if mongo:
            yield Choice("mongodb", tree.where(path, mongo.group(0)))
        redis = re.search(r"spring\.(?:data\.)?redis\.(?:host|url)", text)
        if redis:
            yield Choice("redis", tree.where(path, redis.group(0)))


def _quarkus(finding: Finding) -> Iterator[Choice]:
    """A data source's extension connects at the start; only development gets one by itself."""
    if finding.dependencies.runtime("io.quarkus:quarkus-jdbc-h2"):
        return
    for name, need in DRIVERS["jvm"].items():
        listed = finding.dependencies.runtime(name) if name.startswith("io.quarkus:") else None
        if listed and need in {"postgresql", "mysql", "mongodb"}:
            yield Choice(need, listed.where)


def _without_profiles(text: str) -> str:
    """The text with the documents of profiles other than production's blanked."""
    parts = re.split(r"(?m)(^(?:#?---)[ \t]*$)", text)
    for place, part in enumerate(parts):
        profile = re.search(
            r"(?m)^[ \t]*(?:spring\.)?(?:config\.activate\.)?(?:on-profile|profiles)"
            r"[ \t]*[:=][ \t]*(\S+)",
            part,
        )
        if len(parts) > 1 and profile and "prod" not in profile.group(1):
            parts[place] = re.sub(r"[^\n]", " ", part)
    return "".join(parts)


def _in_memory(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    """Drivers beside an embedded database, which serves unless the configuration names another."""
    embedded = finding.dependencies.runtime(
        "com.h2database:h2",
        "org.hsqldb:hsqldb",
        "org.apache.derby:derby",
        "io.quarkus:quarkus-jdbc-h2",
    )
    if embedded is None or any(
        choice.need in {"postgresql", "mysql"} for choice in _spring(tree, finding)
    ):
        return
    listed = {
        need: dependency.where
        for name, dependency in finding.dependencies.items()
        if (need := DRIVERS["jvm"].get(name)) and not dependency.dev
    }
    stores = {"postgresql", "mysql", "mongodb", "redis"} & listed.keys()
    for need in sorted(stores):
        # One program does not use three stores at once: they are profiles.
        if need in {"postgresql", "mysql"} or len(stores) > 2:
            yield Choice(need, listed[need], required=False)


def _entity_framework(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    """The provider that .NET's code asks for; beside SQLite or memory it is a choice."""
    if finding.language.value != "dotnet":
        return
    found: dict[str, str] = {}
    for path in tree.sources(".cs", ".fs", limit=400):
        text = tree.text(path, limit=200_000) or ""
        for call in re.finditer(
            r"(?m)^(?!\s*//).*?\.Use(Npgsql|My[Ss][Qq][Ll]|Sqlite|InMemoryDatabase)\(", text
        ):
            where = f"{path}:{text.count(chr(10), 0, call.end()) + 1}"
            found.setdefault(call.group(1).lower(), where)
    embedded = bool({"sqlite", "inmemorydatabase"} & found.keys())
    for provider, need in (("npgsql", "postgresql"), ("mysql", "mysql")):
        if provider in found:
            yield Choice(need, found[provider], not embedded)


def _ecto(tree: FileTree) -> Iterator[Choice]:
    if "mix.exs" not in tree:
        return
    for path in tree.sources(".ex", limit=300):
        found = tree.search(path, r"adapter:\s*Ecto\.Adapters\.(Postgres|MyXQL)")
        if found:
            yield Choice(
                "postgresql" if found.group(1) == "Postgres" else "mysql",
                tree.where(path, "adapter:"),
            )
            return


def _php_systems(finding: Finding) -> Iterator[Choice]:
    """Content systems that keep everything in MySQL, or would by their own default."""
    name = finding.framework
    if name and name.value in {"wordpress", "joomla", "magento", "drupal", "typo3", "mediawiki"}:
        yield Choice("mysql", name.evidence[0] if name.evidence else finding.manifest)


def _symfony(tree: FileTree) -> Iterator[Choice]:
    if not tree.has("bin/console", "symfony.lock"):
        return
    found = tree.search(".env", r"(?m)^DATABASE_URL=[\"']?(\w+):")
    if found and found.group(1) not in {"sqlite"}:
        yield from _choice(found.group(1), tree.where(".env", re.compile(r"(?m)^DATABASE_URL=")))


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
            yield from _choice(
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
            yield from _choice(name, tree.where(path, driver.group(0)))
            return
