"""Package managers of Node: how each installs by its lock, and takes development packages away."""

import re
from dataclasses import dataclass

from hivemind_agents.building.files import text_of
from hivemind_agents.building.node_manifests import Manifests
from hivemind_agents.building.programs import FOLDER

LOCKS = (
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
    "bun.lockb",
)  # fmt: skip
CACHES = {
    "npm_config_cache": "/cache/npm",
    # npm 6 knows no --include, and would leave packages for development out.
    "npm_config_production": "false",
    "YARN_CACHE_FOLDER": "/cache/yarn",
    "YARN_GLOBAL_FOLDER": "/cache/yarn-global",
    "npm_config_store_dir": "/cache/pnpm",
    # What is not used any more goes at once, not after a week.
    "npm_config_modules_cache_max_age": "0",
    "BUN_INSTALL_CACHE_DIR": "/cache/bun",
}


@dataclass(frozen=True)
class Manager:
    """The commands of one package manager for one application."""

    name: str
    # How its own program is got; None where Node brings it.
    tool: str | None
    install: str
    prune: str | None
    # What it writes that is no part of a release.
    leavings: str
    # How it adds a package without noting it in the manifest.
    add: str


def manager_of(name: str, manifests: Manifests) -> Manager:
    """The manager by its name in Recon's vocabulary, at the version that the repository names."""
    author = {"yarn": _yarn, "yarn-berry": _berry, "pnpm": _pnpm, "bun": _bun}.get(name, _npm)
    return author(manifests)


def tool_command(name: str, package: str, version: str) -> str:
    """Get a package manager at a version or range."""
    return f"python3 {FOLDER}/runtimes.py tool {name} {package} '{version}'"


def _stated(manifests: Manifests, *names: str) -> str | None:
    name, version = manifests.manager
    return version if name in names and re.fullmatch(r"[\d.]+[\w.-]*", version) else None


def _npm(manifests: Manifests) -> Manager:
    lock = next((one for one in LOCKS[:2] if one in set(manifests.files)), None)
    flags = "--include=dev --no-audit --no-fund --no-progress"
    # Locks of npm 6 and before were made without a look at peers.
    old = lock and re.search(
        r'"lockfileVersion":\s*1\b', (text_of(manifests.files, lock) or "")[:400]
    )
    command = f"npm {'ci' if lock else 'install'} {flags}{' --legacy-peer-deps' if old else ''}"
    # Peers that contradict one another stop npm where older ones only warned, and some make npm 10
    # itself stumble.
    install = (
        f"{command} >/tmp/npm.log 2>&1 && cat /tmp/npm.log || "
        f"{{ cat /tmp/npm.log; grep -qE 'ERESOLVE|edgesOut' /tmp/npm.log && "
        f"{command} --legacy-peer-deps; }}"
    )
    version = _stated(manifests, "npm")
    return Manager(
        name="npm",
        tool=tool_command("npm", "npm", version) if version else None,
        install=command if old else install,
        # npm 6 and before keep no list of what they installed.
        prune=f"python3 {FOLDER}/npm_prune.py || npm prune --omit=dev --production "
        "--ignore-scripts --no-audit --no-fund",
        leavings="node_modules/.cache",
        add="npm install --no-save --no-audit --no-fund --ignore-scripts",
    )  # fmt: skip


def _yarn(manifests: Manifests) -> Manager:
    frozen = " --frozen-lockfile" if "yarn.lock" in set(manifests.files) else ""
    return Manager(
        name="yarn",
        tool=tool_command("yarn", "yarn", _stated(manifests, "yarn") or "1.22.22"),
        install=f"yarn install --production=false --ignore-engines --non-interactive{frozen}",
        prune=f"yarn install --production=true --ignore-engines --non-interactive "
        f"--ignore-scripts --prefer-offline{frozen}",
        leavings="node_modules/.cache node_modules/.yarn-integrity",
        add="npm install --no-save --no-audit --no-fund --ignore-scripts",
    )


def _berry(manifests: Manifests) -> Manager:
    version = _stated(manifests, "yarn")
    lock = text_of(manifests.files, "yarn.lock") or ""
    found = re.search(r"(?m)^__metadata:\n\s+version:\s*(\d+)", lock)
    major = "4" if found is None or int(found[1]) >= 8 else "3"
    immutable = " --immutable" if lock else " --no-immutable"
    return Manager(
        name="yarn",
        tool=tool_command("yarn", "@yarnpkg/cli-dist", version or f"{major}.x"),
        install=f"yarn install{immutable}",
        # Before version 4 this is a plug-in, which not every repository has.
        prune="yarn workspaces focus --all --production || true",
        leavings="node_modules/.cache .yarn/cache .yarn/install-state.gz .yarn/unplugged",
        add="npm install --no-save --no-audit --no-fund --ignore-scripts",
    )


def _pnpm(manifests: Manifests) -> Manager:
    lock = text_of(manifests.files, "pnpm-lock.yaml") or ""
    found = re.search(r"lockfileVersion:\s*['\"]?(\d+)", lock)
    by_lock = {"5": "7.x", "6": "8.x", "9": "9.x"}.get(found[1] if found else "", "9.x")
    frozen = " --frozen-lockfile" if lock else " --no-frozen-lockfile"
    return Manager(
        name="pnpm",
        tool=tool_command("pnpm", "pnpm", _stated(manifests, "pnpm") or by_lock),
        install=f"pnpm install --prod=false{frozen}",
        prune="CI=1 pnpm install --prod --offline --ignore-scripts"
        f"{frozen if lock else ' --no-frozen-lockfile'}",
        leavings="node_modules/.cache node_modules/.modules.yaml "
        "node_modules/.pnpm-workspace-state.json node_modules/.pnpm-workspace-state-v1.json",
        add="npm install --no-save --no-audit --no-fund --ignore-scripts",
    )


def _bun(manifests: Manifests) -> Manager:
    locked = bool({"bun.lock", "bun.lockb"} & set(manifests.files))
    frozen = " --frozen-lockfile" if locked else ""
    return Manager(
        name="bun",
        tool=tool_command("bun", "@oven/bun-linux-PLATFORM", _stated(manifests, "bun") or "1.x"),
        install=f"bun install{frozen}",
        prune=f"rm -rf node_modules && bun install --production --ignore-scripts{frozen}",
        leavings="node_modules/.cache",
        add="bun add --no-save",
    )
