"""The JVM: Java, Kotlin, Scala and Clojure, by their build tool."""

import re

from hivemind_agents.repository.facts import CERTAIN, GUESS, LIKELY, SURE, WEAK, Fact, Finding, Match
from hivemind_agents.repository.languages.compose_finding import finding_of
from hivemind_agents.repository.languages.jvm import clojure, frameworks, gradle, maven, sbt
from hivemind_agents.repository.languages.jvm.build import Build
from hivemind_agents.repository.readers.routes import scan_routes
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

_ROUTES = (
    r"@(?:Get|Request)Mapping\(\s*(?:(?:value|path)\s*=\s*)?\{?\s*\"([^\"]*)\"", r"@Path\(\s*\"([^\"]*)\"",
    r"@Get\(\s*(?:uri\s*=\s*)?\"([^\"]*)\"", r"\bget\(\s*\"(/[^\"]*)\"", r"\(GET \"(/[^\"]*)\"", r"(?m)^GET\s+(/\S*)\s",
    r"\.(?:get|route)\(\s*\"(/[^\"]*)\"", r"\[\"(/[^\"]*)\"\s+\{?:get",
)  # fmt: skip


def detect(tree: FileTree) -> Finding | None:
    """Read the folder as a project of the JVM."""
    build = maven.read(tree) or gradle.read(tree) or sbt.read(tree) or clojure.read(tree)
    if build is None:
        return _single_file(tree)
    language = _language(tree, build)
    match = frameworks.match(tree, build, language)
    return finding_of(
        match,
        language=language,
        manifest=build.manifest,
        language_confidence=CERTAIN if _certain(tree, language) else LIKELY,
        serves=SURE if match.kind == "web" else GUESS if match.start else WEAK,
        runtime="jvm",
        version=_version(tree) or build.version,
        manager=Fact(build.manager, CERTAIN, (build.manifest,)),
        install=build.commands if not match.build else (),
        dependencies=build.dependencies,
        health=_health(tree, build, match),
    )


def _language(tree: FileTree, build: Build) -> str:
    """The language of the main sources."""
    if build.manager in {"lein", "clojure"}:
        return "clojure"
    if build.manager == "sbt":
        return "scala"
    counts = {
        "kotlin": len([path for path in tree.suffixed(".kt") if "test/" not in path]),
        "java": len([path for path in tree.suffixed(".java") if "test/" not in path and ".mvn/" not in path]),
        "scala": len([path for path in tree.suffixed(".scala") if "test/" not in path]),
        "clojure": len(tree.suffixed(".clj")),
    }
    best = max(counts, key=lambda name: counts[name])
    if counts[best]:
        return best
    if build.plugins & {"org.jetbrains.kotlin.jvm", "kotlin", "kotlin-maven-plugin"}:
        return "kotlin"
    return "java"


def _certain(tree: FileTree, language: str) -> bool:
    suffix = {"java": ".java", "kotlin": ".kt", "scala": ".scala", "clojure": ".clj"}[language]
    return bool(tree.suffixed(suffix))


def _version(tree: FileTree) -> Fact[str] | None:
    stated = tree.search("system.properties", r"(?m)^\s*java\.runtime\.version\s*=\s*(\S+)")
    if stated:
        return Fact(stated.group(1), CERTAIN, (tree.where("system.properties", "java.runtime"),))
    found = plain_version_file(tree, ".java-version") or tool_version(tree, "java")
    if found:
        return found
    sdkman = tree.search(".sdkmanrc", r"(?m)^java=(\S+)")
    return Fact(sdkman.group(1), CERTAIN, (tree.where(".sdkmanrc", "java="),)) if sdkman else None


def _health(tree: FileTree, build: Build, match: Match) -> Fact[str] | None:
    if match.kind != "web":
        return None
    actuator = build.dependencies.runtime("org.springframework.boot:spring-boot-starter-actuator")
    quarkus = build.dependencies.runtime("io.quarkus:quarkus-smallrye-health")
    micronaut = build.dependencies.runtime("io.micronaut:micronaut-management")
    secured = build.dependencies.runtime("org.springframework.boot:spring-boot-starter-security")
    if actuator and not secured:
        return Fact("/actuator/health", SURE, (actuator.where,))
    found = scan_routes(tree, (".java", ".kt", ".scala", ".clj", "routes"), *_ROUTES)
    if found and found.value != "/":
        return found
    if "conf/routes" in tree:
        play = tree.search("conf/routes", r"(?m)^GET\s+(/)\s")
        if play:
            return Fact("/", LIKELY, (tree.where("conf/routes", play.group(0)),))
    if actuator:
        return Fact("/actuator/health", LIKELY, (actuator.where,))
    if quarkus:
        return Fact("/q/health", SURE, (quarkus.where,))
    if micronaut:
        return Fact("/health", SURE, (micronaut.where,))
    page = next((path for path in tree.named("index.html") if "resources/static/" in path or "META-INF/resources" in path), None)
    return found or (Fact("/", LIKELY, (page,)) if page and not secured else None)


def _single_file(tree: FileTree) -> Finding | None:
    """A lone source file, run by the launcher."""
    entry = tree.has("Main.java", "App.java", "Server.java", "HelloWorld.java", "src/Main.java")
    if entry is None:
        return None
    text = tree.text(entry) or ""
    serves = re.search(r"HttpServer\.create|ServerSocket\(", text)
    match = Match(
        framework=None, kind="web" if serves else "cli", kind_confidence=LIKELY, evidence=(entry,),
        start=f"java {entry}", start_confidence=LIKELY, port=8080 if serves else None,
    )  # fmt: skip
    return finding_of(match, language="java", manifest=entry, serves=GUESS, runtime="jvm", language_confidence=0.9)
