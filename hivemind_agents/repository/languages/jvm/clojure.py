"""project.clj and deps.edn, read as text."""

import re

from hivemind_agents.repository.facts import Dependencies, Dependency
from hivemind_agents.repository.languages.jvm.build import Build
from hivemind_agents.repository.tree import FileTree


def read(tree: FileTree) -> Build | None:
    """Leiningen first, then the Clojure tools."""
    path = tree.has("project.clj", "deps.edn")
    if path is None:
        return None
    text = re.sub(r"(?m);.*$", "", tree.text(path) or "")
    dependencies = [
        Dependency(_coordinate(name), version, tree.where(path, name))
        for name, version in re.findall(r"\[?\s*([\w.-]+(?:/[\w.-]+)?)\s+(?:\"([^\"]+)\"|\{:mvn)", text)
    ]
    main = re.search(r":main\s+\^?(?::skip-aot\s+)?([\w.-]+)", text)
    if path == "project.clj":
        named = re.search(r"\(defproject\s+([\w./-]+)", text)
        standalone = re.search(r":uberjar-name\s+\"([^\"]+)\"", text)
        artifact = f"target/{standalone.group(1)}" if standalone else "target/*-standalone.jar"
        if re.search(r":target-path\s+\"target/%s", text):
            artifact = f"target/uberjar/{standalone.group(1)}" if standalone else "target/uberjar/*-standalone.jar"
        return Build(
            manager="lein", manifest=path, dependencies=Dependencies(dependencies), texts=(text,),
            name=(named.group(1) if named else tree.name).rsplit("/", 1)[-1], commands=("lein uberjar",),
            artifact=artifact, main_class=main.group(1) if main else None,
        )  # fmt: skip
    uber = re.search(r":uberjar?\b|depstar|:uber\b", text)
    tool = re.search(r":build\s", text) and "build.clj" in tree
    return Build(
        manager="clojure", manifest=path, dependencies=Dependencies(dependencies), texts=(text,), name=tree.name,
        commands=("clojure -T:build uber",) if tool else ("clojure -X:uberjar",) if uber else ("clojure -P",),
        artifact="target/*.jar" if tool or uber else None, main_class=main.group(1) if main else None,
    )  # fmt: skip


def _coordinate(name: str) -> str:
    group, slash, artifact = name.partition("/")
    return f"{group}:{artifact}" if slash else f"{group}:{group}"
