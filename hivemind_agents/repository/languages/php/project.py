"""What all detectors of PHP's frameworks look at: the packages, the front page, the code."""

import re
from dataclasses import dataclass
from functools import cached_property

from hivemind_agents.repository.facts import Dependencies
from hivemind_agents.repository.languages.php.composer import read_packages
from hivemind_agents.repository.readers.code import Code
from hivemind_agents.repository.readers.structured import read_json, table, text_of
from hivemind_agents.repository.tree import FileTree

ROOTS = ("public", "web", "webroot", "www", "public_html", "htdocs", "html", "docroot", "pub",
         "src/public", "app/public", "src", "site")  # fmt: skip
# A page that only leads on: `<meta http-equiv="Refresh" content="0; url=p/">`.
_REFRESH = re.compile(
    r"(?i)http-equiv=[\"']?refresh[\"']?[^>]*?url=[\"']?(?:\./)?([\w-]+(?:/[\w-]+)*)/?[\"'>]"
)
_INCLUDES_ABOVE = re.compile(
    r"(?:\.\./|dirname\(__DIR__\)|dirname\(__FILE__,\s*2\))[^;]*(?:;[^;]*\b(?:include|require)(?:_once)?"
    r"\b[^;]*)?[\"'/]index\.php[\"']"
)
_SHELL = re.compile(r"^#!|\$argv\b|\bSTDIN\b|php_sapi_name\(\)\s*[!=]==?\s*[\"']cli|\breadline\(")


@dataclass(frozen=True)
class PhpProject:
    """A folder of PHP. `page` is the front page, where there is one."""

    tree: FileTree
    packages: Dependencies
    code: Code
    manifest: str
    page: str | None

    @property
    def composed(self) -> bool:
        return "composer.json" in self.tree

    @property
    def root(self) -> str:
        """The folder of the front page."""
        return (self.page.rpartition("/")[0] or ".") if self.page else "."

    @cached_property
    def composer(self) -> dict[str, object]:
        return read_json(self.tree, "composer.json")

    def serve(self, root: str) -> str:
        """PHP's own server on a document root."""
        return "php -S 0.0.0.0:$PORT" + (f" -t {root}" if root != "." else "")

    def assets(self) -> tuple[str, ...]:
        """The build of the front end beside the pages."""
        tree = self.tree
        scripts = table(read_json(tree, "package.json").get("scripts"))
        script = next((name for name in ("build", "production", "prod") if scripts.get(name)), None)
        if script is None:
            return ()
        for lock, install, run in (
            ("bun.lockb", "bun install --frozen-lockfile", "bun run"),
            ("bun.lock", "bun install --frozen-lockfile", "bun run"),
            ("pnpm-lock.yaml", "pnpm install --frozen-lockfile", "pnpm run"),
            ("yarn.lock", "yarn install --frozen-lockfile", "yarn run"),
            ("package-lock.json", "npm ci", "npm run"),
        ):
            if lock in tree:
                return install, f"{run} {script}"
        return "npm install", f"npm run {script}"

    def example(self, name: str) -> str | None:
        """What the example of the environment proposes."""
        for path in (".env.example", ".env.dist", ".env"):
            found = self.tree.search(path, rf"(?m)^[ \t]*{name}\s*=\s*[\"']?([^\s\"'#]+)")
            if found:
                return found.group(1)
        return None


def read_project(tree: FileTree) -> PhpProject | None:
    """The folder as PHP, if a manifest, a page or a script says that it is."""
    page = _front_page(tree)
    scripts = tree.root_files("*.php")
    if "composer.json" not in tree and page is None and "artisan" not in tree and not scripts:
        return None
    if "composer.json" in tree and page is None and not scripts and _only_tools(tree):
        return None
    more = tuple(path for path in (page, *scripts[:20]) if path)
    code = Code(tree, (".php",), style="php", limit=300, more=more)
    manifest = tree.has("composer.json") or page or tree.has("artisan") or scripts[0]
    return PhpProject(tree, read_packages(tree, code), code, manifest, page)


def _only_tools(tree: FileTree) -> bool:
    """A composer.json that holds nothing but platform requirements or tools."""
    return not tree.suffixed(".php") and not table(read_json(tree, "composer.json").get("require"))


def _front_page(tree: FileTree) -> str | None:
    extra = table(read_json(tree, "composer.json").get("extra"))
    stated = text_of(extra.get("public-dir")) or text_of(
        table(table(extra.get("drupal-scaffold")).get("locations")).get("web-root")
    )
    folders = [folder for folder in ((stated or "").strip("./"), *ROOTS) if folder]
    if "index.php" in tree and not _is_shell(tree, "index.php"):
        inner = next(
            (folder for folder in ("public", "web") if f"{folder}/index.php" in tree), None
        )
        handed = tree.search(
            "index.php", r"(?:require|include)(?:_once)?\b[^;]*?([\w-]+)/index\.php"
        )
        if handed and handed.group(1) in folders and f"{handed.group(1)}/index.php" in tree:
            inner = handed.group(1)
            return f"{inner}/index.php"
        inner = (
            _around(tree, folders)
            or _shown_the_way(tree, folders)
            or (inner if "composer.json" in tree else None)
        )
        return f"{inner}/index.php" if inner else "index.php"
    led = tree.search("index.html", _REFRESH) if "index.html" in tree else None
    if led and f"{led.group(1)}/index.php" in tree:
        return f"{led.group(1)}/index.php"
    return next(
        (f"{folder}/index.php" for folder in folders if f"{folder}/index.php" in tree), None
    )


def _around(tree: FileTree, folders: list[str]) -> str | None:
    """The public folder whose page is the one at the root, which it includes from above."""
    return next(
        (
            folder
            for folder in folders
            if f"{folder}/index.php" in tree and tree.search(f"{folder}/index.php", _INCLUDES_ABOVE)
        ),
        None,
    )


def _shown_the_way(tree: FileTree, folders: list[str]) -> str | None:
    """The folder that the page at the root is about, where it does nothing but lead there."""
    text = tree.text("index.php", limit=20_000) or ""
    if re.search(r"\b(?:require|include)(?:_once)?\b|\bnew\s+\w", text):
        return None
    named = (
        folder
        for folder in folders
        if f"{folder}/index.php" in tree
        and re.search(rf"(?i)(?<![\w-]){re.escape(folder)}[\"'/]", text)
    )
    return next(named, None)


def _is_shell(tree: FileTree, path: str) -> bool:
    return bool(_SHELL.search(tree.text(path, limit=20_000) or ""))
