"""What composer.json says: packages, the version of PHP."""

from collections.abc import Iterator

from hivemind_agents.repository.facts import CERTAIN, SURE, Dependencies, Dependency, Fact
from hivemind_agents.repository.readers.code import Code
from hivemind_agents.repository.readers.structured import read_json, table, text_of
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

PATH = "composer.json"
# Extensions that the code itself calls for: PHP without Composer lists nothing.
_CALLS = (
    (r"\bmysqli_connect\s*\(|\bnew\s+\\?mysqli\s*\(|\bmysql_connect\s*\(", "ext-mysqli"),
    (r"\bnew\s+\\?PDO\s*\(\s*[\"']mysql:|[\"']mysql:host=", "ext-pdo_mysql"),
    (r"\bpg_connect\s*\(|\bpg_pconnect\s*\(", "ext-pgsql"),
    (r"\bnew\s+\\?PDO\s*\(\s*[\"']pgsql:|[\"']pgsql:host=", "ext-pdo_pgsql"),
    (r"\bnew\s+\\?MongoDB\\(?:Client|Driver)", "ext-mongodb"),
    (r"\bnew\s+\\?Redis\s*\(\s*\)", "ext-redis"),
)


def read_packages(tree: FileTree, code: Code) -> Dependencies:
    """Composer's packages and extensions, then those that only the code tells of."""
    content = read_json(tree, PATH)
    found: list[Dependency] = []
    for key, dev in (("require", False), ("require-dev", True)):
        for name, spec in table(content.get(key)).items():
            where = tree.where(PATH, f'"{name}"')
            found.append(Dependency(str(name).lower(), text_of(spec) or "", where, dev=dev))
    found.extend(_called(code))
    return Dependencies(found)


def _called(code: Code) -> Iterator[Dependency]:
    for pattern, name in _CALLS:
        where = code.where(pattern)
        if where:
            yield Dependency(name, "", where)


def package_manager(tree: FileTree) -> Fact[str] | None:
    path = tree.has(PATH, "composer.lock")
    return Fact("composer", CERTAIN, (path,)) if path else None


def php_version(tree: FileTree) -> Fact[str] | None:
    """Version files, then what Composer requires, its platform, its lock."""
    found = plain_version_file(tree, ".php-version") or tool_version(tree, "php")
    if found:
        return found
    content = read_json(tree, PATH)
    required = text_of(table(content.get("require")).get("php"))
    platform = text_of(table(table(content.get("config")).get("platform")).get("php"))
    stated = required or platform
    if stated:
        return Fact(stated, CERTAIN, (tree.where(PATH, '"php"'),))
    locked = text_of(table(read_json(tree, "composer.lock").get("platform")).get("php"))
    return Fact(locked, SURE, (tree.where("composer.lock", '"php":'),)) if locked else None
