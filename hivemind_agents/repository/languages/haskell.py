"""Haskell: Stack and Cabal."""

import re

from hivemind_agents.repository.facts import CERTAIN, SURE, Dependencies, Dependency, Fact, Finding
from hivemind_agents.repository.languages.assemble import assemble
from hivemind_agents.repository.languages.program import (
    NAMED,
    code_health,
    literal_port,
    program_match,
    used_framework,
)
from hivemind_agents.repository.readers.code import Code
from hivemind_agents.repository.readers.versions import tool_version
from hivemind_agents.repository.tree import FileTree

FRAMEWORKS = {
    "ihp": ("ihp", r"IHP\."),
    "yesod": ("yesod", r"\bwarp\b|warpEnv|runSettings|YesodDispatch|mkYesod"),
    "servant-server": ("servant", r"\bserve\b|serveWithContext|hoistServer"),
    "spock": ("spock", r"runSpock"),
    "scotty": ("scotty", r"\bscotty\w*\b"),
    "snap": ("snap", r"quickHttpServe|httpServe|serveSnaplet"),
    "snap-server": ("snap", r"quickHttpServe|httpServe"),
    "happstack-server": ("happstack", r"simpleHTTP"),
    "twain": ("twain", r"\brun\b"),
    "warp": ("warp", r"\brun(?:Env|Settings)?\b"),
}


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as Haskell."""
    cabal = next(iter(tree.root_files("*.cabal")), None)
    manifest = tree.has("stack.yaml", "package.yaml") or cabal or tree.has("cabal.project")
    if manifest is None:
        return None
    if cabal is None and "package.yaml" not in tree:
        cabal = next((path for path in tree.suffixed(".cabal") if path.count("/") == 1), None)
    source = cabal or "package.yaml"
    texts = [tree.text(path) or "" for path in (cabal, "package.yaml") if path]
    text = "\n".join(re.sub(r"(?m)^[ \t]*(?:--|#).*$", "", item) for item in texts)
    packages = Dependencies(
        [Dependency(name, "", tree.where(source, name)) for name in dict.fromkeys(_names(text))]
    )
    code = Code(tree, (".hs",), style="haskell", limit=300)
    name = _executable(text)
    framework, listed, hit = used_framework(packages, FRAMEWORKS, code)
    stack = "stack.yaml" in tree
    build = (
        ("stack build --copy-bins --local-bin-path bin",)
        if stack
        else (
            "cabal update",
            "cabal install --installdir=bin --install-method=copy --overwrite-policy=always",
        )
    )
    match = program_match(
        manifest=manifest,
        start=f"./bin/{name}" if name else None,
        build=build,
        serves=hit.where if hit else None,
        framework=framework,
        listed=listed,
        works=code.where(r"\bforever\b[\s\S]{0,300}threadDelay"),
        port=literal_port(code, 3000),
    )
    return assemble(
        match,
        language="haskell",
        manifest=manifest,
        dependencies=packages,
        version=_version(tree),
        manager=Fact("stack" if stack else "cabal", NAMED, (manifest,)),
        health=code_health(code, r"\bget\s+\"([^\"]*)\"") if match.kind == "web" else None,
        language_confidence=CERTAIN,
    )


def _names(text: str) -> list[str]:
    """Packages of all `build-depends` and `dependencies`."""
    found: list[str] = []
    for block in re.finditer(
        r"(?im)^([ \t]*)(?:build-depends|dependencies)\s*:[ \t]*(.*(?:\n(?:\1[ \t]+|\s*[,-]).*)*)",
        text,
    ):
        for part in re.split(r"[,\n]", block.group(2)):
            name = re.match(r"\s*-?\s*([A-Za-z][\w-]*)", part)
            if name:
                found.append(name.group(1).lower())
    return found


def _executable(text: str) -> str | None:
    found = re.search(r"(?mi)^executable\s+([\w-]+)", text) or re.search(
        r"(?m)^executables:\s*\n\s+([\w-]+):", text
    )
    if found:
        return found.group(1)
    single = re.search(r"(?m)^executable:\s*$", text)
    named = re.search(r"(?m)^name:\s*([\w-]+)", text)
    return named.group(1) if single and named else None


def _version(tree: FileTree) -> Fact[str] | None:
    found = tool_version(tree, "ghc", "haskell")
    if found:
        return found
    resolver = tree.search("stack.yaml", r"(?m)^(?:resolver|snapshot):\s*(?:ghc-)?([\w.-]+)")
    if resolver:
        return Fact(resolver.group(1), SURE, (tree.where("stack.yaml", resolver.group(0)),))
    return None
