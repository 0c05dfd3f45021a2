"""PHP without a framework: pages, a script, a library."""

import re

from hivemind_agents.repository.facts import GUESS, LIKELY, WEAK, Match
from hivemind_agents.repository.languages.php.project import PhpProject
from hivemind_agents.repository.readers.structured import items, text_of

_PAGE = re.compile(
    r"(?i)<html|<!doctype|<body|\$_(?:GET|POST|SERVER|REQUEST|SESSION)\b|\bheader\s*\(|<h1"
)
# A page of HTML that calls a script of PHP: a form, a link, a request.
_CALLED = re.compile(
    r"(?i)(?:action|href|src)\s*=\s*[\"']?[\w./-]+\.php\b|[\"'`][\w./-]+\.php[?\"'`]"
)
_WORKER = re.compile(
    r"while\s*\(\s*(?:true|1)\s*\)|basic_consume|->consume\(|->run\(\)\s*;\s*//\s*bot"
)
_ENTRIES = (
    "main.php",
    "app.php",
    "run.php",
    "cli.php",
    "server.php",
    "bot.php",
    "worker.php",
    "script.php",
    "hello.php",
    "console.php",
    "start.php",
)


def plain_match(project: PhpProject) -> Match:
    """A front page makes it web; without one, what the script does decides."""
    if project.page:
        return Match(
            framework=None,
            kind="web",
            rank=20,
            evidence=(project.page,),
            kind_confidence=0.95,
            start=project.serve(project.root),
            start_confidence=0.85,
            build=project.assets(),
            document_root=project.root,
            port=8000,
        )
    scripts = project.tree.root_files("*.php")
    entry = project.tree.has(*_ENTRIES) or (scripts[0] if scripts else None)
    if entry is None or text_of(project.composer.get("type")) == "library":
        return _without_entry(project)
    text = project.tree.text(entry) or ""
    called = project.tree.search("index.html", _CALLED)
    if called or (_PAGE.search(text) and not text.startswith("#!")):
        return Match(
            framework=None, kind="web", rank=15, evidence=(entry,), kind_confidence=LIKELY,
            start="php -S 0.0.0.0:$PORT", start_confidence=0.7, document_root=".", port=8000,
        )  # fmt: skip
    works = _WORKER.search(text)
    start = f"php {entry}"
    return Match(
        framework=None,
        kind="worker" if works else "cli",
        rank=10,
        evidence=(entry,),
        kind_confidence=LIKELY,
        start=start,
        start_confidence=LIKELY,
        processes={"worker": start} if works else {},
    )


def _without_entry(project: PhpProject) -> Match:
    program = next((text_of(item) for item in items(project.composer.get("bin"))), None)
    program = program or text_of(project.composer.get("bin")) or project.tree.has("bin/console")
    if program:
        return Match(
            framework=None, kind="cli", rank=8, evidence=("composer.json",), kind_confidence=LIKELY,
            start=f"php {program}", start_confidence=GUESS,
        )  # fmt: skip
    library = bool(project.composer.get("autoload"))
    return Match(
        framework=None,
        kind="library",
        rank=1,
        evidence=(project.manifest,),
        kind_confidence=LIKELY if library else WEAK,
    )
