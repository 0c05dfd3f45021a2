"""PHP programs that bring their own server: ReactPHP, Swoole, Workerman, Hyperf, RoadRunner."""

from hivemind_agents.repository.facts import LIKELY, SURE, Match
from hivemind_agents.repository.languages.php.project import PhpProject

_SERVERS = (
    (
        "hyperf",
        ("hyperf/http-server", "hyperf/framework"),
        r"hyperf|Hyperf",
        "php bin/hyperf.php start",
        9501,
    ),
    (
        "webman",
        ("workerman/webman-framework",),
        r"webman|Webman|support\\\\App",
        "php start.php start",
        8787,
    ),
    (
        "reactphp",
        ("react/http",),
        r"React\\Http\\(?:Http)?Server|new\s+HttpServer\(",
        "php {file}",
        8080,
    ),
    (
        "workerman",
        ("workerman/workerman",),
        r"Workerman\\Worker|new\s+Worker\(",
        "php {file} start",
        8080,
    ),
    (
        "swoole",
        ("ext-swoole", "ext-openswoole", "openswoole/core"),
        r"Swoole\\(?:Http|HTTP|WebSocket)\\Server|new\s+Server\(",
        "php {file}",
        9501,
    ),
    ("amphp", ("amphp/http-server",), r"SocketHttpServer|HttpServer", "php {file}", 8080),
)


def detect(project: PhpProject) -> Match | None:
    """A server whose package is listed and whose code makes it listen."""
    for framework, packages, pattern, command, port in _SERVERS:
        listed = project.packages.runtime(*packages)
        hit = project.code.first(pattern) if listed else None
        if listed is None or hit is None:
            continue
        if framework == "hyperf" and "bin/hyperf.php" not in project.tree:
            continue
        return Match(
            framework=framework,
            kind="web",
            rank=85,
            confidence=SURE,
            kind_confidence=0.9,
            evidence=(listed.where, hit.where),
            start=command.format(file=hit.path),
            start_confidence=LIKELY,
            port=port,
        )
    return None
