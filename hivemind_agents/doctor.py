"""What this machine lacks to deploy, or to run the local AWS, and the command that mends it."""

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hivemind_agents import engine, targets
from hivemind_agents.errors import HivemindError
from hivemind_agents.locations import ansible_home, config_dir, state_dir
from hivemind_agents.preflight.findings import Finding, FindingStatus

# Program -> Debian package. The first group is needed to deploy anywhere.
DEPLOY_PROGRAMS = {"git": "git", "ssh": "openssh-client", "ssh-keygen": "openssh-client"}
SANDBOX_PROGRAMS = {
    "podman": "podman",
    "runc": "runc",
    "haproxy": "haproxy",
    "dnsmasq": "dnsmasq-base",
    "nft": "nftables",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "newuidmap": "uidmap",
    "slirp4netns": "slirp4netns",
    "mkfs.ext4": "e2fsprogs",
}
# Those of MariaDB and Redis are built when one is first asked for.
IMAGES = ("base", "postgres", "builder")
_DISK_GB = 5
_MEMORY_GB = 2
# Programs of the system administrator are not on every user's PATH.
_SEARCH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/sbin"))


class Ailment(Finding):
    """A finding of the doctor's. `fix`: a command that mends it without asking anything."""

    group: str
    fix: tuple[str, ...] = ()


def examine(target: str | None = None) -> list[Ailment]:
    """Look at the machine and at the target; in the order in which it is shown."""
    with ThreadPoolExecutor(max_workers=3) as pool:
        machine = pool.submit(lambda: list(_machine()))
        sandbox = pool.submit(lambda: list(_sandbox()))
        there = pool.submit(lambda: list(_target(target)))
        return [*machine.result(), *sandbox.result(), *there.result()]


def _machine() -> Iterator[Ailment]:
    group = "This machine"
    yield _told(
        group, "system", _is_debian(), _system_name(),
        "the sandbox's set-up knows Debian and Ubuntu; a real AWS target works from any Linux",
    )  # fmt: skip
    yield _python(group)
    yield _ansible(group)
    yield _programs(group, "programs", DEPLOY_PROGRAMS)
    yield _engine(group)
    yield from _folders(group)
    yield Ailment(
        group=group, check="model", status="passed",
        detail=os.environ.get("HIVEMIND_MODEL") or "offline (HIVEMIND_MODEL names another)",
    )  # fmt: skip


def _sandbox() -> Iterator[Ailment]:
    group = "The sandbox (a local AWS; not needed for a real one)"
    if importlib.util.find_spec("moto") is None:
        yield Ailment(
            group=group, check="python", status="skipped",
            detail="its Python part is not installed", mend="pip install 'hivemind[sandbox]'",
        )  # fmt: skip
        return
    yield _programs(group, "programs", SANDBOX_PROGRAMS)
    yield _root(group)
    yield _room(group)
    yield _images(group)


def _target(name: str | None) -> Iterator[Ailment]:
    group = "The target"
    try:
        target = targets.choose(name)
    except HivemindError as error:
        yield _bad(group, "target", error)
        return
    target.activate()
    yield Ailment(
        group=group, check="target", status="passed",
        detail=f"{target.name} ({target.region}, {target.endpoint_url or 'AWS'})",
    )  # fmt: skip
    import boto3  # noqa: PLC0415 - slow, and not needed without a target
    import botocore.exceptions  # noqa: PLC0415

    from hivemind_agents.preflight import checks  # noqa: PLC0415
    from hivemind_agents.state.bucket import StateBucket, StateBucketMissing  # noqa: PLC0415

    try:
        session = boto3.Session()
    except botocore.exceptions.BotoCoreError as error:
        yield Ailment(
            group=group, check="credentials", status="failed", detail=str(error),
            mend="hivemind target list",
        )  # fmt: skip
        return
    known, caller_arn = checks.credentials(session)
    found = [known]
    if caller_arn is not None:
        found += [checks.expiry(session), checks.image(session)]
    found.append(checks.ssh_source(target))
    for finding in found:
        yield Ailment(group=group, **finding.model_dump())
    if caller_arn is None:
        return
    try:
        bucket = StateBucket.open(session)
        yield Ailment(group=group, check="state", status="passed", detail=bucket.name)
    except StateBucketMissing:
        yield Ailment(
            group=group, check="state", status="passed",
            detail="no state bucket yet: the first deploy makes it",
        )  # fmt: skip
    except HivemindError as error:
        yield _bad(group, "state", error)


def _python(group: str) -> Ailment:
    detail = f"{platform.python_version()}, {sys.prefix}"
    return Ailment(group=group, check="python", status="passed", detail=detail)


def _ansible(group: str) -> Ailment:
    beside = Path(sys.executable).with_name("ansible-playbook")
    playbooks = ansible_home() / "playbooks"
    if not beside.exists() or importlib.util.find_spec("ansible_runner") is None:
        return Ailment(
            group=group, check="ansible", status="failed",
            detail=f"ansible-playbook is not in {beside.parent}",
            mend="tools/setup.sh python (in a checkout), or: pip install hivemind",
        )  # fmt: skip
    if not playbooks.is_dir():
        return Ailment(
            group=group, check="ansible", status="failed", detail=f"there is no {playbooks}",
            mend="install HiveMind again",
        )  # fmt: skip
    return Ailment(group=group, check="ansible", status="passed", detail=str(playbooks))


def _programs(group: str, check: str, programs: dict[str, str]) -> Ailment:
    missing = [name for name in programs if shutil.which(name, path=_SEARCH) is None]
    if not missing:
        return Ailment(group=group, check=check, status="passed", detail=", ".join(programs))
    packages = sorted({programs[name] for name in missing})
    fix = (*_as_root(), "apt-get", "install", "-y", "--no-install-recommends", *packages)
    return Ailment(
        group=group, check=check, status="failed", detail=f"not installed: {', '.join(missing)}",
        mend=" ".join(fix), fix=fix,
    )  # fmt: skip


def _engine(group: str) -> Ailment:
    if (why := engine.why_not_here()) is None:
        found = shutil.which(engine.container_engine() or "") or "here"
        return Ailment(group=group, check="builder", status="passed", detail=found)
    install = engine.container_engine() is None and os.environ.get(engine.SETTING) != "none"
    fix = (*_as_root(), "apt-get", "install", "-y", "--no-install-recommends", "podman")
    return Ailment(
        group=group, check="builder", status="warning",
        detail=f"{why}: a first deploy builds on its new host, a later one with changed code is "
        "refused",
        mend=" ".join(fix) if install else engine.mend(), fix=fix if install else (),
    )  # fmt: skip


def _folders(group: str) -> Iterator[Ailment]:
    for check, folder in (("settings", config_dir()), ("runs", state_dir())):
        there = next(place for place in (folder, *folder.parents) if place.exists())
        writable = os.access(there, os.W_OK)
        status: FindingStatus = "passed" if writable else "failed"
        yield Ailment(
            group=group, check=check, status=status,
            detail=str(folder) if writable else f"{there} cannot be written by this user",
            mend=None if writable else f"{' '.join(_as_root())} chown -R $USER {there}".strip(),
        )  # fmt: skip


def _root(group: str) -> Ailment:
    if os.geteuid() == 0:
        return Ailment(group=group, check="rights", status="passed", detail="root")
    if shutil.which("sudo"):
        return Ailment(
            group=group, check="rights", status="passed",
            detail="sudo (the sandbox makes networks and hosts, which is root's to do)",
        )  # fmt: skip
    return Ailment(
        group=group, check="rights", status="failed",
        detail="neither root nor sudo, and the sandbox makes networks and hosts",
        mend="run `hivemind sandbox up` as root",
    )  # fmt: skip


def _room(group: str) -> Ailment:
    disk = shutil.disk_usage("/var/lib").free / 1e9
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    enough = disk >= _DISK_GB and memory >= _MEMORY_GB
    return _told(
        group, "room", enough, f"{disk:.0f} GB of disk free, {memory:.0f} GB of memory",
        f"free {_DISK_GB} GB below /var/lib; {_MEMORY_GB} GB of memory are needed",
    )  # fmt: skip


def _images(group: str) -> Ailment:
    recipe = ansible_home() / "images" / "build-image.sh"
    mend = " && ".join(f"{' '.join((*_as_root(), str(recipe)))} {kind}" for kind in IMAGES)
    fix = (*_as_root(), "sh", "-c", " && ".join(f"{recipe} {kind}" for kind in IMAGES))
    if shutil.which("podman") is None:
        return Ailment(group=group, check="images", status="skipped", detail="podman is missing")
    listing = ("podman", "images", "--format", "{{.Repository}}")
    asked = listing if os.geteuid() == 0 else ("sudo", "-n", *listing)
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Ailment(group=group, check="images", status="skipped", detail=str(error))
    if done.returncode:
        return Ailment(
            group=group, check="images", status="skipped", detail="only root can list them"
        )
    missing = [kind for kind in IMAGES if f"localhost/hivemind/{kind}" not in done.stdout]
    if missing:
        return Ailment(
            group=group, check="images", status="failed",
            detail=f"not built yet: {', '.join(missing)} (once, about two minutes)",
            mend=mend, fix=fix,
        )  # fmt: skip
    return Ailment(group=group, check="images", status="passed", detail=", ".join(IMAGES))


def _told(group: str, check: str, good: bool, detail: str, mend: str) -> Ailment:  # noqa: FBT001
    status: FindingStatus = "passed" if good else "warning"
    return Ailment(
        group=group, check=check, status=status, detail=detail, mend=None if good else mend
    )


def _bad(group: str, check: str, error: HivemindError) -> Ailment:
    return Ailment(group=group, check=check, status="failed", detail=error.message, mend=error.mend)


def _is_debian() -> bool:
    return Path("/etc/debian_version").exists()


def _system_name() -> str:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return platform.platform()
    return f"{release.get('PRETTY_NAME', 'Linux')}, {platform.machine()}"


def _as_root() -> tuple[str, ...]:
    return () if os.geteuid() == 0 else ("sudo",)
