"""What an application writes into its own tree and what has to outlive a release.

Evidence, not names alone: a folder counts when the user says so, the framework keeps its files
there, the code names it as the place of its uploads, or it is there for files to come (empty but
for a placeholder, or ignored by git). A folder with content of the repository's own is code.
"""

import re
from collections.abc import Iterator

from hivemind_agents.building.files import Files, text_of
from hivemind_agents.building.python_paths import upload_folders
from hivemind_agents.repository.report import RepositoryReport

# Folders that hold what users bring, by convention, wherever they are at the top or are served.
_CONVENTIONAL = frozenset(
    {"uploads", "upload", "media", "instance", "attachments", "user_uploads", "userdata",
     "user-data", "data", "storage", "avatars", "backups", "documents"}
)  # fmt: skip
_SERVED = ("", "public/", "static/", "web/", "webroot/", "www/", "public_html/", "app/static/",
           "wp-content/", "var/", "files/")  # fmt: skip
_PLACEHOLDERS = frozenset(
    {".gitkeep", ".gitignore", ".keep", ".htaccess", "index.html", "index.php", "README.md",
     "README", ".placeholder", ".empty"}
)  # fmt: skip
_FRAMEWORKS: dict[str, tuple[str, ...]] = {
    "laravel": ("storage",),
    "lumen": ("storage",),
    "wordpress": ("wp-content/uploads",),
    "drupal": ("sites/default/files",),
    "craft": ("storage",),
    "october": ("storage",),
    "codeigniter": ("writable",),
    "grav": ("user/data", "user/accounts", "logs"),
    "kirby": ("content", "media", "site/accounts", "site/sessions"),
    "mediawiki": ("images",),
    "joomla": ("images", "files"),
    "strapi": ("public/uploads",),
}
# Settings that name the folder of uploads: their last text is the folder.
_SETTINGS = re.compile(
    r"\b(?:MEDIA_ROOT|UPLOAD(?:ED)?(?:S)?_(?:FOLDER|DIR|DIRECTORY|PATH|DEST|ROOT)|uploadDir|"
    r"uploadsDir|upload_dir|uploadPath|upload_path|FILES_DIR|ATTACHMENTS?_DIR)\b"
    r"[\"'\]]*\s*(?:=|:|=>)[^\n]*?[\"']\.?/?([\w-]+(?:/[\w-]+)*)/?[\"'][^\n\"']*$",
    re.MULTILINE,
)
_MULTER = re.compile(r"\bdest(?:ination)?\s*:\s*[\"']\.?/?([\w-]+(?:/[\w-]+)*)/?[\"']")
_SQLITE = re.compile(
    r"[\"'/]\.?/?((?:[\w-]+/)*[\w.-]*\w\.(?:sqlite3?|db3?))(?:\?[^\"']*)?[\"']", re.IGNORECASE
)
_SQLITE_IN_TMP = re.compile(
    r"[\"'](?:sqlite:///)?/tmp/[\w./-]*\w\.(?:sqlite3?|db3?)(?:\?[^\"']*)?[\"']", re.IGNORECASE
)
_SOURCES = (".py", ".js", ".mjs", ".cjs", ".ts", ".php", ".go", ".rb", ".cfg", ".toml")
_NOT_OURS = re.compile(
    r"(^|/)(node_modules|vendor|\.venv|venv|tests?|spec|migrations|dist|build|examples?|docs)/"
)
_MOST_FILES, _MOST_TEXT = 400, 200_000
# A folder outside the release, or one that is the release: nothing to keep.
_ODD = frozenset({"", ".", "tmp", "dev", "etc", "var", "usr", "app"})


def persistent_folders(report: RepositoryReport, files: frozenset[str]) -> tuple[str, ...]:
    """Folders of the release that are kept over releases, sorted, none inside another."""
    told = {folder for folder in report.persistent if not folder.startswith("/")}
    if report.kind == "static":
        return tuple(sorted(told))
    found = told | {
        folder for folder in report.volumes
        if not folder.startswith("/") and not _is_code(folder, files)
    }  # fmt: skip
    for folder in _FRAMEWORKS.get(report.framework or "", ()):
        found.add(folder)
    if report.framework in {"flask", "quart"} and any(
        re.search(r"instance_(relative_config|path)|sqlite:///", text)
        for _, text in _sources(files, (".py",))
    ):
        found.add("instance")
    for name, text in _sources(files, _SOURCES):
        worked_out = list(upload_folders(name, text)) if name.endswith(".py") else []
        named = [hit[1] for hit in (*_SETTINGS.finditer(text), *_MULTER.finditer(text))]
        found.update(folder for folder in worked_out or named if not _is_code(folder, files))
    ignored = _ignored(files)
    for prefix in _SERVED:
        for name in _CONVENTIONAL:
            folder = prefix + name
            there = folder in files or any(file.startswith(f"{folder}/") for file in files)
            if (there or folder in ignored) and not _is_code(folder, files):
                found.add(folder)
    kept = {folder for folder in found if folder.split("/")[0] not in _ODD or "/" in folder}
    return tuple(
        sorted(
            folder for folder in kept if not any(folder.startswith(f"{other}/") for other in kept)
        )
    )


def persistent_files(report: RepositoryReport, files: frozenset[str]) -> tuple[str, ...]:
    """Databases that are single files of the release's tree, as the code names them."""
    if "persistent-disk" not in (*report.needs, *report.optional_needs):
        return ()
    folders = persistent_folders(report, files)
    found = {
        hit[1]
        for _, text in _sources(files, _SOURCES)
        for hit in _SQLITE.finditer(text)
        if "test" not in hit[1].lower()
        and ":memory:" not in hit[1]
        # An engine of Django is no file.
        and ".backends." not in hit[1]
    }
    return tuple(
        sorted(
            name
            for name in found
            if not any(name.startswith(f"{folder}/") for folder in folders)
            and name.split("/")[0] not in _ODD
        )
    )


def volumes(report: RepositoryReport, files: frozenset[str]) -> tuple[str, ...]:
    """Folders outside of the release that are kept, sorted: the user's, those of a container, and
    `/tmp`, which a service loses when it stops, where the code has its database there.
    """
    found = {folder for folder in (*report.persistent, *report.volumes) if folder.startswith("/")}
    if report.kind != "static" and any(
        _SQLITE_IN_TMP.search(text)
        for name, text in _sources(files, _SOURCES)
        if not name.rpartition("/")[2].startswith(("test", "conftest"))
    ):
        found.add("/tmp")  # noqa: S108 - of the application alone
    return tuple(sorted(found))


_SAMPLE = re.compile(
    r"^(?P<stem>[\w./-]*?[\w-])(?:[._-](?:sample|example|dist|default|template|tpl))"
    r"(?P<end>\.(?:inc\.)?(?:php|ini|json|ya?ml))$|"
    r"^(?P<whole>[\w./-]+\.(?:php|ini|json|ya?ml))[._-](?:sample|example|dist|default|template)$"
)
_CONFIGURES = re.compile(
    r"(?i)(?:config|(?<![a-z])conf(?![a-z])|settings|database|db|local|env)[\w.-]*$"
)
_WRITTEN = re.compile(r"\.(?:php|ini|json|ya?ml)$")
_BY_INSTALLERS: dict[str, tuple[str, ...]] = {
    "wordpress": ("wp-config.php",),
    "mediawiki": ("LocalSettings.php",),
    "joomla": ("configuration.php",),
}


def carried_files(report: RepositoryReport, files: frozenset[str]) -> tuple[str, ...]:
    """Settings that an installer in PHP writes into the tree, and that the repository lacks.

    They have a sample in the repository, or `.gitignore` names them; links would not do, as PHP
    takes `__DIR__` from where a file really is.
    """
    if report.language != "php":
        return ()
    found = set(_BY_INSTALLERS.get(report.framework or "", ()))
    for name in files:
        if hit := _SAMPLE.match(name):
            target = hit["whole"] or f"{hit['stem']}{hit['end']}"
            found.update({target} if _CONFIGURES.search(target.rpartition("/")[2]) else ())
    found |= {
        name for name in _ignored(files)
        if _WRITTEN.search(name) and not re.search(r"[*?\[\]!]", name)
        and _CONFIGURES.search(name.rpartition("/")[2])
    }  # fmt: skip
    folders = persistent_folders(report, files)
    return tuple(
        sorted(
            name
            for name in found - files
            if not any(name.startswith(f"{folder}/") for folder in folders)
        )
    )


def _sources(files: frozenset[str], suffixes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    names = sorted(
        (name for name in files if name.endswith(suffixes) and not _NOT_OURS.search(name)),
        key=lambda name: (name.count("/"), name),
    )
    for name in names[:_MOST_FILES]:
        text = text_of(files, name)
        if text:
            yield name, text[:_MOST_TEXT]


def _is_code(folder: str, files: frozenset[str]) -> bool:
    """Whether the repository has files of its own in the folder."""
    inner = (name for name in files if name.startswith(f"{folder}/"))
    return any(
        name.rsplit("/", 1)[-1] not in _PLACEHOLDERS
        and not any(other.startswith(f"{name}/") for other in files)
        for name in inner
    )


def _ignored(files: frozenset[str]) -> set[str]:
    """Folders that `.gitignore` names: what is made at run time."""
    text = text_of(files, ".gitignore") if isinstance(files, Files) else None
    lines = (line.strip() for line in (text or "").splitlines())
    return {
        line.strip("/").removesuffix("/*").removesuffix("/**").strip("/")
        for line in lines
        if line and not line.startswith(("#", "!"))
    }
