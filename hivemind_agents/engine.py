"""Where applications are built: in a container on this machine, else on a new host of theirs."""

import os
import shutil
from collections.abc import Collection
from typing import Literal

from hivemind_agents.errors import AccessError

Place = Literal["controller", "host"]

ENGINES = ("podman", "docker")
# Chooses the engine; `none` says that there is none.
SETTING = "HIVEMIND_CONTAINER_ENGINE"


def container_engine() -> str | None:
    """The container engine of this machine: podman, or docker where that is what there is."""
    named = os.environ.get(SETTING, "")
    if named == "none":
        return None
    return next((name for name in (named, *ENGINES) if name and shutil.which(name)), None)


def why_not_here() -> str | None:
    """Why no application can be built on this machine; None where one can."""
    if container_engine() is None:
        if os.environ.get(SETTING) == "none":
            return f"{SETTING} says that there is no container engine"
        return "neither podman nor docker is installed"
    if os.geteuid() != 0:
        return "builds in containers need root"
    return None


def mend() -> str:
    """What lets this machine build."""
    if container_engine() is not None:
        return "run it as root: sudo -E keeps your settings"
    if os.environ.get(SETTING) == "none":
        return f"unset {SETTING}, where there is podman or docker"
    return "sudo apt-get install --no-install-recommends podman, and run it as root (sudo -E)"


def place(*, live: bool) -> Place:
    """Where a build belongs. `live`: whether a release of the deployment takes traffic.

    What is live is not built upon: where this machine cannot build, only what is built already can
    be deployed then.
    """
    return "host" if why_not_here() and not live else "controller"


def refusal(
    name: str, *, live: bool, host: str | None, registered: Collection[str]
) -> AccessError | None:
    """Why no host builds `name`, where this machine cannot; None where `host` may.

    `host`: the id of the one that would; `registered`: ids of those that the load balancer knows.
    """
    here = f"this machine cannot build ({why_not_here()})"
    traffic = "nothing is built on hosts that take traffic"
    if live:
        return AccessError(
            f"{here}, and {name!r} is live: {traffic}",
            mend=f"{mend()}; or deploy from a machine that can build, such as CI",
        )
    if host is None:
        return AccessError(
            f"{here}, and there is no host yet to build on",
            mend=f"hivemind deploy (build follows provision), or: {mend()}",
        )
    if host in registered:
        return AccessError(
            f"{here}, and the host {host} is registered with the load balancer: {traffic}",
            mend=f"hivemind deregister {name}, then deploy again; or: {mend()}",
        )
    return None
