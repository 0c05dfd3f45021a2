"""Spring Boot."""

import re

from hivemind_agents.repository.facts import CERTAIN, LIKELY, SURE, Match
from hivemind_agents.repository.languages.jvm.project import JvmProject
from hivemind_agents.repository.languages.jvm.running import (
    Package,
    gradle_build,
    maven_build,
    package,
)
from hivemind_agents.repository.languages.jvm.sources import spring_variables

_BOOT = "org.springframework.boot:"
# Any of these puts a web server into the application.
WEB = (
    *tuple(
        f"{_BOOT}spring-boot-starter-{name}"
        for name in (
            "web",
            "webmvc",
            "webflux",
            "jersey",
            "data-rest",
            "hateoas",
            "websocket",
            "tomcat",
            "jetty",
            "undertow",
            "reactor-netty",
            "graphql",
            "rsocket",
            "web-services",
            "thymeleaf",
        )
    ),
    "com.vaadin:vaadin-spring-boot-starter",
    "org.springframework.cloud:spring-cloud-starter-gateway",
    "org.springframework.cloud:spring-cloud-starter-netflix-eureka-server",
    "org.springframework.cloud:spring-cloud-config-server",
    "dev.hilla:hilla-spring-boot-starter",
    "de.codecentric:spring-boot-admin-starter-server",
    "org.springdoc:springdoc-openapi-starter-web",
    "com.graphql-java-kickstart:graphql-spring-boot-starter",
    "org.joinfaces:",
    "org.apache.camel.springboot:camel-servlet-starter",
    "org.springframework:spring-web",
)
_MAIN = (
    r"@SpringBootApplication|SpringApplication\b|runApplication\s*<|"
    r"SpringApplicationBuilder|SpringBootServletInitializer"
)
_NO_SERVER = r"WebApplicationType\.NONE|web-application-type\s*[:=]\s*none"
_WORKS = (
    r"@Scheduled\b|@KafkaListener|@RabbitListener|"
    r"@JmsListener|@SqsListener|@StreamListener|Consumer<"
)


def detect(project: JvmProject) -> Match | None:
    """An application that Spring Boot starts; without one the packages alone make none."""
    listed = project.listed(_BOOT)
    plugin = any(
        module.has_plugin(
            "org.springframework.boot", "spring-boot-maven-plugin", "spring-boot-starter-parent"
        )
        for module in project.build.modules
    )
    main = project.code.first(_MAIN)
    if (listed is None and not plugin) or main is None:
        return None
    where = (listed.where,) if listed else (project.module.manifest,)
    evidence = (*where, main.where)
    web = project.listed(*WEB)
    controllers = project.code.where(
        r"@RestController|@Controller\b|RouterFunction|@Path\(|coRouter|router\s*\{"
    )
    packed = _package(project)
    if (web is None and controllers is None) or _switched_off(project):
        return _without_server(project, evidence, packed)
    return Match(
        framework="spring-boot",
        kind="web",
        rank=80,
        confidence=CERTAIN,
        kind_confidence=CERTAIN if web else LIKELY,
        evidence=(*evidence, *((web.where,) if web else ())),
        start=packed.start(options="-Dserver.port=$PORT"),
        start_confidence=SURE if not project.choices else 0.5,
        start_evidence=(project.module.manifest,),
        build=packed.build,
        port=_port(project),
        env=tuple(spring_variables(project)),
    )


def _without_server(project: JvmProject, evidence: tuple[str, ...], packed: Package) -> Match:
    works = project.code.where(_WORKS)
    start = packed.start()
    return Match(
        framework="spring-boot",
        kind="worker" if works else "cli",
        rank=60,
        confidence=SURE,
        kind_confidence=LIKELY,
        evidence=(*evidence, *((works,) if works else ())),
        start=start,
        build=packed.build,
        processes={"worker": start} if works else {},
        env=tuple(spring_variables(project)),
    )


def _switched_off(project: JvmProject) -> bool:
    if project.code.first(_NO_SERVER):
        return True
    return any(
        re.search(_NO_SERVER, project.tree.text(path) or "")
        for name in ("application.properties", "application.yml", "application.yaml")
        for path in project.tree.named(name)
        if "/test/" not in path
    )


def _package(project: JvmProject) -> Package:
    """Boot's own plugin makes one jar (or war) that runs by itself."""
    module = project.module
    if project.build.tool == "gradle":
        if not module.has_plugin("org.springframework.boot"):
            return package(project)
        war = module.packaging == "war"
        named = re.search(r"archiveFileName(?:\.set\(|\s*=)\s*[\"']([\w.-]+)", module.text)
        file = named.group(1) if named else "*.war" if war else "*.jar"
        task = "bootWar" if war else "bootJar"
        return Package((gradle_build(project, task),), module.path(f"build/libs/{file}"), jar=True)
    if project.build.tool == "maven":
        if module.has_plugin(
            "maven-shade-plugin", "maven-assembly-plugin"
        ) and not module.has_plugin("spring-boot-maven-plugin"):
            return package(project)
        ending = "war" if module.packaging == "war" else "jar"
        return Package((maven_build(project),), module.path(f"target/*.{ending}"), jar=True)
    return package(project)


def _port(project: JvmProject) -> int:
    for name in ("application.properties", "application.yml", "application.yaml"):
        for path in project.tree.named(name):
            found = project.tree.search(
                path,
                r"(?m)^server\.port\s*[=:]\s*(?:\$\{\w+:)?(\d{4,5})|"
                r"^server:\s*\n(?:[ \t]+.*\n)*?[ \t]+port:\s*(?:\$\{\w+:)?(\d{4,5})",
            )
            if found and "/test/" not in path:
                return int(found.group(1) or found.group(2))
    return 8080
