"""What breaks behind a load balancer, and the setting that mends it."""

import re
from dataclasses import dataclass

from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.readers.words import first_in
from hivemind_agents.repository.report import Behaviour
from hivemind_agents.repository.tree import FileTree


@dataclass(frozen=True, slots=True)
class _Rule:
    """A pattern in sources of these suffixes, no problem where `unless` is in the file too."""

    about: str
    suffixes: tuple[str, ...]
    pattern: re.Pattern[str]
    why: str
    mend: str
    unless: re.Pattern[str] | None = None
    only_in: str = ""
    only_with: re.Pattern[str] | None = None
    not_beside: re.Pattern[str] | None = None
    framework: str = ""


_JS = (".js", ".ts", ".mjs", ".cjs")
_POSTGRES = re.compile(r"(?i)postgres|\b(pg|pgx|pq)\b")
DATABASE_TLS = "database-tls"
_WITHOUT_TLS = (
    "the code switches TLS to PostgreSQL off, which a database of RDS refuses by default; this one "
    "is made so that it lets that pass",
    "leave sslmode to DATABASE_URL or PGSSLMODE, then --set database_tls=required",
)
_OWN_ADDRESS = (
    "the server listens on the host's own address only, where no load balancer reaches it"
)
_RULES = (
    _Rule(
        DATABASE_TLS,
        (".go", ".py", ".rb", ".php", ".toml"),
        re.compile(r"\bssl_?mode[\"']?\s{0,4}[=:]>?\s{0,4}[\"']?disable\b"),
        *_WITHOUT_TLS,
        only_with=_POSTGRES,
        # What is written for a developer's own machine is only a default.
        not_beside=re.compile(r"localhost|127\.0\.0\.1"),
    ),
    _Rule(
        DATABASE_TLS,
        _JS,
        re.compile(r"\bssl\s{0,4}:\s{0,4}false\b"),
        *_WITHOUT_TLS,
        only_with=_POSTGRES,
    ),
    _Rule(
        "https-redirect",
        (".py",),
        re.compile(r"(?m)^[ \t]*SECURE_SSL_REDIRECT\s*=\s*True"),
        "Django redirects every plain request, the health check's too, and cannot see that TLS "
        "ends at the load balancer",
        "SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https') and "
        "SECURE_REDIRECT_EXEMPT for the health path",
        re.compile(r"SECURE_PROXY_SSL_HEADER"),
        "settings",
    ),
    _Rule(
        "https-only",
        (".py",),
        re.compile(
            r"(?m)^[ \t]*(?:SECURE_SSL_REDIRECT|SESSION_COOKIE_SECURE|CSRF_COOKIE_SECURE)\s*=\s*"
            r"(?:True|not DEBUG)\b"
        ),
        "Django serves over HTTPS alone; without a domain there is none, and under WSGI this is "
        "off until then",
        "--domain NAME, which gives HTTPS",
        None,
        "settings",
        framework="django",
    ),
    _Rule(
        "https-only",
        (".py",),
        re.compile(r"(?m)^[ \t]*SESSION_COOKIE_SECURE\s*=\s*True\b"),
        "the session's cookie is sent over HTTPS alone; without a domain there is none, and nobody "
        "stays logged in",
        "--domain NAME, which gives HTTPS",
        framework="flask",
    ),
    _Rule(
        "host-allow-list",
        (".py",),
        re.compile(
            r"(?m)^[ \t]*ALLOWED_HOSTS\s*=\s*(?:\[\s*\]|\(\s*\)|"
            r"[\[(]\s*[\"'][^\"'*\n]{1,80}[\"'](?:\s*,\s*[\"'][^\"'*\n]{1,80}[\"']){0,30}\s*,?\s*[\])])"
        ),
        "Django answers 400 to other names than those of this list; what the deployment is called "
        "is added to it on its hosts, where the application runs under WSGI",
        "ALLOWED_HOSTS from a variable, which is set then",
        None,
        "settings",
    ),
    _Rule(
        "https-redirect",
        (".py",),
        re.compile(r"HTTPSRedirectMiddleware|Talisman\(|SSLify\("),
        "every plain request is redirected, the health check's too",
        "switch it off where TLS ends at the load balancer, or exempt the health path",
        re.compile(r"\bforce_https\s*=\s*False"),
    ),
    _Rule(
        "host-allow-list",
        (".py",),
        re.compile(r"TrustedHostMiddleware"),
        "requests with another host name get 400, the health check's too",
        "allow the load balancer's name and the host's own address",
    ),
    _Rule(
        "https-redirect",
        (".rb",),
        re.compile(r"(?m)^[ \t]*config\.force_ssl\s*=\s*true"),
        "Rails redirects every plain request; without assume_ssl it cannot see that TLS ends at "
        "the load balancer",
        "config.assume_ssl = true, and ssl_options with redirect: { exclude: ->(r) { r.path == "
        "'/up' } }",
        re.compile(r"(?m)^[ \t]*config\.assume_ssl\s*=\s*true"),
        "production",
    ),
    _Rule(
        "host-allow-list",
        (".rb",),
        re.compile(r"(?m)^[ \t]*config\.hosts\s*(?:=|<<|\+=)"),
        "Rails answers 403 to other host names",
        "config.hosts with the load balancer's name, config.host_authorization to exclude the "
        "health path",
        None,
        "production",
    ),
    _Rule(
        "binding",
        _JS,
        re.compile(r"\.listen\([^)\n]*[\"'](?:127\.0\.0\.1|localhost)[\"']"),
        _OWN_ADDRESS,
        "listen on 0.0.0.0",
    ),
    _Rule(
        "binding",
        _JS,
        re.compile(r"(?:host|hostname)\s*:\s*[\"'](?:127\.0\.0\.1|localhost)[\"']"),
        _OWN_ADDRESS,
        "listen on 0.0.0.0",
        # Where a database is, says nothing about where the server listens.
        re.compile(r"\b(?:dialect|migrations|database|client|user(?:name)?)\s*:"),
    ),
    _Rule(
        "https-redirect",
        _JS,
        re.compile(r"enforce\.HTTPS|express-sslify|express-enforces-ssl|forceSSL"),
        "every plain request is redirected, the health check's too",
        "trust the proxy (app.set('trust proxy', 1), trustProtoHeader: true) and exempt the "
        "health path",
        re.compile(r"trustProtoHeader"),
    ),
    _Rule(
        "binding",
        (".go",),
        re.compile(
            r"(?:ListenAndServe|Run|Start|Listen|net\.Listen)\([^\n)]*\"(?:127\.0\.0\.1|localhost):"
        ),
        _OWN_ADDRESS,
        "listen on :$PORT",
    ),
    _Rule(
        "binding",
        (".rs",),
        re.compile(
            r"(?:bind|serve|run)\([^\n]{0,60}(?:127\.0\.0\.1|localhost)|\[127,\s*0,\s*0,\s*1\]"
        ),
        _OWN_ADDRESS,
        "bind 0.0.0.0 and the port of PORT",
    ),
    _Rule(
        "binding",
        (".properties", ".yml"),
        re.compile(r"(?m)^[ \t]*(?:server\.)?address\s*[=:]\s*(?:127\.0\.0\.1|localhost)"),
        "the server listens on the host's own address only",
        "remove server.address, or set 0.0.0.0",
    ),
    _Rule(
        "https-redirect",
        (".java", ".kt"),
        re.compile(r"requiresSecure\(\)|requiresChannel"),
        "plain requests are redirected",
        "server.forward-headers-strategy=framework",
    ),
    _Rule(
        "https-redirect",
        (".cs",),
        re.compile(r"app\.UseHttpsRedirection\(\)"),
        "ASP.NET redirects plain requests once an HTTPS port is known to it",
        "leave ASPNETCORE_HTTPS_PORTS unset, or use forwarded headers "
        "(ASPNETCORE_FORWARDEDHEADERS_ENABLED=true)",
    ),
    _Rule(
        "https-redirect",
        (".exs",),
        re.compile(r"(?m)^[ \t]*(?!#).*force_ssl:\s*\["),
        "Phoenix redirects plain requests",
        "force_ssl with rewrite_on: [:x_forwarded_proto], and exclude the health path",
        re.compile(r"rewrite_on"),
    ),
    _Rule(
        "https-redirect",
        (".php",),
        re.compile(r"URL::forceScheme\(\s*['\"]https|forceHttps\("),
        "links are made with https although TLS ends at the load balancer",
        "trust the proxies (TrustProxies, '*')",
        re.compile(r"trustProxies"),
    ),
)


def read_behaviours(tree: FileTree, finding: Finding | None) -> tuple[Behaviour, ...]:
    """One entry a rule, with the first place."""
    if finding is None or finding.kind.value != "web":
        return ()
    found: dict[tuple[str, str], Behaviour] = {}
    framework = finding.framework.value if finding.framework else None
    for rule in _RULES:
        if rule.framework and rule.framework != framework:
            continue
        for path in tree.sources(*rule.suffixes, limit=250):
            if rule.only_in and rule.only_in not in path:
                continue
            text = tree.text(path, limit=200_000) or ""
            hit = first_in(rule.pattern, text)
            if hit is None or (rule.unless and rule.unless.search(text)):
                continue
            if rule.only_with and not rule.only_with.search(text):
                continue
            line = text[text.rfind("\n", 0, hit.start()) + 1 : hit.end()].lstrip()
            if line.startswith(("#", "//", "*")):
                continue
            if rule.not_beside and rule.not_beside.search(line):
                continue
            where = f"{path}:{text.count(chr(10), 0, hit.start()) + 1}"
            found.setdefault(
                (rule.about, rule.why),
                Behaviour(about=rule.about, why=rule.why, mend=rule.mend, evidence=(where,)),
            )
            break
    return tuple(found.values())
