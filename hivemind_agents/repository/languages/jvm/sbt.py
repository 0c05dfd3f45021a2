"""build.sbt, read as text."""

import re

from hivemind_agents.repository.facts import Dependencies, Dependency
from hivemind_agents.repository.languages.jvm.build import Build
from hivemind_agents.repository.tree import FileTree


def read(tree: FileTree) -> Build | None:
    """Read build.sbt and project/."""
    if "build.sbt" not in tree:
        return None
    texts = [tree.text("build.sbt") or "", tree.text("project/plugins.sbt") or "", tree.text("project/Dependencies.scala") or ""]
    whole = "\n".join(texts)
    name = re.search(r"(?m)^\s*(?:lazy val root.*)?\bname\s*:=\s*\"+([^\"]+)\"", texts[0]) or re.search(r"name\s*:=\s*\"+([^\"]+)\"", texts[0])
    dependencies = [
        Dependency(f"{entry.group(1)}:{entry.group(2)}", "", tree.where("build.sbt", entry.group(2)), dev="Test" in entry.group(3))
        for entry in re.finditer(r"\"([\w.-]+)\"\s*%{1,3}\s*\"([\w.-]+)\"([^\n]*)", whole)
    ]
    plugins = set(re.findall(r"addSbtPlugin\(\s*\"[\w.-]+\"\s*%\s*\"([\w.-]+)\"", whole))
    shown = (name.group(1) if name else tree.name).strip()
    stage = "sbt-native-packager" in plugins or "JavaAppPackaging" in whole or "sbt-plugin" in plugins or "PlayScala" in whole
    assembly = "sbt-assembly" in plugins
    main = re.search(r"mainClass[^\n]*?Some\(\s*\"([\w.]+)\"", whole)
    lowered = re.sub(r"[^a-z0-9_-]+", "-", shown.lower())
    return Build(
        manager="sbt", manifest="build.sbt", dependencies=Dependencies(dependencies), plugins=frozenset(plugins),
        name=lowered, commands=("sbt stage",) if stage else ("sbt assembly",) if assembly else ("sbt compile",),
        artifact=f"target/universal/stage/bin/{lowered}" if stage else "target/scala-*/*-assembly-*.jar" if assembly else None,
        main_class=main.group(1) if main else None, texts=tuple(texts),
    )  # fmt: skip
