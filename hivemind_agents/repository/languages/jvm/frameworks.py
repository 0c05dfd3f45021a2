"""Frameworks of the JVM, and how what they build is started."""

import re

from hivemind_agents.repository.facts import CERTAIN, GUESS, LIKELY, SURE, Match
from hivemind_agents.repository.languages.jvm.build import Build
from hivemind_agents.repository.tree import FileTree

# framework: (pattern over `group:artifact` and plugin ids, port). The first that fits wins.
FRAMEWORKS: tuple[tuple[str, str, int], ...] = (
    ("quarkus", r"^io\.quarkus(?:\.platform)?(?::|$)", 8080),
    ("micronaut", r"^io\.micronaut[\w.]*(?::micronaut-http-server|\.application|:micronaut-runtime)|^io\.micronaut\.", 8080),
    ("spring-boot", r"^org\.springframework\.boot(?::|$)|^spring-boot$|^spring-boot-maven-plugin$", 8080),
    ("grails", r"^org\.grails", 8080),
    ("ktor", r"^io\.ktor(?::ktor-server|\.plugin)", 8080),
    ("helidon", r"^io\.helidon", 8080),
    ("dropwizard", r"^io\.dropwizard:dropwizard-core", 8080),
    ("vertx", r"^io\.vertx:vertx-(?:web|core)|^io\.vertx\.vertx-plugin", 8888),
    ("javalin", r"^io\.javalin:", 7070),
    ("http4k", r"^org\.http4k:", 9000),
    ("ratpack", r"^io\.ratpack", 5050),
    ("play", r"^sbt-plugin$|^com\.typesafe\.play:play|^org\.playframework:play", 9000),
    ("lift", r"^net\.liftweb:", 8080),
    ("scalatra", r"^org\.scalatra:", 8080),
    ("finatra", r"^com\.twitter:finatra", 8888),
    ("http4s", r"^org\.http4s:http4s-(?:ember-server|blaze-server|dsl|server|netty)", 8080),
    ("zio-http", r"^dev\.zio:zio-http|^io\.d11:zhttp", 8080),
    ("akka-http", r"^com\.typesafe\.akka:akka-http", 8080),
    ("pekko-http", r"^org\.apache\.pekko:pekko-http", 8080),
    ("cask", r"^com\.lihaoyi:cask", 8080),
    ("finch", r"^com\.github\.finagle:finch|^com\.twitter:finagle-http", 8080),
    ("spark", r"^com\.sparkjava:spark-core", 4567),
    ("luminus", r"^luminus[\w-]*:|^ring-webjars:.*luminus", 3000),
    ("kit", r"^io\.github\.kit-clj:", 3000),
    ("pedestal", r"^io\.pedestal:pedestal\.(?:service|jetty)", 8080),
    ("ring", r"^ring:ring|^compojure:|^metosin:(?:reitit-ring|compojure-api)|^http-kit:|^aleph:|^ring:", 3000),
    ("armeria", r"^com\.linecorp\.armeria:armeria", 8080),
    ("jetty", r"^org\.eclipse\.jetty:jetty-server", 8080),
    ("undertow", r"^io\.undertow:undertow-core", 8080),
)  # fmt: skip
_SPRING_WEB = re.compile(r"spring-boot-starter-(?:web|webflux|webmvc|graphql|data-rest|jersey|thymeleaf|hateoas|websocket)|spring-boot-admin|springdoc|netflix-eureka-server|cloud-config-server|spring-cloud-starter-gateway")
_SERVES = re.compile(r"HttpServer\.create|ServerSocket\(|new Server\(|\.listen\(|embeddedServer\(|run-jetty|run-server|Undertow\.builder|Tomcat\(\)|Spark\.|NettyServer")


def match(tree: FileTree, build: Build, language: str) -> Match:
    """The framework that is listed, and whether it serves."""
    names = {name: item.where for name, item in build.dependencies.items() if not item.dev} | dict.fromkeys(build.plugins, build.manifest)
    for framework, pattern, port in FRAMEWORKS:
        compiled = re.compile(pattern)
        hit = next((name for name in names if compiled.search(name)), None)
        if hit is None:
            continue
        if framework == "luminus" or (framework == "ring" and any("luminus" in name for name in names)):
            framework = "luminus"
        if framework in {"jetty", "undertow"} and not _first(tree, _SERVES):
            continue
        return _serving(tree, build, framework, port, names[hit], names)
    del language
    return _without(tree, build)


def _serving(tree: FileTree, build: Build, framework: str, port: int, where: str, names: dict[str, str]) -> Match:
    if framework == "spring-boot" and not any(_SPRING_WEB.search(name) for name in names):
        return _spring_without_web(tree, build, where)
    command, start, sure = _start(tree, build, framework)
    processes: dict[str, str] = {}
    return Match(
        framework=framework, kind="web", confidence=CERTAIN - 0.02, kind_confidence=0.95 if framework != "ring" else 0.9,
        evidence=(where,), start=start, start_confidence=sure, build=command, port=port, processes=processes,
    )  # fmt: skip


def _spring_without_web(tree: FileTree, build: Build, where: str) -> Match:
    works = _first(tree, re.compile(r"@Scheduled|@KafkaListener|@RabbitListener|@JmsListener|@SqsListener"))
    runs = _first(tree, re.compile(r"CommandLineRunner|ApplicationRunner|@SpringBootApplication"))
    command, start, sure = _start(tree, build, "spring-boot")
    start = (start or "").replace("-Dserver.port=$PORT ", "")
    kind = "worker" if works else "cli" if runs else "library"
    return Match(
        framework="spring-boot", kind=kind, confidence=SURE, kind_confidence=LIKELY, evidence=(where, works or runs or where),  # type: ignore[arg-type]  # one of the three
        start=start if kind != "library" else None, start_confidence=sure, build=command,
        processes={"worker": start} if works else {},
    )  # fmt: skip


# How the port reaches a framework that reads no PORT of its own.
_PORT_FLAG = {"spring-boot": "-Dserver.port=$PORT", "quarkus": "-Dquarkus.http.port=$PORT -Dquarkus.http.host=0.0.0.0",
              "micronaut": "-Dmicronaut.server.port=$PORT", "grails": "-Dserver.port=$PORT", "helidon": "-Dserver.port=$PORT",
              "play": "-Dhttp.port=$PORT", "ratpack": "-Dratpack.port=$PORT"}  # fmt: skip


def _start(tree: FileTree, build: Build, framework: str | None) -> tuple[tuple[str, ...], str | None, float]:
    """(build commands where they differ, start command, confidence)."""
    flag = _PORT_FLAG.get(framework or "", "")
    if framework == "ktor" and not _reads_port(tree) and _first(tree, re.compile(r"EngineMain")):
        flag = "-P:ktor.deployment.port=$PORT"
    java = f"java {flag} -jar" if flag and not flag.startswith("-P") else "java -jar"
    tail = f" {flag}" if flag.startswith("-P:") else ""
    prefix = f"{build.module}/" if build.module else ""
    if framework == "play" or (build.manager == "sbt" and build.artifact and "stage/bin" in build.artifact):
        stage = f"target/universal/stage/bin/{build.name}"
        return ("sbt stage",), f"{stage} {flag}".strip(), 0.85
    if framework == "quarkus":
        uber = any("uber-jar" in text for text in (*build.texts, tree.text("src/main/resources/application.properties") or ""))
        base = "target" if build.manager == "maven" else "build"
        jar = f"{prefix}{base}/*-runner.jar" if uber else f"{prefix}{base}/quarkus-app/quarkus-run.jar"
        return build.commands, f"{java} {jar}", 0.9
    if build.manager == "gradle":
        return _gradle_start(build, framework, java, tail, prefix)
    if build.packaging == "war" and framework != "spring-boot":
        runner = any("webapp-runner" in text for text in build.texts)
        if runner:
            return build.commands, f"java -jar {prefix}target/dependency/webapp-runner.jar --port $PORT {prefix}target/*.war", 0.9
        return build.commands, None, GUESS
    if build.manager == "maven":
        if "appassembler-maven-plugin" in build.plugins:
            program = re.search(r"<(?:name|id)>([\w-]+)</(?:name|id)>\s*(?:</program>|<mainClass>)|<program>.*?<(?:name|id)>([\w-]+)<", "".join(build.texts), re.S)
            name = (program.group(1) or program.group(2)) if program else build.name
            return build.commands, f"sh {prefix}target/bin/{name}", 0.8
        fat = build.plugins & {"spring-boot-maven-plugin", "maven-shade-plugin", "maven-assembly-plugin", "micronaut-maven-plugin", "helidon-maven-plugin"}
        jar = build.artifact or f"{prefix}target/*.jar"
        if "maven-assembly-plugin" in build.plugins and "*" in jar and "jar-with-dependencies" in "".join(build.texts):
            jar = f"{prefix}target/*-jar-with-dependencies.jar"
        if not fat and any("copy-dependencies" in text for text in build.texts) and build.main_class:
            return build.commands, f"java -cp '{prefix}target/classes:{prefix}target/dependency/*' {build.main_class}", 0.85
        if framework == "dropwizard":
            return build.commands, f"{java} {jar} server config.yml", 0.8
        return build.commands, f"{java} {jar}{tail}", 0.9 if fat or framework is None else LIKELY
    if build.artifact:
        return build.commands, f"{java} {build.artifact}{tail}", 0.85
    if build.manager == "clojure":
        alias = re.search(r":(run|serve|start|server|main|run-m)\s+\{[^}]*:(?:main-opts|exec-fn)", build.texts[0])
        option = "-X" if alias and re.search(rf":{alias.group(1)}\s+\{{[^}}]*:exec-fn", build.texts[0]) else "-M"
        entry = _clojure_main(tree)
        return build.commands, f"clojure {option}:{alias.group(1)}" if alias else f"clojure -M -m {entry}" if entry else None, 0.75
    return build.commands, "sbt run", 0.7


def _gradle_start(build: Build, framework: str | None, java: str, tail: str, prefix: str) -> tuple[tuple[str, ...], str, float]:
    runner = build.commands[0].split(" ")[0]
    task = f":{build.module.replace('/', ':')}:" if build.module else ""
    if "stage" in build.commands[0] and "copyToLib" not in build.texts[0] and "installDist" in " ".join(build.texts):
        return build.commands, f"{prefix}build/install/{build.name}/bin/{build.name}", 0.85
    if framework == "spring-boot" or "org.springframework.boot" in build.plugins:
        return build.commands, f"{java} {prefix}build/libs/*.jar", 0.9
    if "io.ktor.plugin" in build.plugins:
        return (f"{runner} {task}buildFatJar",), f"{java} {prefix}build/libs/*-all.jar{tail}", 0.85
    if build.plugins & {"com.github.johnrengelman.shadow", "com.gradleup.shadow", "io.micronaut.application"} and framework != "vertx":
        return (f"{runner} {task}shadowJar",) if "micronaut" not in (framework or "") else build.commands, f"{java} {prefix}build/libs/*-all.jar{tail}", 0.85
    if framework == "vertx" and build.plugins & {"com.github.johnrengelman.shadow", "com.gradleup.shadow"}:
        return (f"{runner} {task}shadowJar",), f"java -jar {prefix}build/libs/*-fat.jar", 0.8
    if "application" in build.plugins:
        return (f"{runner} {task}installDist",), f"{prefix}build/install/{build.name}/bin/{build.name}", 0.88
    return build.commands, f"{java} {prefix}build/libs/*.jar{tail}", 0.75


def _without(tree: FileTree, build: Build) -> Match:
    """No framework: what the main class does decides."""
    serves = _first(tree, _SERVES)
    command, start, sure = _start(tree, build, None)
    if build.packaging == "war":
        return Match(framework=None, kind="web", kind_confidence=LIKELY, evidence=(build.manifest,), start=start,
                     start_confidence=sure, build=command, port=8080)  # fmt: skip
    main = _first(tree, re.compile(r"public static void main|fun main\(|extends (?:App|IOApp|ZIOAppDefault)\b|def main\(|@main|\(defn -main|void main\("))
    if serves:
        return Match(framework=None, kind="web", kind_confidence=0.88, evidence=(serves,), start=start, start_confidence=sure,
                     build=command, port=8080)  # fmt: skip
    if main or build.main_class:
        return Match(framework=None, kind="cli", kind_confidence=0.88, evidence=(main or build.manifest,), start=start,
                     start_confidence=sure, build=command)  # fmt: skip
    return Match(framework=None, kind="library", kind_confidence=LIKELY, evidence=(build.manifest,), build=command)


def _first(tree: FileTree, pattern: re.Pattern[str]) -> str | None:
    for path in tree.suffixed(".java", ".kt", ".scala", ".clj")[:300]:
        if "test/" in path:
            continue
        if pattern.search(tree.text(path, limit=200_000) or ""):
            return tree.where(path, pattern)
    return None


def _reads_port(tree: FileTree) -> bool:
    config = "".join(tree.text(path) or "" for path in [*tree.named("application.conf"), *tree.named("application.yaml")])
    return bool(re.search(r"\$\{?\??PORT", config) or _first(tree, re.compile(r"getenv\(\"PORT\"|env\[\"PORT\"\]")))


def _clojure_main(tree: FileTree) -> str | None:
    for path in tree.suffixed(".clj"):
        text = tree.text(path) or ""
        if "(defn -main" in text:
            name = re.search(r"\(ns\s+(?:\^\S+\s+)?([\w.-]+)", text)
            if name:
                return name.group(1)
    return None
