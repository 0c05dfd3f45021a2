"""Ruby without a framework that serves: a socket, a worker, a script, a gem."""

import re

from hivemind_agents.repository.facts import GUESS, LIKELY, WEAK, Match
from hivemind_agents.repository.languages.ruby.project import RubyProject

_LISTENS = (
    r"TCPServer\.(?:new|open)|WEBrick::HTTPServer|Rack::Handler|Rackup::Handler|Rack::Server|"
    r"start_server|Agoo::Server|Async::HTTP::Server|Puma::Server|Falcon::Server|GRPC::RpcServer"
)
_WORKERS = ("sidekiq", "resque", "shoryuken", "karafka", "sneakers", "clockwork", "racecar")
_BOTS = (
    r"Discordrb|Telegram::Bot|SlackRubyBot|Rufus::Scheduler|Twitter::Streaming|IRCSocket|Cinch::Bot"
)


def plain_match(project: RubyProject) -> Match:
    """What the entry does decides."""
    tree = project.tree
    entry = project.entry
    worker = project.gems.runtime(*_WORKERS)
    if entry and (found := re.search(_LISTENS, project.text(entry))):
        port = re.search(r"\b(\d{4,5})\b", project.text(entry)[found.start() :])
        return Match(
            framework=None, kind="web", rank=20, evidence=(tree.where(entry, found.group(0)),),
            kind_confidence=0.9, start=f"{project.bundle}ruby {entry}", start_confidence=0.86,
            port=int(port.group(1)) if port and int(port.group(1)) < 65536 else 8080,
        )  # fmt: skip
    if worker and project.code.where(r"Sidekiq::(?:Worker|Job)|perform|Karafka|Clockwork"):
        command = project.workers().get("worker") or {
            "karafka": "bundle exec karafka server",
            "clockwork": f"bundle exec clockwork {entry or 'clock.rb'}",
        }.get(worker.name, f"{project.bundle}ruby {entry}")
        if worker.name == "sidekiq" and entry and "-C" not in command:
            command += f" -r ./{entry}"
        return Match(
            framework="sidekiq" if worker.name == "sidekiq" else None, kind="worker", rank=18,
            evidence=(worker.where,), kind_confidence=LIKELY, start=command,
            start_confidence=LIKELY, processes={"worker": command},
        )  # fmt: skip
    if project.gemspec and entry is None:
        return Match(
            framework=None,
            kind="library",
            rank=1,
            evidence=(project.gemspec,),
            kind_confidence=0.88,
        )
    if entry is None:
        return _without_entry(project)
    text = project.text(entry)
    start = f"{project.bundle}ruby {entry}"
    endless = re.search(r"(?m)^[ \t]*loop\s*(?:do|\{)|while\s+true", text) and not re.search(
        r"\bgets\b", text
    )
    if endless or re.search(_BOTS, text):
        return Match(
            framework=None, kind="worker", rank=15, evidence=(entry,), kind_confidence=LIKELY,
            start=start, start_confidence=LIKELY, processes={"worker": start},
        )  # fmt: skip
    return Match(
        framework=None, kind="cli", rank=10, evidence=(entry,), kind_confidence=0.88, start=start,
        start_confidence=0.88,
    )  # fmt: skip


def _without_entry(project: RubyProject) -> Match:
    tree = project.tree
    program = next(
        (
            path
            for path in tree.paths
            if re.fullmatch(r"(?:bin|exe)/[\w-]+", path)
            and path not in {"bin/console", "bin/setup", "bin/bundle", "bin/rake"}
        ),
        None,
    )
    if program:
        return Match(
            framework=None, kind="cli", rank=8, evidence=(program,), kind_confidence=LIKELY,
            start=f"{project.bundle}ruby {program}", start_confidence=GUESS,
        )  # fmt: skip
    if "Rakefile" in tree:
        return Match(
            framework=None, kind="cli", rank=5, evidence=("Rakefile",), kind_confidence=GUESS,
            start=f"{project.bundle}rake", start_confidence=GUESS,
        )  # fmt: skip
    return Match(
        framework=None, kind="cli", rank=1, kind_confidence=WEAK,
        notes=("no Ruby file looks like the one to run",),
    )  # fmt: skip
