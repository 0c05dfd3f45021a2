"""Which command starts what: the platforms' files and the code, weighed by sense."""

import re
from collections.abc import Sequence
from dataclasses import replace

from hivemind_agents.repository.facts import Fact, Finding
from hivemind_agents.repository.platforms import Declared

_PROGRAMS: dict[str, str] = {
    **dict.fromkeys(
        (
            "gunicorn",
            "uvicorn",
            "python",
            "python3",
            "flask",
            "daphne",
            "hypercorn",
            "celery",
            "streamlit",
            "waitress-serve",
            "uwsgi",
            "poetry",
            "pipenv",
            "uv",
            "fastapi",
            "django-admin",
            "granian",
            "alembic",
            "newrelic-admin",
            "pdm",
            "chainlit",
            "voila",
            "rq",
            "sanic",
        ),
        "python",
    ),
    **dict.fromkeys(
        (
            "node",
            "npm",
            "npx",
            "yarn",
            "pnpm",
            "next",
            "nuxt",
            "ts-node",
            "tsx",
            "nodemon",
            "pm2",
            "pm2-runtime",
            "remix-serve",
            "serve",
            "bun",
            "bunx",
        ),
        "node",
    ),
    **dict.fromkeys(
        (
            "bundle",
            "rails",
            "ruby",
            "puma",
            "rackup",
            "unicorn",
            "sidekiq",
            "thin",
            "rake",
            "bin/rails",
            "./bin/rails",
            "bin/rake",
            "bin/thrust",
            "./bin/thrust",
        ),
        "ruby",
    ),
    **dict.fromkeys(("java", "mvn", "./mvnw", "gradle", "./gradlew", "sbt"), "java"),
    **dict.fromkeys(("lein", "clojure", "clj"), "clojure"),
    **dict.fromkeys(
        (
            "php",
            "heroku-php-apache2",
            "heroku-php-nginx",
            "apache2-foreground",
            "php-fpm",
            "frankenphp",
        ),
        "php",
    ),
    **dict.fromkeys(("dotnet",), "dotnet"),
    **dict.fromkeys(("mix", "elixir", "iex"), "elixir"),
    **dict.fromkeys(("deno",), "deno"),
    **dict.fromkeys(("cargo",), "rust"),
    **dict.fromkeys(("go",), "go"),
    **dict.fromkeys(("gleam",), "gleam"),
    **dict.fromkeys(("dart",), "dart"),
    **dict.fromkeys(("swift",), "swift"),
    **dict.fromkeys(("stack", "cabal"), "haskell"),
}
_DEVELOPMENT = re.compile(
    r"--reload\b|nodemon|ts-node-dev|\bnext dev\b|\bvite(?:\s+dev|\s*$|\s+--)|"
    r"webpack(?:-dev-server| serve)|"
    r"runserver|\bnpm run dev\b|\byarn dev\b|\bpnpm (?:run )?dev\b|bun (?:run )?dev|ng serve|"
    r"flask (?:--\S+ \S+ )?run|--watch\b|tsx watch|air\b|artisan serve|npm run start:dev|"
    r"react-scripts start"
)
# A heroku-php command names the document root; there the server is ours.
_HEROKU_PHP = re.compile(
    r"(?:vendor/bin/)?heroku-php-(?:apache2|nginx)(?:\s+-\S+\s+\S+)*(?:\s+([\w./-]+))?\s*$"
)


def program_language(command: str) -> str | None:
    """The language of the program that a command runs."""
    for part in re.split(r"&&|;|\|\|", command):
        words = [word for word in part.split() if not re.match(r"^[A-Za-z_]\w*=", word)]
        while words and words[0] in {"exec", "cd", "env", "sudo", "time", "export"}:
            words = words[2:] if words[0] == "cd" else words[1:]
        if words:
            known = _PROGRAMS.get(words[0]) or _PROGRAMS.get(words[0].rsplit("/", 1)[-1])
            if known:
                return known
    return None


def is_development(command: str) -> bool:
    """Whether a command starts a server that is made for development."""
    return bool(_DEVELOPMENT.search(command))


def read_processes(finding: Finding | None, declared: Sequence[Declared]) -> dict[str, Fact[str]]:
    """Every process with its command. What a platform's file says wins, if it is for production."""
    processes: dict[str, Fact[str]] = {}
    if finding:
        processes.update(finding.processes)
        if finding.start and finding.kind.value == "web":
            processes.setdefault("web", finding.start)
    told = {name for item in declared if item.binding for name in item.processes}
    if told - {"web", "release", "postdeploy"}:
        # Who lists the processes lists all that run; a worker of our own finding would be a second.
        processes = {name: fact for name, fact in processes.items() if name in {"web", "release"}}
    for item in reversed(list(declared)):
        for name, fact in item.processes.items():
            if name == "postdeploy":
                continue
            processes = _weigh(processes, name, fact, item, finding)
    return processes


def _weigh(
    processes: dict[str, Fact[str]],
    name: str,
    fact: Fact[str],
    item: Declared,
    finding: Finding | None,
) -> dict[str, Fact[str]]:
    known = processes.get(name)
    translated = _translate(fact)
    if name == "web" and known and is_development(translated.value):
        return processes
    if item.binding:
        return {**processes, name: translated}
    if finding and finding.kind.value in {"static", "library"}:
        return processes
    sure_code = (
        finding is not None and finding.start is not None and finding.start.confidence >= 0.75
    )
    if known is None and not sure_code and not is_development(translated.value):
        return {**processes, name: translated}
    if known is not None and _with_arguments(known.value, translated.value):
        # What the container passes to the same script is what its author starts it with.
        return {**processes, name: translated}
    return processes


_SCRIPT = re.compile(r"(?:python3?|node) (?:-u )?(?:\./)?(?P<script>[\w./-]+)(?P<arguments> .+)?$")


def _with_arguments(bare: str, told: str) -> bool:
    """Whether the second command runs the script of the first, which has no arguments."""
    first, second = _SCRIPT.match(bare), _SCRIPT.match(told)
    return (
        first is not None and second is not None and first["script"] == second["script"]
        and not first["arguments"] and bool(second["arguments"])
    )  # fmt: skip


def _translate(fact: Fact[str]) -> Fact[str]:
    """A command that only one platform knows, as one that any host can run."""
    found = _HEROKU_PHP.search(fact.value)
    if found:
        root = (found.group(1) or "").rstrip("/")
        return replace(fact, value="php -S 0.0.0.0:$PORT" + (f" -t {root}" if root else ""))
    return fact
