"""Builds releases in a container on this machine and keeps them in the state bucket."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hivemind_agents.adapters import builder_volume as volumes
from hivemind_agents.adapters.builder_container import USER, Container, Ended, running
from hivemind_agents.adapters.builder_network import NetworkSettings
from hivemind_agents.building import archive
from hivemind_agents.building.causes import probable_cause
from hivemind_agents.building.model import (
    Artifact,
    BuildFailed,
    BuildLimits,
    Manifest,
    Package,
    PhaseTime,
    Recipe,
    digest_of,
    inputs_digest,
)
from hivemind_agents.domain.base import Frozen
from hivemind_agents.domain.deployment import Source
from hivemind_agents.errors import AccessError, HivemindError
from hivemind_agents.locations import ansible_home, state_dir
from hivemind_agents.repository_source import tree_digest
from hivemind_agents.state.artifacts import ArtifactStore
from hivemind_agents.state.bucket import StateBucket
from hivemind_agents.state.records import RecordStore


class BuildRequest(Frozen):
    """What is to be built: the files in `tree`, which came from `source`, by `recipe`."""

    deployment_name: str
    source: Source
    tree: Path
    recipe: Recipe
    # Plain settings of the application that builds may read; nothing secret.
    env: dict[str, str] = {}
    limits: BuildLimits = BuildLimits()


class ContainerBuilder:
    """Runs recipes in containers of the builder image, with podman or docker.

    `folder`: where volumes and caches are, one folder a deployment. Needs root.
    """

    def __init__(
        self,
        *,
        image: str | None = None,
        program: str = "podman",
        folder: Path | None = None,
        network: NetworkSettings | None = None,
    ) -> None:
        self._image = image
        self._program = program
        self._folder = folder or state_dir() / "builds"
        self._network = network

    @property
    def image(self) -> str:
        """The image's reference, which names its recipe's digest. Made when it is missing."""
        if self._image is None:
            self._image = _ensured_image()
        return self._image

    def inputs_digest(self, request: BuildRequest) -> str:
        """What decides the bytes of the result."""
        env = request.env if request.recipe.reads_env else {}
        return inputs_digest(
            request.source, tree_digest(request.tree), request.recipe, self.image, env
        )

    def build(self, request: BuildRequest, to: Path) -> Artifact:
        """Build into the file `to`.

        Raises BuildFailed with the command, its last lines and the probable cause; Busy when
        the deployment is being built already; AccessError without root.
        """
        if os.geteuid() != 0:
            raise AccessError(
                "builds need root on the controller: they mount a disk and make a container",
                mend="run it with sudo",
            )
        recipe, phases = request.recipe, dict[str, float]()
        folder = self._folder / request.deployment_name
        source_digest, inputs = tree_digest(request.tree), self.inputs_digest(request)
        log = folder / "build.log"
        with volumes.locked(folder):
            log.unlink(missing_ok=True)
            with volumes.mounted(folder, request.limits.disk_mb, USER) as volume:
                with _timed(phases, "source"):
                    volumes.place(request.tree, volume.app, USER)
                versions, packages = self._run_steps(request, volume, log, phases)
                with _timed(phases, "archive"):
                    files, size = archive.measure(volume.app, recipe.leave_out)
                    manifest = Manifest(
                        recipe=recipe.name,
                        commit=request.source.commit,
                        source_digest=source_digest,
                        inputs_digest=inputs,
                        image=self.image,
                        architecture=os.uname().machine,
                        commands=tuple(step.command for step in recipe.steps),
                        versions=versions,
                        packages=packages,
                        added=recipe.added,
                        processes=recipe.processes,
                        search_path=recipe.search_path,
                        host_packages=recipe.packages,
                        static=recipe.static,
                        files=files,
                        bytes=size,
                    )
                    digest, archived = archive.write_archive(
                        volume.app, to, manifest, leave_out=recipe.leave_out
                    )
        return Artifact(
            digest=digest,
            bytes=archived,
            inputs_digest=inputs,
            built=True,
            phases=tuple(
                PhaseTime(phase=phase, seconds=round(seconds, 2))
                for phase, seconds in phases.items()
            ),
        )

    def _run_steps(
        self, request: BuildRequest, volume: volumes.Volume, log: Path, phases: dict[str, float]
    ) -> tuple[dict[str, str], tuple[Package, ...]]:
        recipe = request.recipe
        if not recipe.steps:
            return {}, ()
        network = self._network or NetworkSettings.of_this_machine()
        with _timed(phases, "start"):
            starting = running(
                program=self._program,
                image=self.image,
                label=_label(self._folder, request.deployment_name),
                volume=volume,
                limits=request.limits,
                network=network,
                env={**network.env, **(request.env if recipe.reads_env else {}), **recipe.env},
                search_path=recipe.search_path,
                log=log,
            )
            container = starting.__enter__()
        try:
            for step in recipe.steps:
                with _timed(phases, step.phase):
                    _checked(container.run(step.command), step.command, step.title, request.limits)
            versions = {
                tool: "".join(_last(container, command).split()[-1:])
                for tool, command in recipe.versions.items()
            }
            return versions, _inventory(container, recipe)
        finally:
            starting.__exit__(None, None, None)


class StoredBuilds:
    """Builds once: equal inputs find the artifact of a release that is stored already."""

    def __init__(self, builder: ContainerBuilder, bucket: StateBucket) -> None:
        self._builder = builder
        self._records = RecordStore(bucket)
        self._artifacts = ArtifactStore(bucket)

    def find(self, request: BuildRequest) -> Artifact | None:
        """The artifact of an equal build, if any deployment's release has it."""
        inputs = self._builder.inputs_digest(request)
        for record in self._records.list():
            for release in record.releases:
                digest = release.artifact_digest
                if release.inputs_digest == inputs and digest and self._artifacts.exists(digest):
                    return Artifact(
                        digest=digest,
                        bytes=release.artifact_bytes or 0,
                        inputs_digest=inputs,
                        built=False,
                    )
        return None

    def build(self, request: BuildRequest) -> Artifact:
        """The artifact of this request: found, or built and stored."""
        if found := self.find(request):
            return found
        with tempfile.TemporaryDirectory(prefix="hivemind-artifact-") as folder:
            file = Path(folder) / "artifact.tar.gz"
            artifact = self._builder.build(request, file)
            self._artifacts.put(file)
        return artifact


def _ensured_image() -> str:
    script = ansible_home() / "images" / "build-image.sh"
    made = subprocess.run(
        ["bash", str(script), "builder"], capture_output=True, text=True, check=False
    )
    if made.returncode:
        said = made.stderr.strip().splitlines()
        raise HivemindError(
            f"the builder's image cannot be made: {said[-1] if said else 'no reason given'}",
            mend=f"bash {script} builder",
        )
    return made.stdout.strip().splitlines()[-1]


def _label(folder: Path, deployment: str) -> str:
    """A container's name: two state folders on one machine do not meet."""
    return f"hivemind-builder-{deployment}-{digest_of(str(folder.resolve()))[:8]}"


@contextmanager
def _timed(phases: dict[str, float], phase: str) -> Iterator[None]:
    begun = time.monotonic()
    try:
        yield
    finally:
        phases[phase] = phases.get(phase, 0.0) + time.monotonic() - begun


def _checked(ended: Ended, command: str, title: str, limits: BuildLimits) -> None:
    if ended.timed_out:
        raise BuildFailed(
            f"the build was stopped after {limits.timeout_minutes} minutes, at «{title}»",
            command=command,
            lines=ended.lines,
            mend="raise build_timeout_minutes, if it does end",
        )
    if ended.out_of_memory and ended.exit_code:
        raise BuildFailed(
            f"the build needed more than {limits.memory_mb} MB of memory, at «{title}»",
            command=command,
            lines=ended.lines,
            cause="the build needed more memory than it may have",
            mend="raise build_memory_mb",
        )
    if ended.exit_code:
        cause, mend = probable_cause("\n".join(ended.lines), ended.exit_code)
        raise BuildFailed(
            f"the build failed at «{title}» (exit code {ended.exit_code})",
            command=command,
            lines=ended.lines,
            cause=cause,
            mend=mend,
        )


def _last(container: Container, command: str) -> str:
    ended = container.run(command)
    return ended.lines[-1] if ended.exit_code == 0 and ended.lines else ""


def _inventory(container: Container, recipe: Recipe) -> tuple[Package, ...]:
    if recipe.inventory is None:
        return ()
    lines: list[str] = []
    container.run(recipe.inventory, lines.append)
    pairs = (line.split(" ", 1) for line in lines if " " in line)
    return tuple(Package(name=name, version=version) for name, version in sorted(pairs))
