"""Dropwizard."""

from hivemind_agents.repository.facts import LIKELY, SURE, Match
from hivemind_agents.repository.languages.jvm.project import JvmProject
from hivemind_agents.repository.languages.jvm.running import package


def detect(project: JvmProject) -> Match | None:
    """A Dropwizard application, started with `server` and its configuration."""
    listed = project.listed("io.dropwizard:")
    where = project.code.where(
        r"extends\s+(?:io\.dropwizard\.(?:core\.)?)?Application<|:\s*Application<\w+>\(\)"
    )
    if listed is None or where is None:
        return None
    tree = project.tree
    config = tree.has(
        "config.yml",
        "config.yaml",
        "configuration.yml",
        "server.yml",
        "example.yml",
        "src/main/resources/config.yml",
    ) or next(iter(tree.root_files("*.yml")), None)
    arguments = f"server {config}" if config else "server"
    packed = package(project)
    options = "" if config and "PORT" in (tree.text(config) or "") else (
        "-Ddw.server.applicationConnectors[0].port=$PORT")  # fmt: skip
    return Match(
        framework="dropwizard",
        kind="web",
        rank=80,
        confidence=SURE + 0.04,
        kind_confidence=0.95,
        evidence=(listed.where, where),
        start=packed.start(options=options, arguments=arguments),
        start_confidence=LIKELY,
        build=packed.build,
        port=8080,
    )
