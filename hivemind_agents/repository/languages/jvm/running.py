"""How a build is packaged, and how its package is started."""

import re
from dataclasses import dataclass

from hivemind_agents.repository.facts import GUESS, LIKELY
from hivemind_agents.repository.languages.jvm.build import Module
from hivemind_agents.repository.languages.jvm.project import JvmProject

SHADOW = (
    "com.github.johnrengelman.shadow",
    "com.gradleup.shadow",
    "io.github.goooler.shadow",
    "shadow",
    "io.ktor.plugin",
    "io.micronaut.application",
    "io.micronaut.minimal.application",
)
PACKAGER = ("JavaAppPackaging", "JavaServerAppPackaging", "PlayScala", "PlayJava", "PlayService",
            "PlayMinimalJava")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Package:
    """`build` commands, and the `program` that options and arguments are put to.

    A program that is a jar is started by `java OPTIONS -jar`; a script takes options as they are.
    """

    build: tuple[str, ...]
    program: str
    jar: bool
    confidence: float = LIKELY

    def start(self, *, options: str = "", arguments: str = "", env: str = "") -> str:
        """The command, with options of the virtual machine and arguments of the program."""
        after = f" {arguments}" if arguments else ""
        before = f"{env} " if env else ""
        if self.jar:
            middle = f"{options} " if options else ""
            return f"{before}java {middle}-jar {self.program}{after}"
        if self.program.startswith("java "):
            middle = f"{options} " if options else ""
            return f"{before}java {middle}{self.program[5:]}{after}"
        if options and self.program.startswith("sbt"):
            return f"{before}sbt {options} run"
        middle = f" {options}" if options else ""
        return f"{before}{self.program}{middle}{after}"


def maven_build(project: JvmProject, *goals: str) -> str:
    return " ".join([project.build.command, "-B", "-DskipTests", "clean", *(goals or ("package",))])


def gradle_build(project: JvmProject, task: str) -> str:
    folder = project.module.folder
    path = f":{folder.replace('/', ':')}:{task}" if folder else task
    return f"{project.build.command} {path} --no-daemon"


def package(project: JvmProject) -> Package:
    """By the build's tool and its plugins."""
    if project.build.tool == "maven":
        return _maven(project, project.module)
    if project.build.tool == "gradle":
        return _gradle(project, project.module)
    if project.build.tool in {"sbt", "mill"}:
        return _sbt(project, project.module)
    return _bare(project)


def jar_name(module: Module) -> str:
    """The name of the module's jar without its ending, or a pattern for it."""
    final = re.search(r"<finalName>\s*([^<]+?)\s*</finalName>", module.text)
    if final:
        name = final.group(1).replace("${project.artifactId}", module.name)
        name = name.replace("${artifactId}", module.name).replace("${project.name}", module.name)
        name = name.replace("${project.version}", module.version or "*")
        return name if "$" not in name else "*"
    version = module.version if module.version and "$" not in module.version else "*"
    return f"{module.name}-{version}" if "$" not in module.name else "*"


def _maven(project: JvmProject, module: Module) -> Package:
    build = (maven_build(project),)
    name = jar_name(module)
    if module.has_plugin("maven-shade-plugin"):
        output = re.search(r"<outputFile>\s*([^<]+?)\s*</outputFile>", module.text)
        if output:
            path = output.group(1).replace("${project.build.directory}", module.path("target"))
            path = path.replace("${project.artifactId}", module.name).replace(
                "${artifactId}", module.name
            )
            path = path.replace("${project.version}", module.version or "*").replace(
                "${version}", module.version or "*"
            )
            path = re.sub(r"^\$\{(?:project\.)?basedir\}/", "", path)
            return Package(
                build, path if "$" not in path else module.path("target/*-fat.jar"), jar=True
            )
        classifier = re.search(r"<shadedClassifierName>\s*([\w-]+)", module.text)
        if "<shadedArtifactAttached>true" in module.text.replace(" ", ""):
            name += f"-{classifier.group(1) if classifier else 'shaded'}"
        return Package(build, module.path(f"target/{name}.jar"), jar=True)
    if module.has_plugin("maven-assembly-plugin"):
        appended = (
            ""
            if re.search(r"<appendAssemblyId>\s*false", module.text)
            else "-jar-with-dependencies"
        )
        return Package(build, module.path(f"target/{name}{appended}.jar"), jar=True)
    if module.has_plugin("appassembler-maven-plugin"):
        program = re.search(
            r"<(?:program|id)>\s*(?:<mainClass>[^<]*</mainClass>\s*)?<(?:name|id)>\s*([\w.-]+)",
            module.text,
        )
        named = program.group(1) if program else "webapp"
        return Package(build, f"sh {module.path(f'target/bin/{named}')}", jar=False)
    return _maven_classes(project, module, name)


def _maven_classes(project: JvmProject, module: Module, name: str) -> Package:
    """No plugin makes one jar of all: the classes, with the packages beside them."""
    needs_packages = any(not entry.dev for entry in module.listed) or bool(module.folder)
    copies = "copy-dependencies" in module.text
    if not needs_packages and re.search(r"<mainClass>", module.text) and not copies:
        return Package((maven_build(project),), module.path(f"target/{name}.jar"), jar=True)
    main = project.main_class or _verticle(project) or "Main"
    path = module.path("target/classes")
    if needs_packages:
        goals = ("package",) if copies else ("package", "dependency:copy-dependencies")
        classpath = f"{path}:{module.path('target/dependency/*')}"
        return Package((maven_build(project, *goals),), f"java -cp '{classpath}' {main}", jar=False)
    return Package((maven_build(project),), f"java -cp {path} {main}", jar=False)


def _verticle(project: JvmProject) -> str | None:
    """Vert.x starts a verticle by its own launcher, where the program has no `main`."""
    hit = project.code.first(
        r"class\s+\w+\s*(?:extends|:)\s*(?:AbstractVerticle|VerticleBase|CoroutineVerticle)\b"
    )
    if hit is None or project.main is not None:
        return None
    inside = re.search(r"src/main/\w+/(.+)\.\w+$", hit.path)
    return f"io.vertx.core.Launcher run {inside.group(1).replace('/', '.')}" if inside else None


def _gradle(project: JvmProject, module: Module) -> Package:
    started = project.tree.text("Procfile", limit=20_000) or ""
    if "build/install/" in started and module.has_plugin("application", "io.ktor.plugin"):
        return _gradle_distribution(project, module)
    if module.has_plugin(*SHADOW):
        classifier = re.search(
            r"archiveClassifier\.set\(\s*[\"']([\w-]*)|archiveClassifier\s*=\s*[\"']([\w-]*)",
            module.text,
        )
        ending = (
            next((group for group in classifier.groups() if group is not None), "all")
            if classifier
            else "all"
        )
        file = re.search(r"archiveFileName(?:\.set\(|\s*=)\s*[\"']([\w.-]+\.jar)", module.text)
        name = file.group(1) if file else f"*-{ending}.jar" if ending else "*.jar"
        task = "buildFatJar" if module.has_plugin("io.ktor.plugin") and not file else "shadowJar"
        return Package((gradle_build(project, task),), module.path(f"build/libs/{name}"), jar=True)
    if module.has_plugin("application") and "build/libs/" not in started:
        return _gradle_distribution(project, module)
    build = (gradle_build(project, "build -x test"),)
    if re.search(r"Main-Class", module.text):
        return Package(build, module.path("build/libs/*.jar"), jar=True)
    main = project.main_class or "Main"
    kind = "kotlin" if project.language == "kotlin" else "java"
    return Package(
        build,
        f"java -cp {module.path(f'build/classes/{kind}/main')} {main}",
        jar=False,
        confidence=GUESS,
    )


def _gradle_distribution(project: JvmProject, module: Module) -> Package:
    """The application plugin's own script, with all packages beside it."""
    called = re.search(r"applicationName\s*=\s*[\"']([\w.-]+)", module.text)
    name = called.group(1) if called else module.name
    script = module.path(f"build/install/{name}/bin/{name}")
    return Package((gradle_build(project, "installDist"),), script, jar=False)


def _sbt(project: JvmProject, module: Module) -> Package:
    command = project.build.command
    if project.build.tool == "mill":
        return Package(
            (f"{command} __.assembly",), "out/*/assembly.dest/out.jar", jar=True, confidence=GUESS
        )
    prefix = f"{module.name}/" if module.folder else ""
    if module.has_plugin(*PACKAGER) or (
        module.has_plugin("sbt-native-packager", "sbt-heroku")
        and not module.has_plugin("sbt-assembly")
    ):
        where = module.path(f"target/universal/stage/bin/{module.name}")
        return Package((f"{command} {prefix}stage",), where, jar=False)
    if module.has_plugin("sbt-assembly"):
        named = re.search(r"assemblyJarName[^\n]*:=\s*\"([\w.-]+)\"", module.text)
        name = named.group(1) if named else f"{module.name}-assembly-*.jar"
        return Package(
            (f"{command} {prefix}assembly",), module.path(f"target/scala-*/{name}"), jar=True
        )
    project_name = f" {prefix}run" if prefix else " run"
    return Package(
        (f"{command} {prefix}compile",), f"{command}{project_name}", jar=False, confidence=GUESS
    )


def _bare(project: JvmProject) -> Package:
    """Files without a build tool."""
    main = project.main_class or "Main"
    if project.language == "kotlin":
        return Package(
            ("kotlinc *.kt -include-runtime -d out.jar",), "out.jar", jar=True, confidence=GUESS
        )
    folder = project.main.path.rpartition("/")[0] if project.main else ""
    files = f"{folder}/*.java" if folder else "*.java"
    if folder.startswith("src"):
        return Package(
            ("javac -d out $(find src -name '*.java')",),
            f"java -cp out {main}",
            jar=False,
            confidence=GUESS,
        )
    if "." in main:
        return Package(
            (f"javac -d out {files}",), f"java -cp out {main}", jar=False, confidence=GUESS
        )
    return Package((f"javac {files}",), f"java {main}", jar=False)
