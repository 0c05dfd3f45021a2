"""Ruby: Rails, Sinatra, Rack and scripts."""

import re

from hivemind_agents.repository.facts import CERTAIN, GUESS, LIKELY, SURE, WEAK, Dependencies, Dependency, Fact, Finding, Match
from hivemind_agents.repository.languages.compose_finding import finding_of
from hivemind_agents.repository.readers.routes import scan_routes
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

_SERVERS = ("puma", "unicorn", "thin", "passenger", "falcon", "iodine", "webrick")
_RACK_FRAMEWORKS = (("sinatra", "sinatra"), ("hanami", "hanami"), ("roda", "roda"), ("grape", "grape"), ("padrino", "padrino"),
                    ("cuba", "cuba"), ("camping", "camping"), ("syro", "syro"))  # fmt: skip


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as Ruby."""
    manifest = tree.has("Gemfile", "gems.rb", "config.ru")
    scripts = tree.root_files("*.rb")
    gemspec = next(iter(tree.root_files("*.gemspec")), None)
    if manifest is None and not scripts and gemspec is None:
        return None
    gems = _gems(tree)
    match = _rails(tree, gems) or _site(tree, gems) or _rack(tree, gems) or _script(tree, gems, scripts, gemspec)
    bundled = tree.has("Gemfile", "gems.rb")
    first = manifest or gemspec or scripts[0]
    return finding_of(
        match,
        language="ruby",
        manifest=first,
        language_confidence=CERTAIN if bundled else LIKELY,
        serves=CERTAIN if match.framework == "rails" else SURE if match.kind == "web" else GUESS
        if match.kind != "library" else WEAK,
        version=_version(tree),
        manager=Fact("bundler", CERTAIN, (bundled,)) if bundled else None,
        install=("bundle install",) if bundled else (),
        dependencies=gems,
        processes=_processes(gems, match, tree),
        health=_health(tree, match),
    )  # fmt: skip


def _gems(tree: FileTree) -> Dependencies:
    """The Gemfile's lines; a gem inside `group :development` or `:test` is for these alone."""
    found: list[Dependency] = []
    path = tree.has("Gemfile", "gems.rb")
    group: list[bool] = []
    for number, raw in enumerate((tree.text(path) or "").splitlines() if path else [], start=1):
        line = raw.split("#")[0].strip()
        opened = re.match(r"(group|platforms?|source|path|install_if|if|unless)\b(.*)\bdo\b|^(if|unless)\s", line)
        if opened:
            names = re.findall(r":(\w+)", opened.group(2) or "") if opened.group(1) == "group" else []
            group.append(bool(names) and not {"production", "default"} & set(names))
        elif line == "end" and group:
            group.pop()
        gem = re.match(r"gem\s*\(?\s*[\"']([\w.-]+)[\"'](.*)", line)
        if gem:
            inline = re.findall(r":(\w+)", (re.search(r"groups?:\s*(\[[^\]]*\]|:\w+)", gem.group(2)) or [""])[0])
            dev = any(group) or (bool(inline) and "production" not in inline and "default" not in inline)
            spec = re.search(r"[\"']([^\"']+)[\"']", gem.group(2))
            found.append(Dependency(gem.group(1), spec.group(1) if spec else "", f"{path}:{number}", dev=dev))
    return Dependencies(found)


def _version(tree: FileTree) -> Fact[str] | None:
    found = plain_version_file(tree, ".ruby-version", prefix="ruby-") or tool_version(tree, "ruby")
    if found:
        return found
    for path, pattern in (
        ("Gemfile", r"(?m)^\s*ruby\s*\(?\s*[\"']([^\"']+)[\"']"),
        ("Gemfile.lock", r"RUBY VERSION\s+ruby ([\d.]+)"),
    ):
        hit = tree.search(path, pattern)
        if hit:
            return Fact(hit.group(1), CERTAIN, (tree.where(path, hit.group(0).split("\n")[0]),))
    return None


def _rails(tree: FileTree, gems: Dependencies) -> Match | None:
    listed = gems.runtime("rails", "railties")
    if not listed and not tree.has("config/application.rb"):
        return None
    if not tree.has("config/application.rb", "bin/rails", "config/environment.rb"):
        return None
    program = "bin/rails" if tree.has("bin/rails") else "bundle exec rails"
    assets = gems.runtime("sprockets-rails", "propshaft", "sprockets", "webpacker", "importmap-rails", "jsbundling-rails", "sass-rails", "vite_rails", "cssbundling-rails")
    build = (f"bundle exec {'bin/' if False else ''}rails assets:precompile",) if assets or tree.has_folder("app/assets") else ()
    processes = {}
    if tree.has_folder("db/migrate") or tree.has("db/schema.rb", "db/structure.sql"):
        processes["release"] = f"{program} db:migrate"
    return Match(
        framework="rails", kind="web", rank=90, confidence=CERTAIN, kind_confidence=0.97,
        evidence=(listed.where if listed else "config/application.rb",),
        start=f"{program} server -b 0.0.0.0 -p $PORT", start_confidence=0.9, build=build, port=3000,
        processes=processes,
    )  # fmt: skip


def _site(tree: FileTree, gems: Dependencies) -> Match | None:
    for gem, framework, command, root in (
        ("jekyll", "jekyll", "bundle exec jekyll build", "_site"), ("github-pages", "jekyll", "bundle exec jekyll build", "_site"),
        ("middleman", "middleman", "bundle exec middleman build", "build"), ("bridgetown", "bridgetown", "bundle exec bridgetown build", "output"),
        ("nanoc", "nanoc", "bundle exec nanoc compile", "output"),
    ):  # fmt: skip
        listed = gems.first(gem)
        if listed:
            return Match(
                framework=framework, kind="static", confidence=CERTAIN - 0.03, evidence=(listed.where,),
                kind_confidence=SURE, document_root=root, build=(command,),
            )  # fmt: skip
    return None


def _rack(tree: FileTree, gems: Dependencies) -> Match | None:
    framework = listed = None
    for gem, name in _RACK_FRAMEWORKS:
        entry = gems.runtime(gem)
        if entry:
            framework, listed = name, entry.where
            break
    script = next((path for path in (*tree.root_files("*.rb"), *tree.sources(".rb", limit=60))
                   if tree.search(path, r"require\s*\(?[\"']sinatra[\"']|< Sinatra::(?:Base|Application)")), None)  # fmt: skip
    if script and framework is None:
        framework, listed = "sinatra", tree.where(script, re.compile("(?i)sinatra"))
    if "config.ru" in tree:
        server = next((name for name in _SERVERS if gems.runtime(name)), None)
        starts = {
            "puma": "bundle exec puma -C config/puma.rb" if "config/puma.rb" in tree else "bundle exec puma -b tcp://0.0.0.0:$PORT",
            "unicorn": "bundle exec unicorn -p $PORT" + (" -c config/unicorn.rb" if "config/unicorn.rb" in tree else ""),
            "thin": "bundle exec thin start -a 0.0.0.0 -R config.ru -p $PORT",
            "passenger": "bundle exec passenger start -p $PORT --address 0.0.0.0",
            "falcon": "bundle exec falcon serve --bind http://0.0.0.0:$PORT",
        }  # fmt: skip
        start = starts.get(server or "", "bundle exec rackup --host 0.0.0.0 --port $PORT config.ru")
        return Match(
            framework=framework or "rack", kind="web", confidence=SURE if framework else 0.9, kind_confidence=0.95,
            evidence=tuple(item for item in (listed, "config.ru:1") if item), start=start, start_confidence=0.88, port=9292,
        )  # fmt: skip
    if framework == "sinatra" and script and "/" not in script:
        bundle = "bundle exec " if "Gemfile" in tree else ""
        classic = tree.search(script, r"require\s*\(?[\"']sinatra[\"']")
        return Match(
            framework="sinatra", kind="web", confidence=0.95, kind_confidence=0.95 if classic else LIKELY,
            evidence=tuple(item for item in (listed, script) if item), start=f"{bundle}ruby {script} -o 0.0.0.0 -p $PORT",
            start_confidence=0.85, port=4567,
        )  # fmt: skip
    return None


def _script(tree: FileTree, gems: Dependencies, scripts: list[str], gemspec: str | None) -> Match:
    worker = gems.runtime("sidekiq", "resque", "shoryuken", "karafka", "discordrb", "telegram-bot-ruby", "clockwork", "rufus-scheduler")
    entry = tree.has("app.rb", "main.rb", "server.rb", "index.rb", "run.rb", "bot.rb", "worker.rb", "hello.rb", "start.rb") or (
        scripts[0] if len(scripts) == 1 else None
    )
    bundle = "bundle exec " if tree.has("Gemfile") else ""
    if entry is None:
        if gemspec:
            return Match(framework=None, kind="library", evidence=(gemspec,), kind_confidence=0.88)
        if "Rakefile" in tree:
            return Match(framework=None, kind="cli", evidence=("Rakefile",), kind_confidence=GUESS,
                         start=f"{bundle}rake", start_confidence=GUESS)  # fmt: skip
        return Match(framework=None, kind="cli", kind_confidence=WEAK, notes=("no Ruby file looks like the one to run",))
    text = tree.text(entry) or ""
    start = f"{bundle}ruby {entry}"
    listens = re.search(r"TCPServer\.(?:new|open)|WEBrick::HTTPServer|Rack::(?:Handler|Server)|EventMachine.start_server|Agoo", text)
    if listens:
        return Match(framework=None, kind="web", evidence=(tree.where(entry, listens.group(0)),), kind_confidence=0.9,
                     start=start, start_confidence=0.85, port=8080)  # fmt: skip
    endless = re.search(r"(?m)^\s*loop\s+(?:do|\{)|while true", text) and "gets" not in text
    kind = "worker" if worker or endless else "cli"
    return Match(
        framework=None, kind=kind, evidence=(entry,), kind_confidence=0.75 if kind == "worker" else 0.88,  # type: ignore[arg-type]  # one of the two
        start=start, start_confidence=0.88, processes={"worker": start} if kind == "worker" else {},
    )  # fmt: skip


def _processes(gems: Dependencies, match: Match, tree: FileTree) -> dict[str, str]:
    found: dict[str, str] = {}
    if match.kind not in {"web"}:
        return found
    if gems.runtime("sidekiq"):
        found["worker"] = "bundle exec sidekiq" + (" -C config/sidekiq.yml" if "config/sidekiq.yml" in tree else "")
    elif gems.runtime("delayed_job_active_record", "delayed_job"):
        found["worker"] = "bundle exec rake jobs:work"
    elif gems.runtime("good_job"):
        found["worker"] = "bundle exec good_job start"
    elif gems.runtime("resque"):
        found["worker"] = "QUEUE=* bundle exec rake resque:work"
    return found


def _health(tree: FileTree, match: Match) -> Fact[str] | None:
    if match.kind == "static":
        return Fact("/", SURE, match.evidence)
    if match.kind != "web":
        return None
    if match.framework == "rails":
        up = tree.search("config/routes.rb", r"(?m)^\s*get\s+[\"']/?(up|healthz?|health_check|ping|status)[\"']")
        if up:
            return Fact("/" + up.group(1), SURE, (tree.where("config/routes.rb", up.group(0).strip()),))
        found = scan_routes(tree, ("routes.rb", ".rb"), r"(?m)^\s*get\s+[\"'](/?(?:api/)?(?:health|healthz|up|ping|status))[\"']")
        if found:
            return found
        root = tree.search("config/routes.rb", r"(?m)^\s*root\b")
        return Fact("/", GUESS, (tree.where("config/routes.rb", root.group(0).strip()),)) if root else None
    found = scan_routes(tree, (".rb", ".ru"), r"(?m)^\s*get\s*\(?\s*[\"']([^\"']*)[\"']")
    return found or (Fact("/", GUESS, match.evidence) if match.framework == "rack" else None)
