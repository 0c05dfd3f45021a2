"""What all detectors of the JVM's frameworks look at: the build, the module meant, the sources."""

import re
from dataclasses import dataclass
from functools import cached_property

from hivemind_agents.repository.facts import LIKELY, Dependencies, Dependency
from hivemind_agents.repository.languages.jvm.build import Build, Module
from hivemind_agents.repository.languages.jvm.gradle import read_gradle
from hivemind_agents.repository.languages.jvm.maven import read_maven
from hivemind_agents.repository.languages.jvm.sbt import read_sbt
from hivemind_agents.repository.readers.code import Code, Hit
from hivemind_agents.repository.tree import FileTree

SUFFIXES = {".java": "java", ".kt": "kotlin", ".scala": "scala", ".groovy": "java"}
_MAIN = (
    r"\bstatic\s+(?:public\s+|final\s+)?void\s+main\s*\(|(?m:^(?:suspend\s+)?fun\s+main\s*\()|@JvmStatic\s+fun\s+main\b|"
    r"\bdef\s+main\s*\(|@main\s+def\b|\bobject\s+\w+\s+extends\s+[\w. ]*?(?:App|"
    r"IOApp\w*|ZIOAppDefault|HttpApp|CrudApp|cask\.Main\w*|MainRoutes)\b|"
    r"(?m:^[ \t]*void\s+main\s*\(\s*(?:String\[\]\s+\w+)?\s*\))"
)
# A module that carries one of these is meant to run by itself.
_RUNS = (
    "spring-boot-maven-plugin",
    "org.springframework.boot",
    "application",
    "quarkus-maven-plugin",
    "io.quarkus",
    "io.ktor.plugin",
    "micronaut-maven-plugin",
    "io.micronaut.application",
    "maven-shade-plugin",
    "com.github.johnrengelman.shadow",
    "com.gradleup.shadow",
    "maven-assembly-plugin",
    "JavaAppPackaging",
    "PlayScala",
    "PlayJava",
    "AssemblyPlugin",
)
_NAMES = (
    "app",
    "application",
    "server",
    "web",
    "api",
    "backend",
    "service",
    "boot",
    "main",
    "webapp",
)


def read_build(tree: FileTree) -> Build | None:
    """By the tool whose file is at the root; of two, the one with a wrapper, else Maven."""
    maven, gradle = read_maven(tree), read_gradle(tree)
    if maven and gradle:
        return gradle if gradle.command == "./gradlew" and maven.command == "mvn" else maven
    found = maven or gradle or read_sbt(tree)
    if found:
        return found
    plain = tree.root_files("*.java") or tree.root_files("*.kt") or [
        path for path in tree.sources(".java", limit=20) if path.startswith("src/")
    ]  # fmt: skip
    if not plain:
        return None
    root = Module(folder="", name=tree.name, manifest=plain[0], text="")
    return Build(tool=None, manifest=plain[0], command="", modules=(root,))


@dataclass(frozen=True)
class JvmProject:
    """A build and its sources."""

    tree: FileTree
    build: Build

    @cached_property
    def code(self) -> Code:
        return Code(self.tree, tuple(SUFFIXES), limit=500)

    @cached_property
    def dependencies(self) -> Dependencies:
        listed = [entry for module in self.build.modules for entry in module.listed]
        return Dependencies(listed)

    @cached_property
    def mains(self) -> list[Hit]:
        """Every program's entry, one a file."""
        by_path: dict[str, Hit] = {}
        for hit in self.code.all(_MAIN):
            if "/src/test/" not in f"/{hit.path}":
                by_path.setdefault(hit.path, hit)
        return list(by_path.values())

    @cached_property
    def module(self) -> Module:
        """The module that runs: what is packaged to run, what has an entry, by name."""
        return self._candidates[0]

    @cached_property
    def _candidates(self) -> list[Module]:
        modules = self.build.modules
        if len(modules) == 1:
            return list(modules)
        scored = []
        for module in modules:
            own = [hit for hit in self.mains if self._owner(hit.path) is module]
            score = 4 * bool(own) + 2 * module.has_plugin(*_RUNS) + 2 * (module.packaging == "war")
            score += 3 * any(self._marks(hit) for hit in own)
            if module.packaging == "pom" or (
                module is self.build.root and not own and not self._source_of(module)
            ):
                score = 0
            scored.append((score, module))
        best = max(score for score, _ in scored)
        winners = [
            module for score, module in scored if score == best and (score or module is modules[0])
        ]
        return sorted(winners, key=self._name_order)

    def _source_of(self, module: Module) -> bool:
        return any(self._owner(path) is module for path, _ in self.code.files)

    def _marks(self, hit: Hit) -> bool:
        text = next((text for path, text in self.code.files if path == hit.path), "")
        return bool(
            re.search(
                r"SpringApplication|runApplication|embeddedServer|EngineMain|HttpServer|Javalin|\.start\(|\.listen\(",
                text,
            )
        )

    def _owner(self, path: str) -> Module:
        inside = [
            item
            for item in self.build.modules
            if not item.folder or path.startswith(item.folder + "/")
        ]
        return max(inside, key=lambda item: len(item.folder))

    def _name_order(self, module: Module) -> tuple[int, int, str]:
        words = re.split(r"[-_/.]", module.folder.lower())
        place = next((index for index, name in enumerate(_NAMES) if name in words), len(_NAMES))
        return place, module.folder.count("/"), module.folder

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """Folders of modules between which nothing but a name decides."""
        if len(self._candidates) < 2:
            return ()
        first, second = (self._name_order(item)[0] for item in self._candidates[:2])
        return () if first < second else tuple(item.folder or "." for item in self._candidates)

    @cached_property
    def main(self) -> Hit | None:
        """The entry of the module that runs."""
        own = [hit for hit in self.mains if self._owner(hit.path) is self.module]
        declared = self.main_class_declared
        if declared:
            stem = declared.rpartition(".")[2].removesuffix("Kt")
            own.sort(key=lambda hit: hit.path.rpartition("/")[2].partition(".")[0] != stem)
        else:
            own.sort(
                key=lambda hit: (
                    not re.search(r"(?i)(?:^|/)\w*(main|app|application|server)\.\w+$", hit.path)
                )
            )
        return own[0] if own else None

    @cached_property
    def main_class_declared(self) -> str | None:
        """The class that the build names as its entry."""
        found = re.search(
            r"<(?:mainClass|start-class|exec\.mainClass|main\.class|main\.verticle)>\s*([\w.]+)\s*<|mainClass(?:Name)?(?:\.set\(|\s*=\s*)\s*[\"']([\w.]+)|"
            r"[\"']Main-Class[\"']\s*(?:[:=]|to)\s*[\"']([\w.]+)|mainClass\s*:=\s*Some\(\s*\"([\w.]+)",
            self.module.text,
        )
        return next((group for group in found.groups() if group), None) if found else None

    @cached_property
    def main_class(self) -> str | None:
        """The fully qualified name of the entry's class."""
        if self.main_class_declared:
            return self.main_class_declared
        if self.main is None:
            return None
        text = next((text for path, text in self.code.files if path == self.main.path), "")
        package = re.search(r"(?m)^[ \t]*package\s+([\w.]+)", text)
        stem = self.main.path.rpartition("/")[2].partition(".")[0]
        if self.main.path.endswith(".kt") and "@JvmStatic" not in self.main[0]:
            stem += "Kt"
        if self.main.path.endswith(".scala"):
            named = re.search(r"\bobject\s+(\w+)|@main\s+def\s+(\w+)", text)
            stem = (named.group(1) or named.group(2)) if named else stem
        return f"{package.group(1)}.{stem}" if package else stem

    def listed(self, *prefixes: str) -> Dependency | None:
        """The first package for production whose `group:name` begins with one of these."""
        for prefix in prefixes:
            for name, entry in self.dependencies.items():
                if name.startswith(prefix) and not entry.dev:
                    return entry
        return None

    @cached_property
    def language(self) -> str:
        """By the number of source files, of the module that runs first."""
        counts: dict[str, int] = {}
        inside = [path for path, _ in self.code.files if self._owner(path) is self.module]
        for path in inside or [path for path, _ in self.code.files]:
            language = SUFFIXES["." + path.rpartition(".")[2]]
            counts[language] = counts.get(language, 0) + 1
        if counts:
            return max(counts, key=lambda name: (counts[name], name == "java"))
        if self.build.tool in {"sbt", "mill"}:
            return "scala"
        kotlin = any(
            "kotlin" in plugin for module in self.build.modules for plugin in module.plugins
        )
        return "kotlin" if kotlin else "java"

    @property
    def language_confidence(self) -> float:
        return 0.96 if self.code.files else LIKELY

    def reads_port(self) -> str | None:
        """Where the code or its configuration takes the port from `PORT`."""
        found = self.code.where(
            r"(?:getenv\(\)?|sys\.env|getOrDefault|env)\W{0,12}\"PORT\"|getenv\(\)\[\"PORT\"\]|\$\{\??PORT\b"
        )
        if found:
            return found
        for name in (
            "application.conf",
            "application.yaml",
            "application.yml",
            "application.properties",
            "reference.conf",
        ):
            for path in self.tree.named(name):
                if self.tree.search(path, r"\$\{?\??:?PORT\b"):
                    return self.tree.where(path, "PORT")
        return None

    def literal_port(self) -> int | None:
        """A port that the code itself names."""
        found = self.code.first(
            r"(?i)(?:\bport\b\W{0,12}|\blisten\(\s*|\bstart\(\s*|Port\(\s*|"
            r"InetSocketAddress\(\s*(?:\"[^\"]*\",\s*)?|"
            r"getOrElse\(\s*|\?:\s*\"?|port\"[ ,:]+\"?)(\d{4,5})\b"
        )
        number = int(found[1]) if found else 0
        return number if 1023 < number < 65536 else None
