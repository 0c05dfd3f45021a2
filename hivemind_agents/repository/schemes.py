"""How the URL of a database has to begin, where that is more than the server's name.

SQLAlchemy takes the driver from it, the drivers themselves refuse such a URL, and an older
Tortoise knows PostgreSQL by one name alone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.readers.words import found_in
from hivemind_agents.repository.signals import SQL

# Variables of Java's frameworks have a form of their own, whatever is written in the code.
_FORMS = (
    (re.compile(r"JDBC|SPRING_DATASOURCE_URL|DATASOURCES_DEFAULT_URL"), "jdbc:{}"),
    (re.compile(r"R2DBC_URL"), "r2dbc:{}"),
)
# Packages that bring the driver that a URL of SQLAlchemy names.
_DRIVERS = {
    "pymysql": ("pymysql",), "mysqldb": ("mysqlclient",), "aiomysql": ("aiomysql",),
    "asyncmy": ("asyncmy",), "mysqlconnector": ("mysql-connector-python",),
    "psycopg2": ("psycopg2", "psycopg2-binary"), "psycopg": ("psycopg", "psycopg-binary"),
    "asyncpg": ("asyncpg",), "pg8000": ("pg8000",),
}  # fmt: skip
_MYSQL = frozenset({"pymysql", "mysqldb", "aiomysql", "asyncmy", "mysqlconnector"})
# What SQLAlchemy connects with where the URL names no driver that is listed, first match wins.
_CHOICES = (
    ("pymysql", "mysql", "mysql+pymysql"),
    ("aiomysql", "mysql", "mysql+aiomysql"),
    ("asyncmy", "mysql", "mysql+asyncmy"),
    ("mysql-connector-python", "mysql", "mysql+mysqlconnector"),
    ("asyncpg", "postgresql", "postgresql+asyncpg"),
    ("psycopg", "postgresql", "postgresql+psycopg"),
    ("pg8000", "postgresql", "postgresql+pg8000"),
)
_WRITTEN = {
    "postgresql": re.compile(r"\b((?:postgres|postgresql)\+\w+|jdbc:postgresql)://"),
    "mysql": re.compile(r"\b((?:mysql|mariadb)\+\w+|jdbc:mysql|jdbc:mariadb)://"),
}
# A plain URL that the code itself turns into one with a driver:
# url.replace("postgresql://", "postgresql+asyncpg://").
_TURNED = re.compile(
    r"\(\s*r?[\"'^(]+postgres(?:ql|\(\?:ql\)\?|\(ql\)\?)(?:://)?[\"']\s*,\s*"
    r"[\"']postgresql\+\w+(?:://)?[\"']"
)
_SHOWN = re.compile(r"((?:postgresql|mysql)(?:\+\w+)?)://")
_ASYNC_ENGINE = re.compile(r"\b(?:create_async_engine|async_engine_from_config|AsyncEngine)\b")
# asyncpg itself refuses a URL that names a driver; so does what hands it the URL as it is.
_ASYNCPG_ITSELF = re.compile(r"\basyncpg\.(?:create_pool|connect)\(")
_PLAIN_BY_PACKAGE = ("databases", "gino")


def read_schemes(
    finding: Finding,
    texts: Sequence[tuple[str, str]],
    variables: Mapping[str, Iterable[str]],
    examples: Mapping[str, str],
) -> dict[str, str]:
    """Scheme by need, and by variable where it differs.

    `variables`: those of each need, required or not. `examples`: what the repository's examples
    of an environment have.
    """
    found: dict[str, str] = {}
    needs = [need for need in SQL if need in variables]
    for need in needs:
        scheme = _written(finding, texts, need) or _by_driver(finding, texts, need)
        if scheme:
            found[need] = scheme
    if "postgresql" in needs and finding.dependencies.runtime("tortoise-orm"):
        # Known to every version; `postgresql` is not (Unknown DB scheme).
        found["postgresql"] = "postgres"
    return found | _of_forms(variables, found) | _of_examples(finding, variables, examples, found)


def _of_forms(variables: Mapping[str, Iterable[str]], known: Mapping[str, str]) -> dict[str, str]:
    return {
        name: form.format(need)
        for need in SQL
        for name in variables.get(need, ())
        for pattern, form in _FORMS
        if name.endswith("URL") and pattern.search(name) and known.get(need) != form.format(need)
    }


def _of_examples(
    finding: Finding,
    variables: Mapping[str, Iterable[str]],
    examples: Mapping[str, str],
    known: Mapping[str, str],
) -> dict[str, str]:
    """A URL that its author shows for a variable is the form that the code takes."""
    if finding.language.value != "python":
        return {}
    found: dict[str, str] = {}
    for need, name in [(each, name) for each in SQL for name in variables.get(each, ())]:
        shown = _SHOWN.match(examples.get(name, ""))
        if shown is None or not shown[1].startswith(need) or not _has_driver(finding, shown[1]):
            continue
        # A plain URL says nothing of MySQL's driver: it is often turned into another.
        if ("+" in shown[1] or shown[1] == "postgresql") and known.get(need, need) != shown[1]:
            found[name] = shown[1]
    return found


def _has_driver(finding: Finding, scheme: str) -> bool:
    """Whether the driver of `mysql+pymysql` is listed, or no other one of the same database is."""
    dialect, plus, driver = scheme.partition("+")
    if not plus or finding.dependencies.runtime(*_DRIVERS.get(driver, ())):
        return True
    same = _MYSQL if dialect in {"mysql", "mariadb"} else _DRIVERS.keys() - _MYSQL
    others = [package for name in same for package in _DRIVERS[name]]
    return finding.dependencies.runtime(*others) is None


def _written(finding: Finding, texts: Sequence[tuple[str, str]], need: str) -> str | None:
    """The scheme of a URL in the code or its settings; not one that the code puts before another's
    rest.
    """
    for _, text in texts:
        for hit in found_in(_WRITTEN[need], text):
            bare = text[hit.end() : hit.end() + 1] in {'"', "'"}
            if not bare and _has_driver(finding, hit[1]):
                return hit[1]
    return None


def _by_driver(finding: Finding, texts: Sequence[tuple[str, str]], need: str) -> str | None:
    """The scheme of the driver that is listed, where SQLAlchemy gets the URL as it is."""
    if finding.dependencies.runtime("sqlalchemy", "flask-sqlalchemy", "sqlmodel") is None:
        return None
    if need == "postgresql" and any(
        first for _, text in texts for first in found_in(_TURNED, text)
    ):
        return None
    for package, store, scheme in _CHOICES:
        if store == need and package in finding.dependencies and _has_driver(finding, scheme):
            if package == "asyncpg" and not _is_for_alchemy(finding, texts):
                continue
            return scheme
    return None


def _is_for_alchemy(finding: Finding, texts: Sequence[tuple[str, str]]) -> bool:
    """Whether asyncpg is SQLAlchemy's driver here; else the code connects by itself, and only its
    migrations are SQLAlchemy's.
    """
    if any(_ASYNC_ENGINE.search(text) for path, text in texts if path.endswith(".py")):
        return True
    others = finding.dependencies.runtime(*_PLAIN_BY_PACKAGE)
    return others is None and not any(
        _ASYNCPG_ITSELF.search(text) for path, text in texts if path.endswith(".py")
    )
