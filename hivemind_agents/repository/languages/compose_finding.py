"""From a framework's match and a language's manifests to one finding."""

from collections.abc import Mapping

from hivemind_agents.repository.facts import LIKELY, SURE, Dependencies, Fact, Finding, Match


def finding_of(
    match: Match,
    *,
    language: str,
    manifest: str,
    serves: float,
    runtime: str | None = None,
    language_confidence: float = SURE,
    version: Fact[str] | None = None,
    manager: Fact[str] | None = None,
    install: tuple[str, ...] = (),
    dependencies: Dependencies | None = None,
    health: Fact[str] | None = None,
    processes: Mapping[str, str] | None = None,
    choices: tuple[str, ...] = (),
) -> Finding:
    """Join what the language's files say with what its framework's detector says."""
    evidence = match.evidence or (manifest,)
    return Finding(
        language=Fact(language, language_confidence, (manifest,)),
        manifest=manifest,
        serves=serves,
        runtime=runtime or language,
        version=version,
        package_manager=manager,
        framework=Fact(match.framework, match.confidence, evidence) if match.framework else None,
        kind=Fact(match.kind, match.kind_confidence, evidence),
        build=(*install, *match.build),
        start=Fact(match.start, match.start_confidence, match.start_evidence or evidence)
        if match.start
        else None,
        processes={
            name: Fact(command, LIKELY, evidence)
            for name, command in {**(processes or {}), **match.processes}.items()
        },
        port=match.port,
        document_root=match.document_root,
        single_page=match.single_page,
        health_path=match.health_path or health,
        adds=match.adds,
        notes=match.notes,
        dependencies=dependencies or Dependencies([]),
        choices=choices,
    )
