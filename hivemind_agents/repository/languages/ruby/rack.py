"""Rack and what is built on it: Sinatra, Hanami, Roda, Grape and their kin."""

import re

from hivemind_agents.repository.facts import CERTAIN, LIKELY, SURE, Match
from hivemind_agents.repository.languages.ruby.project import RubyProject
from hivemind_agents.repository.readers.environment import Use

# framework: (gems, code that makes an application)
FRAMEWORKS: dict[str, tuple[tuple[str, ...], str]] = {
    "hanami": (("hanami", "hanami-router"), r"Hanami\b"),
    "padrino": (("padrino", "padrino-core"), r"Padrino\b"),
    "sinatra": (
        ("sinatra", "sinatra-contrib"),
        r"require\s*\(?[\"']sinatra|Sinatra::|Sinatra\.new",
    ),
    "roda": (("roda",), r"<\s*Roda\b|Roda\.route|Roda\b"),
    "grape": (("grape",), r"<\s*Grape::API"),
    "cuba": (("cuba",), r"\bCuba\b"),
    "camping": (("camping",), r"Camping\."),
    "syro": (("syro",), r"\bSyro\b"),
    "agoo": (("agoo",), r"Agoo::Server"),
}
_STARTS = {
    "puma": "bundle exec puma -b tcp://0.0.0.0:$PORT",
    "unicorn": "bundle exec unicorn -p $PORT",
    "thin": "bundle exec thin start -a 0.0.0.0 -R config.ru -p $PORT",
    "passenger": "bundle exec passenger start -a 0.0.0.0 -p $PORT",
    "falcon": "bundle exec falcon serve --bind http://0.0.0.0:$PORT",
    "iodine": "bundle exec iodine -b 0.0.0.0 -p $PORT",
    "agoo": "bundle exec rackup -s agoo -o 0.0.0.0 -p $PORT",
}


def detect(project: RubyProject) -> Match | None:
    """A rackup file, or a script whose framework brings its server."""
    framework, listed, where = _framework(project)
    tree = project.tree
    processes = project.workers() if framework else {}
    migrates = tree.has_folder("db/migrate") and "Rakefile" in tree
    if migrates and project.gems.runtime("sinatra-activerecord"):
        processes["release"] = "bundle exec rake db:migrate"
    evidence = tuple(item for item in (listed, where) if item)
    if "config.ru" in tree:
        start, adds = _server(project)
        return Match(
            framework=framework or "rack",
            kind="web",
            rank=70,
            confidence=0.95 if framework else 0.9,
            kind_confidence=0.96,
            evidence=(*evidence, "config.ru:1"),
            start=start,
            start_confidence=0.88,
            start_evidence=("config.ru:1",),
            processes=processes,
            port=9292,
            env=(Use("RACK_ENV", "config.ru:1", "production", optional=True),),
            adds=adds,
        )
    if framework is None or where is None:
        return None
    return _script(project, framework, evidence, processes)


def _framework(project: RubyProject) -> tuple[str | None, str | None, str | None]:
    """(name, where its gem is listed, where the code uses it)."""
    for name, (gems, pattern) in FRAMEWORKS.items():
        where = project.code.where(pattern)
        if where:
            listed = project.gems.runtime(*gems)
            if listed or name == "sinatra":
                return name, listed.where if listed else None, where
    return None, None, None


def _server(project: RubyProject) -> tuple[str, tuple[str, ...]]:
    """(command, gems to add) by the server among the gems."""
    tree = project.tree
    server = next((name for name in _STARTS if project.gems.runtime(name)), None)
    if server == "puma" and "config/puma.rb" in tree:
        asks = re.search(r"\bport\b|\bbind\b", tree.text("config/puma.rb") or "")
        if asks and "PORT" in (tree.text("config/puma.rb") or ""):
            return "bundle exec puma -C config/puma.rb", ()
    if server == "unicorn" and "config/unicorn.rb" in tree:
        return "bundle exec unicorn -p $PORT -c config/unicorn.rb", ()
    if server:
        return _STARTS[server], ()
    start = f"{project.bundle}rackup --host 0.0.0.0 --port $PORT config.ru"
    return start, () if project.gems.runtime("webrick", "rackup") else ("puma",)


def _script(
    project: RubyProject, framework: str, evidence: tuple[str, ...], processes: dict[str, str]
) -> Match | None:
    """Classic Sinatra runs itself; a modular one needs `run!`."""
    candidates = [project.entry, *project.tree.root_files("*.rb")]
    script = next(
        (
            path
            for path in candidates
            if path and re.search(FRAMEWORKS[framework][1], project.text(path))
        ),
        None,
    )
    if script is None:
        return None
    text = project.text(script)
    classic = re.search(r"require\s*\(?[\"']sinatra[\"']|run!|Rackup?::Handler|Server\.start", text)
    server = project.gems.runtime("puma", "thin", "webrick", "falcon", "unicorn", "rackup")
    return Match(
        framework=framework,
        kind="web",
        rank=65,
        confidence=SURE + 0.02,
        kind_confidence=CERTAIN - 0.03 if classic else LIKELY,
        evidence=evidence,
        start=f"{project.bundle}ruby {script} -o 0.0.0.0 -p $PORT",
        start_confidence=0.86 if classic else 0.6,
        start_evidence=(script,),
        processes=processes,
        port=4567,
        env=(Use("APP_ENV", script, "production", optional=True),),
        adds=() if server else ("puma",),
    )
