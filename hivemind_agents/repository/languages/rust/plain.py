"""Rust that serves nothing: a worker, a program of the shell, a library."""

from hivemind_agents.repository.facts import LIKELY, SURE, Match
from hivemind_agents.repository.languages.rust.project import RustProject

_BOTS = (
    "serenity",
    "teloxide",
    "twilight-gateway",
    "poise",
    "rdkafka",
    "lapin",
    "async-nats",
    "apalis",
    "fang",
    "tokio-cron-scheduler",
)
_ENDLESS = r"\bloop\s*\{[^}]{0,600}(?:sleep|recv|interval|tick\(|consume|poll)"


def plain_match(project: RustProject) -> Match:
    """What the program does decides; without one it is a library."""
    program = project.program
    if program is None:
        return Match(
            framework=None, kind="library", rank=1, evidence=("Cargo.toml",), kind_confidence=0.88
        )
    start = f"./target/release/{program.binary.name}"
    build = ("cargo build --release",)
    bot = program.listed(*_BOTS)
    endless = program.first(_ENDLESS)
    if bot or (endless and not program.first(r"stdin\(\)")):
        where = bot.where if bot else endless.where if endless else program.binary.source
        return Match(
            framework=None, kind="worker", rank=15, evidence=(where,), kind_confidence=LIKELY,
            start=start, start_confidence=SURE, build=build, processes={"worker": start},
        )  # fmt: skip
    return Match(
        framework=None, kind="cli", rank=10, evidence=(program.binary.source,),
        kind_confidence=0.92 if len(program.files) < 6 else LIKELY, start=start,
        start_confidence=0.6 if project.choices else SURE, build=build,
    )  # fmt: skip
