"""Gleam."""

import re

from hivemind_agents.repository.facts import (
    CERTAIN,
    LIKELY,
    Dependencies,
    Dependency,
    Fact,
    Finding,
    Match,
)
from hivemind_agents.repository.languages.assemble import assemble
from hivemind_agents.repository.languages.program import literal_port, program_match
from hivemind_agents.repository.readers.code import Code
from hivemind_agents.repository.readers.routes import best_health_route
from hivemind_agents.repository.readers.structured import read_toml, table, text_of
from hivemind_agents.repository.readers.versions import tool_version
from hivemind_agents.repository.tree import FileTree

MANIFEST = "gleam.toml"
FRAMEWORKS = (
    ("wisp", "wisp"),
    ("glen", "glen"),
    ("mist", "mist"),
    ("elli", "gleam_elli"),
    ("ewe", "ewe"),
)
_SERVES = (
    r"mist\.(?:start|new|serve)|elli\.(?:start|become)|cowboy\.start|ewe\.(?:start|new)|glen\.serve"
)


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as Gleam."""
    if MANIFEST not in tree:
        return None
    content = read_toml(tree, MANIFEST)
    listed = [
        Dependency(
            str(name),
            text_of(spec) or "",
            tree.where(MANIFEST, re.compile(rf"(?m)^{re.escape(str(name))}\b")),
            dev=dev,
        )
        for key, dev in (
            ("dependencies", False),
            ("dev-dependencies", True),
            ("dev_dependencies", True),
        )
        for name, spec in table(content.get(key)).items()
    ]
    packages = Dependencies(listed)
    code = Code(tree, (".gleam",), limit=300)
    name = text_of(content.get("name")) or tree.name
    main = code.first(r"pub fn main\b", under=f"src/{name}.gleam") or code.first(
        r"pub fn main\b", under="src/"
    )
    framework = next((known for known, package in FRAMEWORKS if packages.runtime(package)), None)
    script = text_of(content.get("target")) == "javascript"
    if script and packages.first("lustre"):
        match = _page(packages, name)
    else:
        match = program_match(
            manifest=MANIFEST,
            start="./build/erlang-shipment/entrypoint.sh run" if main else None,
            build=("gleam export erlang-shipment",) if main else ("gleam build",),
            serves=code.where(_SERVES),
            framework=framework,
            listed=packages.runtime(framework) if framework else None,
            port=literal_port(code, 8000),
        )
    stated = text_of(content.get("gleam"))
    return assemble(
        match,
        language="gleam",
        manifest=MANIFEST,
        dependencies=packages,
        version=tool_version(tree, "gleam")
        or (Fact(stated, CERTAIN, (tree.where(MANIFEST, "gleam ="),)) if stated else None),
        manager=Fact("gleam", CERTAIN, (MANIFEST,)),
        health=best_health_route(_routes(code)) if match.kind == "web" else None,
        language_confidence=CERTAIN,
    )


def _page(packages: Dependencies, name: str) -> Match:
    """Lustre in the browser: its own tools bundle the module into a page."""
    lustre = packages.first("lustre")
    tools = packages.first("lustre_dev_tools")
    older = tools is None or re.search(r"^\D*1\b", tools.spec) is not None
    return Match(
        framework="lustre",
        kind="static",
        evidence=(lustre.where,) if lustre else (),
        confidence=LIKELY,
        kind_confidence=LIKELY,
        document_root="priv/static" if older else "dist",
        single_page=True,
        build=(f"gleam run -m lustre/dev build {'app ' if older else ''}--minify",)
        if tools
        else ("gleam build",),
        notes=()
        if tools
        else (f"lustre_dev_tools is not listed: what bundles {name} is not known",),
    )


def _routes(code: Code) -> list[tuple[str, str]]:
    """Routes as Gleam matches them: lists of segments."""
    found = [
        (f"/{hit[1]}", hit.where)
        for hit in code.all(r"(?m)^[ \t]*(?:Get,\s*)?\[\s*\"([\w-]+)\"\s*\]\s*->")
    ]
    found += [("/", hit.where) for hit in code.all(r"(?m)^[ \t]*(?:Get,\s*)?\[\s*\]\s*->")]
    return found
