"""When a build is a new release: code, settings and processes decide, not the clock."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hivemind_agents.building.model import Artifact, Recipe, digest_of
from hivemind_agents.domain.deployment import Release, ReleaseRuntime, Source


@dataclass(frozen=True)
class Configuration:
    """What the user set: plain values, and references to secrets."""

    env: dict[str, str]
    secrets: dict[str, str]
    # Of the build alone: how a release runs does not depend on them.
    build_secrets: dict[str, str] = field(default_factory=dict)

    def digest(self, recipe: Recipe) -> str:
        """SHA-256 of the settings and of how the release is run."""
        return digest_of(
            [self.env, self.secrets, recipe.processes, recipe.runtime.model_dump(mode="json")]
        )


def with_release(
    releases: Sequence[Release],
    *,
    source: Source,
    recipe: Recipe,
    configuration: Configuration,
    artifact: Artifact | None,
    now: datetime,
) -> tuple[tuple[Release, ...], Release]:
    """The releases with the one of this artifact and configuration, and that one.

    The newest release is taken again when it is the same; one that failed gets another chance.
    `artifact` is None in a check, before it is built: then it is a new one.
    """
    newest = max(releases, key=lambda release: release.number, default=None)
    digest = configuration.digest(recipe)
    if (
        newest is not None
        and artifact is not None
        and (newest.artifact_digest, newest.configuration_digest) == (artifact.digest, digest)
    ):
        if newest.state != "failed":
            return tuple(releases), newest
        again = newest.model_copy(update={"state": "built"})
        return tuple(again if one is newest else one for one in releases), again
    release = Release(
        number=1 if newest is None else newest.number + 1,
        commit=source.commit,
        artifact_digest=artifact and artifact.digest,
        artifact_bytes=artifact and artifact.bytes,
        inputs_digest=artifact and artifact.inputs_digest,
        configuration_digest=digest,
        env=configuration.env,
        secrets=configuration.secrets,
        build_secrets=configuration.build_secrets,
        processes=recipe.processes,
        runtime=_runtime(recipe, artifact),
        architecture=artifact and artifact.architecture,
        created_at=now,
    )
    return (*releases, release), release


def _runtime(recipe: Recipe, artifact: Artifact | None) -> ReleaseRuntime:
    if artifact is None or not artifact.packages:
        return recipe.runtime
    return recipe.runtime.model_copy(update={"packages": artifact.packages})
