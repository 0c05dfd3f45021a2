"""Configuration files of Ruby that choose a database, a cache, a store of files."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.choices import Choice, choice
from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.services import BOUND
from hivemind_agents.repository.tree import FileTree

RAILS_DATABASES = (
    "config/database.yml",
    *(f"config/database.yml.{end}" for end in ("example", "sample", "dist", "default", "tmpl")),
    *(f"config/database.{end}.yml" for end in ("example", "sample", "production", "default")),
)


def read_ruby(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    """Every choice of Rails and Hanami."""
    yield from _rails(tree)
    yield from _rails_cable(tree, finding)
    yield from _rails_storage(tree, finding)
    yield from _hanami(finding)


def _rails(tree: FileTree) -> Iterator[Choice]:
    """The adapter of production in `config/database.yml`."""
    path = tree.has(*RAILS_DATABASES) or ""
    text = tree.text(path)
    if not text or "Gemfile" not in tree:
        return
    production = re.search(r"(?m)^production:\s*(.*(?:\n[ \t]+.*|\n\s*)*)", text)
    block = production.group(1) if production else text
    adapter = re.search(r"adapter:\s*[\"']?(?:<%=.*?[\"'](\w+)[\"']\s*\)?\s*%>|(\w+))", block)
    if adapter is None:
        adapter = re.search(r"adapter:\s*[\"']?(?:<%=.*?[\"'](\w+)[\"']\s*\)?\s*%>|(\w+))", text)
    if adapter:
        yield from choice(adapter.group(1) or adapter.group(2), tree.where(path, adapter.group(0)))


def _rails_cable(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    """Redis that is only listed for Action Cable, as new applications did: it may be absent."""
    gem = finding.dependencies.runtime("redis")
    if gem is None or "config/application.rb" not in tree or finding.dependencies.runtime(*BOUND):
        return
    cable = tree.search(
        "config/cable.yml", r"(?m)^production:\s*\n(?:[ \t]+.*\n)*?[ \t]+adapter:\s*redis"
    )
    channels = any(
        re.fullmatch(r"app/channels/(?!application_cable/)[\w/]+_channel\.rb", path)
        for path in tree.paths
    )
    if cable and channels:
        yield Choice("redis", tree.where("config/cable.yml", "adapter: redis"))
        return
    for path in tree.sources(".rb", ".ru", limit=400):
        if tree.search(path, r"\bRedis\b|redis_cache_store|Kredis|:redis_store|redis_session"):
            return
    yield Choice("redis", gem.where, required=False)


def _rails_storage(tree: FileTree, finding: Finding) -> Iterator[Choice]:
    """The service that production's Active Storage names: S3, or a folder."""
    path = "config/environments/production.rb"
    chosen = tree.search(path, r"(?m)^[^#\n]*active_storage\.service\s*=\s*:(\w+)")
    if chosen is None or finding.dependencies.runtime("aws-sdk-s3") is None:
        return
    service = tree.search(
        "config/storage.yml",
        rf"(?m)^{re.escape(chosen.group(1))}:\s*\n(?:[ \t]+.*\n)*?[ \t]+service:\s*S3",
    )
    if service:
        yield Choice("object-storage", tree.where(path, chosen.group(0).strip()))


def _hanami(finding: Finding) -> Iterator[Choice]:
    """Hanami's persistence takes its driver from the gems, and everything else from the URL."""
    listed = finding.dependencies.runtime("rom-sql", "hanami-db", "hanami-model")
    if listed is None or finding.dependencies.runtime("sqlite3"):
        return
    driver = finding.dependencies.runtime("pg", "mysql2")
    if driver:
        yield Choice("postgresql" if driver.name == "pg" else "mysql", driver.where)
