"""The database servers behind RDS's engines: how a host is set up from what the API says."""

import time
from collections.abc import Callable, Iterable
from typing import Protocol

from hivemind_sandbox import image
from hivemind_sandbox.commands import CommandError, lines
from hivemind_sandbox.wanted import Database

START_TIMEOUT_S = 60.0

Execute = Callable[..., str]
"""podman.execute, bound to one host."""


class Server(Protocol):
    """A kind of database server."""

    image_kind: image.Kind
    dump_suffix: str

    def seed(self, database: Database, *, certificate: str) -> dict[str, str]:
        """Files for the host's seed, read at each start of the server."""
        ...

    def await_ready(self, execute: Execute, database: Database) -> None:
        """Return when a started server answers."""

    def create(self, execute: Execute, database: Database) -> None:
        """Make role, password and database; a second call changes nothing."""

    def set_password(self, execute: Execute, database: Database) -> None: ...

    def dump(self, execute: Execute, database: Database, path: str) -> None:
        """Write all data to a file on the host."""

    def restore(self, execute: Execute, database: Database, path: str) -> None: ...


class PostgreSQL:
    image_kind: image.Kind = "postgres"
    dump_suffix = ".sql"

    def seed(self, database: Database, *, certificate: str) -> dict[str, str]:
        settings = (
            f"port = {database.port}",
            "ssl_cert_file = '/etc/postgresql/15/main/server.pem'",
            "ssl_key_file = '/etc/postgresql/15/main/server.pem'",
        )
        # RDS forces TLS from PostgreSQL 15 on, unless the parameter group says otherwise.
        forced = dict(database.parameters).get("rds.force_ssl", "1") != "0"
        access = (
            "local all postgres peer",
            f"{'hostssl' if forced else 'host'} all all 0.0.0.0/0 scram-sha-256",
        )
        return {
            "instance.conf": lines(settings),
            "pg_hba.conf": lines(access),
            "server.pem": certificate,
        }

    def await_ready(self, execute: Execute, database: Database) -> None:
        await_answer(lambda: execute("pg_isready", "--quiet", "--port", str(database.port)))

    def create(self, execute: Execute, database: Database) -> None:
        """As on RDS, the master user is no superuser, but may do what its owner may."""
        role = _identifier(database.user)
        sql = (
            "SELECT 'CREATE ROLE rds_superuser NOLOGIN' WHERE NOT EXISTS "  # noqa: S608
            "(SELECT FROM pg_roles WHERE rolname = 'rds_superuser') \\gexec\n"
            f"SELECT {_literal(f'CREATE ROLE {role} LOGIN')} WHERE NOT EXISTS "
            f"(SELECT FROM pg_roles WHERE rolname = {_literal(database.user)}) \\gexec\n"
            "GRANT pg_monitor, pg_signal_backend, pg_read_all_data, pg_write_all_data "
            "TO rds_superuser;\n"
            f"ALTER ROLE {role} CREATEDB CREATEROLE;\n"
            f"GRANT rds_superuser TO {role};\n"
            f"ALTER DATABASE postgres OWNER TO {role};\n"
        )
        if database.database:
            create = f"CREATE DATABASE {_identifier(database.database)} OWNER {role}"
            sql += (
                f"SELECT {_literal(create)} WHERE NOT EXISTS "  # noqa: S608
                f"(SELECT FROM pg_database WHERE datname = {_literal(database.database)}) \\gexec\n"
            )
        self._sql(execute, database, sql + self._password(database))

    def set_password(self, execute: Execute, database: Database) -> None:
        self._sql(execute, database, self._password(database))

    @staticmethod
    def _password(database: Database) -> str:
        """The server's log shall not hold the statement."""
        role, password = _identifier(database.user), _literal(database.password)
        return (
            "SET log_statement = 'none'; SET log_min_error_statement = 'panic';\n"
            f"ALTER ROLE {role} PASSWORD {password};\n"
        )

    def dump(self, execute: Execute, database: Database, path: str) -> None:
        execute(
            "pg_dumpall", "--clean", "--if-exists", f"--port={database.port}", f"--file={path}",
            user="postgres",
        )  # fmt: skip

    def restore(self, execute: Execute, database: Database, path: str) -> None:
        execute("chown", "postgres", path)
        # What exists already (the role that restores) is reported by psql and passed over.
        execute(
            "psql", "--quiet", "--no-psqlrc", f"--port={database.port}", f"--file={path}",
            "postgres", user="postgres",
        )  # fmt: skip

    @staticmethod
    def _sql(execute: Execute, database: Database, sql: str) -> None:
        execute(
            "psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1",
            f"--port={database.port}", "postgres", user="postgres", stdin=sql,
        )  # fmt: skip


class MariaDB:
    image_kind: image.Kind = "mariadb"
    dump_suffix = ".mariadb.sql"

    def seed(self, database: Database, *, certificate: str) -> dict[str, str]:
        settings = (
            "[mariadbd]",
            f"port = {database.port}",
            "ssl_cert = /etc/mysql/server.pem",
            "ssl_key = /etc/mysql/server.pem",
            *(f"{name} = {value}" for name, value in database.parameters),
        )
        return {"instance.cnf": lines(settings), "server.pem": certificate}

    def await_ready(self, execute: Execute, database: Database) -> None:
        await_answer(lambda: execute("mariadb-admin", "ping"))

    def create(self, execute: Execute, database: Database) -> None:
        """As on RDS, the master user may do all but what needs SUPER or files of the host."""
        user = f"{_text(database.user)}@'%'"
        sql = f"CREATE USER IF NOT EXISTS {user};\n"
        sql += self._password(database)
        sql += f"GRANT {_MASTER_RIGHTS} ON *.* TO {user} WITH GRANT OPTION;\n"
        if database.database:
            sql += f"CREATE DATABASE IF NOT EXISTS {_quoted(database.database)};\n"
        self._sql(execute, sql)

    def set_password(self, execute: Execute, database: Database) -> None:
        self._sql(execute, self._password(database))

    @staticmethod
    def _password(database: Database) -> str:
        return f"ALTER USER {_text(database.user)}@'%' IDENTIFIED BY {_text(database.password)};\n"

    def dump(self, execute: Execute, database: Database, path: str) -> None:
        execute(
            "mariadb-dump", "--all-databases", "--single-transaction", "--routines", "--events",
            "--triggers", "--flush-privileges", f"--result-file={path}",
        )  # fmt: skip

    def restore(self, execute: Execute, database: Database, path: str) -> None:
        self._sql(execute, f"SOURCE {path};\nFLUSH PRIVILEGES;\n")

    @staticmethod
    def _sql(execute: Execute, sql: str) -> None:
        """As the host's root, by the socket; nothing of it is in the binary log."""
        execute("mariadb", "--no-defaults", stdin=f"SET sql_log_bin = 0;\n{sql}")


# Of RDS for MariaDB: no SUPER, no FILE, no SHUTDOWN.
_MASTER_RIGHTS = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, "
    "SHOW DATABASES, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, "
    "BINLOG MONITOR, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, "
    "TRIGGER, DELETE HISTORY"
)

SERVERS: dict[str, Server] = {"postgres": PostgreSQL(), "mariadb": MariaDB()}


class UnsupportedEngineError(Exception):
    def __init__(self, engine: str, known: Iterable[str] | None = None) -> None:
        super().__init__(
            f"the sandbox has no server for the engine {engine!r}; "
            f"it has: {', '.join(SERVERS if known is None else known)}"
        )


def await_answer(probe: Callable[[], object]) -> None:
    """Return when a probe no longer fails."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            probe()
            return
        except CommandError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _identifier(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _text(text: str) -> str:
    """A text in MariaDB's SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _quoted(text: str) -> str:
    """An identifier in MariaDB's SQL."""
    return "`" + text.replace("`", "``") + "`"
