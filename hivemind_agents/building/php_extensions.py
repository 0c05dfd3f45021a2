"""PHP's extensions: what the manifest demands and what the code calls, as Debian packages."""

import re

from hivemind_agents.building.files import text_of
from hivemind_agents.building.php_versions import HOSTS_HAVE
from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository.readers.structured import items, parse_json, table

# What nearly every framework and application uses, and the databases: an installer on the first
# visit offers those that it finds an extension for, and calls them by names that it puts together.
_COMMON = frozenset(
    {"bcmath", "curl", "gd", "intl", "mbstring", "mysql", "opcache", "pgsql", "sqlite3", "xml",
     "zip"}
)  # fmt: skip
# Part of PHP itself as Debian builds it.
_BUILT_IN = frozenset(
    {"calendar", "core", "ctype", "date", "exif", "ffi", "fileinfo", "filter", "ftp", "gettext",
     "hash", "iconv", "json", "libxml", "openssl", "pcntl", "pcre", "pdo", "phar", "posix",
     "random", "readline", "reflection", "session", "shmop", "sockets", "sodium", "spl",
     "standard", "sysvmsg", "sysvsem", "sysvshm", "tokenizer", "zlib"}
)  # fmt: skip
_ELSEWHERE = {
    **dict.fromkeys(("dom", "simplexml", "xmlreader", "xmlwriter", "xsl"), "xml"),
    **dict.fromkeys(("mysqli", "mysqlnd", "pdo_mysql"), "mysql"),
    "pdo_pgsql": "pgsql",
    **dict.fromkeys(("pdo_sqlite",), "sqlite3"),
    **dict.fromkeys(("pdo_odbc",), "odbc"),
    **dict.fromkeys(("pdo_dblib",), "sybase"),
    "zend-opcache": "opcache",
    "imap": "imap",
}
_PACKAGED = frozenset(
    {"amqp", "apcu", "ast", "bcmath", "bz2", "curl", "dba", "ds", "enchant", "gd", "gearman",
     "gmagick", "gmp", "gnupg", "http", "igbinary", "imagick", "imap", "interbase", "intl",
     "ldap", "mailparse", "maxminddb", "mbstring", "mcrypt", "memcache", "memcached", "mongodb",
     "msgpack", "mysql", "oauth", "odbc", "opcache", "pcov", "pgsql", "pinba", "ps", "pspell",
     "psr", "raphf", "redis", "rrd", "snmp", "soap", "solr", "sqlite3", "ssh2", "stomp", "sybase",
     "tideways", "tidy", "uopz", "uploadprogress", "uuid", "xdebug", "xml", "xmlrpc", "yac",
     "yaml", "zip", "zmq"}
)  # fmt: skip
_CALLS = (
    (r"\bnew\s+\\?Redis\s*\(", "redis"),
    (r"\bnew\s+\\?Memcached\s*\(", "memcached"),
    (r"\bnew\s+\\?Imagick\b", "imagick"),
    (r"\bnew\s+\\?SoapClient\b", "soap"),
    (r"\bldap_connect\s*\(", "ldap"),
    (r"\bimap_open\s*\(", "imap"),
    (r"\bapcu_\w+\s*\(", "apcu"),
    (r"\bgmp_\w+\s*\(", "gmp"),
    (r"\bnew\s+\\?MongoDB\\", "mongodb"),
)
_MOST_FILES = 400


def packages(files: frozenset[str]) -> tuple[str, ...]:
    """Debian packages of the extensions, sorted.

    Raises RepositoryError for one that the manifest demands and Debian does not have.
    """
    found = set(_COMMON) | _called(files)
    for name in _demanded(files):
        if name in _BUILT_IN:
            continue
        package = _ELSEWHERE.get(name, name)
        if package not in _PACKAGED:
            raise RepositoryError(
                f"composer asks for the PHP extension {name!r}, which Debian 12 does not have",
                mend="use a package that does without, or run PHP's own server in a start command",
            )
        found.add(package)
    return tuple(sorted(f"php{HOSTS_HAVE}-{name}" for name in found))


def _demanded(files: frozenset[str]) -> set[str]:
    """By composer.json and, for its packages, by composer.lock; lower case, without `ext-`."""
    composer = table(parse_json(text_of(files, "composer.json") or "{}"))
    locked = table(parse_json(text_of(files, "composer.lock") or "{}"))
    tables = [
        table(composer.get("require")),
        table(locked.get("platform")),
        *(table(table(package).get("require")) for package in items(locked.get("packages"))),
    ]
    return {
        str(name).lower().removeprefix("ext-")
        for each in tables
        for name in each
        if str(name).lower().startswith("ext-")
    }


def _called(files: frozenset[str]) -> set[str]:
    """Extensions that only the code tells of: without Composer nothing lists them."""
    names = [
        name for name in sorted(files, key=lambda name: (name.count("/"), name))
        if name.endswith((".php", ".inc")) and not re.search(r"(^|/)(vendor|tests?)/", name)
    ]  # fmt: skip
    text = "\n".join((text_of(files, name) or "")[:100_000] for name in names[:_MOST_FILES])
    return {package for pattern, package in _CALLS if re.search(pattern, text)}
