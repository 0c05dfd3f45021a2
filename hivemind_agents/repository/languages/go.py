"""Go: the main package, and whether it listens."""

import re

from hivemind_agents.repository.facts import CERTAIN, GUESS, LIKELY, SURE, WEAK, Dependencies, Dependency, Fact, Finding, Match
from hivemind_agents.repository.languages.compose_finding import finding_of
from hivemind_agents.repository.readers.routes import scan_routes
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

# import path: framework. The first that is imported wins.
FRAMEWORKS = {
    "github.com/gin-gonic/gin": "gin", "github.com/gofiber/fiber": "fiber", "github.com/labstack/echo": "echo",
    "github.com/beego/beego": "beego", "github.com/astaxie/beego": "beego", "github.com/kataras/iris": "iris",
    "github.com/revel/revel": "revel", "github.com/gobuffalo/buffalo": "buffalo", "github.com/cloudwego/hertz": "hertz",
    "github.com/go-martini/martini": "martini", "goa.design/goa": "goa", "github.com/zeromicro/go-zero": "go-zero",
    "github.com/danielgtaylor/huma": "huma", "github.com/pocketbase/pocketbase": "pocketbase",
    "github.com/go-chi/chi": "chi", "github.com/gorilla/mux": "gorilla-mux", "github.com/valyala/fasthttp": "fasthttp",
    "github.com/julienschmidt/httprouter": "httprouter", "github.com/urfave/negroni": "negroni",
    "github.com/codegangsta/negroni": "negroni", "github.com/go-kratos/kratos": "kratos", "google.golang.org/grpc": "grpc",
}  # fmt: skip
_LISTENS = re.compile(
    r"\.ListenAndServe(?:TLS)?\(|http\.Serve\(|\bnet\.Listen\(|\.Serve\(|autocert|pocketbase\.New\("
)
_RUNS = re.compile(r"\.(?:Run|Start|Listen|Spin|RunTLS|RunListener|StartServer)\(")
_NAMES = ("server", "api", "web", "app", "main", "serve", "http", "service", "backend", "site")


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as Go."""
    manifest = tree.has("go.mod", "go.work", "Gopkg.toml", "Godeps/Godeps.json", "glide.yaml")
    mains = _main_folders(tree)
    if manifest is None and not (mains and mains[0][0] == "."):
        return None
    dependencies = _dependencies(tree)
    module = tree.search("go.mod", r"(?m)^module\s+(\S+)")
    name = re.sub(r"/v\d+$", "", module.group(1)).rsplit("/", 1)[-1] if module else tree.name
    folder, where = _choose(mains, name)
    choices = tuple(item[0] for item in mains) if folder is None else ()
    match = _match(tree, folder or (mains[0][0] if mains else None), where or (mains[0][1] if mains else None), name)
    return finding_of(
        match,
        language="go",
        manifest=manifest or where or "main.go",
        language_confidence=CERTAIN if manifest else SURE,
        serves=SURE if match.kind == "web" else GUESS - 0.05 if match.kind != "library" else WEAK,
        version=_version(tree),
        manager=_manager(manifest),
        dependencies=dependencies,
        choices=choices,
        health=scan_routes(
            tree, (".go",),
            r"\.(?:GET|Get|HandleFunc|Handle|Any|All)\(\s*\"(?:GET )?(/[^\"]*)\"",
        ) if match.kind == "web" else None,
    )  # fmt: skip


def _manager(manifest: str | None) -> Fact[str] | None:
    names = {"go.mod": "gomod", "go.work": "gomod", "Gopkg.toml": "dep", "Godeps/Godeps.json": "godep", "glide.yaml": "glide"}
    return Fact(names[manifest], CERTAIN, (manifest,)) if manifest else None


def _version(tree: FileTree) -> Fact[str] | None:
    found = plain_version_file(tree, ".go-version") or tool_version(tree, "go", "golang")
    if found:
        return found
    for path in ("go.mod", "go.work"):
        line = tree.search(path, r"(?m)^// \+heroku goVersion go?([\d.]+)") or tree.search(path, r"(?m)^go\s+([\d.]+)")
        if line:
            return Fact(line.group(1), CERTAIN, (tree.where(path, line.group(0)),))
    return None


def _dependencies(tree: FileTree) -> Dependencies:
    found = []
    for path in tree.named("go.mod")[:10]:
        for number, line in enumerate((tree.text(path) or "").splitlines(), start=1):
            entry = re.match(r"\s*(?:require\s+)?([\w.-]+\.[\w.-]+/\S+)\s+(v\S+)(\s*//\s*indirect)?", line)
            if entry and not line.lstrip().startswith(("module", "replace", "//")):
                found.append(Dependency(entry.group(1), entry.group(2), f"{path}:{number}", dev=bool(entry.group(3))))
    return Dependencies(found)


def _main_folders(tree: FileTree) -> list[tuple[str, str]]:
    """Folders that hold a `main`, with the line."""
    found: dict[str, str] = {}
    for path in tree.sources(".go", limit=600):
        if path.endswith("_test.go"):
            continue
        text = tree.text(path, limit=200_000) or ""
        if re.search(r"(?m)^package main\b", text) and not re.search(r"(?m)^//\s*(?:go:build|\+build)\s+ignore", text):
            body = re.search(r"(?m)^func main\(", text)
            if body:
                folder = path.rpartition("/")[0] or "."
                found.setdefault(folder, f"{path}:{text.count(chr(10), 0, body.start()) + 1}")
    return list(found.items())


def _choose(mains: list[tuple[str, str]], name: str) -> tuple[str | None, str | None]:
    """The main package that is meant; no folder where it cannot be told."""
    if not mains:
        return None, None
    if mains[0][0] == "." or len(mains) == 1:
        return mains[0]
    commands = [item for item in mains if item[0].startswith("cmd/") or item[0] == "cmd"] or mains
    if len(commands) == 1:
        return commands[0]
    for wanted in (name, *_NAMES, f"{name}-server", f"{name}d"):
        for item in commands:
            if item[0].rsplit("/", 1)[-1] == wanted:
                return item
    return None, None


def _match(tree: FileTree, folder: str | None, where: str | None, name: str) -> Match:
    if folder is None:
        return Match(framework=None, kind="library", kind_confidence=LIKELY)
    binary = name if folder == "." else folder.rsplit("/", 1)[-1]
    binary = re.sub(r"[^\w.-]", "-", binary) if binary not in {"cmd", "main", "src"} else re.sub(r"[^\w.-]", "-", name)
    target = "." if folder == "." else f"./{folder}"
    build = (f"go build -o bin/{binary} {target}",)
    framework, evidence = _framework(tree, folder)
    start = f"./bin/{binary}"
    listens = _first(tree, _LISTENS, folder)
    runs = _first(tree, _RUNS, folder) if framework else None
    if listens or (framework and runs):
        name_shown = framework or ("net/http" if _first(tree, re.compile(r"\"net/http\""), folder) else None)
        return Match(
            framework=name_shown, kind="web", confidence=0.95 if framework else SURE,
            kind_confidence=SURE, evidence=tuple(item for item in (evidence, listens or runs, where) if item),
            start=start, start_confidence=0.9, build=build, port=8080,
        )  # fmt: skip
    works = _first(tree, re.compile(r"(?m)^\s*select\s*\{\s*\}|time\.(?:NewTicker|Tick)\(|\.Consume\(|asynq\.NewServer|ReadMessage\(|cron\.New"), folder)
    kind = "worker" if works else "cli"
    return Match(
        framework=None, kind=kind, kind_confidence=LIKELY if works else 0.9, start=start, start_confidence=0.88,  # type: ignore[arg-type]  # one of the two
        evidence=tuple(item for item in (works, where) if item), build=build,
        processes={"worker": start} if works else {},
    )  # fmt: skip


def _framework(tree: FileTree, folder: str) -> tuple[str | None, str | None]:
    for package, name in FRAMEWORKS.items():
        where = _first(tree, re.compile(rf"\"{re.escape(package)}[/\"\w.]*"), folder)
        if where:
            return name, where
    return None, None


def _first(tree: FileTree, pattern: re.Pattern[str], folder: str) -> str | None:
    """The first match in the sources; another command's folder does not count."""
    for path in tree.sources(".go", limit=400):
        own = path.rpartition("/")[0] or "."
        if path.endswith("_test.go") or (own != folder and own.startswith("cmd/")):
            continue
        found = pattern.search(tree.text(path, limit=200_000) or "")
        if found:
            return tree.where(path, pattern)
    return None
