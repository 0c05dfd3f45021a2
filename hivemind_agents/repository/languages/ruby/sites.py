"""Sites that Ruby only builds: Jekyll, Middleman, Bridgetown, Nanoc."""

from hivemind_agents.repository.facts import CERTAIN, SURE, Match
from hivemind_agents.repository.languages.ruby.project import RubyProject
from hivemind_agents.repository.readers.structured import read_yaml, text_of

# gem: (framework, a file or folder of such a site, command, output)
SITES = (
    ("jekyll", "jekyll", ("_config.yml", "_config.yaml", "_config.toml"), "jekyll build", "_site"),
    ("github-pages", "jekyll", ("_config.yml",), "jekyll build", "_site"),
    ("middleman", "middleman", ("config.rb",), "middleman build", "build"),
    (
        "bridgetown",
        "bridgetown",
        ("bridgetown.config.yml", "config/initializers.rb"),
        "bridgetown build",
        "output",
    ),
    ("nanoc", "nanoc", ("nanoc.yaml",), "nanoc compile", "output"),
)


def detect(project: RubyProject) -> Match | None:
    """A generator among the gems, with its configuration; a theme's gem is a site as well."""
    tree = project.tree
    for gem, framework, files, command, output in SITES:
        listed = project.gems.first(gem, f"{gem}-core")
        config = tree.has(*files)
        if listed is None or (config is None and not tree.has_folder("_posts")):
            continue
        root = output
        if framework == "jekyll" and config:
            root = (text_of(read_yaml(tree, config).get("destination")) or output).removeprefix(
                "./"
            )
        node = (
            ("npm install", "npm run esbuild")
            if framework == "bridgetown" and "package.json" in tree
            else ()
        )
        return Match(
            framework=framework,
            kind="static",
            # Bridgetown's config.ru serves a developer at work.
            rank=85 if framework == "bridgetown" else 60,
            confidence=CERTAIN - 0.02,
            kind_confidence=SURE,
            evidence=tuple(item for item in (listed.where, config) if item),
            build=(*node, f"bundle exec {command}"),
            document_root=root,
        )
    return None
