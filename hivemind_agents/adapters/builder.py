"""Builds releases where nothing of the machine is in reach, and keeps them in the state bucket."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from hivemind_agents.adapters import builder_volume as volumes
from hivemind_agents.adapters.builder_box import Box, Driver, Ended, Workshop, environment
from hivemind_agents.adapters.builder_container import installed
from hivemind_agents.adapters.builder_engine import ContainerDriver
from hivemind_agents.adapters.builder_host import Host, HostDriver
from hivemind_agents.adapters.builder_network import NetworkSettings
from hivemind_agents.building import archive, libraries, sbom
from hivemind_agents.building.causes import probable_cause
from hivemind_agents.building.kept import Outcome, key_of
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


class Builder:
    """Runs recipes where its driver isolates them.

    `folder`: where logs, volumes and caches are, one folder a deployment. `tell` hears of each
    step before it runs.
    """

    def __init__(
        self,
        driver: Driver,
        *,
        folder: Path | None = None,
        tell: Callable[[str, str], None] = lambda _phase, _title: None,
    ) -> None:
        self._driver = driver
        self._folder = folder or state_dir() / "builds"
        self._tell = tell

    @property
    def image(self) -> str:
        """What names the system that builds run in."""
        self._tell("image", "make sure of the builder's image")
        return self._driver.image

    @property
    def architecture(self) -> str:
        """Of the machine that builds: compiled files are for it alone."""
        return self._driver.architecture

    def ready(self) -> None:
        """Raise AccessError where no build can run."""
        self._driver.ready()

    def folder(self, request: BuildRequest) -> Path:
        """Where the deployment's volume and the log of its last build are."""
        below = self._folder
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
        the deployment is being built already; AccessError where builds cannot run.
        """
        self.ready()
        phases: dict[str, float] = {}
        with _timed(phases, "image"):
            inputs = self.inputs_digest(request)
        build = _Build(
            driver=self._driver,
            folder=self.folder(request),
            request=request,
            inputs=inputs,
            phases=phases,
            tell=self._tell,
        )
        return build.into(to)


class HostBuilder(Builder):
    """Builds on a host of the deployment that takes no traffic."""

    def __init__(
        self,
        host: Host | AccessError,
        *,
        folder: Path | None = None,
        tell: Callable[[str, str], None] = lambda _phase, _title: None,
    ) -> None:
        super().__init__(HostDriver(host), folder=folder, tell=tell)


class ContainerBuilder(Builder):
    """Builds in containers on this machine, by podman or docker. Needs root."""

    def __init__(
        self,
        *,
        image: str | None = None,
        program: str | None = None,
        folder: Path | None = None,
        tell: Callable[[str, str], None] = lambda _phase, _title: None,
    ) -> None:
        folder = folder or state_dir() / "builds"
        driver = ContainerDriver(program or installed(), folder, image)
        super().__init__(driver, folder=folder, tell=tell)


class _Build:
    """One build, from the tree to the archive."""

    def __init__(
        self,
        *,
        driver: Driver,
        folder: Path,
        request: BuildRequest,
        inputs: str,
        phases: dict[str, float],
        tell: Callable[[str, str], None],
    ) -> None:
        self._driver = driver
        self._image = driver.image
        self._folder = folder
        self._request = request
        self._recipe = request.recipe
        self._inputs = inputs
        self._phases = phases
        self._tell = tell
        self._log = folder / "build.log"

    def into(self, to: Path) -> Artifact:
        with volumes.locked(self._folder):
            self._log.unlink(missing_ok=True)
            begun = time.monotonic()
            with self._driver.opened(self._folder, self._request, self._network) as workshop:
                self._phases["open"] = time.monotonic() - begun
                self._tell("source", "place the files")
                with _timed(self._phases, "source"):
                    workshop.place(self._request.tree)
                outcome = self._with_python(workshop)
                self._tell("archive", "write the artifact")
                with _timed(self._phases, "archive"), workshop.tree() as tree:
                    artifact = self._archived(tree, outcome, to)
                begun = time.monotonic()
        self._phases["end"] = time.monotonic() - begun
        times = {phase: round(seconds, 2) for phase, seconds in self._phases.items()}
        return artifact.model_copy(
            update={"phases": tuple(PhaseTime(phase=p, seconds=s) for p, s in times.items())}
        )

    @cached_property
    def _network(self) -> NetworkSettings:
        return NetworkSettings.of_settings().reaching(
            [value.get_secret_value() for value in self._request.secrets.values()]
        )

    def _with_python(self, workshop: Workshop) -> Outcome:
        """Run the steps; where the Python that is demanded cannot be had, compile it and go on."""
        version = self._recipe.compiled_python
        if version is None:
            return self._made(workshop)
        if not workshop.has_python(self._image, version):
            try:
                return self._made(workshop)
            except BuildFailed as error:
                if error.title != GET_PYTHON:
                    raise
            self._tell("python", f"compile Python {version} of Debian's source (once; minutes)")
        with _timed(self._phases, "python"):
            self._image = workshop.with_python(self._image, version)
        return self._made(workshop)

    def _made(self, workshop: Workshop) -> Outcome:
        """Run the steps, but for those whose result was kept."""
        recipe = self._recipe
        if not recipe.steps:
            return Outcome()
        key = self._key()
        known = None
        if key is not None:
            with _timed(self._phases, "kept"):
                about = workshop.restore(key, recipe.kept)
            known = Outcome.model_validate_json(about) if about else None
        steps = [step for step in recipe.steps if known is None or step.phase != "dependencies"]
        if known is not None:
            self._tell("dependencies", "unchanged: taken from the build before")
            if all(step.phase == "tools" for step in steps):
                return known
        first_built = next((n for n, step in enumerate(steps) if step.phase == "build"), len(steps))
        with self._box(workshop) as box:
            box.run(libraries.MARK)
            for number, step in enumerate(steps):
                self._tell(step.phase, step.title)
                with _timed(self._phases, step.phase):
                    self._run(box, step)
                if key and known is None and number + 1 == first_built:
                    self._check_for_secrets(workshop.first_with)
                    with _timed(self._phases, "kept"), box.held():
                        workshop.save(key, recipe.kept)
            with _timed(self._phases, "inspection"):
                outcome = _inspected(box, recipe, known)
        if key is not None:
            workshop.finish(key, recipe.kept, outcome.model_dump_json())
        return outcome

    def _key(self) -> str | None:
        env = [sorted(self._network.env.items()), sorted(self._request.secrets)]
        return key_of(self._recipe, self._request.tree, self._image, env)

    @contextmanager
    def _box(self, workshop: Workshop) -> Iterator[Box]:
        recipe, request = self._recipe, self._request
        image = self._image
        if recipe.build_packages:
            self._tell("packages", f"install {', '.join(recipe.build_packages)}")
            with _timed(self._phases, "packages"):
                image = workshop.with_packages(image, recipe.build_packages)
        with _timed(self._phases, "start"):
            settings = {**recipe.defaults, **request.env} if recipe.reads_env else {}
            env = {**self._network.env, **settings, **recipe.env}
            starting = workshop.running(image, environment(env, recipe.search_path), self._log)
            box = starting.__enter__()
        try:
            yield box
        finally:
            starting.__exit__(None, None, None)

    def _run(self, box: Box, step: Step) -> None:
        secrets = {}
        if step.phase == "dependencies":
            secrets = {
                name: value.get_secret_value() for name, value in self._request.secrets.items()
            }
        ended = box.run(step.command, secrets=secrets)
        _checked(ended, step, box.memory_mb, self._request.limits)

    def _check_for_secrets(self, first_with: Callable[[str], str | None]) -> None:
        """Refuse a tree with the value of a secret of the build in it."""
        for name, value in self._request.secrets.items():
            if file := first_with(value.get_secret_value()):
                raise BuildFailed(
                    f"the build wrote the secret {name} into {file}: an artifact must not have it",
                    mend=f"let that file refer to the variable instead, as ${{{name}}}",
                )

    def _archived(self, app: Path, outcome: Outcome, to: Path) -> Artifact:
        recipe, request = self._recipe, self._request
        self._check_for_secrets(lambda secret: _relative(archive.first_with(app, secret), app))
        entries = archive.entries(app, recipe.leave_out)
        files, size = archive.measure(entries)
        packages = tuple(sorted({*recipe.packages, *outcome.libraries}))
        manifest = Manifest(
            recipe=recipe.name,
            commit=request.source.commit,
            source_digest=tree_digest(request.tree),
            inputs_digest=self._inputs,
            image=self._image,
            architecture=self._driver.architecture,
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
            entries,
            to,
            manifest,
            name=request.deployment_name,
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

    def __init__(self, builder: Builder, bucket: StateBucket) -> None:
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
        self._builder.ready()
        check_architecture(self._builder.architecture)
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


def _relative(file: Path | None, below: Path) -> str | None:
    return str(file.relative_to(below)) if file else None


@contextmanager
def _timed(phases: dict[str, float], phase: str) -> Iterator[None]:
    begun = time.monotonic()
    try:
        yield
    finally:
        phases[phase] = phases.get(phase, 0.0) + time.monotonic() - begun


def _checked(ended: Ended, step: Step, memory_mb: int | None, limits: BuildLimits) -> None:
    """Raise what ended a step; `memory_mb`: what it could have, where that is less than asked."""
    command, title = step.command, step.title
    if ended.timed_out:
        raise BuildFailed(
            f"the build was stopped after {limits.timeout_minutes} minutes, at «{title}»",
            command=command,
            lines=ended.lines,
            mend="raise build_timeout_minutes, if it does end",
        )
    if ended.out_of_memory and ended.exit_code:
        small = memory_mb is not None and memory_mb < limits.memory_mb
        raise BuildFailed(
            f"the build needed more than {memory_mb if small else limits.memory_mb} MB of memory, "
            f"at «{title}»",
            command=command,
            lines=ended.lines,
            cause="the machine where it runs has no more"
            if small
            else "the build needed more memory than it may have",
            mend="a larger instance_type, or deploy from a machine with more memory"
            if small
            else "raise build_memory_mb",
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


def _inspected(box: Box, recipe: Recipe, known: Outcome | None) -> Outcome:
    """The versions of the tools, and the packages of the libraries that the result loads.

    `known`: what an earlier build learnt of the same tools and dependencies.
    """
    lines: list[str] = []
    box.run(libraries.search(recipe.kept, restored=known is not None), lines.append)
    kept, rest = libraries.packages(lines)
    if known is None:
        versions = {tool: _last(box, command) for tool, command in recipe.versions.items()}
    else:
        versions, kept = known.versions, known.kept_libraries
    found = tuple(sorted({*kept, *rest}))
    return Outcome(versions=versions, libraries=found, kept_libraries=kept)


def _last(box: Box, command: str) -> str:
    ended = box.run(command)
    words = ended.lines[-1].split() if ended.exit_code == 0 and ended.lines else []
    return words[-1] if words else ""
