"""From the best match of a language's frameworks to the language's finding."""

from collections.abc import Iterable

from hivemind_agents.repository.facts import (
    CERTAIN,
    GUESS,
    LIKELY,
    SURE,
    WEAK,
    Dependencies,
    Fact,
    Finding,
    Match,
)


def best(matches: Iterable[Match | None]) -> Match | None:
    """The match of the highest rank."""
    found = [match for match in matches if match]
    return max(found, key=lambda item: (item.rank, item.confidence), default=None)


def assemble(
    match: Match,
    *,
    language: str,
    manifest: str,
    dependencies: Dependencies,
    runtime: str | None = None,
    version: Fact[str] | None = None,
    manager: Fact[str] | None = None,
    install: tuple[str, ...] = (),
    health: Fact[str] | None = None,
    language_confidence: float = SURE,
    adds: tuple[str, ...] = (),
    choices: tuple[str, ...] = (),
    listed: bool = True,
    weight: float | None = None,
) -> Finding:
    """`listed`: a manifest of the language is there, not only sources. `weight`: how much speaks
    for the language being what runs here, where the language has rules of its own.
    """
    return Finding(
        language=Fact(language, language_confidence, (manifest,)),
        manifest=manifest,
        serves=serves(match, listed=listed) if weight is None else weight,
        runtime=runtime or language,
        version=version,
        package_manager=manager,
        framework=Fact(match.framework, match.confidence, match.evidence or (manifest,))
        if match.framework
        else None,
        kind=Fact(match.kind, match.kind_confidence, match.evidence or (manifest,)),
        build=(*install, *match.build),
        start=Fact(
            match.start,
            match.start_confidence,
            match.start_evidence or match.evidence or (manifest,),
        )
        if match.start
        else None,
        processes={
            name: Fact(command, LIKELY, match.evidence) for name, command in match.processes.items()
        },
        port=match.port,
        health_path=match.health_path or health,
        document_root=match.document_root,
        single_page=match.single_page,
        adds=(*match.adds, *adds),
        notes=match.notes,
        env=match.env,
        sets=match.sets,
        unused=match.unused,
        dependencies=dependencies,
        choices=choices,
    )


def serves(match: Match, *, listed: bool = True) -> float:
    """How much speaks for the language being what runs here."""
    if match.kind == "web":
        return CERTAIN if match.framework else SURE
    if match.kind in {"worker", "static"}:
        return GUESS
    if not listed:
        return WEAK / 2
    return GUESS - 0.05 if match.start and match.kind == "cli" else WEAK - 0.05
