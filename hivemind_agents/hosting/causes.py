"""Why a release probably does not run, from its log's last lines: a table, first match wins."""

from hivemind_agents.domain.causes import Cause, first_of

# Pattern, what it means, what to do; `{0}` is the pattern's first group that matched.
_CAUSES: tuple[tuple[str, str, str], ...] = (
    (r"ModuleNotFoundError: No module named '([\w.]+)'",
     "the code imports {0}, which is not among the dependencies",
     "add {0} to them, and deploy again"),
    (r"Cannot find (?:module|package) '((?:@[\w.-]+/)?[\w-][\w.-]*)'",
     "the code asks for {0}, which is not among the dependencies of production",
     "move {0} to \"dependencies\" of package.json, and deploy again"),
    (r"Cannot find module '/app/([^']+)'",
     "{0} is not in the release: it is built by a command that did not run, or lies elsewhere",
     "name the command under build: in hivemind.yml, or the file that is there with --start"),
    (r"KeyError: '([A-Z][A-Z0-9_]{2,})'",
     "the environment variable {0} is not set",
     "deploy again with --env {0}=..., or --secret {0} if it is secret"),
    (r"UndefinedValueError: (\w+) not found|Set the (\w+) environment variable",
     "the environment variable {0} is not set",
     "deploy again with --env {0}=..., or --secret {0} if it is secret"),
    (r"unable to open database file|SQLITE_CANTOPEN",
     "SQLite's file is in a folder that does not exist, or where the application may not write",
     "name the folder under persistent: in hivemind.yml"),
    (r"attempt to write a readonly database|SQLITE_READONLY",
     "SQLite's file is part of the release, which the application may not change",
     "name its folder under persistent: in hivemind.yml"),
    (r"(?:FileNotFoundError|ENOENT).*?'(?:\.|/app)/([^']+)'",
     "{0} is not in the release: git keeps no empty folders and nothing that .gitignore names",
     "commit it; a folder that the application writes to is named under persistent: in "
     "hivemind.yml"),
    (r"(?:EACCES|EROFS|[Pp]ermission denied|Read-only file system).*?/app/([^'\"\s:]+)",
     "the application may add files to its release and change none of it ({0})",
     "name the folder under persistent: in hivemind.yml"),
    (r"(?:Address already in use|EADDRINUSE)[^\n]*",
     "another process of this host listens there already",
     "listen on $PORT, which is another for each process that is given traffic"),
    (r"(?:EADDRNOTAVAIL|Cannot assign requested address)",
     "the application listens on an address that the host does not have",
     "listen on 0.0.0.0"),
    (r"(?:no such table: |relation \"|Table ')([\w.]+)(?:\" does not exist|' doesn't exist|$|\s)",
     "the database has no table {0}: no migration made it",
     "name the command that makes the tables as `release` in a Procfile, or under processes: in "
     "hivemind.yml"),
    (r"type \"(geometry|geography)\" does not exist",
     "the database has no type {0}: it comes with the extension postgis",
     "make it once as the application's own account (CREATE EXTENSION postgis), and deploy again"),
    (r"(?:ECONNREFUSED|[Cc]onnection refused|Can't connect to (?:local )?(?:MySQL )?server)[^\n]*?"
     r"((?:127\.0\.0\.1|localhost|::1)(?::\d+)?)",
     "it connects to {0}, where nothing runs: each service has an address of its own",
     "read the address from the environment (DATABASE_URL, REDIS_URL); hivemind recon shows the "
     "variables that are told"),
    (r"(?:getaddrinfo (?:ENOTFOUND|EAI_AGAIN) |could not translate host name \")([\w.-]+)",
     "it connects to {0}, a name that does not exist here",
     "read the address from the environment (DATABASE_URL, REDIS_URL); hivemind recon shows the "
     "variables that are told"),
    (r"The SECRET_KEY setting must not be empty|secretOrPrivateKey must have a value|"
     r"secret option required for sessions",
     "a key that the application signs with is not set",
     "deploy again with --secret and the name of its variable (hivemind recon lists them)"),
    (r"oom-kill|JavaScript heap out of memory|MemoryError|Cannot allocate memory",
     "the host has less memory than the application needs",
     "deploy again with --set instance_type=t3.small, or fewer workers"),
    (r"ended: exit-code, exited 127|sh: \d+: [\w./-]+: not found",
     "a program of the start command is not there",
     "correct the start command (--start), or name the Debian package under system_packages in "
     "hivemind.yml"),
)  # fmt: skip


def with_cause(told: str) -> str:
    """What is told of a release that does not run, with the probable cause where it is known."""
    cause = first_of((Cause(*each) for each in _CAUSES), told)
    if cause is None:
        return told
    # What is known of this failure mends it sooner than what is said of all of them.
    head = told.partition("\nFIX:")[0]
    return f"{head}\nProbable cause: {cause[0]}\nFIX: {cause[1]}"
