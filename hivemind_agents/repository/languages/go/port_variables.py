"""The variable by which a Go program is given its port, where it is not called PORT."""

import re
from collections.abc import Iterable

from hivemind_agents.repository.languages.go.listening import FIXED_PORT
from hivemind_agents.repository.languages.go.program import Program

_VIPER_PREFIX = r"\.SetEnvPrefix\(\s*\"(\w+)\"\s*\)"
_VIPER_KEY = (
    r"\.SetDefault\(\s*\"((?:(?:server|http|app|web)[._])?(?:http_?)?port)\","
    r"\s*\"?(\d{2,5})\"?\s*\)"
)
_CONFIGOR_PREFIX = r"\bENVPrefix:\s*\"(\w+)\""
_CONFIGOR_PORT = (
    r"\b(Server|HTTP|Http|App|Web)\s+struct\s*\{[^{}]*?\bPort\s+\w+\s*`[^`]*\bdefault:\"(\d{2,5})\""
)
# `env:"SHOP_HTTP_PORT" envDefault:"8080"`, `getenv("SHOP_SERVER_PORT", ":8080")`, and a constant.
_NAMED = (
    r"(?m)(?:\benv(?:config)?:|\(\s*|\bconst\s+\w+\s*=\s*|^\s*\w+\s*=\s*)"
    r"\"((?:[A-Z][A-Z0-9]*_)+PORT)(?:\"|,)"
    r"(?:\s*,\s*|[^\n`]{0,200}?\b(?:env)?-?[dD]efault[:=])?(?:\"?(:?)(\d{2,5})\b)?"
)
_OF_WEB = re.compile(r"(?:^|_)(?:SERVER|HTTP|APP|WEB|LISTEN)_PORT$")
_OF_OTHERS = re.compile(
    r"(?:^|_)(?:DB|DATABASE|SQL|MYSQL|POSTGRES|POSTGRESQL|PG|REDIS|CACHE|SMTP|MAIL|EMAIL|GRPC|RPC|"
    r"METRICS|DEBUG|ADMIN|PPROF|PROMETHEUS|SSH|FTP|LDAP|NATS|KAFKA|AMQP|MQTT|PROXY|TLS|SSL|DNS)_"
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


def named_variable(program: Program, modules: Iterable[str]) -> tuple[str, int] | None:
    """(the variable by which a program is given its port, with the value; the default or 0), where
    one alone has such a name: one of the web, or one that begins as a module does.
    """
    if program.first(FIXED_PORT):
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
