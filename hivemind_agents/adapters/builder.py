"""Builds releases in a container on this machine and keeps them in the state bucket."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hivemind_agents.adapters import builder_volume as volumes
from hivemind_agents.adapters.builder_container import USER, Container, Ended, installed, running
from hivemind_agents.adapters.builder_image import (
    ensured_image,
    has,
    python_reference,
    with_packages,
    with_python,
)
from hivemind_agents.adapters.builder_kept import KeptFolders, Outcome, key_of
from hivemind_agents.adapters.builder_network import NetworkSettings
from hivemind_agents.building import archive, libraries, sbom
from hivemind_agents.building.causes import probable_cause
from hivemind_agents.building.model import (
    Artifact,
    BuildFailed,
    BuildLimits,
    BuildRequest,
    Manifest,
    PhaseTime,
    Recipe,
    Step,
    digest_of,
    inputs_digest,
)
from hivemind_agents.building.python_versions import GET_PYTHON
from hivemind_agents.errors import AccessError
from hivemind_agents.locations import state_dir
from hivemind_agents.repository_source import tree_digest
from hivemind_agents.state.artifacts import ArtifactStore
from hivemind_agents.state.bucket import StateBucket
from hivemind_agents.state.records import RecordStore

# Of all instance types that deployments may have.
HOST_ARCHITECTURE = "x86_64"


class ContainerBuilder:
    """Runs recipes in containers of the builder image, with podman or docker.

    `folder`: where volumes and caches are, one folder a deployment. `tell` hears of each step
    before it runs. Needs root.
    """

    def __init__(
        self,
        *,
        image: str | None = None,
        program: str | None = None,
        folder: Path | None = None,
        network: NetworkSettings | None = None,
        tell: Callable[[str, str], None] = lambda _phase, _title: None,
    ) -> None:
        self._image = image
        self._machine = _Machine(
            program or installed(), folder or state_dir() / "builds", network, tell
        )

    @property
    def image(self) -> str:
        """The image's reference, which names its recipe's digest. Made when it is missing."""
        if self._image is None:
            self._machine.tell("image", "make sure of the builder's image")
            self._image = ensured_image(self._machine.program)
        return self._image

    def folder(self, request: BuildRequest) -> Path:
        """Where the deployment's volume and the log of its last build are."""
        below = self._machine.folder
        if request.owner != "local":
            below /= digest_of(request.owner)[:12]
        return below / request.deployment_name

    def inputs_digest(self, request: BuildRequest) -> str:
        """What decides the bytes of the result."""
        env = request.env if request.recipe.reads_env else {}
        return inputs_digest(
            request.source,
            tree_digest(request.tree),
            request.recipe,
            self.image,
            env,
            secrets=tuple(request.secrets),
        )

    def build(self, request: BuildRequest, to: Path) -> Artifact:
        """Build into the file `to`.

        Raises BuildFailed with the command, its last lines and the probable cause; Busy when
        the deployment is being built already; AccessError without root.
        """
        if os.geteuid() != 0:
            raise AccessError(
                "builds need root on the controller: they mount a disk and make a container",
                mend="run it with sudo -E, which keeps your settings",
            )
        phases: dict[str, float] = {}
        with _timed(phases, "image"):
            inputs = self.inputs_digest(request)
        build = _Build(
            machine=self._machine,
            image=self.image,
            folder=self.folder(request),
            request=request,
            inputs=inputs,
            phases=phases,
        )
        return build.into(to)


@dataclass(frozen=True)
class _Machine:
    """Where builds run."""

    program: str
    folder: Path
    network: NetworkSettings | None
    tell: Callable[[str, str], None]


class _Build:
    """One build, from the tree to the archive."""

    def __init__(
        self,
        *,
        machine: _Machine,
        image: str,
        folder: Path,
        request: BuildRequest,
        inputs: str,
        phases: dict[str, float],
    ) -> None:
        self._machine = machine
        self._image = image
        self._folder = folder
        self._request = request
        self._recipe = request.recipe
        self._inputs = inputs
        self._phases = phases
        self._tell = machine.tell
        self._log = folder / "build.log"

    def into(self, to: Path) -> Artifact:
        with volumes.locked(self._folder):
            self._log.unlink(missing_ok=True)
            limits = self._request.limits
            with volumes.mounted(self._folder, limits.disk_mb, USER) as volume:
                self._tell("source", "place the files")
                with _timed(self._phases, "source"):
                    volumes.place(self._request.tree, volume.app, USER)
                    volumes.place_programs(volume.temporary)
                outcome = self._with_python(volume)
                self._tell("archive", "write the artifact")
                with _timed(self._phases, "archive"):
                    artifact = self._archived(volume.app, outcome, to)
                begun = time.monotonic()
        self._phases["end"] = time.monotonic() - begun
        times = {phase: round(seconds, 2) for phase, seconds in self._phases.items()}
        return artifact.model_copy(
            update={"phases": tuple(PhaseTime(phase=p, seconds=s) for p, s in times.items())}
        )

    @cached_property
    def _network(self) -> NetworkSettings:
        network = self._machine.network or NetworkSettings.of_this_machine()
        return network.reaching(
            [value.get_secret_value() for value in self._request.secrets.values()]
        )

    def _with_python(self, volume: volumes.Volume) -> Outcome:
        """Run the steps; where the Python that is demanded cannot be had, compile it and go on."""
        version, machine = self._recipe.compiled_python, self._machine
        if version is None:
            return self._made(volume)
        compiled = python_reference(self._image, version)
        if not has(machine.program, compiled):
            try:
                return self._made(volume)
            except BuildFailed as error:
                if error.title != GET_PYTHON:
                    raise
            self._tell("python", f"compile Python {version} of Debian's source (once; minutes)")
            with _timed(self._phases, "python"):
                with_python(machine.program, self._image, version, self._network, machine.folder)
        self._image = compiled
        return self._made(volume)

    def _made(self, volume: volumes.Volume) -> Outcome:
        """Run the steps, but for those whose result was kept."""
        recipe = self._recipe
        if not recipe.steps:
            return Outcome()
        kept = self._kept(volume)
        known = None
        if kept is not None:
            with _timed(self._phases, "kept"):
                known = kept.restore(volume.app)
        steps = [step for step in recipe.steps if known is None or step.phase != "dependencies"]
        if known is not None:
            self._tell("dependencies", "unchanged: taken from the build before")
            if all(step.phase == "tools" for step in steps):
                return known
        first_built = next((n for n, step in enumerate(steps) if step.phase == "build"), len(steps))
        with self._container(volume) as container:
            for number, step in enumerate(steps):
                self._tell(step.phase, step.title)
                with _timed(self._phases, step.phase):
                    self._run(container, step)
                if kept and known is None and number + 1 == first_built:
                    self._check_for_secrets(volume.app)
                    with _timed(self._phases, "kept"), container.held():
                        kept.save(volume.app)
            with _timed(self._phases, "inspection"):
                outcome = _inspected(container, recipe)
        if kept is not None:
            kept.finish(outcome)
        return outcome

    def _kept(self, volume: volumes.Volume) -> KeptFolders | None:
        env = [sorted(self._network.env.items()), sorted(self._request.secrets)]
        key = key_of(self._recipe, self._request.tree, self._image, env)
        return KeptFolders(volume.kept, key, self._recipe.kept) if key else None

    @contextmanager
    def _container(self, volume: volumes.Volume) -> Iterator[Container]:
        recipe, request = self._recipe, self._request
        image = self._image
        if recipe.build_packages:
            self._tell("packages", f"install {', '.join(recipe.build_packages)}")
            with _timed(self._phases, "packages"):
                image = with_packages(
                    self._machine.program,
                    image,
                    recipe.build_packages,
                    self._network,
                    self._machine.folder,
                )
        with _timed(self._phases, "start"):
            settings = {**recipe.defaults, **request.env} if recipe.reads_env else {}
            starting = running(
                program=self._machine.program,
                image=image,
                label=_label(self._folder, request.deployment_name),
                volume=volume,
                limits=request.limits,
                network=self._network,
                env={**self._network.env, **settings, **recipe.env},
                search_path=recipe.search_path,
                log=self._log,
            )
            container = starting.__enter__()
        try:
            yield container
        finally:
            starting.__exit__(None, None, None)

    def _run(self, container: Container, step: Step) -> None:
        secrets = {}
        if step.phase == "dependencies":
            secrets = {
                name: value.get_secret_value() for name, value in self._request.secrets.items()
            }
        ended = container.run(step.command, secrets=secrets)
        _checked(ended, step.command, step.title, self._request.limits)

    def _check_for_secrets(self, app: Path) -> None:
        """Refuse a tree with the value of a secret of the build in it."""
        for name, value in self._request.secrets.items():
            if file := archive.first_with(app, value.get_secret_value()):
                raise BuildFailed(
                    f"the build wrote the secret {name} into {file.relative_to(app)}: an artifact "
                    "must not have it",
                    mend=f"let that file refer to the variable instead, as ${{{name}}}",
                )

    def _archived(self, app: Path, outcome: Outcome, to: Path) -> Artifact:
        recipe, request = self._recipe, self._request
        self._check_for_secrets(app)
        files, size = archive.measure(app, recipe.leave_out)
        packages = tuple(sorted({*recipe.packages, *outcome.libraries}))
        manifest = Manifest(
            recipe=recipe.name,
            commit=request.source.commit,
            source_digest=tree_digest(request.tree),
            inputs_digest=self._inputs,
            image=self._image,
            architecture=os.uname().machine,
            commands=tuple(step.command for step in recipe.steps),
            versions=outcome.versions,
            packages=sbom.packages(app),
            added=recipe.added,
            warnings=recipe.warnings,
            processes=recipe.processes,
            search_path=recipe.search_path,
            host_packages=packages,
            static=recipe.static,
            files=files,
            bytes=size,
        )
        digest, archived = archive.write_archive(
            app,
            to,
            manifest,
            name=request.deployment_name,
            leave_out=recipe.leave_out,
            parts=self._folder / "parts",
        )
        return Artifact(
            digest=digest,
            bytes=archived,
            inputs_digest=self._inputs,
            built=True,
            packages=packages,
            architecture=manifest.architecture,
            warnings=recipe.warnings,
        )


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
                        packages=release.runtime.packages,
                        architecture=release.architecture,
                    )
        return None

    def build(self, request: BuildRequest) -> Artifact:
        """The artifact of this request: found, or built and stored."""
        if found := self.find(request):
            return found
        check_architecture(os.uname().machine)
        with tempfile.TemporaryDirectory(prefix="hivemind-artifact-") as folder:
            file = Path(folder) / "artifact.tar.gz"
            artifact = self._builder.build(request, file)
            self._artifacts.put(file)
        return artifact


def check_architecture(machine: str) -> None:
    """Refuse to build what hosts cannot run: compiled files are for one architecture."""
    if machine != HOST_ARCHITECTURE:
        raise BuildFailed(
            f"this machine builds for {machine}, and the hosts are {HOST_ARCHITECTURE}",
            mend=f"deploy from a machine of that architecture ({HOST_ARCHITECTURE}), such as CI",
        )


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
            title=title,
            command=command,
            lines=ended.lines,
            cause=cause,
            mend=mend,
        )


def _inspected(container: Container, recipe: Recipe) -> Outcome:
    """The versions of the tools, and the packages of the libraries that the result loads."""
    versions = {tool: _last(container, command) for tool, command in recipe.versions.items()}
    lines: list[str] = []
    container.run(libraries.SEARCH, lines.append)
    return Outcome(versions=versions, libraries=libraries.packages(lines))


def _last(container: Container, command: str) -> str:
    ended = container.run(command)
    words = ended.lines[-1].split() if ended.exit_code == 0 and ended.lines else []
    return words[-1] if words else ""
