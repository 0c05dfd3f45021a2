"""Ruby: from the Gemfile and the code to one finding."""

from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.languages import detectors
from hivemind_agents.repository.languages.assemble import assemble, best
from hivemind_agents.repository.languages.ruby import gems, health
from hivemind_agents.repository.languages.ruby.plain import plain_match
from hivemind_agents.repository.languages.ruby.project import RubyProject
from hivemind_agents.repository.tree import FileTree


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as Ruby: a Gemfile, a rackup file, a gem, or scripts at the root."""
    manifest = tree.has("Gemfile", "gems.rb", "config.ru") or next(
        iter([*tree.root_files("*.gemspec"), *tree.root_files("*.rb")]), None
    )
    if manifest is None:
        return None
    project = RubyProject(tree, gems.read_gems(tree))
    match = best(look(project) for look in detectors(__name__)) or plain_match(project)
    return assemble(
        match,
        language="ruby",
        manifest=manifest,
        dependencies=project.gems,
        version=gems.ruby_version(tree),
        manager=gems.package_manager(tree),
        install=("bundle install",) if project.bundled else (),
        health=health.health_path(project, match) if match.kind in {"web", "static"} else None,
        language_confidence=0.85 if match.kind == "static" else 0.96 if project.bundled else 0.9,
        listed=manifest in {"Gemfile", "gems.rb", "config.ru"},
    )
