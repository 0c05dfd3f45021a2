"""What Python's manifests say: packages, package manager, version, how to install."""

import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from hivemind_agents.repository.facts import CERTAIN, SURE, Dependencies, Dependency, Fact
from hivemind_agents.repository.readers.structured import (
    items,
    read_toml,
    read_yaml,
    table,
    text_of,
)
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

REQUIREMENTS = (
    "requirements.txt", "requirements/production.txt", "requirements/prod.txt",
    "requirements/base.txt", "requirements/common.txt", "requirements/main.txt",
    "requirements/requirements.txt", "requirements-prod.txt", "requirements.in",
    "reqs.txt", "requirement.txt", "Requirements.txt",
)  # fmt: skip
# Optional dependencies that an application in production is run with.
PRODUCTION_EXTRAS = frozenset({"prod", "production", "server", "deploy", "web"})
CONDA = ("environment.yml", "environment.yaml", "conda.yml", "conda.yaml")
# A requirements file of more lines lists nothing new.
MAX_LINES = 3_000
MANIFESTS = (
    "pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "uv.lock", "poetry.lock", "pdm.lock",
    "Pipfile.lock", *REQUIREMENTS, *CONDA,
)  # fmt: skip


def read_dependencies(tree: FileTree) -> Dependencies:
    """All packages that the manifests list, with the line."""
    found: list[Dependency] = []
    requirements = requirements_file(tree)
    if requirements:
        found.extend(_requirements(tree, requirements, set()))
    for path in tree.root_files("requirements*dev*.txt"):
        found.extend(
            Dependency(item.name, item.spec, item.where, dev=True)
            for item in _requirements(tree, path, set())
        )
    found.extend(_pyproject(tree))
    found.extend(_pipfile(tree))
    found.extend(_conda(tree))
    found.extend(_setup(tree))
    return Dependencies(found)


def requirements_file(tree: FileTree) -> str | None:
    """The requirements file for production: by its usual names, else the only one at the root."""
    known = tree.has(*REQUIREMENTS)
    if known:
        return known
    others = [
        path
        for path in tree.root_files("*requirements*.txt")
        if not re.search(r"dev|test|doc|lint|ci\b|optional|build", path)
    ]
    return others[0] if len(others) == 1 else None


def _requirements(tree: FileTree, path: str, seen: set[str]) -> Iterator[Dependency]:
    if path in seen or len(seen) > 20:
        return
    seen.add(path)
    folder = path.rpartition("/")[0]
    for number, raw in enumerate((tree.text(path) or "").splitlines()[:MAX_LINES], start=1):
        line = re.split(r"(?:^|\s)#", raw)[0].strip()
        included = re.match(r"(?:-r|--requirement)[\s=]+(\S+)", line)
        if included:
            inner = f"{folder}/{included.group(1)}" if folder else included.group(1)
            yield from _requirements(tree, _normal(inner), seen)
        elif line and not line.startswith("-"):
            parsed = _requirement(line, f"{path}:{number}")
            if parsed:
                yield parsed


def _normal(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in {".", "", ".."}:
            parts.append(part)
    return "/".join(parts)


def _requirement(line: str, where: str, *, dev: bool = False) -> Dependency | None:
    line = re.split(r"\s+--hash|\s*\\$", line)[0]
    try:
        parsed = Requirement(line)
    except InvalidRequirement:
        egg = re.search(r"egg=([\w.-]+)", line)
        found = egg or re.match(r"([A-Za-z0-9][\w.-]*)", line)
        if not found or ("://" in line.split("egg=")[0].split(" ")[0] and not egg):
            return None
        return Dependency(canonicalize_name(found.group(1)), "", where, dev=dev)
    name = canonicalize_name(parsed.name)
    extras = f"[{','.join(sorted(parsed.extras))}]" if parsed.extras else ""
    return Dependency(name, extras + str(parsed.specifier), where, dev=dev)


def _each(tree: FileTree, path: str, entries: object, *, dev: bool = False) -> Iterator[Dependency]:
    for entry in items(entries):
        if isinstance(entry, str):
            parsed = _requirement(entry, tree.where(path, entry), dev=dev)
            if parsed:
                yield parsed


def _pyproject(tree: FileTree) -> Iterator[Dependency]:
    path = "pyproject.toml"
    content = read_toml(tree, path)
    project = table(content.get("project"))
    yield from _each(tree, path, project.get("dependencies"))
    for group, entries in table(project.get("optional-dependencies")).items():
        yield from _each(tree, path, entries, dev=group not in PRODUCTION_EXTRAS)
    for entries in table(content.get("dependency-groups")).values():
        yield from _each(tree, path, entries, dev=True)
    tool = table(content.get("tool"))
    poetry = table(tool.get("poetry"))
    yield from _by_key(tree, path, poetry.get("dependencies"))
    yield from _by_key(tree, path, poetry.get("dev-dependencies"), dev=True)
    for group, entries in table(poetry.get("group")).items():
        yield from _by_key(tree, path, table(entries).get("dependencies"), dev=group != "main")
    yield from _each(tree, path, table(tool.get("uv")).get("dev-dependencies"), dev=True)
    for entries in table(table(tool.get("pdm")).get("dev-dependencies")).values():
        yield from _each(tree, path, entries, dev=True)


def _by_key(
    tree: FileTree, path: str, entries: object, *, dev: bool = False
) -> Iterator[Dependency]:
    for name, spec in table(entries).items():
        if name.lower() == "python":
            continue
        version = text_of(spec) or text_of(table(spec).get("version")) or ""
        extras = [str(item) for item in items(table(spec).get("extras"))]
        version = f"[{','.join(extras)}]{version}" if extras else version
        where = tree.where(path, re.compile(rf"(?m)^\W?{re.escape(name)}\b"))
        yield Dependency(canonicalize_name(name), version, where, dev=dev)


def _pipfile(tree: FileTree) -> Iterator[Dependency]:
    content = read_toml(tree, "Pipfile")
    yield from _by_key(tree, "Pipfile", content.get("packages"))
    yield from _by_key(tree, "Pipfile", content.get("dev-packages"), dev=True)


def _conda(tree: FileTree) -> Iterator[Dependency]:
    path = tree.has(*CONDA)
    if not path:
        return
    for entry in items(read_yaml(tree, path).get("dependencies")):
        if isinstance(entry, str):
            name = re.split(r"[=<>! ]", entry.split("::")[-1])[0]
            if name and name != "python":
                yield Dependency(canonicalize_name(name), "", tree.where(path, entry))
        elif isinstance(entry, dict):
            yield from _each(tree, path, entry.get("pip"))


def _setup(tree: FileTree) -> Iterator[Dependency]:
    for path in ("setup.py", "setup.cfg"):
        block = tree.search(
            path,
            r"install_requires\s*=\s*(\[(?:[^\[\]]|\[[^\]]*\])*\]|(?:\n[ \t]+\S.*)+)",
        )
        if block:
            for entry in re.findall(r"[\"']([^\"'\n]+)[\"']|^\s+(\w[^\n#]*)", block.group(1), re.M):
                parsed = _requirement(entry[0] or entry[1], tree.where(path, entry[0] or entry[1]))
                if parsed:
                    yield parsed


def package_manager(tree: FileTree) -> Fact[str] | None:  # noqa: PLR0911 - a rule each
    """By lock file first, then by manifest."""
    for path, name in (
        ("uv.lock", "uv"), ("poetry.lock", "poetry"), ("pdm.lock", "pdm"),
        ("Pipfile.lock", "pipenv"), ("Pipfile", "pipenv"),
    ):  # fmt: skip
        if path in tree:
            return Fact(name, CERTAIN, (path,))
    content = read_toml(tree, "pyproject.toml")
    tool = table(content.get("tool"))
    requirements = requirements_file(tree)
    if "dependencies" in table(tool.get("poetry")) or (
        "poetry" in tool and not table(content.get("project")).get("dependencies")
    ):
        return Fact("poetry", SURE, (tree.where("pyproject.toml", "[tool.poetry"),))
    if not requirements:
        for name in ("pdm", "uv"):
            if name in tool:
                return Fact(name, SURE, (tree.where("pyproject.toml", f"[tool.{name}"),))
        backend = text_of(table(content.get("build-system")).get("build-backend")) or ""
        for word in ("pdm", "poetry", "uv"):
            if word in backend:
                return Fact(word, SURE, (tree.where("pyproject.toml", "build-backend"),))
    conda = tree.has(*CONDA)
    if conda and not requirements:
        return Fact("conda", CERTAIN, (conda,))
    if requirements:
        return Fact("pip", CERTAIN, (requirements,))
    if content or tree.has("setup.py", "setup.cfg"):
        path = tree.has("pyproject.toml", "setup.py", "setup.cfg") or ""
        return Fact("pip", SURE, (path,))
    return None


def install_commands(tree: FileTree, manager: str | None) -> tuple[str, ...]:
    """How the packages for production get installed."""
    locked = {
        "uv": "uv sync --frozen --no-dev" if "uv.lock" in tree else "uv sync --no-dev",
        "poetry": "poetry install --only main --no-interaction --no-root",
        "pdm": "pdm install --prod --frozen-lockfile"
        if "pdm.lock" in tree
        else "pdm install --prod",
        "pipenv": "pipenv install --deploy" if "Pipfile.lock" in tree else "pipenv install",
        "conda": f"conda env update --file {tree.has(*CONDA)}",
    }
    if manager in locked:
        return (locked[manager],)
    requirements = requirements_file(tree)
    if requirements:
        return (f"pip install -r {requirements}",)
    if tree.has("pyproject.toml", "setup.py"):
        return ("pip install .",)
    return ()


def python_version(tree: FileTree) -> Fact[str] | None:
    """Version files, then manifests, then lock files."""
    found = (
        plain_version_file(tree, ".python-version", prefix="python-")
        or plain_version_file(tree, "runtime.txt", prefix="python-")
        or tool_version(tree, "python")
    )
    if found:
        return found
    content = read_toml(tree, "pyproject.toml")
    poetry = table(table(table(content.get("tool")).get("poetry")).get("dependencies"))
    for value, needle in (
        (table(content.get("project")).get("requires-python"), "requires-python"),
        (poetry.get("python"), "\npython"),
    ):
        version = text_of(value) or text_of(table(value).get("version"))
        if version:
            return Fact(version, CERTAIN, (tree.where("pyproject.toml", needle),))
    requires = table(read_toml(tree, "Pipfile").get("requires"))
    version = text_of(requires.get("python_full_version")) or text_of(
        requires.get("python_version")
    )
    if version:
        return Fact(version, CERTAIN, (tree.where("Pipfile", "python_"),))
    for path, pattern in (
        (tree.has(*CONDA) or "", r"(?m)^[ \t]*-\s*python\s*=+\s*([\d.*]+)"),
        ("setup.py", r"python_requires\s*=\s*[\"']([^\"']+)"),
        ("setup.cfg", r"python_requires\s*=\s*(\S+)"),
        ("uv.lock", r"(?m)^requires-python\s*=\s*\"([^\"]+)"),
        ("poetry.lock", r"(?m)^python-versions\s*=\s*\"([^\"]+)\"\s*$(?=\s*content-hash|\s*\Z)"),
    ):
        match = tree.search(path, pattern) if path else None
        if match:
            return Fact(match.group(1), SURE, (tree.where(path, match.group(0)),))
    return None
