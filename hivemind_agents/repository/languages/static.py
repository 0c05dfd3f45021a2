"""Static sites: plain files, and generators that need no manifest of a language."""

from hivemind_agents.repository.facts import CERTAIN, GUESS, LIKELY, SURE, WEAK, Fact, Finding
from hivemind_agents.repository.readers.structured import (
    items,
    read_json,
    read_toml,
    read_yaml,
    table,
    text_of,
)
from hivemind_agents.repository.tree import ASIDE, FileTree

ROOTS = (
    "public",
    "site",
    "www",
    "html",
    "htdocs",
    "dist",
    "static",
    "docs",
    "src",
    "build",
    "_site",
)


# Pages that some program fills in or tests.
_PARTS = frozenset({"templates", "views", "test", "tests", "layouts", "partials"})


def detect(tree: FileTree) -> Finding | None:
    """A generator's manifest, a Staticfile, or a front page."""
    return (
        _hugo(tree)
        or _zola(tree)
        or _jekyll(tree)
        or _mdbook(tree)
        or _quarto(tree)
        or _files(tree)
        or _jekyll_of_documents(tree)
    )


def _finding(
    framework: str | None, manifest: str, root: str, *, serves: float, build: tuple[str, ...] = (),
    sure: float = SURE,
) -> Finding:  # fmt: skip
    return Finding(
        language=Fact("static", sure, (manifest,)),
        manifest=manifest,
        serves=serves,
        kind=Fact("static", sure, (manifest,)),
        framework=Fact(framework, CERTAIN, (manifest,)) if framework else None,
        build=build,
        document_root=root,
        health_path=Fact("/", SURE, (manifest,)),
    )


def _hugo(tree: FileTree) -> Finding | None:
    named = tree.has("hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config/_default/hugo.toml",
                     "config/_default/config.toml", "config/_default/hugo.yaml")  # fmt: skip
    older = tree.has("config.toml", "config.yaml", "config.yml")
    if (
        named is None
        and older
        and (
            tree.has_folder("content")
            or tree.has_folder("archetypes")
            or tree.has_folder("layouts")
        )
        and tree.search(older, r"(?im)^[ \t]*\"?(baseURL|theme|languageCode)\"?\s*[:=]")
        and not tree.search(older, r"(?m)^base_url\s*=")
    ):
        named = older
    if named is None:
        return None
    output = text_of(read_toml(tree, named).get("publishDir")) or "public"
    return _finding("hugo", named, output, serves=LIKELY, build=("hugo --gc --minify",))


def _zola(tree: FileTree) -> Finding | None:
    path = tree.has("config.toml", "zola.toml")
    if path and tree.search(path, r"(?m)^base_url\s*=") and (
        tree.has_folder("content") or tree.has_folder("templates") or path == "zola.toml"
    ):  # fmt: skip
        return _finding("zola", path, "public", serves=LIKELY, build=("zola build",))
    return None


def _jekyll(tree: FileTree) -> Finding | None:
    """Jekyll without a Gemfile (with one, Ruby reads it)."""
    if (
        "_config.yml" in tree
        and "Gemfile" not in tree
        and (
            tree.has_folder("_posts")
            or tree.has_folder("_layouts")
            or tree.has("index.md", "index.html")
        )
    ):
        root = text_of(read_yaml(tree, "_config.yml").get("destination")) or "_site"
        return _finding(
            "jekyll", "_config.yml", root.removeprefix("./"), serves=GUESS, build=("jekyll build",)
        )
    return None


def _mdbook(tree: FileTree) -> Finding | None:
    if "book.toml" in tree and tree.has("src/SUMMARY.md"):
        return _finding("mdbook", "book.toml", "book", serves=LIKELY, build=("mdbook build",))
    return None


def _quarto(tree: FileTree) -> Finding | None:
    """A site or a book of Quarto; a file alone is a document."""
    path = tree.has("_quarto.yml", "_quarto.yaml")
    project = table(read_yaml(tree, path).get("project")) if path else {}
    kind = text_of(project.get("type"))
    if path is None or kind not in {"website", "book"}:
        return None
    output = text_of(project.get("output-dir")) or ("_book" if kind == "book" else "_site")
    return _finding("quarto", path, output, serves=LIKELY, build=("quarto render",))


def _jekyll_of_documents(tree: FileTree) -> Finding | None:
    """Pages in `docs/` that GitHub would build, where the repository has nothing else."""
    if "docs/_config.yml" not in tree or not tree.has("docs/index.md", "docs/README.md"):
        return None
    return _finding(
        "jekyll", "docs/_config.yml", "_site", serves=WEAK - 0.25, sure=LIKELY,
        build=("jekyll build --source docs --destination _site",),
    )  # fmt: skip


def _stated_folder(tree: FileTree) -> str | None:
    """The folder that a host's file names, where a front page is in it as it is."""
    hosting = read_json(tree, "firebase.json").get("hosting")
    first = next(iter(items(hosting)), None) if isinstance(hosting, list) else hosting
    for value in (
        table(first).get("public"),
        table(read_toml(tree, "netlify.toml").get("build")).get("publish"),
        read_json(tree, "vercel.json").get("outputDirectory"),
        table(read_toml(tree, "wrangler.toml").get("site")).get("bucket"),
        table(read_toml(tree, "wrangler.toml").get("assets")).get("directory"),
    ):
        folder = (text_of(value) or "").removeprefix("./").strip("/")
        if folder and f"{folder}/index.html" in tree:
            return folder
    return None


def _files(tree: FileTree) -> Finding | None:
    if "Staticfile" in tree:
        root = text_of(read_yaml(tree, "Staticfile").get("root"))
        return _finding(
            None,
            "Staticfile",
            (root or _front_page(tree) or ".").removeprefix("./"),
            serves=LIKELY,
            sure=CERTAIN,
        )
    if "static.json" in tree:
        served = text_of(read_json(tree, "static.json").get("root")) or "public_html"
        return _finding(None, "static.json", served.rstrip("/") or ".", serves=GUESS)
    folder = _front_page(tree)
    if folder is None:
        return None
    page = "index.html" if folder == "." else f"{folder}/index.html"
    return _finding(None, page, folder, serves=WEAK - 0.1 if folder == "." else WEAK - 0.2)


def _front_page(tree: FileTree) -> str | None:
    """The folder that holds `index.html`."""
    stated = _stated_folder(tree)
    if stated:
        return stated
    if tree.has("index.html", "index.htm"):
        return "."
    for folder in ROOTS:
        if f"{folder}/index.html" in tree:
            return folder
    if tree.root_files("*.html"):
        return "."
    below = {
        folder
        for path in tree.named("index.html")
        if (folder := path.rpartition("/")[0]) and "/" not in folder and folder not in ASIDE
    }
    return below.pop() if len(below) == 1 and not below & _PARTS else None
