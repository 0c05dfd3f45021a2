"""The builder's image, and the same with more Debian packages.

Packages are installed by root in a container that has nothing of any repository in it: no file,
no variable, no command. What comes out is an image of its own, made once for a set of packages;
builds run from it without rights, as from the plain one.
"""

import fcntl
import subprocess
from pathlib import Path

from hivemind_agents.adapters.builder_container import engine, ephemeral
from hivemind_agents.adapters.builder_network import NetworkSettings, missing
from hivemind_agents.building.causes import probable_cause
from hivemind_agents.building.model import BuildFailed, digest_of
from hivemind_agents.building.python_versions import COMPILED, COMPILED_SUITE
from hivemind_agents.building.system_packages import checked
from hivemind_agents.errors import HivemindError
from hivemind_agents.locations import ansible_home

_REPOSITORY = "localhost/hivemind/builder-packages"
_PYTHON = "localhost/hivemind/builder-python"
_SECONDS = 2400
# The headers that its modules are compiled with; the archive is checked against apt's signed index.
_COMPILE = """
export DEBIAN_FRONTEND=noninteractive
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security |
  head -n 1)
echo "deb-src $mirror {suite} main" >/etc/apt/sources.list.d/python.list
apt-get -qq update
apt-get -qq install --yes --no-install-recommends -o Dpkg::Use-Pty=0 \\
  -o Dpkg::Options::=--force-unsafe-io -o APT::Sandbox::User=root \\
  libbz2-dev libffi-dev liblzma-dev libreadline-dev libsqlite3-dev libssl-dev uuid-dev xz-utils \\
  zlib1g-dev >/dev/null
mkdir /tmp/source && cd /tmp/source
apt-get -qq source --download-only -o APT::Sandbox::User=root python{version} >/dev/null
tar --extract --file python{version}_*.orig.tar.xz && cd */
./configure --quiet --prefix=/app/.python --disable-test-modules --without-ensurepip >/dev/null
make --silent --jobs="$(nproc)" >/dev/null 2>&1
make --silent install DESTDIR=/tmp/installed >/dev/null
find /tmp/installed -name __pycache__ -prune -exec rm -rf {{}} +
find /tmp/installed -name '*.a' -delete
strip --strip-unneeded /tmp/installed/app/.python/bin/python{version}
mv /tmp/installed/app/.python {where}
{where}/bin/python{version} -c 'import bz2, ctypes, hashlib, lzma, sqlite3, ssl, zlib'
rm -rf /tmp/source /tmp/installed /etc/apt/sources.list.d/python.list /var/lib/apt/lists/*
"""
_INSTALL = (
    "export DEBIAN_FRONTEND=noninteractive; apt-get -qq update && "
    "apt-get -qq install --yes --no-install-recommends -o Dpkg::Use-Pty=0 "
    "-o Dpkg::Options::=--force-unsafe-io -o APT::Sandbox::User=root {} && "
    "rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb"
)


def ensured_image(program: str) -> str:
    """The reference of the builder's image, which is made when it is missing."""
    script = ansible_home() / "images" / "build-image.sh"
    made = subprocess.run(
        ["bash", str(script), "builder"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        said = made.stderr.strip().splitlines()
        raise HivemindError(
            f"the builder's image cannot be made: {said[-1] if said else 'no reason given'}",
            mend=f"bash {script} builder",
        )
    reference = made.stdout.strip().splitlines()[-1]
    if Path(program).name == "docker" and not _exists(program, reference):
        # It is made by podman's tools; docker gets a copy.
        with subprocess.Popen(["podman", "save", reference], stdout=subprocess.PIPE) as saved:
            subprocess.run(
                [program, "load", "--quiet"], stdin=saved.stdout, capture_output=True, check=True
            )
    return reference


def reference_with(image: str, packages: tuple[str, ...]) -> str:
    """The name of `image` with these packages; itself when there are none."""
    if not packages:
        return image
    return f"{_REPOSITORY}:{digest_of([image, sorted(packages)])[:12]}"


def with_packages(
    program: str, image: str, packages: tuple[str, ...], network: NetworkSettings, folder: Path
) -> str:
    """The reference of `image` with these packages; made when it is missing.

    `folder`: where locks are. Raises BuildFailed naming the package that Debian does not have.
    """
    packages = checked(packages)
    reference = reference_with(image, packages)
    if reference == image or _exists(program, reference):
        return reference
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "packages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _exists(program, reference):
            _make(program, image, packages, network=network, folder=folder)
    return reference


def python_reference(image: str, version: str) -> str:
    """The name of `image` with a compiled Python."""
    return f"{_PYTHON}:{version}-{digest_of([image, version, _COMPILE])[:12]}"


def has(program: str, reference: str) -> bool:
    """Whether an image is there."""
    return _exists(program, reference)


def with_python(
    program: str, image: str, version: str, network: NetworkSettings, folder: Path
) -> str:
    """The reference of `image` with Python `version`, compiled of Debian's signed source."""
    reference = python_reference(image, version)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "python.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _exists(program, reference):
            command, what = compile_command(version)
            _commit(program, image, reference, command, network=network, folder=folder, what=what)
    return reference


def _make(
    program: str, image: str, packages: tuple[str, ...], *, network: NetworkSettings, folder: Path
) -> None:
    reference = reference_with(image, packages)
    command, what = install_command(packages)
    _commit(program, image, reference, command, network=network, folder=folder, what=what)


def not_made(what: str, said: list[str], code: int) -> BuildFailed:
    """The error that a system could not be made, of what the command said."""
    cause, mend = probable_cause("\n".join(said), code)
    return BuildFailed(what, lines=tuple(said[-10:]), cause=cause, mend=mend)


def install_command(packages: tuple[str, ...]) -> tuple[str, str]:
    """What installs packages, by root, and what to say when it cannot."""
    what = f"the system packages that the build needs cannot be installed: {', '.join(packages)}"
    return _INSTALL.format(" ".join(packages)), what


def compile_command(version: str) -> tuple[str, str]:
    """What compiles Python, by root, and what to say when it cannot."""
    command = _COMPILE.format(version=version, suite=COMPILED_SUITE, where=COMPILED)
    return command, f"Python {version} cannot be compiled of Debian's source"


def _commit(
    program: str, image: str, reference: str, command: str, *,
    network: NetworkSettings, folder: Path, what: str,
) -> None:  # fmt: skip
    """Run a command of ours as root in `image`, and keep the result as `reference`."""
    name = f"hivemind-image-{reference.rpartition(':')[2]}"
    with ephemeral(program, image, name, network.for_packages(), folder):
        done = subprocess.run(
            [program, "exec", name, "/bin/sh", "-euc", command],
            capture_output=True, text=True, check=False, timeout=_SECONDS,
        )  # fmt: skip
        if done.returncode:
            said = (done.stdout + done.stderr).strip().splitlines()
            raise not_made(what, said, done.returncode)
        subprocess.run(
            [*engine(program), "commit", "--quiet", "--change", "USER 0", name, reference],
            capture_output=True, check=True,
        )  # fmt: skip


def _exists(program: str, reference: str) -> bool:
    try:
        done = subprocess.run(
            [program, "image", "inspect", reference], capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise missing(program) from error
    return done.returncode == 0
