"""Libraries of the JVM that an application's own code makes listen."""

from dataclasses import dataclass

from hivemind_agents.repository.facts import LIKELY, SURE, Match
from hivemind_agents.repository.languages.jvm.project import JvmProject
from hivemind_agents.repository.languages.jvm.running import package


@dataclass(frozen=True, slots=True)
class Server:
    """A framework: the packages it is listed by, the code that listens, port and rank."""

    name: str
    packages: tuple[str, ...]
    code: str
    port: int = 8080
    rank: int = 70


SERVERS = (
    Server(
        "http4s",
        ("org.http4s:",),
        r"EmberServerBuilder|BlazeServerBuilder|JettyBuilder|NettyServerBuilder",
        8080,
        72,
    ),
    Server(
        "zio-http",
        ("dev.zio:zio-http", "io.d11:zhttp"),
        r"\bServer\.(?:serve|install|start|app)|Server\.default",
    ),
    Server(
        "akka-http",
        ("com.typesafe.akka:akka-http",),
        r"\.bind(?:AndHandle\w*|Flow)?\(|\.newServerAt\(|HttpApp",
    ),
    Server("pekko-http", ("org.apache.pekko:pekko-http",), r"\.bind(?:Flow)?\(|\.newServerAt\("),
    Server("finatra", ("com.twitter:finatra",), r"extends\s+\w*HttpServer\w*", 8888),
    Server(
        "finagle",
        ("com.twitter:finagle", "com.twitter:twitter-server"),
        r"\bHttp\.(?:server|serve)\b|TwitterServer",
    ),
    Server(
        "scalatra", ("org.scalatra:",), r"extends\s+Scalatra\w*|ScalatraServlet|ScalatraListener"
    ),
    Server("cask", ("com.lihaoyi:cask",), r"extends\s+cask\.Main\w*"),
    Server(
        "tapir",
        ("com.softwaremill.sttp.tapir:tapir-netty", "com.softwaremill.sttp.tapir:tapir-vertx"),
        r"\w*Server\(",
    ),
    Server(
        "unfiltered", ("ws.unfiltered:", "net.databinder:unfiltered"), r"\.http\(|Server\.", 8080
    ),
    Server(
        "vertx",
        ("io.vertx:vertx-",),
        r"createHttpServer|AbstractVerticle|CoroutineVerticle|VerticleBase|HttpServer\b",
        8888,
        74,
    ),
    Server("javalin", ("io.javalin:",), r"Javalin\.(?:create|start)", 7000, 76),
    Server(
        "spark",
        ("com.sparkjava:",),
        r"import\s+(?:static\s+)?spark\.|Spark\.(?:get|port)|SparkApplication|ignite\(",
        4567,
        76,
    ),
    Server("http4k", ("org.http4k:",), r"\.asServer\("),
    Server("ratpack", ("io.ratpack:",), r"RatpackServer|ratpack\s*\{", 5050),
    Server("helidon", ("io.helidon",), r"WebServer|Server\.create|@Path\(|helidon", 8080),
    Server("jooby", ("io.jooby:", "org.jooby:"), r"extends\s+(?:Jooby|Kooby)|runApp|Kooby\(", 8080),
    Server("armeria", ("com.linecorp.armeria:",), r"Server\.builder|ServerBuilder", 8080),
    Server("blade", ("com.bladejava:", "com.hellokaton:blade"), r"Blade\.(?:of|create|me)", 9000),
    Server("pippo", ("ro.pippo:",), r"new\s+Pippo\(", 8338),
    Server("ninja", ("org.ninjaframework:",), r"ninja\.", 8080),
    Server("graphql-kotlin", ("com.expediagroup:graphql-kotlin-ktor",), r"embeddedServer"),
    Server(
        "jersey",
        ("org.glassfish.jersey.containers:",),
        r"\w*HttpServerFactory|JettyHttpContainer|createHttpServer",
        8080,
        60,
    ),
    Server("undertow", ("io.undertow:",), r"Undertow\.builder", 8080, 50),
    Server(
        "jetty",
        ("org.eclipse.jetty",),
        r"new\s+(?:org\.eclipse\.jetty\.server\.)?Server\(|Server\(\w+\)",
        8080,
        45,
    ),
    Server("tomcat", ("org.apache.tomcat.embed:",), r"new\s+Tomcat\(|Tomcat\(\)", 8080, 46),
    Server("netty", ("io.netty:",), r"ServerBootstrap", 8080, 30),
)
_PLAIN = r"HttpServer\.create\(|SimpleFileServer\.createFileServer|new\s+ServerSocket\("


def detect(project: JvmProject) -> Match | None:
    """The framework of the highest rank whose packages are listed and whose code listens."""
    found = []
    for server in SERVERS:
        listed = project.listed(*server.packages)
        where = project.code.where(server.code) if listed else None
        if listed and where:
            found.append((server, listed.where, where))
    if not found:
        return _plain(project)
    server, listed_at, where = max(found, key=lambda item: item[0].rank)
    packed = package(project)
    reads = project.reads_port()
    arguments = "run" if project.main is None and "Launcher" in project.module.text else ""
    del arguments
    return Match(
        framework=server.name,
        kind="web",
        rank=server.rank,
        confidence=SURE if server.rank >= 70 else LIKELY,
        kind_confidence=0.95,
        evidence=(listed_at, where),
        start=packed.start(),
        start_confidence=packed.confidence if reads else min(packed.confidence, 0.75),
        build=packed.build,
        port=project.literal_port() or server.port,
    )


def _plain(project: JvmProject) -> Match | None:
    """The JDK's own server, or a socket."""
    hit = project.code.first(_PLAIN)
    if hit is None:
        return None
    socket = "ServerSocket" in hit[0]
    packed = package(project)
    return Match(
        framework=None,
        kind="web",
        rank=20,
        evidence=(hit.where,),
        kind_confidence=0.75 if socket else SURE,
        start=packed.start(),
        start_confidence=packed.confidence,
        build=packed.build,
        port=project.literal_port() or 8080,
    )
