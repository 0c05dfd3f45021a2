"""Variables that choose the SQL server: `DB_ENGINE=postgres`, and the word that the code expects.

An application that is given a server's address, and not told to take that server, stays with its
SQLite file and says nothing.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.report import EnvVariable

_NAME = re.compile(
    r"^(?:\w+_)?(?:DB|DATABASE|SQL|DATASTORE)_?"
    r"(?:CLIENT|CONNECTION|DIALECT|TYPE|DRIVER|ENGINE|ADAPTER|PROVIDER|VENDOR|BACKEND|KIND)$"
)


def is_chooser(name: str) -> bool:
    """Whether a variable's name says that it is the kind of database."""
    return bool(_NAME.match(name) and not _ELSEWHERE.search(name))


# Names that are a database's own as a rule; here only where the code compares them on the spot.
_BARE = re.compile(r"^(?:\w+_)?(?:DB|DATABASE)$")
_ELSEWHERE = re.compile(r"(?:^|_)(?:TEST|TESTING|VECTOR|MONGO\w*|REDIS|CACHE|LOG|AUDIT)(?:_|$)")
_DJANGO = "django.db.backends."
_WORDS = {
    "postgresql": r"pg|pgsql|pdo_pgsql|psql|postgres|postgresql|postgresdb|postgre|"
    rf"{re.escape(_DJANGO)}postgresql(?:_psycopg2)?",
    "mysql": rf"mysql2?|mysqli|mysqldb|pdo_mysql|mariadb|{re.escape(_DJANGO)}mysql",
}
# How code compares: an operator or `case` before the word, or the word as a key.
_COMPARED = (
    r"(?:[=!]==?\s*|\bcase\s+|\bin\s*[\[({{]?\s*|\b(?:eq|equals\w*|startswith|startsWith|includes)\(\s*)"
    r"[\"'`](?P<word>{words})[\"'`]|[\"'`](?P<other>{words})[\"'`]\s*(?:=>|:|==)|"
    r"(?m:^[ \t]*(?P<key>{words})\s*:\s*[\[{{(]|^[ \t]*(?P<arm>{words})\)\s*$)"
)
_QUOTED = r"[\"'`](?P<word>{words})[\"'`]"
_MOST_FILES = 8
_LISTS_ALL = frozenset({"laravel", "lumen"})


def chosen_by(
    finding: Finding,
    texts: Sequence[tuple[str, str]],
    env: Iterable[EnvVariable],
    needs: Collection[str],
) -> dict[str, dict[str, str]]:
    """The values that make the application take a database: `{need: {variable: value}}`.

    `needs`: those that are known. Another one counts where the code compares with its name.
    """
    found: dict[str, dict[str, str]] = {}
    framework = finding.framework.value if finding.framework else None
    # Laravel's configuration lists all servers that there are, used or not.
    considered = [need for need in _WORDS if need in needs or framework not in _LISTS_ALL]
    for variable in env:
        named = _NAME.match(variable.name)
        if _ELSEWHERE.search(variable.name) or not (named or _BARE.match(variable.name)):
            continue
        near = _near(variable.name, texts)
        for need in considered:
            word = (
                _word(finding, variable, near, need, known=need in needs)
                if named
                else _on_the_spot(variable.name, near, need)
            )
            if word:
                found.setdefault(need, {})[variable.name] = word
    return found


def _near(name: str, texts: Sequence[tuple[str, str]]) -> list[str]:
    """The texts that mention the variable; settings are fields in lower case, too, also of a
    group of settings (`config.db.type`).
    """
    forms = (name.lower(), name.lower().replace("_", "."))
    either = "|".join(map(re.escape, forms))
    pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{either})(?![A-Za-z0-9])", re.IGNORECASE)
    return [
        text for _, text in texts
        if any(form in text.lower() for form in forms) and pattern.search(text)
    ][:_MOST_FILES]  # fmt: skip


def _on_the_spot(name: str, near: Sequence[str], need: str) -> str | None:
    """The word in a line that reads the variable and compares it."""
    compared = re.compile(_COMPARED.format(words=_WORDS[need]))
    reads = re.compile(rf"[\"'\[.]{re.escape(name)}\b")
    for text in near:
        for line in text.splitlines():
            if reads.search(line) and (hit := compared.search(line)):
                return next(group for group in hit.groups() if group)
    return None


def _word(
    finding: Finding, variable: EnvVariable, near: Sequence[str], need: str, *, known: bool
) -> str | None:
    if known and (variable.default or "").startswith(_DJANGO):
        return _DJANGO + need
    if known and any(re.search(re.escape(_DJANGO) + r"\{", text) for text in near):
        return need
    for form in (_COMPARED, _QUOTED) if known else (_COMPARED,):
        pattern = re.compile(form.format(words=_WORDS[need]))
        words = [
            next(group for group in hit.groups() if group)
            for text in near
            for hit in pattern.finditer(text)
        ]
        if words:
            # A client that is also a package's name has to be one that is installed.
            return next((one for one in words if finding.dependencies.runtime(one)), words[0])
    return None


def with_choosers(
    variables: Mapping[str, tuple[str, ...]], values: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[str, ...]]:
    """The variables of each need, with those that choose it."""
    needs = dict.fromkeys((*variables, *values))
    return {
        need: tuple(dict.fromkeys((*variables.get(need, ()), *values.get(need, {}))))
        for need in needs
    }
