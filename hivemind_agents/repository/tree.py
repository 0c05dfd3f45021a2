"""A repository as a value: its paths listed once, its files read in bounded pieces.

No link is followed out of the tree, no folder link is followed at all, and nothing but regular
files is ever opened. Folders of installed packages are remembered by name, never entered.
"""

import os
import re
import stat
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from heapq import merge
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

# Never entered: what is in them was not written for this repository.
FOREIGN_FOLDERS = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        "node_modules",
        "bower_components",
        "vendor",
        ".venv",
        "venv",
        "virtualenv",
        "__pycache__",
        ".tox",
        ".nox",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".gradle",
        ".idea",
        ".next",
        ".nuxt",
        ".output",
        ".svelte-kit",
        ".terraform",
        ".bundle",
        "_build",
        "deps",
        "Pods",
        ".stack-work",
        "dist-newstyle",
        ".dart_tool",
        ".cache",
        ".eggs",
        "site-packages",
        ".yarn",
        ".pnpm-store",
        ".direnv",
        ".vscode",
    }
)
# Entered (a manifest may be inside), but no source of the application's own.
ASIDE = frozenset({
    "test", "tests", "spec", "specs", "__tests__", "testing", "e2e", "cypress", "docs", "doc",
    "docs_src",
    "example", "examples", "samples", "fixtures", "testdata", "benchmarks", "bench", "dist",
    "build", "out", "target", "coverage", "bin-debug", "third_party", "migrations", ".github",
    "storybook", ".storybook", "node_modules", "scripts", "tools", "hack", "public", "assets",
    "static", "locales", "i18n",
})  # fmt: skip
MAX_ENTRIES = 200_000
MAX_DEPTH = 40
READ_LIMIT = 1_000_000
CACHE_BYTES = 16_000_000
_LONG_GAP = re.compile(r"(\s{200})\s+")
_LFS = "version https://git-lfs.github.com/spec/"

Reader = Callable[[str, int], bytes]

_MAIN_SOURCES = re.compile(r"/src/(?:main|\w+Main)/")


class FileTree:
    """Paths relative to the root with `/` between the parts, shallow ones first."""

    def __init__(
        self,
        paths: Iterable[str],
        read: Reader,
        *,
        folders: Iterable[str] = (),
        name: str = "app",
        problems: Iterable[str] = (),
        shared: dict[Hashable, Any] | None = None,
    ) -> None:
        self.paths = sorted(paths, key=lambda path: (path.count("/"), path))
        self.folders = frozenset(folders)
        self.name = name
        self.problems = list(problems)
        self._known = frozenset(self.paths)
        self._read = read
        self._by_suffix: dict[str, list[str]] | None = None
        self._by_name: dict[str, list[str]] | None = None
        self._cache: OrderedDict[tuple[str, int], str | None] = OrderedDict()
        self._cached_bytes = 0
        self._memo: dict[Hashable, Any] = {}
        # Shared with the trees that are a part of this one.
        self._shared: dict[Hashable, Any] = {} if shared is None else shared

    @classmethod
    def open(cls, root: Path) -> "FileTree":
        """List the folder `root`. Raises `OSError` where the root itself cannot be read."""
        base = os.path.realpath(root)
        files, folders, problems = _scan(base)
        return cls(
            files,
            lambda path, limit: _read_inside(base, path, limit),
            folders=folders,
            name=os.path.basename(base) or "app",  # noqa: PTH119 - the base is a string already
            problems=problems,
        )

    @classmethod
    def of(cls, files: Mapping[str, str | bytes], *, name: str = "app") -> "FileTree":
        """A tree in memory: path to content. A path that ends in `/` is an empty folder."""
        contents = {
            path: text.encode() if isinstance(text, str) else text
            for path, text in files.items()
            if not path.endswith("/")
        }
        folders = {path.rstrip("/") for path in files if path.endswith("/")}
        for path in contents:
            parts = path.split("/")
            folders.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
        kept = [path for path in contents if not FOREIGN_FOLDERS.intersection(path.split("/")[:-1])]
        return cls(kept, lambda path, limit: contents[path][:limit], folders=folders, name=name)

    def at(self, folder: str) -> "FileTree":
        """The part below `folder`, seen as a tree of its own."""
        if folder in {"", "."}:
            return self
        prefix = folder.rstrip("/") + "/"
        return FileTree(
            (path[len(prefix) :] for path in self.paths if path.startswith(prefix)),
            lambda path, limit: self._read(prefix + path, limit),
            folders=(item[len(prefix) :] for item in self.folders if item.startswith(prefix)),
            name=prefix.rstrip("/").rsplit("/", 1)[-1],
            shared=self._shared,
        )

    def without(self, paths: Collection[str]) -> "FileTree":
        """The tree as it would be without some of its files; itself without any."""
        if not paths:
            return self
        left_out = frozenset(paths)
        return FileTree(
            (path for path in self.paths if path not in left_out),
            self._read,
            folders=self.folders,
            name=self.name,
            shared=self._shared,
        )

    def __contains__(self, path: object) -> bool:
        return path in self._known

    def __len__(self) -> int:
        return len(self.paths)

    def has(self, *paths: str) -> str | None:
        """The first of `paths` that is there."""
        return next((path for path in paths if path in self._known), None)

    def has_folder(self, path: str) -> bool:
        """Whether the folder is there, entered or not."""
        return path in self.folders

    def named(self, name: str) -> list[str]:
        """All files of this name, shallow ones first."""
        if self._by_name is None:
            self._by_name = {}
            for path in self.paths:
                self._by_name.setdefault(path.rsplit("/", 1)[-1], []).append(path)
        return self._by_name.get(name, [])

    def suffixed(self, *suffixes: str) -> list[str]:
        """All files that end in one of the suffixes (`.py`), shallow ones first."""
        return list(self._in_order(suffixes))

    def _in_order(self, suffixes: tuple[str, ...]) -> Iterator[str]:
        """The same one by one: who wants only the first does not pay for the rest."""
        if self._by_suffix is None:
            self._by_suffix = {}
            for path in self.paths:
                _, dot, suffix = path.rsplit("/", 1)[-1].rpartition(".")
                if dot:
                    self._by_suffix.setdefault("." + suffix, []).append(path)
        there = [self._by_suffix[suffix] for suffix in suffixes if suffix in self._by_suffix]
        if len(there) == 1:
            return iter(there[0])
        return merge(*there, key=lambda path: (path.count("/"), path))

    def root_files(self, pattern: str) -> list[str]:
        """Files of the root folder whose name fits the glob."""
        return [path for path in self._root() if fnmatchcase(path, pattern)]

    def _root(self) -> Iterator[str]:
        for path in self.paths:
            if "/" in path:
                return
            yield path

    def sources(self, *suffixes: str, limit: int = 400) -> list[str]:
        """The application's own files with these suffixes: no tests, examples, build output."""
        return self.memo(("sources", suffixes, limit), lambda: self._sources(suffixes, limit))

    def _projects(self) -> set[str]:
        """Folders that hold an application whatever they are called (`example/settings.py`)."""
        if "manage.py" not in self._known:
            return set()
        marks = ("wsgi.py", "asgi.py", "settings.py")
        paths = [path for mark in marks for path in self.named(mark)]
        return {path.rpartition("/")[0] for path in paths if path.count("/") == 1}

    def _sources(self, suffixes: tuple[str, ...], limit: int) -> list[str]:
        found = []
        own = self._projects()
        for path in self._in_order(suffixes):
            # Below src/main a folder is a package's name (com/example/demo), not a purpose.
            parts = _MAIN_SOURCES.split(f"/{path}", maxsplit=1) if "ain/" in path else [path]
            folders = parts[0].split("/") if len(parts) > 1 else path.split("/")[:-1]
            # PHP is served from the folder where others keep their files.
            aside = ASIDE - {"public"} if path.endswith(".php") else ASIDE
            if not aside.intersection(folders) or path.partition("/")[0] in own:
                found.append(path)
                if len(found) == limit:
                    break
        return found

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made of this tree before under the key, or else made now."""
        if key not in self._memo:
            self._memo[key] = make()
        made: T = self._memo[key]
        return made

    def shared(self, key: Hashable, make: Callable[[], T]) -> T:
        """The same for what is no matter of paths, such as what a text says: made once for a
        folder and for all that is below it.
        """
        if key not in self._shared:
            self._shared[key] = make()
        made: T = self._shared[key]
        return made

    def text(self, path: str, *, limit: int = READ_LIMIT) -> str | None:
        """The file's text, cut at `limit` bytes; None where absent, binary, unreadable or LFS."""
        if path not in self._known:
            return None
        key = (path, limit)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        try:
            text = _decode(self._read(path, limit))
        except OSError as error:
            self.problems.append(f"{path} could not be read: {error.strerror or error}")
            text = None
        if text is not None and text.startswith(_LFS):
            self.problems.append(f"{path} is a Git LFS pointer; its content was not fetched")
            text = None
        self._remember(key, text)
        return text

    def _remember(self, key: tuple[str, int], text: str | None) -> None:
        self._cache[key] = text
        self._cached_bytes += len(text or "")
        while self._cached_bytes > CACHE_BYTES and self._cache:
            _, dropped = self._cache.popitem(last=False)
            self._cached_bytes -= len(dropped or "")

    def missing_submodules(self) -> list[str]:
        """Folders that `.gitmodules` names and that hold nothing."""
        named = re.findall(r"(?m)^[ \t]*path\s*=\s*(\S+)\s*$", self.text(".gitmodules") or "")
        return [
            folder
            for folder in named
            if not any(path.startswith(folder.rstrip("/") + "/") for path in self.paths)
        ]

    def search(self, path: str, pattern: str | re.Pattern[str]) -> re.Match[str] | None:
        """The first match of the pattern in the file's text."""
        text = self.text(path)
        return re.search(pattern, text) if text else None

    def where(self, path: str, needle: str | re.Pattern[str]) -> str:
        """`path:line` of a text or pattern in the file; the plain path where it is not there."""
        text = self.text(path) or ""
        if isinstance(needle, str):
            position = text.find(needle)
        else:
            found = needle.search(text)
            position = found.start() if found else -1
        return f"{path}:{text.count(chr(10), 0, position) + 1}" if position >= 0 else path


def _scan(base: str) -> tuple[list[str], list[str], list[str]]:
    """Breadth first, so that a limit cuts what is deepest."""
    files: list[str] = []
    folders: list[str] = []
    problems: list[str] = []
    level = [("", base)]
    for _ in range(MAX_DEPTH):
        deeper: list[tuple[str, str]] = []
        for prefix, folder in level:
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        path = prefix + entry.name
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(path)
                            if entry.name not in FOREIGN_FOLDERS:
                                deeper.append((path + "/", entry.path))
                        elif entry.is_file(follow_symlinks=False) or _link_inside(entry, base):
                            files.append(path)
            except OSError as error:
                if not prefix:
                    raise
                problems.append(f"{prefix} could not be read: {error.strerror}")
            if len(files) > MAX_ENTRIES:
                problems.append(f"only the first {MAX_ENTRIES:,} files were looked at")
                return files, folders, problems
        if not deeper:
            break
        level = deeper
    return [_clean(path) for path in files], [_clean(path) for path in folders], problems


def _clean(path: str) -> str:
    """A name that is no UTF-8 keeps its place, but can be printed."""
    if path.isascii():
        return path
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _link_inside(entry: os.DirEntry[str], base: str) -> bool:
    """Whether a file's link ends at a regular file of the tree."""
    if not entry.is_symlink():
        return False
    target = os.path.realpath(entry.path)
    return target.startswith(base + os.sep) and os.path.isfile(target)  # noqa: PTH113 - hot path


def _read_inside(base: str, path: str, limit: int) -> bytes:
    """Read a regular file of the tree, never a device, a pipe or a link out of it."""
    target = os.path.realpath(os.path.join(base, path))  # noqa: PTH118 - hot path
    if not target.startswith(base + os.sep):
        raise OSError(0, "it is a link out of the repository")
    handle = os.open(target, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "it is no regular file")
        return os.read(handle, limit)
    finally:
        os.close(handle)


def _decode(data: bytes) -> str | None:
    """Text of whatever encoding; None for binary content."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if b"\0" in data[:8192]:
        return None
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    return _LONG_GAP.sub(r"\1", text) if _mostly_empty(text) else text


def _mostly_empty(text: str) -> bool:
    """Whether there is next to nothing between the white space: patterns would crawl over it."""
    return len(text) > 5_000 and (text.count("\n") + text.count(" ")) * 10 > len(text) * 9
