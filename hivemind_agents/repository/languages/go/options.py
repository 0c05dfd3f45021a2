"""The option of the command line by which a Go program is given the address it listens at."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hivemind_agents.repository.languages.go.program import Program
from hivemind_agents.repository.languages.go.subcommands import commands_of, roots_of
from hivemind_agents.repository.readers.code import Hit

# `web.listen-address`, `http-port`, `server.port`: words before what is listened at.
_NAME = re.compile(
    r"(?:(?:web|http|server|app|listen|service)[.-]?)?"
    r"(?:port|addr|address|listen|listen[.-]addr(?:ess)?|bind|bind[.-]addr(?:ess)?|http)"
)
_HOST = re.compile(r"(?:(?:web|http|server|listen|bind)[.-]?)?(?:host|ip|addr|address|bind)")
_LOCAL = frozenset({"localhost", "127.0.0.1"})
# Other servers' ports, whose options have the same names.
_OTHERS = frozenset({25, 443, 465, 587, 1433, 2379, 3306, 5432, 5672, 6379, 9092, 27017})
_TEXT = r"\"([^\"\n]*)\""
# pflag: `flags.StringP("port", "p", "8080", …)`; the receiver says whose option it is.
_PFLAG = (
    r"\b([\w.]+(?:\(\))?)\.(?:String|Int|Uint|Int32|Int64|Uint16)(Var)?(P)?\(\s*"
    rf"(?:&?[\w.]+,\s*)??{_TEXT},\s*(?:\"\w?\",\s*)?"
    rf"(?:{_TEXT}|(\d+)|\w+\([^\n]{{0,120}}?{_TEXT}\))\s*,"
)
_KINGPIN = rf"\.Flag\(\s*{_TEXT}(?:[^\n]|\n\s{{0,40}}(?=\.)){{0,400}}?\.Default\(\s*{_TEXT}\s*\)"
_TAGGED = r"`([^`\n]*\blong:\"([\w.-]+)\"[^`\n]*)`"
_URFAVE = r"\b(?:String|Int|Uint)Flag\{(?:[^{}]|\{[^{}]*\})*?\}"
_TOOLKIT = rf"\bAddFlags\(\s*[\w.]+,\s*{_TEXT}\s*\)"


@dataclass(frozen=True, slots=True)
class Option:
    """One option with its default."""

    name: str
    default: str

    @property
    def port(self) -> int | None:
        """The port of the default: 0 of an address that names none, None of anything else."""
        if self.default == ":":
            return 0
        found = re.fullmatch(r"(?:[\w.-]*:|\[[:\w]*\]:)?(\d{2,5})|[\w.]*:http", self.default)
        number = int(found[1] or 0) if found else -1
        return number if 0 <= number < 65536 and number not in _OTHERS else None


def listening_option(program: Program, listening: str, word: str | None) -> tuple[str, int] | None:
    """(the options that give it `$PORT` on every address, the port by default), if it has one.

    `listening`: the file in which it listens; `word`: the command that serves, None of the program.
    """
    options = list(_options(program, listening, word))
    found = [item for item in options if _NAME.fullmatch(item.name) and item.port is not None]
    # `--port` beside `--http-port`: nothing says which of them is the one.
    names = {item.name for item in found}
    if len(names) != 1:
        return None
    option = found[0]
    told = f"--{option.name}={'0.0.0.0:' if ':' in option.default else ''}$PORT"
    hosts = {item.name for item in options if _HOST.fullmatch(item.name) and item.default in _LOCAL}
    # `--bind` beside `--host`, which is then the database's.
    hosts = {name for name in hosts - names if not name.endswith("host")} or hosts - names
    if ":" not in option.default and len(hosts) == 1:
        told += f" --{hosts.pop()}=0.0.0.0"
    return told, option.port or 0


def _options(program: Program, listening: str, word: str | None) -> Iterator[Option]:
    if program.imported("github.com/alecthomas/kingpin", "gopkg.in/alecthomas/kingpin"):
        for hit in program.all(_KINGPIN):
            yield Option(hit[1], hit[2])
        if program.imported("github.com/prometheus/exporter-toolkit/web/kingpinflag"):
            for hit in program.all(_TOOLKIT):
                yield Option("web.listen-address", hit[1])
    if program.imported("github.com/jessevdk/go-flags"):
        for hit in program.all(_TAGGED):
            default = re.search(r"\bdefault:\"([^\"]*)\"", hit[1])
            yield Option(hit[2], default[1] if default else "")
    if program.imported("github.com/urfave/cli"):
        yield from _of_urfave(program, listening)
    if program.imported("github.com/spf13/pflag", "github.com/spf13/cobra"):
        yield from _of_pflag(program, word)
    elif program.imported("flag"):
        for hit in program.all(_PFLAG):
            if hit[1] == "flag" and not hit[3]:
                yield Option(hit[4], hit[5] or hit[6] or hit[7])


def _of_urfave(program: Program, listening: str) -> Iterator[Option]:
    for hit in program.all(_URFAVE):
        name = re.search(rf"\bName:\s*{_TEXT}", hit[0])
        value = re.search(rf"\bValue:\s*(?:{_TEXT}|(\d+))", hit[0])
        if name and value and hit.path == listening:
            yield Option(name[1].split(",")[0], value[1] or value[2] or "")


def _of_pflag(program: Program, word: str | None) -> Iterator[Option]:
    """Options of the program itself, and those of the command that serves."""
    commands = commands_of(program)
    serving = {name for name, use in commands.items() if word and use == word}
    roots = roots_of(program)
    owners: dict[tuple[str, str], tuple[str | None, bool]] = {}
    for hit in program.all(_PFLAG):
        if not (_NAME.fullmatch(hit[4]) or _HOST.fullmatch(hit[4])):
            continue
        # It takes a look at all files, so once for each set of options.
        key = hit.path, hit[1]
        if key not in owners:
            owners[key] = _owner(program, hit)
        owner, persistent = owners[key]
        root = owner in roots and (persistent or word is None)
        if root or owner in serving or owner in {"flag", "pflag", None}:
            yield Option(hit[4], hit[5] or hit[6] or hit[7])


def _owner(program: Program, hit: Hit) -> tuple[str | None, bool]:
    """(the command's variable, whether the commands below it have the option too). None where a
    set of options is passed to a function that one command alone calls.
    """
    text = dict(program.files)[hit.path]
    said = re.fullmatch(r"(\w+)\.(Persistent)?Flags\(\)", hit[1])
    if said is None and "." not in hit[1] and hit[1] not in {"flag", "pflag"}:
        name = re.escape(hit[1])
        made = re.search(rf"\b{name}\s*:?=\s*(\w+)\.(Persistent)?Flags\(\)", text)
        passed = re.search(rf"func (\w+)\({name} \*(?:pflag|flag)\.FlagSet\)", text)
        if passed:
            # The function may be given the options of several commands.
            calls = program.all(rf"(?<!func )\b{passed[1]}\((\w+(?:\.(?:Persistent)?Flags\(\))?)\)")
            return (None if len(calls) == 1 else hit[1]), False
        said = made
    return (said[1], bool(said[2])) if said else (hit[1], False)
