"""What code does with a driver that it never names: it opens a connection, or an ORM does.

Python, Node and Go import their drivers; there the import tells.
"""

import re
from collections.abc import Iterable

from hivemind_agents.repository.facts import Dependencies

# ecosystem: (suffixes of its sources and settings, need: calls that open a connection)
_OPENED: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "jvm": (
        (".java", ".kt", ".scala", ".clj", ".groovy", ".conf", ".yml", ".yaml", ".properties"),
        {
            "sql": r"DriverManager\.getConnection|Hikari(?:Config|DataSource)|driverClass|"
            r"Database\.(?:connect|for(?:URL|Config|DataSource))|Transactor\.|Jdbi\.create|"
            r"createEntityManagerFactory|DataSourceBuilder|jdbc/get-datasource|conman/connect|"
            r"(?:Pg|MySQL)(?:Pool|ConnectOptions)\b|Session\.(?:single|pooled)|\bjdbcUrl\b|"
            r"slick\.dbs|db\.default|ConnectionPool\.singleton|spring\.datasource|BasicDataSource",
            "mongodb": r"MongoClients?\.create|new MongoClient\(|KMongo\.|MongoClient\(|mg/connect",
            "redis": r"new Jedis|JedisPool|RedisClient\.create|Redis\.create|Redisson\.create|"
            r"car/wcar|Redis\[IO\]",
        },
    ),
    "dotnet": (
        (".cs", ".fs", ".vb"),
        {
            "postgresql": r"new NpgsqlConnection|NpgsqlDataSource|AddMarten\(|UseNpgsql|"
            r"UsePostgreSqlStorage|\bSql\.connect\b",
            "mysql": r"new MySqlConnection|AddMySqlDataSource|UseMy[Ss][Qq][Ll]|MySqlStorage\(",
            "mongodb": r"new MongoClient\(|AddMongoDBClient|UseMongoDB\(",
            "redis": r"ConnectionMultiplexer\.Connect|AddStackExchangeRedisCache|AddRedisClient|"
            r"AddStackExchangeRedis\(|UseRedisStorage|PersistKeysToStackExchangeRedis",
        },
    ),
    "elixir": (
        (".ex", ".exs"),
        {
            "sql": r"use Ecto\.Repo|(?:Postgrex|MyXQL|Mariaex)\.start_link|\{(?:Postgrex|MyXQL),",
            "mongodb": r"Mongo\.start_link|\{Mongo,|use Mongo\.Repo",
            "redis": r"\{Redix,|Redix\.start_link|\bExq\b",
        },
    ),
    "rust": (
        (".rs",),
        {
            "sql": r"Database::connect|(?:Pg|My[sS]ql|Any)Pool(?:Options)?\b|"
            r"(?:Async)?(?:Pg|Mysql)Connection\b|ConnectionManager::<",
        },
    ),
    "ruby": (
        (".rb", ".ru"),
        {
            "sql": r"PG\.connect|PG::Connection|Mysql2::Client\.new|Sequel\.connect|"
            r"establish_connection|DataMapper\.setup|ROM\.container",
            "mongodb": r"Mongo::Client\.new",
            "redis": r"\bRedis\.new|redis_cache_store|RedisClient\.(?:new|config)",
        },
    ),
    "php": (
        (".php",),
        {
            "mongodb": r"new \\?(?:MongoDB\\)?(?:Client|Driver\\Manager)\(",
            "redis": r"new \\?(?:Predis\\Client|Redis)\b",
        },
    ),
    "crystal": (
        (".cr",),
        {
            "sql": r"DB\.(?:open|connect)\b|PG\.connect",
            "redis": r"Redis(?:::Client|::PooledClient)?\.new",
        },
    ),
    "dart": (
        (".dart",),
        {
            "postgresql": r"PostgreSQLConnection\(|Connection\.open\(|Pool\.withEndpoints",
            "mysql": r"MySqlConnection\.connect",
            "mongodb": r"\bDb(?:\.create)?\(",
            "redis": r"RedisConnection\(",
        },
    ),
    "haskell": (
        (".hs",),
        {
            "sql": r"connectPostgreSQL|(?:create|with)(?:Postgresql|MySQL)Pool|Pool\.acquire|"
            r"Connection\.acquire|connectDatabase|ConnectInfo",
            "redis": r"checkedConnect|R\.connect|Redis\.connect",
        },
    ),
    "swift": (
        (".swift",),
        {
            "postgresql": r"\.postgres\(|PostgresClient\(|PostgresConnection",
            "mysql": r"\.mysql\(",
            "mongodb": r"\.mongo\(|MongoDatabase\.",
            "redis": r"\.redis\.configuration|RedisConnection|RedisConfiguration",
        },
    ),
    "cpp": (
        (".cpp", ".cc", ".cxx", ".c", ".h", ".hpp"),
        {
            "postgresql": r"pqxx::|\bPQconnect",
            "mysql": r"\bmysql_real_connect|get_driver_instance|mysqlx::",
            "mongodb": r"mongocxx::client",
            "redis": r"\bredisConnect|sw::redis::",
        },
    ),
    "gleam": (
        (".gleam",),
        {"postgresql": r"\b(?:pog|pgo)\.(?:start|connect|supervised)", "redis": r"radish\.start"},
    ),
}  # fmt: skip
# Packages that talk SQL through whichever driver is listed beside them.
_MAPPERS: dict[str, re.Pattern[str]] = {
    "jvm": re.compile(
        r"hibernate-(?:core|entitymanager|orm)|spring-boot-starter-(?:data-jpa|data-jdbc|jdbc|jooq|data-r2dbc)|"
        r"exposed-|jdbi|jooq|doobie|slick|HikariCP|next\.jdbc|conman|mybatis|flyway|liquibase|ktorm|"
        r"dropwizard-(?:hibernate|db)|scalikejdbc|ebean|quill|hugsql|korma|toucan|micronaut-(?:data|jdbc)|"
        r"anorm|eclipselink|komapper|sqldelight"
    ),
    "elixir": re.compile(r"ecto_sql|phoenix_ecto|^ecto$|^ash_postgres$"),
    "node": re.compile(
        r"^(?:typeorm|sequelize|sequelize-typescript|knex|objection|bookshelf|kysely|drizzle-orm|"
        r"@mikro-orm/core|@nestjs/typeorm|@nestjs/sequelize|@adonisjs/lucid|@feathersjs/knex)$"
    ),
    "ruby": re.compile(
        r"^(?:activerecord|sinatra-activerecord|sequel|rom-sql|data_mapper|hanami-model|rails)$"
    ),
}  # fmt: skip


_ASKS = re.compile(
    r"if\s*\((?=[^;{}]*(?:IsNullOr|!=\s*null|is not null|GetValue<bool>|[eE]nabled|\.Use[A-Z]))"
    r"[^;{}]*\)\s*\{?\s*[^;{}]*$"
)


def under_a_condition(where: str | None, texts: Iterable[tuple[str, str]]) -> bool:
    """Whether a place (`file:line`) is reached only where the code asked for a setting first."""
    path, _, line = (where or "").rpartition(":")
    text = dict(texts).get(path) if path.endswith((".cs", ".java", ".kt")) else None
    if text is None or not line.isdigit():
        return False
    before = "\n".join(text.split("\n")[: int(line) - 1])
    return bool(_ASKS.search(before[-400:]))


# How JavaScript opens a connection; the group is what it passes as the address.
_ADDRESSED: dict[str, re.Pattern[str]] = {
    "mongodb": re.compile(r"\b(?:MongoClient|mongoose)(?:\.connect)?\(\s*([^,)]*)"),
    "redis": re.compile(
        r"\bcreateClient\(\s*(?:\{\s*url:\s*)?([^,)}]*)|new (?:Io)?Redis\(\s*([^,)]*)"
    ),
    "postgresql": re.compile(
        r"\bnew (?:\w+\.)?(?:Client|Pool)\(\s*\{\s*(connectionString\b(?::[^,}]*)?)[^)]*\)"
    ),
    "mysql": re.compile(r"\bmysql\w*\.create(?:Connection|Pool)\(\s*([^,)]*)"),
}
_OF_STORE = {"mongodb": r"MONGO", "redis": r"REDIS|VALKEY|KEYDB|QUEUE|BROKER|CACHE"}


def told_by_callers(
    need: str, variables: Iterable[str], texts: Iterable[tuple[str, str]]
) -> str | None:
    """Where JavaScript connects to a store, when its callers tell which one at every such place.

    A program that asks its users for addresses (a monitor, an administrator's desk) has none of
    its own; one with a variable for it has.
    """
    pattern = _ADDRESSED.get(need)
    own = re.compile(_OF_STORE.get(need, "."))
    if pattern is None or any(own.search(name) for name in variables):
        return None
    place = None
    for path, text in texts if pattern else ():
        if not path.endswith((".js", ".ts", ".mjs", ".cjs")):
            continue
        for found in pattern.finditer(text):
            given = next(filter(None, found.groups()), "").partition(":")
            name = (given[2] or given[0]).strip()
            if not re.fullmatch(r"[A-Za-z_$][\w$]*", name) or not _is_parameter(
                name, text[: found.start()]
            ):
                return None
            place = place or f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
    return place


def _is_parameter(name: str, before: str) -> bool:
    """Whether the nearest thing before that makes the name is a function's list of parameters."""
    word = re.escape(name)
    made = [hit.start() for hit in re.finditer(rf"\b(?:const|let|var)\s+{word}\b", before)]
    taken = [
        hit.start()
        for hit in re.finditer(
            rf"\bfunction\b[^(]{{0,60}}\([^)]*\b{word}\b[^)]*\)|\([^()]*\b{word}\b[^()]*\)\s*=>|"
            rf"(?m:^)\s+(?:async\s+|static\s+)*\w+\([^()]*\b{word}\b[^()]*\)\s*\{{", before
        )
    ]  # fmt: skip
    return bool(taken) and max(taken) > max(made, default=-1)


def opened(
    need: str, ecosystem: str, dependencies: Dependencies, texts: Iterable[tuple[str, str]]
) -> str | None:
    """Where a connection to the need is opened, given that its driver is listed."""
    suffixes, calls = _OPENED.get(ecosystem, ((), {}))
    sql = need in {"postgresql", "mysql"}
    call = calls.get(need) or (calls.get("sql") if sql else None)
    pattern = re.compile(call) if call else None
    for path, text in texts if pattern else ():
        found = pattern.search(text) if pattern and path.endswith(suffixes) else None
        if found:
            return f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
    mapper = _MAPPERS.get(ecosystem) if sql else None
    listed = [
        item
        for name, item in dependencies.items()
        if mapper and not item.dev and mapper.search(name)
    ]
    if ecosystem == "node":
        return next((where for item in listed if (where := _imported(item.name, texts))), None)
    return listed[0].where if listed else None


def _imported(name: str, texts: Iterable[tuple[str, str]]) -> str | None:
    """Where JavaScript imports the package; merely listed it connects to nothing."""
    pattern = re.compile(rf"(?:from|require\(|import\(?)\s*[\"']{re.escape(name)}[\"'/]")
    for path, text in texts:
        found = pattern.search(text) if path.endswith((".js", ".ts", ".mjs", ".cjs")) else None
        if found:
            return f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
    return None
