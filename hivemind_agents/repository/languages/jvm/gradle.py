"""build.gradle and build.gradle.kts, with their modules and version catalogue, read as text."""

import re

from hivemind_agents.repository.facts import SURE, Dependencies, Dependency, Fact
from hivemind_agents.repository.languages.jvm.build import Build
from hivemind_agents.repository.readers.structured import read_toml, table, text_of
from hivemind_agents.repository.tree import FileTree

_APPLICATION = re.compile(
    r"org\.springframework\.boot|io\.ktor\.plugin|io\.quarkus|io\.micronaut\.application|[\"'`(\s]application[\"'`)\s]|shadow|mainClass|ktor"
)


def read(tree: FileTree) -> Build | None:
    """Read the root's script and its modules'."""
    settings = tree.has("settings.gradle", "settings.gradle.kts")
    root = tree.has("build.gradle", "build.gradle.kts") or settings
    if root is None:
        return None
    runner = "./gradlew" if "gradlew" in tree else "gradle"
    scripts = [root] if root != settings else []
    included = re.findall(r"[\"']:?([\w:/.-]+)[\"']", " ".join(re.findall(r"(?m)^\s*include\s*\(?([^\n]*)", tree.text(settings or "") or "")))
    for name in included[:40]:
        folder = name.strip(":").replace(":", "/")
        script = tree.has(f"{folder}/build.gradle", f"{folder}/build.gradle.kts")
        if script:
            scripts.append(script)
    texts = [(path, _uncommented(tree.text(path) or "")) for path in scripts]
    dependencies = Dependencies([item for path, text in texts for item in _dependencies(tree, path, text)] + _catalogue(tree, texts))
    plugins = {name for _, text in texts for name in _plugins(text)} | _catalogue_plugins(tree, texts)
    script, text = _main_script(texts) if texts else (root, "")
    module = script.rpartition("/")[0]
    prefix = f"{module}/" if module else ""
    named = re.search(r"rootProject\.name\s*=\s*[\"']([^\"']+)", tree.text(settings or "") or "")
    name = module.rsplit("/", 1)[-1] if module else named.group(1) if named else tree.name
    main = re.search(r"(?:mainClassName|mainClass(?:\.set\()?)\s*=?\s*\(?\s*[\"']([\w.$]+)[\"']", text)
    stage = re.search(r"task\s+stage|tasks\.register\(\s*[\"']stage[\"']|create\(\s*[\"']stage[\"']", text)
    task = f":{module.replace('/', ':')}:" if module else ""
    version = next((found for path, body in [(script, text), *texts] if (found := _version(tree, path, body))), None)
    goal = f"{task}stage" if stage else f"{task}build -x test"
    return Build(
        manager="gradle", manifest=root, dependencies=dependencies, plugins=frozenset(plugins), version=version,
        name=name, commands=(f"{runner} {goal}",), artifact=f"{prefix}build/libs/*.jar", module=module,
        main_class=main.group(1) if main else None, texts=tuple(body for _, body in texts),
        packaging="war" if re.search(r"(?:id|plugin:)\s*\(?[\"']war[\"']", text) else "jar",
    )  # fmt: skip


def _uncommented(text: str) -> str:
    return re.sub(r"(?m)^\s*//.*$", "", re.sub(r"/\*.*?\*/", "", text, flags=re.S))


def _main_script(texts: list[tuple[str, str]]) -> tuple[str, str]:
    for path, text in texts:
        if re.search(r"(?s)plugins\s*\{.*?\}", text) and re.search(
            r"org\.springframework\.boot[\"')]+(?!.*apply\s+false)|io\.ktor\.plugin|io\.quarkus|micronaut\.application", text
        ):
            return path, text
    for path, text in texts:
        if _APPLICATION.search(text):
            return path, text
    return texts[0]


def _dependencies(tree: FileTree, path: str, text: str) -> list[Dependency]:
    found = []
    for entry in re.finditer(
        r"(?m)^\s*(\w*[iI]mplementation|api|compile|runtime|runtimeOnly|compileOnly|developmentOnly|providedRuntime|kapt|annotationProcessor|\w*[tT]est\w*)"
        r"\s*\(?\s*(?:enforcedPlatform\(|platform\()?\s*[\"']([\w.-]+:[\w.-]+)(?::([^\"']+))?[\"']", text,
    ):  # fmt: skip
        dev = bool(re.search(r"(?i)test|annotation|kapt|compileOnly", entry.group(1)))
        found.append(Dependency(entry.group(2), entry.group(3) or "", tree.where(path, entry.group(2)), dev=dev))
    for entry in re.finditer(r"group:\s*[\"']([\w.-]+)[\"']\s*,\s*name:\s*[\"']([\w.-]+)[\"']", text):
        found.append(Dependency(f"{entry.group(1)}:{entry.group(2)}", "", tree.where(path, entry.group(2))))
    return found


def _catalogue(tree: FileTree, texts: list[tuple[str, str]]) -> list[Dependency]:
    """Libraries of `libs.versions.toml` that a script uses."""
    path = "gradle/libs.versions.toml"
    used = {name.replace("-", ".") for _, text in texts for name in re.findall(r"\blibs\.([\w.]+)", text)}
    found = []
    for alias, entry in table(read_toml(tree, path).get("libraries")).items():
        module = text_of(table(entry).get("module")) or text_of(entry) or ""
        if not module and table(entry).get("group"):
            module = f"{table(entry).get('group')}:{table(entry).get('name')}"
        name = ":".join(module.split(":")[:2])
        if name and re.sub(r"[-_]", ".", alias) in used:
            found.append(Dependency(name, "", tree.where(path, alias), dev="test" in alias))
    return found


def _catalogue_plugins(tree: FileTree, texts: list[tuple[str, str]]) -> set[str]:
    used = {name for _, text in texts for name in re.findall(r"\blibs\.plugins\.([\w.]+)", text)}
    found = set()
    for alias, entry in table(read_toml(tree, "gradle/libs.versions.toml").get("plugins")).items():
        plugin = text_of(table(entry).get("id")) or (text_of(entry) or "").split(":")[0]
        if plugin and re.sub(r"[-_]", ".", alias) in used:
            found.add(plugin)
    return found


def _plugins(text: str) -> list[str]:
    names = re.findall(r"\bid\s*\(?\s*[\"']([\w.-]+)[\"']", text) + re.findall(r"apply plugin:\s*[\"']([\w.-]+)[\"']", text)
    block = re.search(r"plugins\s*\{(.*?)\}", text, re.S)
    names += re.findall(r"(?m)^\s*`?([\w-]+)`?\s*$", block.group(1)) if block else []
    names += ["org.jetbrains.kotlin.jvm"] if re.search(r"kotlin\(\s*\"jvm\"", text) else []
    return names


def _version(tree: FileTree, path: str, text: str) -> Fact[str] | None:
    for pattern in (
        r"JavaLanguageVersion\.of\(\s*(\d+)\s*\)", r"jvmToolchain\(\s*(\d+)\s*\)",
        r"(?:source|target)Compatibility\s*=?\s*\(?\s*(?:JavaVersion\.VERSION_|[\"']?)([\d._]+)",
        r"jvmTarget\s*(?:=|\.set\()\s*(?:JvmTarget\.JVM_|[\"'])([\d._]+)",
    ):  # fmt: skip
        found = re.search(pattern, text)
        if found:
            return Fact(found.group(1).replace("_", "."), SURE, (tree.where(path, found.group(0)),))
    return None


