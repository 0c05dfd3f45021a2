"""What all detectors of Ruby's frameworks look at: the gems and the code."""

from dataclasses import dataclass
from functools import cached_property

from hivemind_agents.repository.facts import Dependencies
from hivemind_agents.repository.readers.code import Code
from hivemind_agents.repository.tree import FileTree

ENTRIES = ("app.rb", "main.rb", "server.rb", "application.rb", "web.rb", "index.rb", "run.rb",
           "bot.rb", "worker.rb", "hello.rb", "start.rb", "api.rb")  # fmt: skip
_NO_ENTRY = {"Rakefile.rb", "gems.rb", "puma.rb", "unicorn.rb", "config.rb", "guardfile.rb"}


@dataclass(frozen=True)
class RubyProject:
    """A folder of Ruby."""

    tree: FileTree
    gems: Dependencies

    @cached_property
    def code(self) -> Code:
        return Code(self.tree, (".rb", ".ru"), style="ruby", limit=400)

    @property
    def bundled(self) -> str | None:
        return self.tree.has("Gemfile", "gems.rb")

    @property
    def bundle(self) -> str:
        """What goes before a program of the bundle."""
        return "bundle exec " if self.bundled else ""

    @property
    def gemspec(self) -> str | None:
        return next(iter(self.tree.root_files("*.gemspec")), None)

    @cached_property
    def entry(self) -> str | None:
        """The script at the root that a person would run."""
        known = self.tree.has(*ENTRIES, f"{self.tree.name}.rb")
        if known:
            return known
        scripts = [path for path in self.tree.root_files("*.rb") if path not in _NO_ENTRY]
        return scripts[0] if len(scripts) == 1 else None

    def text(self, path: str) -> str:
        """The code of one file, without comments."""
        return next((text for known, text in self.code.files if known == path), "")

    def workers(self) -> dict[str, str]:
        """The background process that the gems call for."""
        tree, gems = self.tree, self.gems
        if gems.runtime("sidekiq"):
            config = " -C config/sidekiq.yml" if "config/sidekiq.yml" in tree else ""
            return {"worker": f"bundle exec sidekiq{config}"}
        if gems.runtime("solid_queue") and "bin/jobs" in tree:
            return {} if "plugin :solid_queue" in (tree.text("config/puma.rb") or "") else {
                "worker": "bin/jobs"}  # fmt: skip
        for gem, command in (
            ("good_job", "bundle exec good_job start"),
            ("delayed_job_active_record", "bundle exec rake jobs:work"),
            ("delayed_job", "bundle exec rake jobs:work"),
            ("que", "bundle exec que"),
            ("resque", "QUEUE=* bundle exec rake resque:work"),
            ("sneakers", "bundle exec rake sneakers:run"),
            ("shoryuken", "bundle exec shoryuken -R"),
        ):
            if gems.runtime(gem):
                return {"worker": command}
        return {}
