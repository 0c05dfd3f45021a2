"""How a Go program is given the address that it listens at: an option, or a prefixed variable."""

import re
from collections.abc import Iterable, Iterator
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
_PFLAG = re.compile(
    r"\b([\w.]+(?:\(\))?)\.(?:String|Int|Uint|Int32|Int64|Uint16)(Var)?(P)?\(\s*"
    rf"(?:&?[\w.]+,\s*)??{_TEXT},\s*(?:\"\w?\",\s*)?"
    rf"(?:{_TEXT}|(\d+)|\w+\([^\n]{{0,120}}?{_TEXT}\))\s*,"
)
_KINGPIN = re.compile(
    rf"\.Flag\(\s*{_TEXT}(?:[^\n]|\n\s{{0,40}}(?=\.)){{0,400}}?\.Default\(\s*{_TEXT}\s*\)"
)  # fmt: skip
_TAGGED = re.compile(r"`([^`\n]*\blong:\"([\w.-]+)\"[^`\n]*)`")
_URFAVE = re.compile(r"\b(?:String|Int|Uint)Flag\{(?:[^{}]|\{[^{}]*\})*?\}")
_TOOLKIT = re.compile(rf"\bAddFlags\(\s*[\w.]+,\s*{_TEXT}\s*\)")


@dataclass(frozen=True, slots=True)
class Option:
    """One option with its default."""

    name: str
    default: str
    where: Hit | None = None

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
        for hit in program.all(_KINGPIN.pattern):
            yield Option(hit[1], hit[2], hit)
        if program.imported("github.com/prometheus/exporter-toolkit/web/kingpinflag"):
            for hit in program.all(_TOOLKIT.pattern):
                yield Option("web.listen-address", hit[1], hit)
    if program.imported("github.com/jessevdk/go-flags"):
        for hit in program.all(_TAGGED.pattern):
            default = re.search(r"\bdefault:\"([^\"]*)\"", hit[1])
            yield Option(hit[2], default[1] if default else "", hit)
    if program.imported("github.com/urfave/cli"):
        yield from _of_urfave(program, listening)
    if program.imported("github.com/spf13/pflag", "github.com/spf13/cobra"):
        yield from _of_pflag(program, word)
    elif program.imported("flag"):
        for hit in program.all(_PFLAG.pattern):
            if hit[1] == "flag" and not hit[3]:
                yield Option(hit[4], hit[5] or hit[6] or hit[7], hit)


def _of_urfave(program: Program, listening: str) -> Iterator[Option]:
    for hit in program.all(_URFAVE.pattern):
        name = re.search(rf"\bName:\s*{_TEXT}", hit[0])
        value = re.search(rf"\bValue:\s*(?:{_TEXT}|(\d+))", hit[0])
        if name and value and hit.path == listening:
            yield Option(name[1].split(",")[0], value[1] or value[2] or "", hit)


def _of_pflag(program: Program, word: str | None) -> Iterator[Option]:
    """Options of the program itself, and those of the command that serves."""
    commands = commands_of(program)
    serving = {name for name, use in commands.items() if word and use == word}
    roots = roots_of(program)
    owners: dict[tuple[str, str], tuple[str | None, bool]] = {}
    for hit in program.all(_PFLAG.pattern):
        if not (_NAME.fullmatch(hit[4]) or _HOST.fullmatch(hit[4])):
            continue
        # It takes a look at all files, so once for each set of options.
        key = hit.path, hit[1]
        if key not in owners:
            owners[key] = _owner(program, hit)
        owner, persistent = owners[key]
        root = owner in roots and (persistent or word is None)
        if root or owner in serving or owner in {"flag", "pflag", None}:
            yield Option(hit[4], hit[5] or hit[6] or hit[7], hit)


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


_VIPER_PREFIX = r"\.SetEnvPrefix\(\s*\"(\w+)\"\s*\)"
_VIPER_KEY = (
    r"\.SetDefault\(\s*\"((?:(?:server|http|app|web)[._])?(?:http_?)?port)\","
    r"\s*\"?(\d{2,5})\"?\s*\)"
)
_CONFIGOR_PREFIX = r"\bENVPrefix:\s*\"(\w+)\""
_CONFIGOR_PORT = (
    r"\b(Server|HTTP|Http|App|Web)\s+struct\s*\{[^{}]*?\bPort\s+\w+\s*`[^`]*\bdefault:\"(\d{2,5})\""
)


def prefixed_variable(program: Program) -> tuple[str, int] | None:
    """(the variable with the program's prefix by which it is given its port, with the value; the
    default).
    """
    prefix = program.first(_VIPER_PREFIX)
    if prefix and program.imported("github.com/spf13/viper") and program.first(r"\.AutomaticEnv\("):
        keys = program.all(_VIPER_KEY)
        # Without it a key with a point has no variable.
        replaced = program.first(r"\.SetEnvKeyReplacer\([^\n]*\"\.\",\s*\"_\"")
        if len({hit[1] for hit in keys}) == 1 and ("." not in keys[0][1] or replaced):
            return f"{prefix[1]}_{keys[0][1].replace('.', '_')}".upper() + "=$PORT", int(keys[0][2])
    prefix = program.first(_CONFIGOR_PREFIX)
    if prefix and program.imported("github.com/jinzhu/configor"):
        ports = program.all(_CONFIGOR_PORT)
        if len(ports) == 1:
            return f"{prefix[1]}_{ports[0][1]}_PORT".upper() + "=$PORT", int(ports[0][2])
    return None


# `env:"SHOP_HTTP_PORT" envDefault:"8080"`, `getenv("SHOP_SERVER_PORT", ":8080")`, and a constant.
_NAMED = (
    r"(?m)(?:\benv(?:config)?:|\(\s*|\bconst\s+\w+\s*=\s*|^\s*\w+\s*=\s*)"
    r"\"((?:[A-Z][A-Z0-9]*_)+PORT)(?:\"|,)"
    r"(?:\s*,\s*|[^\n`]{0,200}?\b(?:env)?-?[dD]efault[:=])?(?:\"?(:?)(\d{2,5})\b)?"
)
_FIXED = r"(?:ListenAndServe|Run|Start|Listen)\(\s*\"[\w.]*:\d{2,5}\""
_OF_WEB = re.compile(r"(?:^|_)(?:SERVER|HTTP|APP|WEB|LISTEN)_PORT$")
_OF_OTHERS = re.compile(
    r"(?:^|_)(?:DB|DATABASE|SQL|MYSQL|POSTGRES|POSTGRESQL|PG|REDIS|CACHE|SMTP|MAIL|EMAIL|GRPC|RPC|"
    r"METRICS|DEBUG|ADMIN|PPROF|PROMETHEUS|SSH|FTP|LDAP|NATS|KAFKA|AMQP|MQTT|PROXY|TLS|SSL|DNS)_"
)


def named_variable(program: Program, modules: Iterable[str]) -> tuple[str, int] | None:
    """(the variable by which a program is given its port, with the value; the default or 0), where
    one alone has such a name: one of the web, or one that begins as a module does.
    """
    if program.first(_FIXED):
        return None
    names = (re.sub(r"/v\d+$", "", module).rpartition("/")[2] for module in modules)
    own = {re.sub(r"\W+", "_", name).upper() + "_PORT" for name in names}
    found: dict[str, tuple[str, int]] = {}
    for hit in program.all(_NAMED):
        name = hit[1]
        if (name in own or _OF_WEB.search(name)) and not _OF_OTHERS.search(name):
            before, number = found.get(name, ("", 0))
            found[name] = (before or hit[2] or "", number or int(hit[3] or 0))
    if len(found) != 1:
        return None
    name, (before, number) = found.popitem()
    return f"{name}={before}$PORT", number if number < 65536 else 0
