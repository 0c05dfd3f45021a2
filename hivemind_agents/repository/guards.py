"""Variables whose absence the code provides for: it asks for them before it connects."""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator

from hivemind_agents.repository.readers.words import found_in
from hivemind_agents.repository.tree import FileTree

# In one file, of one variable, and names that are given to variables.
MAX_LOOKS = 8
MAX_NAMES = 60
_JS = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx")
_ENV = r"(?:process|Bun|import\.meta)\.env\.(\w+)"
# suffixes: patterns whose first group is the variable
_ASKED: tuple[tuple[tuple[str, ...], tuple[re.Pattern[str], ...]], ...] = (
    (
        _JS,
        (
            # if (process.env.REDIS_URL) { … }
            re.compile(rf"\bif\s*\(\s*{_ENV}\s*(?:&&[^)]*)?\)"),
            # if (!process.env.REDIS_URL) return null
            re.compile(rf"\bif\s*\(\s*!\s*{_ENV}\s*\)\s*\{{?\s*return\s*(?:;|\n|null|undefined|false|next)"),
            # process.env.REDIS_URL ? new Redis(process.env.REDIS_URL) : new Map()
            re.compile(rf"{_ENV}\s*\?\s*(new\s+[\w.]+|[\w.]+)\s*\((?:[^;]{{0,300}}?)\)\s*:(?!\s*\2\b)"),
            # process.env.REDIS_URL && new Redis(process.env.REDIS_URL)
            re.compile(rf"{_ENV}\s*&&\s*(?:new\s+[\w.]+|(?:await\s+)?[\w.]*(?:connect|create)\w*)\("),
        ),
    ),
    (
        (".py",),
        (
            # if os.environ.get("REDIS_URL"): …, if "REDIS_URL" in os.environ: …
            re.compile(
                r"\bif\s+(?:os\.)?(?:environ\.get|getenv)\(\s*[\"'](\w+)[\"']"
                r"(?:\s*,\s*(?:None|\"\"|''))?\s*\)(?:\s+is\s+not\s+None)?\s*(?::|else\b|and\b)"
            ),
            re.compile(r"\bif\s+[\"'](\w+)[\"']\s+in\s+(?:os\.)?environ\b"),
            # if settings.REDIS_URL: …
            re.compile(r"\bif\s+(?:self\.)?_?(?:settings|config|conf|cfg)\.(\w+)\s*(?::|else\b)"),
        ),
    ),
    (
        (".rb", ".ru"),
        (
            # … if ENV["REDIS_URL"]
            re.compile(r"\bif\s+ENV(?:\.key\?\(|\[)\s*[\"'](\w+)[\"']"),
            re.compile(r"\bENV\[\s*[\"'](\w+)[\"']\s*\](?:\.present\?)?\s+\?\s"),
        ),
    ),
    (
        (".go",),
        (
            # if url := os.Getenv("REDIS_URL"); url != "" { … }
            re.compile(r"\bif\s+(?:\w+(?:,\s*\w+)?\s*:=\s*)?os\.(?:Getenv|LookupEnv)\(\"(\w+)\"\)\s*(?:;\s*\w+\s*\{|(?:;\s*\w+\s*)?!=\s*\"\")"),
        ),
    ),
    (
        (".rs",),
        (re.compile(r"\bif\s+let\s+Ok\(\w+\)\s*=\s*(?:std::)?env::var\(\s*\"(\w+)\""),),
    ),
    (
        (".java", ".kt", ".scala"),
        (
            re.compile(r"System\.getenv\(\s*\"(\w+)\"\s*\)\s*(?:!=\s*null|\?\.(?:let|takeIf|also)\b)"),
        ),
    ),
    ((".ex", ".exs"), (re.compile(r"\bif\s+(?:\w+\s*=\s*)?System\.get_env\(\s*\"(\w+)\"\s*\)"),)),
    (
        (".php",),
        (re.compile(r"\b(?:else)?if\s*\(\s*!?\s*(?:empty\()?\s*(?:[\w\\]+::)?(?:getenv\(|env\(|\$_(?:ENV|SERVER)\[)\s*[\"'](\w+)[\"']"),),
    ),
)  # fmt: skip
_READ = r"os\.(?:environ\.get|getenv)\(\s*[\"'](\w+)[\"']"
# suffixes: (a name given to the variable, or to one of two: `URL = getenv("REDIS_TLS_URL",
# getenv("REDIS_URL"))`; how the name is asked later)
_NAMED: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (
        (".py",),
        re.compile(
            rf"(?m)^[ \t]*(\w+)\s*(?::\s*[\w| \[\]]+)?=\s*{_READ}"
            rf"(?:\s*,\s*{_READ}\s*\)\s*,?)?\s*\)"
        ),
        r"\bif\s+{0}(?:\s+is\s+not\s+None)?\s*(?::|else\b)|"
        r"\bif\s+not\s+{0}\s*:\s*(?:\w+\.\w+\([^\n]*\n\s*)?return\b",
    ),
    (
        _JS,
        re.compile(rf"(?:const|let|var)\s+(\w+)(?:\s*:\s*[\w| ]+)?\s*=\s*{_ENV}\s*(?:;|\n|$)"),
        r"\bif\s*\(\s*{0}\s*(?:\)|&&)|\b{0}\s*\?\s*new\b|\b{0}\s*&&\s*new\b|"
        r"\bif\s*\(\s*!\s*{0}\s*\)\s*\{{?\s*return\b",
    ),
    (
        (".go",),
        re.compile(r"\b(\w+)\s*:?=\s*os\.Getenv\(\"(\w+)\"\)"),
        r"\bif\s+{0}\s*!=\s*\"\"|\bif\s+{0}\s*==\s*\"\"\s*\{{\s*return(?:\s+nil)?\s*\n",
    ),
    (
        (".rs",),
        re.compile(r"\blet\s+(\w+)[^=\n;]*=\s*(?:std::)?env::var\(\s*\"(\w+)\"\s*\)\s*\.ok\(\)"),
        r"\bif\s+let\s+Some\(\w+\)\s*=\s*&?{0}\b|\bmatch\s+&?{0}\b",
    ),
)
_CONNECTS = re.compile(r"new\s+[\w.]+(?=\()|\b\w*(?:[cC]onnect|createClient|createPool)\w*(?=\()")


def guarded_variables(tree: FileTree, texts: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Variables whose absence the code provides for, with the place."""
    return tree.memo("guarded", lambda: _guarded(texts))


def _guarded(texts: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path, text in texts:
        for name, position in _asked(path, text, found):
            where = f"{path}:{text.count(chr(10), 0, position) + 1}"
            found.setdefault(name, where)
            found.setdefault(name.upper(), where)
    return found


def _asked(path: str, text: str, known: Container[str]) -> Iterator[tuple[str, int]]:
    """(variable, place) of each that is not known yet."""
    for suffixes, patterns in _ASKED:
        for pattern in patterns if path.endswith(suffixes) else ():
            looked: Counter[str] = Counter()
            for hit in found_in(pattern, text):
                name = hit.group(1)
                looked[name] += 1
                # A file that asks for one thing again and again says no more by it.
                if name in known or looked[name] > MAX_LOOKS:
                    continue
                if not _same_otherwise(text, hit.end()):
                    yield name, hit.start()
    for suffixes, naming, asking in _NAMED:
        seen: set[str] = set()
        for hit in found_in(naming, text) if path.endswith(suffixes) else ():
            names = [name for name in hit.groups()[1:] if name and name not in known]
            if not names or hit.group(1) in seen or len(seen) == MAX_NAMES:
                continue
            seen.add(hit.group(1))
            asked = re.compile(asking.format(re.escape(hit.group(1)))).search(text, hit.end())
            if asked and not _same_otherwise(text, asked.end()):
                yield from ((name, hit.start()) for name in names)


def _same_otherwise(text: str, position: int) -> bool:
    """Whether the other branch connects in the same way, only to another place."""
    begin = text.find("{", position - 1, position + 20)
    if begin < 0:
        return False
    depth = 0
    for place in range(begin, min(len(text), begin + 4_000)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            other = re.match(r"\s*else\s*\{([^}]{0,800})", text[place + 1 : place + 1000])
            if other is None:
                return False
            first = set(_CONNECTS.findall(text[begin:place]))
            return bool(first & set(_CONNECTS.findall(other.group(1))))
    return False
