"""Rust programs that serve requests."""

import re

from hivemind_agents.repository.facts import Match
from hivemind_agents.repository.languages.rust.listening import Serving, serving_framework
from hivemind_agents.repository.languages.rust.project import Program, RustProject
from hivemind_agents.repository.languages.rust.subcommands import serving_word
from hivemind_agents.repository.readers.environment import Use

_PORT = re.compile(
    r"(?:\[?0, ?0, ?0, ?0\]?|\[?127, ?0, ?0, ?1\]?|(?:0\.0\.0\.0|"
    r"127\.0\.0\.1|localhost|\[::1?\])\"?)\)?\s*[:,]\s*(\d{4,5})\b"
)
_NAMED = re.compile(r"(?i)\bport\w*\b[^\n;]{0,60}?\b(\d{4,5})\b")


def detect(project: RustProject) -> Match | None:
    """The program of the workspace that listens."""
    program = project.program
    serving = serving_framework(program) if program else None
    if program is None or serving is None:
        return None
    name = serving.server.name or None
    workspace = len(project.crates) > 1 and program.crate.folder
    build = (
        f"cargo build --release --bin {program.binary.name}"
        if workspace
        else "cargo build --release"
    )
    processes: dict[str, str] = {}
    if name == "leptos":
        build = "cargo leptos build --release"
    for item in project.programs:
        if item.binary.name.rsplit("-", 1)[-1] in {"worker", "consumer"} and item is not program:
            processes["worker"] = f"./target/release/{item.binary.name}"
            build = "cargo build --release"
    start = _start(project, program, name)
    # Which word serves is a guess by its name.
    sure = 0.75 if re.search(r"release/[\w-]+ [a-z]+$", start) else 0.92
    return Match(
        framework=name,
        kind="web",
        rank=70,
        confidence=0.95,
        kind_confidence=0.95 if name else 0.82,
        evidence=tuple(item for item in (serving.listed, serving.hit.where) if item),
        start=start,
        start_confidence=0.5 if project.choices else sure,
        start_evidence=(program.binary.source,),
        build=(build,),
        processes=processes,
        port=_port(project, program, serving),
        env=_env(program, name),
    )


def _env(program: Program, framework: str | None) -> tuple[Use, ...]:
    """Rocket signs its private cookies, and does not start for production without a key."""
    rocket = program.listed("rocket")
    if framework != "rocket" or rocket is None or "secrets" not in rocket.spec:
        return ()
    return (Use("ROCKET_SECRET_KEY", rocket.where, demanded=True),)


def _start(project: RustProject, program: Program, framework: str | None) -> str:
    path = f"./target/release/{program.binary.name}"
    if framework == "rocket":
        reads = program.first(r"\"PORT\"")
        return (
            f"ROCKET_ADDRESS=0.0.0.0 ROCKET_PORT=$PORT {path}"
            if not reads
            else f"ROCKET_ADDRESS=0.0.0.0 {path}"
        )
    if framework == "leptos":
        return f"LEPTOS_SITE_ADDR=0.0.0.0:$PORT {path}"
    if framework == "loco":
        return f"{path} start --binding 0.0.0.0 --port $PORT"
    del project
    word = serving_word(program)
    return f"{path} {word}" if word else path


def _port(project: RustProject, program: Program, serving: Serving) -> int:
    if serving.server.name == "rocket":
        found = project.tree.search("Rocket.toml", r"(?m)^port\s*=\s*(\d{4,5})")
        return int(found.group(1)) if found else serving.server.port
    for _, text in program.files:
        hit = _PORT.search(text) or _NAMED.search(text)
        if hit and 1023 < int(hit.group(1)) < 65536:
            return int(hit.group(1))
    return serving.server.port
