"""Builds in containers on this machine, by podman or docker."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from hivemind_agents.adapters import builder_volume as volumes
from hivemind_agents.adapters.builder_box import USER, Box
from hivemind_agents.adapters.builder_container import running
from hivemind_agents.adapters.builder_image import (
    ensured_image,
    has,
    python_reference,
    with_packages,
    with_python,
)
from hivemind_agents.adapters.builder_kept import KeptFolders
from hivemind_agents.adapters.builder_network import NetworkSettings
from hivemind_agents.building import archive
from hivemind_agents.building.model import BuildRequest, digest_of
from hivemind_agents.errors import AccessError


class ContainerDriver:
    """Isolates builds in containers of the builder's image. Needs root.

    `locks`: a folder for what builds of several deployments must not do at once.
    """

    architecture = os.uname().machine

    def __init__(self, program: str, locks: Path, image: str | None = None) -> None:
        self._program = program
        self._locks = locks
        self._image = image

    @property
    def image(self) -> str:
        """The image's reference, which names its recipe's digest. Made when it is missing."""
        if self._image is None:
            self._image = ensured_image(self._program)
        return self._image

    def ready(self) -> None:
        if os.geteuid() != 0:
            raise AccessError(
                "builds need root on the controller: they mount a disk and make a container",
                mend="run it with sudo -E, which keeps your settings",
            )

    @contextmanager
    def opened(
        self, folder: Path, request: BuildRequest, network: NetworkSettings
    ) -> Iterator["ContainerWorkshop"]:
        """Mount the deployment's disk for one build."""
        with volumes.mounted(folder, request.limits.disk_mb, USER) as volume:
            yield ContainerWorkshop(
                program=self._program,
                locks=self._locks,
                folder=folder,
                request=request,
                network=network.here(),
                volume=volume,
            )


class ContainerWorkshop:
    """One build's disk, and its containers."""

    def __init__(
        self,
        *,
        program: str,
        locks: Path,
        folder: Path,
        request: BuildRequest,
        network: NetworkSettings,
        volume: volumes.Volume,
    ) -> None:
        self._program = program
        self._locks = locks
        self._folder = folder
        self._request = request
        self._network = network
        self._volume = volume

    def place(self, tree: Path) -> None:
        volumes.place(tree, self._volume.app, USER)
        volumes.place_programs(self._volume.temporary)

    def restore(self, key: str, folders: tuple[str, ...]) -> str | None:
        return self._kept(key, folders).restore(self._volume.app)

    def save(self, key: str, folders: tuple[str, ...]) -> None:
        self._kept(key, folders).save(self._volume.app)

    def finish(self, key: str, folders: tuple[str, ...], about: str) -> None:
        self._kept(key, folders).finish(about)

    def has_python(self, image: str, version: str) -> bool:
        return has(self._program, python_reference(image, version))

    def with_python(self, image: str, version: str) -> str:
        return with_python(self._program, image, version, self._network, self._locks)

    def with_packages(self, image: str, packages: tuple[str, ...]) -> str:
        return with_packages(self._program, image, packages, self._network, self._locks)

    def running(self, image: str, env: Mapping[str, str], log: Path) -> AbstractContextManager[Box]:
        return running(
            program=self._program,
            image=image,
            label=label_of(self._folder, self._request.deployment_name),
            volume=self._volume,
            limits=self._request.limits,
            network=self._network,
            env=env,
            log=log,
        )

    def first_with(self, secret: str) -> str | None:
        found = archive.first_with(self._volume.app, secret)
        return str(found.relative_to(self._volume.app)) if found else None

    @contextmanager
    def tree(self) -> Iterator[Path]:
        yield self._volume.app

    def _kept(self, key: str, folders: tuple[str, ...]) -> KeptFolders:
        return KeptFolders(self._volume.kept, key, folders)


def label_of(folder: Path, deployment: str) -> str:
    """A container's name: two state folders on one machine do not meet."""
    return f"hivemind-builder-{deployment}-{digest_of(str(folder.resolve()))[:8]}"
