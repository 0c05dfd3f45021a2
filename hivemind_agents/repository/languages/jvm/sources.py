"""The variables by which the frameworks let a data source be replaced, whatever is written."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.languages.jvm.project import JvmProject
from hivemind_agents.repository.readers.environment import Use
from hivemind_agents.repository.services import DRIVERS

_FILES = ("application.properties", "application.yml", "application.yaml")
_URL = re.compile(
    r"(?m)^[ \t]*(?:[\w.-]+\.)?(?:url|jdbc-url)\s*[:=]\s*[\"']?"
    r"((?:jdbc|r2dbc):(?:pool:)?(?:postgresql|mysql|mariadb):[^\s\"'$]+)[\"']?\s*$"
)
# What is written about each: its line, and in YAML the lines below.
_WRITTEN = {
    "url": r"(?i)(?:datasources?|r2dbc|jdbc).*(?:\n.*){0,5}",
    "mongodb": r"(?i)mongodb.*(?:\n.*){0,4}",
    "redis": r"(?i)redis.*(?:\n.*){0,4}",
}
_OPENERS = (
    "org.springframework.boot:spring-boot-starter-data-jpa",
    "org.springframework.boot:spring-boot-starter-data-jdbc",
    "org.springframework.boot:spring-boot-starter-data-r2dbc",
    "org.springframework.boot:spring-boot-starter-jdbc",
    "org.mybatis.spring.boot:",
    "com.baomidou:mybatis-plus",
    "org.flywaydb:",
    "org.liquibase:",
    "io.quarkus:quarkus-hibernate",
    "io.quarkus:quarkus-jdbc",
    "io.quarkus:quarkus-reactive",
    "io.micronaut.sql:",
    "io.micronaut.data:",
)
_EMBEDDED = ("com.h2database:h2", "org.hsqldb:hsqldb", "org.apache.derby:derby")
# framework: need -> the variables of its connection
_SPRING = {
    "jdbc": ("SPRING_DATASOURCE_URL", "SPRING_DATASOURCE_USERNAME", "SPRING_DATASOURCE_PASSWORD"),
    "r2dbc": ("SPRING_R2DBC_URL", "SPRING_R2DBC_USERNAME", "SPRING_R2DBC_PASSWORD"),
    "mongodb": ("SPRING_DATA_MONGODB_URI",),
    "redis": ("SPRING_DATA_REDIS_URL",),
}
_QUARKUS = {
    "jdbc": (
        "QUARKUS_DATASOURCE_JDBC_URL",
        "QUARKUS_DATASOURCE_USERNAME",
        "QUARKUS_DATASOURCE_PASSWORD",
    ),
    "r2dbc": (
        "QUARKUS_DATASOURCE_REACTIVE_URL",
        "QUARKUS_DATASOURCE_USERNAME",
        "QUARKUS_DATASOURCE_PASSWORD",
    ),
    "mongodb": ("QUARKUS_MONGODB_CONNECTION_STRING",),
    "redis": ("QUARKUS_REDIS_HOSTS",),
}
_MICRONAUT = {
    "jdbc": (
        "DATASOURCES_DEFAULT_URL",
        "DATASOURCES_DEFAULT_USERNAME",
        "DATASOURCES_DEFAULT_PASSWORD",
    ),
    "mongodb": ("MONGODB_URI",),
    "redis": ("REDIS_URI",),
}


def spring_variables(project: JvmProject) -> Iterator[Use]:
    """Spring's relaxed names."""
    return _variables(project, _SPRING)


def quarkus_variables(project: JvmProject) -> Iterator[Use]:
    """MicroProfile's names of Quarkus's own properties."""
    return _variables(project, _QUARKUS)


def micronaut_variables(project: JvmProject) -> Iterator[Use]:
    """Micronaut's names."""
    return _variables(project, _MICRONAUT)


def _variables(project: JvmProject, names: dict[str, tuple[str, ...]]) -> Iterator[Use]:
    """A connection that is written plainly, or that nothing is written about, is replaced by
    variables; one that is written with placeholders has variables of its own.
    """
    listed: dict[str, str] = {}
    for package, need in DRIVERS["jvm"].items():
        found = project.listed(package)
        if found and need in {"postgresql", "mysql", "mongodb", "redis"}:
            kind = need
            if need in {"postgresql", "mysql"}:
                kind = "r2dbc" if re.search(r"r2dbc|reactive", package) else "jdbc"
            listed.setdefault(kind, found.where)
    written, where, url = _written(project)
    for kind, place in listed.items():
        if kind not in names or (kind == "r2dbc" and "jdbc" in listed):
            continue
        if kind in {"jdbc", "r2dbc"}:
            if url is None and ("${" in written["url"] or not _connects(project)):
                continue
            first, *rest = names[kind]
            yield Use(first, where or place, url, optional=url is not None)
            for name in rest:
                yield Use(name, where or place, optional=True)
        elif "${" not in written[kind]:
            for name in names[kind]:
                yield Use(name, place, optional=True)


def _connects(project: JvmProject) -> bool:
    """Whether the program opens a data source although nothing is written about one."""
    return project.listed(*_EMBEDDED) is None and project.listed(*_OPENERS) is not None


def _written(project: JvmProject) -> tuple[dict[str, str], str | None, str | None]:
    """(what the configuration says of each store, where a plain URL is written, that URL)."""
    said = {"url": "", "mongodb": "", "redis": ""}
    where = url = None
    for name in _FILES:
        for path in project.tree.named(name):
            if "/test/" in path:
                continue
            text = project.tree.text(path) or ""
            for key, pattern in _WRITTEN.items():
                said[key] += "".join(re.findall(pattern, text))
            found = _URL.search(text)
            if found and url is None:
                where, url = project.tree.where(path, found.group(1)), found.group(1)
    return said, where, url
