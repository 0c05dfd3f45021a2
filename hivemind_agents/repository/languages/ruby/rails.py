"""Rails."""

from hivemind_agents.repository.configured_ruby import RAILS_DATABASES
from hivemind_agents.repository.facts import CERTAIN, Match
from hivemind_agents.repository.languages.ruby.project import RubyProject
from hivemind_agents.repository.readers.environment import Use
from hivemind_agents.repository.readers.structured import read_json, table

_ASSETS = ("sprockets-rails", "propshaft", "sprockets", "importmap-rails", "jsbundling-rails",
           "cssbundling-rails", "sass-rails", "sassc-rails", "webpacker", "shakapacker",
           "vite_rails", "tailwindcss-rails", "dartsass-rails")  # fmt: skip

# Any key will do while assets are built; nothing is signed with it.
BUILD_ENV = "RAILS_ENV=production SECRET_KEY_BASE=unused"


def detect(project: RubyProject) -> Match | None:
    """An application of Rails; the gem listed by a library or a script is none."""
    tree = project.tree
    application = tree.has("config/application.rb")
    listed = project.gems.runtime("rails", "railties", "rails-api")
    boots = application and (
        (listed and tree.has("config.ru", "bin/rails", "script/rails"))
        or tree.search(application, r"Rails::Application|require\s*\(?[\"']rails")
    )
    if not application or not boots:
        return None
    program = "bin/rails" if "bin/rails" in tree else "bundle exec rails"
    processes = project.workers()
    if tree.has_folder("db/migrate") or tree.has("db/schema.rb", "db/structure.sql"):
        processes["release"] = f"{program} db:migrate"
    return Match(
        framework="rails",
        kind="web",
        rank=90,
        confidence=CERTAIN,
        kind_confidence=CERTAIN,
        evidence=((listed.where,) if listed else ()) + (tree.where(application, "Rails"),),
        start=f"{program} server -b 0.0.0.0 -p $PORT",
        start_confidence=0.9,
        start_evidence=("bin/rails" if "bin/rails" in tree else application,),
        build=_assets(project),
        processes=processes,
        port=3000,
        env=(
            Use("RAILS_ENV", application, "production", optional=True),
            Use("SECRET_KEY_BASE", application, demanded=True),
            *_database(project),
        ),
    )


def _database(project: RubyProject) -> tuple[Use, ...]:
    """Rails takes the whole connection from `DATABASE_URL`, whatever database.yml says."""
    path = project.tree.has(*RAILS_DATABASES)
    if path is None:
        gem = project.gems.runtime("pg", "mysql2", "trilogy")
        return (Use("DATABASE_URL", gem.where),) if gem else ()
    found = project.tree.search(path, r"adapter:\s*[\"']?(?:postgresql|postgis|mysql2|trilogy)\b")
    return (Use("DATABASE_URL", project.tree.where(path, found.group(0))),) if found else ()


def _assets(project: RubyProject) -> tuple[str, ...]:
    tree = project.tree
    commands: list[str] = []
    if "package.json" in tree:
        scripts = table(read_json(tree, "package.json").get("scripts"))
        dependencies = read_json(tree, "package.json").get("dependencies")
        if scripts.get("build") or dependencies:
            commands.append(node_install(project))
    if tree.has_folder("app/assets") or project.gems.runtime(*_ASSETS):
        commands.append(f"{BUILD_ENV} bundle exec rails assets:precompile")
    return tuple(commands)


def node_install(project: RubyProject) -> str:
    """How the packages of the front end get installed."""
    tree = project.tree
    for lock, command in (
        ("bun.lockb", "bun install --frozen-lockfile"),
        ("bun.lock", "bun install --frozen-lockfile"),
        ("pnpm-lock.yaml", "pnpm install --frozen-lockfile"),
        ("yarn.lock", "yarn install --frozen-lockfile"),
        ("package-lock.json", "npm ci"),
    ):
        if lock in tree:
            return command
    return "npm install"
