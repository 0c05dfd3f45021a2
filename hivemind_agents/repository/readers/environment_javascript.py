"""Variables that JavaScript reads in other ways than one by one: taken apart, through a name for
the whole environment, by a schema of it (envalid, zod, Joi, Adonis), from SvelteKit's modules.
"""

import re
from collections.abc import Collection, Iterator

from hivemind_agents.repository.readers.structured import read_json
from hivemind_agents.repository.readers.variables import NAME, Use, literal
from hivemind_agents.repository.readers.words import first_in, found_in
from hivemind_agents.repository.tree import FileTree

# Nest's `config.get<string>("NAME", "default")`, whatever the service is called.
CONFIG_SERVICE = re.compile(
    r"\.get(?:OrThrow)?(?:<[\w\[\] |]+>)?\(\s*[\"'`](?P<name>[A-Z][A-Z0-9_]{2,})[\"'`]"
    r"(?:\s*,\s*(?P<default>[\"'`][^\"'`\n]*[\"'`]|[\d_]+|true|false))?"
)
# A file that describes the environment as a whole, and one entry of such a description.
SCHEMA_OF_ENVIRONMENT = re.compile(
    r"cleanEnv\(|Env\.(?:rules|create)\(|createEnv\(|validationSchema|"
    r"(?:parse|safeParse|validate|validateSync|plainToInstance|plainToClass)\([^)\n]*process\.env|"
    r"env\.get\([^)\n]*\)\.|[eE]nv\w*[sS]chema|ENV\w*SCHEMA"
)
SCHEMA_ENTRY = re.compile(
    r"(?m)(?:^|[{,])\s*(?P<name>[A-Z][A-Z0-9_]{2,})\s*:\s*"
    r"(?P<rule>(?:z|Joi|joi|v|yup|Yup|t|s|Env\.schema|envalid|str|url|port|num|bool|email|host|json|"
    r"makeValidator|Type|string|number)\b"
    r"(?:\s*\.\w+|\((?:[^()]|\([^()]{0,200}\)){0,300}\)){1,12})"
)

# `const env = process.env`, `const { env } = process`, `import { env } from "$env/dynamic/private"`
_WHOLE = re.compile(
    r"(?:const|let|var)\s+(\w+)\s*(?::\s*[\w.<>, ]+)?="
    r"\s*(?:process|Bun|import\.meta)\.env\s*(?:;|$|\n)|"
    r"(?:const|let|var)\s*\{\s*(env)\s*\}\s*=\s*(?:process|import\.meta)\b|"
    r"import\s*\{[^{}]{0,200}?\b(env)\b[^{}]{0,200}\}\s*from\s*[\"'](?:node:)?(?:process|\$env/dynamic/\w+)[\"']",
    re.M,
)
_TAKEN_APART = re.compile(
    r"(?:const|let|var)\s*\{([^{}]{1,800})\}\s*(?::\s*[\w.<>, ]+)?=\s*"
    r"(?:process|Bun|import\.meta)\.env\b"
)
_STATIC = re.compile(r"import\s*\{([^{}]{1,800})\}\s*from\s*[\"']\$env/static/private[\"']")
_FALLBACK = r"(?:\s*(?:\|\||\?\?)\s*(?P<default>[\"'`][^\"'`\n]*[\"'`]|[\d_]+|true|false))?"


def javascript_uses(path: str, text: str, named: Collection[str] = ()) -> Iterator[Use]:
    """Variables taken apart (`const { A, B = 1 } = process.env`), and those that a schema of the
    environment names (envalid, zod, Joi, Adonis).

    `named`: what the file calls modules that export the whole environment.
    """
    for found in found_in(_TAKEN_APART, text):
        where = f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
        for part in found.group(1).split(","):
            name, equals, default = part.partition("=")
            name = name.split(":")[0].strip()
            if NAME.match(name):
                yield Use(name, where, literal(default.strip() or None), optional=bool(equals))
    yield from _by_name(path, text, named)
    if "ConfigService" in text:
        for found in CONFIG_SERVICE.finditer(text):
            where = f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
            default = found.group("default")
            yield Use(found.group("name"), where, literal(default), optional=bool(default))
    if first_in(SCHEMA_OF_ENVIRONMENT, text) is None:
        return
    for found in SCHEMA_ENTRY.finditer(text):
        rule = found.group("rule")
        stated = re.search(r"default(?:Value)?(?:\(|\s*:)\s*([\"'`][^\"'`\n]*[\"'`]|[\w.]+)", rule)
        optional = bool(stated or re.search(r"optional\(|allow\(|nullish\(|devDefault", rule))
        # Joi and yup let a key be absent unless they are told otherwise.
        lenient = rule.lower().startswith(("joi", "yup")) and "required(" not in rule
        yield Use(
            name=found.group("name"),
            where=f"{path}:{text.count(chr(10), 0, found.start('name')) + 1}",
            default=literal(stated.group(1)) if stated else None,
            demanded=not (optional or lenient),
            optional=optional,
        )


def _by_name(path: str, text: str, named: Collection[str]) -> Iterator[Use]:
    names = {name for found in found_in(_WHOLE, text) for name in found.groups() if name}
    names |= set(named)
    seen: set[str] = set()
    for name in sorted(names):
        for hit in re.finditer(
            rf"(?<![\w.]){re.escape(name)}\.([A-Z][A-Z0-9_]+)\b{_FALLBACK}", text
        ):
            if hit.group(1) in seen:
                continue
            seen.add(hit.group(1))
            where = f"{path}:{text.count(chr(10), 0, hit.start()) + 1}"
            default = hit.group("default")
            yield Use(hit.group(1), where, literal(default), optional=default is not None)
    for found in found_in(_STATIC, text):
        where = f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
        for part in found.group(1).split(","):
            name = part.split(" as ")[0].strip()
            if NAME.match(name):
                yield Use(name, where, demanded=True)


def configured_names(tree: FileTree) -> Iterator[Use]:
    """node-config's map from its keys to variables."""
    sequelize = "config/config.json"
    named = tree.search(sequelize, r"\"use_env_variable\"\s*:\s*\"(\w+)\"")
    if named:
        yield Use(named.group(1), tree.where(sequelize, named.group(0)))
    for path in ("config/custom-environment-variables.json", "custom-environment-variables.json"):
        pending: list[object] = [read_json(tree, path)]
        for value in pending:
            if isinstance(value, dict):
                pending.extend(value.values())
            elif isinstance(value, str) and NAME.match(value):
                # Without its variable a key keeps the value of the other files.
                yield Use(value, tree.where(path, value), optional=True)
