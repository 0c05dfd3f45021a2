"""The application's files: from a folder or a git URL into a folder of our own.

Recon and the builder see the same files: those that git tracks or would track, or, outside of a
git repository, all but what tools leave behind. Nothing of the repository is executed: no hook,
no file system monitor, no filter, no submodule's update command.
"""

import hashlib
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

from hivemind_agents.domain.deployment import Source
from hivemind_agents.errors import RepositoryError

LEFT_BEHIND = frozenset(
    {".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache",
     ".pytest_cache", ".ruff_cache", ".DS_Store", ".direnv", ".terraform"}
)  # fmt: skip
# Private settings never travel: what an application is to know comes as environment.
_PRIVATE = re.compile(r"^\.env(\.(local|production|development|test|staging))?$")
_URL = re.compile(r"^(https?|ssh|git|file)://|^[\w.-]+@[\w.-]+:")

CLONE_SECONDS = 300

_SAFE = (
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "core.symlinks=true",
    "-c", "protocol.ext.allow=never",
    # A person's own repository, deployed by root: `git` would call its ownership dubious.
    "-c", "safe.directory=*",
)  # fmt: skip


def is_url(app_repo: str) -> bool:
    """Whether it names a git repository elsewhere rather than a folder here."""
    return bool(_URL.match(app_repo))


def same_repository(app_repo: str, recorded: str) -> bool:
    """Whether the record's repository is the one that is asked for."""
    if is_url(app_repo):
        return _shown(app_repo) == recorded
    return str(Path(app_repo).expanduser().resolve()) == recorded


def fetch(
    app_repo: str, ref: str | None, path: str, into: Path, *, commit: str | None = None
) -> Source:
    """Put the files of folder `path` of the repository into the empty folder `into`.

    `app_repo`: a folder, or a git URL; `ref`: branch, tag or full commit of a URL; `commit`: what
    `ref` was when it was looked up, so that later stages see the same files. Returns where
    they come from, with the commit when there is one, and whether the folder differs from it.
    Raises RepositoryError saying what was looked for, and how to say it.
    """
    into.mkdir(parents=True, exist_ok=True)
    if is_url(app_repo):
        source = _fetch_url(app_repo, ref, path, into, commit)
    else:
        source = _fetch_folder(app_repo, ref, path, into)
    return source.model_copy(update={"digest": tree_digest(into)})


def tree_digest(folder: Path) -> str:
    """SHA-256 over the names, kinds, executable bits and contents of all files below `folder`."""
    state = hashlib.sha256()
    for file in _files_below(folder):
        status = file.lstat()
        name = file.relative_to(folder).as_posix()
        if stat.S_ISLNK(status.st_mode):
            kind, content = "link", bytes(file.readlink())
        else:
            kind = "program" if status.st_mode & stat.S_IXUSR else "file"
            content = hashlib.sha256(file.read_bytes()).digest()
        state.update(f"{kind} {len(name.encode())} {name} {len(content)} ".encode() + content)
    return state.hexdigest()


def _fetch_folder(app_repo: str, ref: str | None, path: str, into: Path) -> Source:
    root = Path(app_repo).expanduser()
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise RepositoryError(
            f"there is no repository at {app_repo!r}: it {what}",
            mend="give the path of a folder, or a git URL such as https://host/owner/name",
        )
    if ref:
        raise RepositoryError(
            f"app_ref {ref!r} is for git URLs; a folder is deployed as it is",
            mend=f"git -C {app_repo} switch --detach {ref}, or give file://{root.resolve()}",
        )
    folder = _subfolder(root.resolve(), path)
    # Of a folder in a larger repository, the commit that last changed it.
    commit = _git_line(folder, "log", "-1", "--format=%H", "--", ".") or None
    names = _git_names(folder)
    dirty = False
    if names is None:
        names = [str(file.relative_to(folder)) for file in _files_below(folder)]
        commit = None
    else:
        changes = _git_line(folder, "status", "--porcelain", "--untracked-files=normal", "--", ".")
        dirty = bool(changes)
    _copy(folder, names, into, app_repo)
    return Source(repository=str(root.resolve()), path=path, commit=commit, dirty=dirty)


def _fetch_url(url: str, ref: str | None, path: str, into: Path, known: str | None) -> Source:
    if ref and ref.startswith("-"):
        raise RepositoryError(f"{ref!r} is no branch, tag or commit", mend="leave app_ref away")
    clone = into / ".hivemind-clone"
    clone.mkdir()
    try:
        _git(clone, "init", "--quiet", "--template=")
        _git(clone, "fetch", "--quiet", "--depth", "1", "--no-tags", "--",
             url, known or ref or "HEAD", failing=_unreachable(url, ref))  # fmt: skip
        _git(clone, "checkout", "--quiet", "--detach", "FETCH_HEAD")
        commit = _git(clone, "rev-parse", "HEAD").strip()
        if (clone / ".gitmodules").is_file():
            _git(clone, "submodule", "update", "--quiet", "--init", "--recursive", "--depth", "1",
                 failing=f"the submodules of {_shown(url)} cannot be fetched without credentials",
            )  # fmt: skip
        folder = _subfolder(clone, path)
        names = [str(file.relative_to(folder)) for file in _files_below(folder)]
        _copy(folder, names, into, url)
    finally:
        shutil.rmtree(clone, ignore_errors=True)
    return Source(repository=_shown(url), path=path, ref=ref, commit=commit)


def _unreachable(url: str, ref: str | None) -> str:
    wanted = f"{ref!r} of {_shown(url)}" if ref else _shown(url)
    return f"cannot fetch {wanted}"


def _shown(url: str) -> str:
    """The URL without a password or token in it."""
    return re.sub(r"(\w+://)[^/@\s]*@", r"\1", url)


def _subfolder(root: Path, path: str) -> Path:
    folder = (root / path).resolve()
    if not folder.is_relative_to(root.resolve()) or not folder.is_dir():
        raise RepositoryError(
            f"the repository has no folder {path!r}",
            mend="give app_path as it is in the repository",
        )
    return folder


def _files_below(folder: Path) -> Iterator[Path]:
    """Regular files and symbolic links, sorted; links are not followed."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name in LEFT_BEHIND or entry.name == ".hivemind-clone":
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(Path(entry.path))
        elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def _copy(folder: Path, names: list[str], into: Path, app_repo: str) -> None:
    copied = 0
    for name in sorted(names):
        source, target = folder / name, into / name
        if _PRIVATE.match(source.name) or not _of_the_tree(folder, source):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
        copied += 1
    if not copied:
        raise RepositoryError(
            f"{_shown(app_repo)} holds no file to deploy", mend="is it the right folder (app_path)?"
        )


def _of_the_tree(folder: Path, file: Path) -> bool:
    """A regular file, or a link that stays inside; no socket, nothing deleted but tracked."""
    if file.is_symlink():
        # A link to a file elsewhere would be read as the machine's, not the repository's.
        aim = os.path.normpath(file.parent / file.readlink())
        return Path(aim).is_relative_to(folder)
    return file.is_file()


def _git_names(folder: Path) -> list[str] | None:
    """Tracked and untracked, not ignored files below `folder`; None where git knows nothing of it.

    A folder that a repository around it ignores is not of that repository.
    """
    found = _run_git(
        folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."
    )
    if found is None or found.returncode:
        return None
    names = [name for name in found.stdout.split("\0") if name]
    return sorted(set(names)) or None


def _git_line(folder: Path, *arguments: str) -> str | None:
    found = _run_git(folder, *arguments)
    return found.stdout.strip() if found and found.returncode == 0 else None


def _git(folder: Path, *arguments: str, failing: str = "git failed") -> str:
    done = _run_git(folder, *arguments)
    if done is None:
        raise RepositoryError("git is not installed here", mend="apt-get install git")
    if done.returncode:
        said = [line for line in done.stderr.strip().splitlines() if line.strip()]
        raise RepositoryError(
            f"{failing}: {_shown(said[-1]) if said else 'git gave no reason'}",
            mend="check the URL and app_ref (branch, tag or full commit); "
            "of a private repository, give a clone of your own as a folder",
        )
    return done.stdout


def _run_git(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str] | None":
    environment = {
        **os.environ,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "/bin/false",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_ALLOW_PROTOCOL": "https:http:ssh:git:file",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_SSH_COMMAND": os.environ.get("GIT_SSH_COMMAND", "ssh -o BatchMode=yes"),
        "LC_ALL": "C.UTF-8",
    }
    for inherited in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        environment.pop(inherited, None)
    try:
        return subprocess.run(
            ["git", *_SAFE, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=CLONE_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return None
    except subprocess.TimeoutExpired as error:
        raise RepositoryError(
            f"git {arguments[0]} gave no answer in {CLONE_SECONDS} seconds",
            mend="is the URL reachable from here?",
        ) from error
