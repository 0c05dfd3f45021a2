"""How each language reads an environment variable: patterns by the suffix of its sources."""

import re

JAVASCRIPT = (
    ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".tsx", ".jsx", ".vue", ".svelte", ".astro",
)  # fmt: skip
# suffixes: patterns with the groups `name` and perhaps `default`, `must` or `may`.
_Q = r"[\"'`]"
_NAME = r"(?P<name>[A-Za-z_][A-Za-z0-9_]+)"
_JS = (
    rf"\buse_env_variable[\"']?\s*:\s*{_Q}{_NAME}{_Q}",  # Sequelize's configuration
    # Strapi's `({ env }) => … env.int("NAME", 5432)`.
    rf"(?<![\w.])env(?:\.(?:int|bool|array|float|json))?\(\s*{_Q}(?P<name>[A-Z][A-Z0-9_]{{2,}}){_Q}"
    rf"(?:\s*,\s*(?P<default>{_Q}[^\"'`\n]*{_Q}|[\d_]+|true|false))?",
    rf"(?:process\.env|Bun\.env|import\.meta\.env)(?:\.{_NAME}|\[{_Q}(?P<name2>\w+){_Q}\])"
    r"(?:\s*(?:\|\||\?\?)\s*(?P<default>[\"'`][^\"'`\n]*[\"'`]|[\d_]+|true|false|\w+))?",
    rf"Deno\.env\.get\(\s*{_Q}{_NAME}{_Q}\s*\)(?:\s*(?:\|\||"
    rf"\?\?)\s*(?P<default>[\"'`][^\"'`\n]*[\"'`]|\d+))?",
    rf"(?:config(?:Service)?|"
    rf"env)\.get(?:OrThrow)?(?:<\w+>)?\(\s*{_Q}(?P<name>[A-Z][A-Z0-9_]{{2,}}){_Q}",
)
PATTERNS: dict[tuple[str, ...], tuple[str, ...]] = {
    JAVASCRIPT: _JS,
    (".rb", ".ru", ".erb", ".rake"): (
        rf"ENV\.fetch\(\s*{_Q}{_NAME}{_Q}\s*(?P<must>\))(?!\s*(?:\{{|do\b))",
        rf"ENV\.fetch\(\s*{_Q}{_NAME}{_Q}\s*,\s*(?P<default>[^)\n]+)\)",
        rf"ENV\.fetch\(\s*{_Q}{_NAME}{_Q}\s*\)\s*(?:\{{|do)\s*(?P<default>[^}}\n]*)\}}?",
        rf"ENV\[\s*{_Q}{_NAME}{_Q}\s*\](?:\s*(?:\|\||or)\s*(?P<default>[^\n)}}]+))?",
    ),
    (".php",): (
        rf"\benv\(\s*{_Q}{_NAME}{_Q}\s*(?:,\s*(?P<default>[^)\n]+))?\)",
        rf"getenv\(\s*{_Q}{_NAME}{_Q}\s*\)(?:\s*(?:\?:|\?\?)\s*(?P<default>{_Q}[^\"'\n]*{_Q}|"
        rf"\w+))?",
        rf"\$_(?:ENV|SERVER)\[\s*{_Q}(?P<name>(?!HTTP_|REQUEST_|SCRIPT_|DOCUMENT_|SERVER_|"
        rf"REMOTE_|QUERY_|PHP_|PATH_|CONTENT_|argv|argc)[A-Z][A-Z0-9_]+){_Q}\s*\]"
        rf"(?:\s*(?:\?:|\?\?)\s*(?P<default>{_Q}[^\"'\n]*{_Q}|\w+))?",
    ),
    (".go",): (
        rf"os\.(?:Getenv|LookupEnv)\(\s*{_Q}{_NAME}{_Q}\s*\)",
        rf"(?i:getenv|envOr|getEnvOr\w*|env|getEnvOrDefault|"
        rf"lookupEnv)\(\s*{_Q}(?P<name>[A-Z][A-Z0-9_]+){_Q}\s*,\s*(?P<default>{_Q}[^\"`\n]*{_Q}|"
        rf"\d+)\s*\)",
        # caarlos0/env, cleanenv, envconfig, and viper's structs.
        r"`[^`\n]*\b(?:env(?:config)?|mapstructure):\"(?P<name>[A-Z][A-Z0-9_]+)(?P<must>,required|"
        r",notEmpty)?[^`\n]*?(?:\b(?:envDefault|env-default|default):\"(?P<default>[^\"]*)\")?"
        r"[^`\n]*`",
        rf"viper\.(?:Get\w*|SetDefault)\(\s*{_Q}(?P<name>[A-Z][A-Z0-9_]+){_Q}"
        rf"(?:\s*,\s*(?P<default>{_Q}[^\"`\n]*{_Q}|\d+))?\s*\)",
        rf"viper\.BindEnv\(\s*(?:{_Q}[\w.-]+{_Q}\s*,\s*)?{_Q}(?P<name>[A-Z][A-Z0-9_]+){_Q}",
    ),
    (".java", ".kt", ".kts", ".scala", ".groovy"): (
        rf"System\.getenv\(\s*\"{_NAME}\"\s*\)(?:\s*\?:\s*(?P<default>\"[^\"\n]*\"|\d+))?",
        rf"System\.getenv\(\)(?:\.get\(|\.getOrDefault\(|"
        rf"\[)\s*\"{_NAME}\"(?:\s*,\s*(?P<default>\"[^\"\n]*\"))?",
        rf"sys\.env(?:\.get(?:OrElse)?)?\(\s*\"{_NAME}\"(?:\s*,\s*(?P<default>\"[^\"\n]*\"))?",
        r"\$\{(?P<name>[A-Z][A-Z0-9_]+)(?::(?P<plain>[^}\n]*))?\}",
    ),
    (".properties",): (r"\$\{(?P<name>[A-Z][A-Z0-9_]+)(?::(?P<plain>[^}\n]*))?\}",),
    (".conf",): (r"\$\{\??(?P<name>[A-Z][A-Z0-9_]+)\}",),
    (".rs",): (
        rf"env::var(?:_os)?\(\s*\"{_NAME}\"\s*\)(?:\.unwrap_or(?:_else)?\(\s*(?:\|_\|\s*)?(?P<default>\"[^\"\n]*\"|[^\"\n]{{0,12}}\"[^\"\n]*\"))?(?P<must>\s*\.(?:expect|unwrap)\(|\s*\?)?",
        rf"env!\(\s*\"{_NAME}\"",
        r"(?s)#\[(?:arg|clap|structopt)\([^\]]{0,400}?\benv\s*=\s*\"(?P<name>[A-Z][A-Z0-9_]+)\""
        r"(?:[^\]]{0,400}?default_value(?:_t)?\s*=\s*(?P<default>\"[^\"\n]*\"|\d+))?",
    ),
    (".cs", ".fs", ".vb"): (
        r"[cC]onfiguration(?:\[|\.GetValue<\w+\??>\()\s*\"(?P<name>[A-Z][A-Z0-9_]{2,})\"\s*[\])]"
        r"(?:\s*\?\?\s*(?P<default>\"[^\"\n]*\"|\d+))?",
        rf"Environment\.GetEnvironmentVariable\s*\(?\s*\"{_NAME}\"\s*\)?(?:\s*\?\?\s*(?P<default>\"[^\"\n]*\"|\d+))?",
    ),
    (".ex", ".exs", ".eex"): (
        rf"System\.(?P<must>fetch_env!)\(\s*\"{_NAME}\"",
        rf"System\.get_env\(\s*\"{_NAME}\"\s*(?:,\s*(?P<default>\"[^\"\n]*\"))?\)(?:\s*\|\|\s*(?:(?P<must>raise)\b|(?P<default2>\"[^\"\n]*\")))?",
    ),
    (".clj", ".cljc"): (rf"System/getenv\s+\"{_NAME}\"", r"\(env\s+:(?P<kebab>[a-z][a-z0-9-]+)"),
    (".dart",): (
        rf"Platform\.environment\[\s*{_Q}{_NAME}{_Q}\s*\]"
        rf"(?:\s*\?\?\s*(?P<default>{_Q}[^\"'\n]*{_Q}))?",
    ),
    (".swift",): (rf"(?:Environment\.get\(|"
                  rf"environment\[)\s*\"{_NAME}\"\s*[\])](?:\s*\?\?\s*(?P<default>\"[^\"\n]*\"))?",),
    (".cr",): (
        rf"ENV\[\s*\"{_NAME}\"\s*\](?P<may>\?)?(?:\s*\|\|\s*(?P<default>\"[^\"\n]*\"))?",
        rf"ENV\.fetch\(\s*\"{_NAME}\"\s*,\s*(?P<default>\"[^\"\n]*\")",
    ),
    (".hs",): (rf"(?:lookupEnv|getEnv)\s+\"{_NAME}\"",),
    (".gleam",): (rf"(?:envoy\.get|get_env)\(\s*\"{_NAME}\"",),
    (".cpp", ".cc", ".c", ".cxx"): (rf"getenv\(\s*\"{_NAME}\"",),
    (".zig",): (rf"getenv\(\s*\"{_NAME}\"",),
    (".prisma",): (rf"\benv\(\s*\"{_NAME}\"(?P<must>\s*\))",),
}  # fmt: skip

# PostgreSQL's clients that are told nothing take it from the variables of libpq.
LIBPQ = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE")
TOLD_NOTHING: dict[tuple[str, ...], re.Pattern[str]] = {
    JAVASCRIPT: re.compile(r"new\s+(?:\w+\.)?(?:Pool|Client)\(\s*(?:\{\s*\})?\s*\)"),
    (".py",): re.compile(
        r"psycopg2?\.connect\(\s*(?:[\"']{2})?\s*\)|asyncpg\.(?:connect|create_pool)\(\s*\)"
    ),
    (".go",): re.compile(
        r"pgx(?:pool)?\.(?:Connect|New)\([^,\n]+,\s*\"\"\s*\)|"
        r"sql\.Open\(\"(?:postgres|pgx)\",\s*\"\"\s*\)"
    ),
}
