"""pom.xml, with its modules."""

import re
from xml.etree import ElementTree as ET  # noqa: S405 - parsed by a reader that refuses DTDs

from hivemind_agents.repository.facts import CERTAIN, Dependencies, Dependency, Fact
from hivemind_agents.repository.languages.jvm.build import Build
from hivemind_agents.repository.readers.structured import read_xml
from hivemind_agents.repository.tree import FileTree

_WEB = re.compile(r"spring-boot-starter-(?:web|webflux)|quarkus|micronaut|vertx|jetty|javalin|ktor|dropwizard")


def read(tree: FileTree) -> Build | None:
    """Read the root's pom and its modules'."""
    if "pom.xml" not in tree:
        return None
    root = read_xml(tree, "pom.xml")
    runner = "./mvnw" if "mvnw" in tree else "mvn"
    if root is None:
        return Build(manager="maven", manifest="pom.xml", dependencies=Dependencies([]),
                     commands=(f"{runner} -B -DskipTests clean package",), artifact="target/*.jar")  # fmt: skip
    properties = {element.tag: (element.text or "").strip() for element in root.findall("./properties/*")}
    modules = [(element.text or "").strip("./ ") for element in root.findall("./modules/module")]
    poms: list[tuple[str, ET.Element]] = [("", root)]
    for module in modules[:40]:
        inner = read_xml(tree, f"{module}/pom.xml")
        if inner is not None:
            poms.append((module, inner))
    dependencies: list[Dependency] = []
    plugins: set[str] = set()
    for module, pom in poms:
        dependencies.extend(_dependencies(tree, module, pom))
        plugins |= {(item.findtext("artifactId") or "") for item in pom.iter("plugin")}
    module, pom = _main_module(poms)
    name = pom.findtext("artifactId") or tree.name
    final = pom.findtext("./build/finalName")
    prefix = f"{module}/" if module else ""
    packaging = (pom.findtext("packaging") or "jar").strip()
    suffix = "war" if packaging == "war" else "jar"
    artifact = f"{prefix}target/{final}.{suffix}" if final and "${" not in final else f"{prefix}target/*.{suffix}"
    main = re.search(r"<mainClass>\s*([\w.$]+)\s*</mainClass>", tree.text(prefix + "pom.xml") or "")
    return Build(
        manager="maven", manifest="pom.xml", dependencies=Dependencies(dependencies), plugins=frozenset(plugins),
        version=_version(tree, prefix + "pom.xml", properties) or _version(tree, "pom.xml", properties),
        name=name, commands=(f"{runner} -B -DskipTests clean package",), artifact=artifact, module=module,
        main_class=main.group(1) if main else None, packaging=packaging,
        texts=(tree.text("pom.xml") or "", tree.text(prefix + "pom.xml") or ""),
    )  # fmt: skip


def _main_module(poms: list[tuple[str, ET.Element]]) -> tuple[str, ET.Element]:
    """The module that is started: one with an application's plugin or a web starter."""
    candidates = [item for item in poms if (item[1].findtext("packaging") or "jar").strip() != "pom"] or poms[:1]
    for word in ("spring-boot-maven-plugin", "quarkus-maven-plugin", "micronaut-maven-plugin", "maven-shade-plugin", "maven-assembly-plugin"):
        for item in candidates:
            if any((plugin.findtext("artifactId") or "") == word for plugin in item[1].iter("plugin")) and (
                len(candidates) == 1 or _WEB.search(ET.tostring(item[1], encoding="unicode"))
            ):  # fmt: skip
                return item
    for item in candidates:
        if _WEB.search(ET.tostring(item[1], encoding="unicode")):
            return item
    return candidates[0]


def _dependencies(tree: FileTree, module: str, pom: ET.Element) -> list[Dependency]:
    path = f"{module}/pom.xml" if module else "pom.xml"
    found = []
    parent = pom.findtext("./parent/artifactId")
    if parent and parent.startswith("spring-boot-starter"):
        found.append(Dependency(f"{pom.findtext('./parent/groupId')}:{parent}", pom.findtext("./parent/version") or "",
                                tree.where(path, parent)))  # fmt: skip
    for element in [*pom.findall("./dependencies/dependency"), *pom.findall("./profiles/profile/dependencies/dependency")]:
        artifact = (element.findtext("artifactId") or "").strip()
        scope = (element.findtext("scope") or "").strip()
        name = f"{(element.findtext('groupId') or '').strip()}:{artifact}"
        found.append(Dependency(name, element.findtext("version") or "", tree.where(path, f"<artifactId>{artifact}<"), dev=scope == "test"))
    return found


def _version(tree: FileTree, path: str, properties: dict[str, str]) -> Fact[str] | None:
    for key in ("java.version", "maven.compiler.release", "maven.compiler.target", "maven.compiler.source", "jdk.version", "jdk.target", "javaVersion", "release.version"):
        value = properties.get(key, "")
        if value and "${" not in value:
            return Fact(value, CERTAIN, (tree.where(path, f"<{key}>"),))
    stated = tree.search(path, r"<(?:release|source|target)>\s*([\d.]+)\s*</")
    return Fact(stated.group(1), CERTAIN, (tree.where(path, stated.group(0)),)) if stated else None
