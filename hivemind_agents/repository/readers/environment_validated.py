"""Variables of a class whose fields are checked as it is made (class-validator), and modules that
export the whole environment under a name of their own.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from hivemind_agents.repository.readers.variables import NAME, Use

# `@IsUrl({ … }) public URL = environment.URL ?? "";`, `@IsString() SECRET: string;`
_FIELD = re.compile(
    r"(?P<rules>(?:@[A-Z]\w*\((?:[^()]|\([^()]{0,200}\)){0,400}\)\s*){1,12})"
    r"(?:(?:public|private|protected|readonly|static)\s+){0,3}"
    r"(?P<field>[A-Za-z_]\w*)\s*[!?]?\s*(?::[^=;{}\n]{1,80})?(?:=\s*(?P<value>[^;]{1,400}))?;"
)
_READ = re.compile(r"(?<![\w.])(?:process\.env|[a-z]\w*)\.([A-Z][A-Z0-9_]+)\b")
_OPTIONAL = re.compile(r"@(?:IsOptional|ValidateIf|CannotUseWithout\w*|Deprecated)\(")
# What an absent value, or the empty one in its place, does not pass.
_STRICT = re.compile(
    r"@(?:IsNotEmpty|IsDefined|IsUrl|IsByteLength|MinLength|Length|IsEmail|IsUUID|IsNotIn)\("
)
_OF_ENVIRONMENT = re.compile(
    r"class\s+\w*Env\w*\b[\s\S]*\b(?:plainToInstance|plainToClass|validateSync)\("
)
_EXPORTED = re.compile(r"(?m)^\s*(?:export\s+default|module\.exports\s*=)\s+process\.env\s*;?\s*$")


def validated(path: str, text: str, uses: Iterable[Use]) -> Iterator[Use]:
    """The readings of a file, those of checked fields demanded or optional as their rules say."""
    demanded: dict[str, bool] = {}
    for found in _FIELD.finditer(text) if "class-validator" in text else ():
        names = set(_READ.findall(found["value"] or ""))
        whole = _OF_ENVIRONMENT.search(text) if not names and NAME.match(found["field"]) else None
        if whole and found["field"].isupper():
            where = f"{path}:{text.count(chr(10), 0, found.start('field')) + 1}"
            names = {found["field"]}
            yield Use(found["field"], where, optional=not _needs(found["rules"], found["value"]))
        if len(names) == 1:
            demanded[names.pop()] = _needs(found["rules"], found["value"])
    for use in uses:
        needed = demanded.get(use.name)
        if needed is None:
            yield use
        else:
            yield replace(use, demanded=needed, optional=not needed)


def _needs(rules: str, value: str | None) -> bool:
    """Whether the rules refuse what the field has without its variable."""
    default = re.search(r"(?:\?\?|\|\|)\s*([\"'`]?[^\"'`\s)]*)", value or "")
    given = default is not None and len(default[1].strip("\"'`")) > 0
    return bool(_STRICT.search(rules)) and not given and not _OPTIONAL.search(rules)


def environment_modules(texts: Iterable[tuple[str, str]]) -> frozenset[str]:
    """The names by which modules that export the whole environment are imported."""
    return frozenset(
        re.sub(r"(?:/index)?\.[cm]?[jt]s$", "", path).rpartition("/")[2]
        for path, text in texts
        if "process.env" in text and _EXPORTED.search(text)
    )


def imported_as(text: str, modules: Iterable[str]) -> set[str]:
    """What a file calls such a module."""
    found: set[str] = set()
    for module in modules:
        source = rf"[\"'][\w@./-]*/{re.escape(module)}(?:\.[cm]?[jt]s)?[\"']"
        found |= set(re.findall(rf"\bimport\s+(\w+)\s+from\s+{source}", text))
        found |= set(re.findall(rf"\b(?:const|let|var)\s+(\w+)\s*=\s*require\(\s*{source}", text))
    return found
