"""Crystal."""

from hivemind_agents.repository.facts import CERTAIN, Dependencies, Dependency, Fact, Finding
from hivemind_agents.repository.languages.assemble import assemble
from hivemind_agents.repository.languages.program import (
    NAMED,
    code_health,
    literal_port,
    program_match,
    used_framework,
)
from hivemind_agents.repository.readers.code import Code
from hivemind_agents.repository.readers.structured import read_yaml, table, text_of
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

MANIFEST = "shard.yml"
FRAMEWORKS = {
    "kemal": ("kemal", r"Kemal\.run"),
    "lucky": ("lucky", r"Lucky|AppServer"),
    "amber": ("amber", r"Amber"),
    "athena": ("athena", r"ATH\.run|Athena"),
    "grip": ("grip", r"Grip"),
    "spider-gazelle": ("spider-gazelle", r"ActionController"),
    "marten": ("marten", r"Marten"),
    "action-controller": ("spider-gazelle", r"ActionController"),
    "raze": ("raze", r"Raze\.run"),
}


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as Crystal: a shard, or a lone file."""
    alone = next(iter(tree.root_files("*.cr")), None)
    if MANIFEST not in tree and alone is None:
        return None
    content = read_yaml(tree, MANIFEST)
    packages = Dependencies([
        Dependency(str(name), "", tree.where(MANIFEST, f"{name}:"), dev=dev)
        for key, dev in (("dependencies", False), ("development_dependencies", True))
        for name in table(content.get(key))
    ])  # fmt: skip
    code = Code(tree, (".cr",), style="hash", limit=300)
    start, build = _commands(tree, content, code, alone)
    framework, listed, hit = used_framework(packages, FRAMEWORKS, code)
    serves = hit.where if hit else code.where(r"HTTP::Server\.new|TCPServer\.new")
    match = program_match(
        manifest=MANIFEST if MANIFEST in tree else alone or MANIFEST,
        start=start,
        build=build,
        serves=serves,
        framework=framework,
        listed=listed,
        works=code.where(r"\bloop do\b[\s\S]{0,300}sleep|Discord::Client"),
        port=literal_port(code, 3000),
    )
    stated = text_of(content.get("crystal"))
    return assemble(
        match,
        language="crystal",
        manifest=MANIFEST if MANIFEST in tree else alone or MANIFEST,
        dependencies=packages,
        version=plain_version_file(tree, ".crystal-version")
        or tool_version(tree, "crystal")
        or (Fact(stated, CERTAIN, (tree.where(MANIFEST, "crystal:"),)) if stated else None),
        manager=Fact("shards", NAMED, (MANIFEST,)) if MANIFEST in tree else None,
        health=code_health(code, r"(?m)^[ \t]*get\s+\"([^\"]*)\"") if match.kind == "web" else None,
        language_confidence=CERTAIN,
    )


def _commands(
    tree: FileTree, content: dict[str, object], code: Code, alone: str | None
) -> tuple[str | None, tuple[str, ...]]:
    """A target of the shard, or the file that does something at its top."""
    targets = table(content.get("targets"))
    if targets:
        name = str(
            next(
                (name for name in targets if name in {"server", "web", "app"}), next(iter(targets))
            )
        )
        return f"./bin/{name}", (
            "shards install --production",
            f"shards build --release --production {name}",
        )
    name = text_of(content.get("name")) or tree.name
    source = tree.has(f"src/{name}.cr", "src/app.cr", "src/server.cr", "src/main.cr") or alone
    if source is None or not code.first(
        r"Kemal\.run|\bputs\b|\.listen\b|ARGV|HTTP::Server|Grip|Amber", under=source
    ):
        return None, ("shards install --production",)
    install = ("shards install --production",) if MANIFEST in tree else ()
    return f"./bin/{name}", (*install, f"crystal build --release -o bin/{name} {source}")
