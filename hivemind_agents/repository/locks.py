"""Lock files that are out of step with their manifests, with the command that mends each."""

import re
from collections.abc import Iterable, Iterator

from hivemind_agents.repository.facts import Dependencies, Finding
from hivemind_agents.repository.readers.structured import read_json, read_toml, table
from hivemind_agents.repository.tree import FileTree

LOCK_LIMIT = 8_000_000


def read_lock_problems(tree: FileTree, finding: Finding | None) -> tuple[str, ...]:
    """One sentence a lock file that lacks packages of its manifest, or for a second lock file."""
    if finding is None:
        return ()
    problems = [
        *_node(tree),
        *_python(tree, finding.dependencies),
        *_ruby(tree, finding),
        *_composer(tree),
    ]
    return tuple(problems)


def _sentence(lock: str, manifest: str, missing: Iterable[str], command: str) -> str:
    names = sorted(missing)
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{lock} is out of step with {manifest}: it lacks {shown}; run `{command}` and commit it"


def _node(tree: FileTree) -> Iterator[str]:
    package = read_json(tree, "package.json")
    wanted = {
        str(name) for key in ("dependencies", "devDependencies") for name in table(package.get(key))
    }
    locks = [
        name
        for name in ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb")
        if name in tree
    ]
    if len(locks) > 1:
        names = ", ".join(locks)
        yield f"there are {len(locks)} lock files ({names}); keep your package manager's alone"
    text = tree.text("package-lock.json", limit=LOCK_LIMIT)
    if text and wanted:
        missing = {name for name in wanted if f'"{name}"' not in text}
        if missing:
            yield _sentence("package-lock.json", "package.json", missing, "npm install")
    yarn = tree.text("yarn.lock", limit=LOCK_LIMIT)
    if yarn and wanted:
        local = {
            name
            for name in wanted
            if re.match(
                r"(?:workspace|file|link|portal):",
                str(
                    {**table(package.get("dependencies")), **table(package.get("devDependencies"))}[
                        name
                    ]
                ),
            )
        }
        missing = {name for name in wanted - local if f"{name}@" not in yarn}
        if missing:
            yield _sentence("yarn.lock", "package.json", missing, "yarn install")
    pnpm = tree.text("pnpm-lock.yaml", limit=LOCK_LIMIT)
    if pnpm and wanted:
        missing = {name for name in wanted if name not in pnpm}
        if missing:
            yield _sentence("pnpm-lock.yaml", "package.json", missing, "pnpm install")


def _python(tree: FileTree, dependencies: Dependencies) -> Iterator[str]:
    for lock, manifest, command in (
        ("uv.lock", "pyproject.toml", "uv lock"),
        ("poetry.lock", "pyproject.toml", "poetry lock"),
        ("Pipfile.lock", "Pipfile", "pipenv lock"),
    ):
        text = tree.text(lock, limit=LOCK_LIMIT)
        if not text or manifest not in tree:
            continue
        lowered = text.lower().replace("_", "-").replace(".", "-")
        missing = {
            item.name
            for item in dependencies.values()
            if item.where.startswith(manifest)
            and not item.dev
            and f'"{item.name}"' not in lowered
            and f'"{item.name.replace(".", "-")}"' not in lowered
        }
        if missing:
            yield _sentence(lock, manifest, missing, command)
    if (
        "poetry.lock" in tree
        and "pyproject.toml" in tree
        and not table(read_toml(tree, "pyproject.toml").get("tool")).get("poetry")
        and "uv.lock" in tree
    ):
        yield "there are 2 lock files (uv.lock, poetry.lock); keep your package manager's alone"


def _ruby(tree: FileTree, finding: Finding) -> Iterator[str]:
    lock = tree.text("Gemfile.lock", limit=LOCK_LIMIT)
    if lock and finding.language.value == "ruby":
        missing = {
            name
            for name in finding.dependencies
            if not re.search(rf"(?m)^[ \t]+{re.escape(name)}\b", lock)
        }
        if missing:
            yield _sentence("Gemfile.lock", "Gemfile", missing, "bundle lock")


def _composer(tree: FileTree) -> Iterator[str]:
    lock = tree.text("composer.lock", limit=LOCK_LIMIT)
    wanted = {
        name for name in table(read_json(tree, "composer.json").get("require")) if "/" in str(name)
    }
    missing = {name for name in wanted if lock and f'"{name}"' not in lock.lower()}
    if missing:
        yield _sentence("composer.lock", "composer.json", missing, "composer update --lock")
