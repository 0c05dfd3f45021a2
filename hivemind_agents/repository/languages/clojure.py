"""Clojure: Leiningen, the Clojure tools, Boot."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hivemind_agents.repository.facts import (
    CERTAIN,
    LIKELY,
    Dependencies,
    Dependency,
    Fact,
    Finding,
    Match,
)
from hivemind_agents.repository.languages.assemble import assemble
from hivemind_agents.repository.languages.program import NAMED, code_health, literal_port
from hivemind_agents.repository.readers.code import Code, without_comments
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

# A framework with its packages and the code that uses it.
FRAMEWORKS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("luminus", ("luminus", "luminus-", "luminus/"), r"luminus\."),
    ("kit", ("io.github.kit-clj/",), r"kit\."),
    ("biff", ("com.biffweb/", "biff/"), r"com\.biffweb"),
    ("pedestal", ("io.pedestal/",), r"io\.pedestal"),
    ("ring", ("ring", "compojure", "metosin/"), r"ring\.|compojure\.|reitit\.|run-jetty"),
    ("http-kit", ("http-kit",), r"org\.httpkit\.server"),
    ("aleph", ("aleph",), r"aleph\.http"),
)
_SERVES = (
    r"run-jetty|run-server|start-server|http/start|server/start|run-undertow|immutant|\bweb/run\b|httpkit\.server|"
    r"luminus\.http-server|ring\.adapter|aleph\.http|run-adapter|create-server|s/run-web|use-jetty"
)
_PACKAGE = re.compile(r"\[\s*([\w.-]+(?:/[\w.-]+)?)\s+\"([^\"]+)\"")
_COORDINATE = re.compile(
    r"(?<![\w./-])([\w.-]+/[\w.-]+)\s+\{[^}]*(?::mvn/version|:git/|:local/root)"
)


@dataclass(frozen=True)
class _Project:
    tree: FileTree
    path: str
    text: str
    packages: Dependencies
    code: Code

    @property
    def lein(self) -> bool:
        return self.path == "project.clj"


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as Clojure."""
    path = tree.has("project.clj", "deps.edn", "build.boot")
    if path is None:
        return None
    if path == "deps.edn" and "shadow-cljs.edn" in tree and not tree.suffixed(".clj", ".cljc"):
        return None
    text = without_comments(tree.text(path) or "", "lisp")
    code = Code(tree, (".clj", ".cljc"), style="lisp", limit=300)
    project = _Project(tree, path, text, Dependencies(list(_packages(tree, path, text))), code)
    match = _match(project)
    manager = {"project.clj": "lein", "deps.edn": "tools.deps", "build.boot": "boot"}[path]
    return assemble(
        match,
        language="clojure",
        manifest=path,
        dependencies=project.packages,
        runtime="jvm",
        version=_version(tree),
        manager=Fact(manager, CERTAIN if manager == "lein" else NAMED, (path,)),
        health=_health(code) if match.kind == "web" else None,
        language_confidence=CERTAIN,
    )


def _packages(tree: FileTree, path: str, text: str) -> Iterator[Dependency]:
    """`group:name`, as the JVM's tables write it; a single name is both."""
    development = re.search(r":profiles\s*\{|:aliases\s*\{", text)
    border = development.start() if development else len(text)
    for pattern in (_PACKAGE, _COORDINATE):
        for found in pattern.finditer(text):
            name = found.group(1)
            whole = name.replace("/", ":") if "/" in name else f"{name}:{name}"
            where = f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
            yield Dependency(whole, "", where, dev=found.start() > border)
    del tree


def _version(tree: FileTree) -> Fact[str] | None:
    found = tree.search("system.properties", r"(?m)^[ \t]*java\.runtime\.version\s*[=:]\s*(\S+)")
    if found:
        return Fact(found.group(1), CERTAIN, ("system.properties:1",))
    return plain_version_file(tree, ".java-version") or tool_version(tree, "java")


def _match(project: _Project) -> Match:
    framework = listed = None
    for name, packages, pattern in FRAMEWORKS:
        entry = next(
            (
                item
                for key, item in project.packages.items()
                if not item.dev
                and key.replace(":", "/").removesuffix(f"/{key.split(':')[0]}").startswith(packages)
            ),
            None,
        )
        if entry and (project.code.first(pattern) or name in {"luminus", "kit"}):
            framework, listed = name, entry.where
            break
    ring_plugin = re.search(r":ring\s*\{[^}]*:handler", project.text)
    where = project.code.where(_SERVES)
    build, start = _commands(project, ring=bool(ring_plugin))
    if ring_plugin and where is None:
        where = project.tree.where(project.path, ":ring")
    if framework and where:
        migrates = "migratus" in project.text and framework == "luminus"
        jar = start.rpartition(" ")[2]
        return Match(
            framework=framework,
            kind="web",
            rank=70,
            confidence=0.93 if framework != "ring" else LIKELY + 0.05,
            kind_confidence=0.95,
            evidence=tuple(item for item in (listed, where) if item),
            start=start,
            start_confidence=LIKELY,
            build=build,
            port=literal_port(project.code, 3000),
            processes={"release": f"java -jar {jar} migrate"} if migrates else {},
        )
    main = re.search(r":main\b", project.text) or project.code.first(
        r"\(defn\s+(?:\^\S+\s+)?-main\b"
    )
    if main is None:
        return Match(
            framework=None, kind="library", rank=1, evidence=(project.path,), kind_confidence=LIKELY
        )
    endless = project.code.where(r"\(while\s+true|go-loop|consumer")
    return Match(
        framework=None,
        kind="worker" if endless else "cli",
        rank=10,
        evidence=(project.path,),
        kind_confidence=LIKELY,
        start=start,
        start_confidence=0.75,
        build=build,
        processes={"worker": start} if endless else {},
    )


def _commands(project: _Project, *, ring: bool) -> tuple[tuple[str, ...], str]:
    text, tree = project.text, project.tree
    if project.lein:
        named = re.search(r":uberjar-name\s+\"([^\"]+)\"", text)
        title = re.search(r"\(defproject\s+([\w./-]+)\s+\"([^\"]+)\"", text)
        name = title.group(1).rpartition("/")[2] if title else tree.name
        version = title.group(2) if title else "*"
        target = re.search(r":target-path\s+\"([^\"%]*)", text)
        folder = target.group(1).rstrip("/") if target else "target"
        if target and "%s" in (re.search(r":target-path\s+\"([^\"]+)\"", text) or [""])[0]:
            folder = f"{folder}/uberjar".replace("//", "/")
        jar = f"{folder}/{named.group(1)}" if named else f"{folder}/{name}-{version}-standalone.jar"
        builds = "lein ring uberjar" if ring and not re.search(r":main\b", text) else "lein uberjar"
        has_main = re.search(r":main\b", text) or ring
        if has_main or named:
            main = project.code.first(r"\(ns\s+([\w.-]+)[\s\S]*?\(defn\s+(?:\^\S+\s+)?-main\b")
            if not has_main and main:
                return (builds,), f"java -cp {jar} clojure.main -m {main[1]}"
            return (builds,), f"java -jar {jar}"
        main = project.code.first(r"\(ns\s+([\w.-]+)[\s\S]*?\(defn\s+(?:\^\S+\s+)?-main\b")
        return (
            "lein deps",
        ), f"lein trampoline run -m {main[1]}" if main else "lein trampoline run"
    return _tools_commands(project)


def _tools_commands(project: _Project) -> tuple[tuple[str, ...], str]:
    text, tree = project.text, project.tree
    if "build.clj" in tree and re.search(r":build\s*\{", text):
        build = tree.text("build.clj") or ""
        task = re.search(r"\(defn\s+(uber\w*|uberjar|all|ci|jar)\b", build)
        named = re.search(r"uber-file\s+(?:\(format\s+)?\"([^\"]+)\"", build)
        file = re.sub(r"%[sd]", "*", named.group(1)) if named else "target/*.jar"
        return (f"clojure -T:build {task.group(1) if task else 'uber'}",), f"java -jar {file}"
    aliases = re.search(r":aliases\s*\{([\s\S]*)", text)
    inside = aliases.group(1) if aliases else ""
    for alias in ("run", "run-m", "main", "start", "prod", "server"):
        found = re.search(rf":{alias}\s*\{{([^{{}}]*(?:\{{[^{{}}]*\}}[^{{}}]*)*)\}}", inside)
        if found:
            flag = (
                "-X"
                if ":exec-fn" in found.group(1) and ":main-opts" not in found.group(1)
                else "-M"
            )
            return ("clojure -P",), f"clojure {flag}:{alias}"
    main = project.code.first(r"\(ns\s+([\w.-]+)[\s\S]*?\(defn\s+(?:\^\S+\s+)?-main\b")
    return ("clojure -P",), f"clojure -M -m {main[1]}" if main else "clojure -M -m core"


def _health(code: Code) -> Fact[str] | None:
    return code_health(
        code, r"\(GET\s+\"([^\"]*)\"", r"\[\"(/[^\"]*)\"\s+\{?\s*:get", r"\[\"(/[^\"]*)\"\s+:get"
    )
