"""How a database is brought up to date where no framework of PHP does it by a fixed command."""

import re

from hivemind_agents.repository.languages.php.project import PhpProject
from hivemind_agents.repository.readers.structured import items, table, text_of

_SCRIPTS = ("migrate", "migrations", "migrate:up", "db:migrate", "db-migrate", "migrations:migrate",
            "migration:migrate", "phinx:migrate", "doctrine:migrate")  # fmt: skip
_PROGRAMS = ("bin/migrate.php", "bin/migrate", "scripts/migrate.php", "database/migrate.php",
             "db/migrate.php", "cli/migrate.php")  # fmt: skip
# What a script of Composer can be without Composer, which hosts do not have.
_PLAIN = re.compile(
    r"^(?:@?php\s+(?!artisan serve)[\w./-]+(?:\s+[\w=:./-]+)*|"
    r"(?:\.?/?vendor/bin/)?(?:phinx|doctrine-migrations|doctrine|phpmig)(?:\s+[\w=:./-]+)*)$"
)


def migration(project: PhpProject) -> str | None:
    """The command that migrates: Composer's script, its tool, or a program by a usual name."""
    scripts = table(project.composer.get("scripts"))
    for name in _SCRIPTS:
        found = scripts.get(name)
        commands = [text_of(each) or "" for each in items(found)] or [text_of(found) or ""]
        plain = [_plain(command) for command in commands if not command.startswith("Composer\\")]
        if plain and all(plain):
            return " && ".join(str(command) for command in plain)
    if project.packages.runtime("robmorgan/phinx") and project.tree.has(
        "phinx.php", "phinx.yml", "phinx.yaml", "phinx.json"
    ):
        return "vendor/bin/phinx migrate"
    program = project.tree.has(*_PROGRAMS)
    return f"php {program}" if program else None


def _plain(command: str) -> str | None:
    command = command.strip()
    if not _PLAIN.match(command) or "rollback" in command:
        return None
    command = command.removeprefix("@")
    if command.startswith("php "):
        return command
    return f"vendor/bin/{command.removeprefix('./').removeprefix('vendor/bin/')}"
