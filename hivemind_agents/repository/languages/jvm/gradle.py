"""Gradle, in Groovy or Kotlin: what can be read off its scripts without running them."""

import re
from collections.abc import Iterator

from hivemind_agents.repository.facts import Dependency
from hivemind_agents.repository.languages.jvm.build import Build, Module
from hivemind_agents.repository.readers.code import without_comments
from hivemind_agents.repository.readers.structured import read_toml, table, text_of
from hivemind_agents.repository.tree import FileTree

CATALOG = "gradle/libs.versions.toml"
_PRODUCTION = re.compile(
    r"(?:implementation|api|compile|runtimeOnly|runtime|compileOnly|providedCompile|"
    r"providedRuntime|\w*[mM]ainImplementation)"
)
_SCOPE = r"(?m)^[ \t]*(?P<scope>[a-zA-Z]\w*)[ (]+(?:platform\(|enforcedPlatform\()?\s*"
_COORDINATES = re.compile(
    _SCOPE + r"[\"'](?P<group>[\w.${}-]+):(?P<name>[\w.${}-]+)(?::[^\"'@]*)?[\"'@]"
)
_MAP = re.compile(
    _SCOPE + r"group\s*[:=]\s*[\"'](?P<group>[\w.-]+)[\"'],\s*name\s*[:=]\s*[\"'](?P<name>[\w.-]+)"
)
_CATALOG_USE = re.compile(_SCOPE + r"(?P<catalog>libs|ktorLibs|mn)\.(?P<alias>[\w.]+)")
_PLUGINS = re.compile(
    r"\bid[\s(]+[\"']([\w.-]+)[\"']|apply\s*\(?\s*plugin\s*[:=]\s*[\"']([\w.-]+)[\"']|"
    r"alias\(\s*\w+\.plugins\.([\w.]+)"
)
_KOTLIN_PLUGIN = re.compile(r"\bkotlin\(\"([\w.-]+)\"\)")
_BARE = re.compile(r"`?\b(application|java|war|java-library|groovy|scala)\b`?")
_NO_PACKAGE = {"id", "classpath", "exclude", "url", "mavenBom", "because", "group", "version"}


def read_gradle(tree: FileTree) -> Build | None:
    """The build of the root, and of the projects that its settings include."""
    manifest = tree.has(
        "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"
    )
    if manifest is None:
        return None
    settings_path = tree.has("settings.gradle", "settings.gradle.kts")
    settings = without_comments(tree.text(settings_path) or "") if settings_path else ""
    named = re.search(r"rootProject\.name\s*=\s*[\"']([^\"']+)", settings)
    catalog = _catalog(tree)
    root = _module(tree, "", named.group(1) if named else tree.name, catalog, "")
    shared = "\n".join(_shared(root.text))
    modules = [root]
    modules += [
        _module(tree, folder, folder.rpartition("/")[2], catalog, shared)
        for folder in _included(settings)[:60]
    ]
    command = "./gradlew" if "gradlew" in tree else "gradle"
    return Build(tool="gradle", manifest=manifest, command=command, modules=tuple(modules))


def _included(settings: str) -> list[str]:
    """Folders of the included projects."""
    found: list[str] = []
    for block in re.finditer(
        r"(?m)^[ \t]*include\s*\(?((?:\s*[\"'][^\"'\n]+[\"']\s*,?)+)", settings
    ):
        for name in re.findall(r"[\"']([^\"']+)[\"']", block.group(1)):
            path = name.strip(":")
            moved = re.search(
                rf"project\([\"']:?{re.escape(path)}[\"']\)\.projectDir\s*=\s*"
                r"(?:new\s+)?[Ff]ile\([^\"']*[\"']([^\"']+)",
                settings,
            )
            found.append(moved.group(1).strip("./") if moved else path.replace(":", "/"))
    return [folder for folder in dict.fromkeys(found) if folder]


def _shared(text: str) -> Iterator[str]:
    """What the root says of all projects."""
    for found in re.finditer(r"\b(?:subprojects|allprojects)\s*\{", text):
        depth, start = 0, found.end() - 1
        for position in range(start, min(len(text), start + 20_000)):
            depth += {"{": 1, "}": -1}.get(text[position], 0)
            if depth == 0:
                yield text[start:position]
                break


def _module(tree: FileTree, folder: str, name: str, catalog: dict[str, str], shared: str) -> Module:
    prefix = f"{folder}/" if folder else ""
    path = tree.has(f"{prefix}build.gradle", f"{prefix}build.gradle.kts", f"{prefix}{name}.gradle")
    text = without_comments(tree.text(path) or "") if path else ""
    whole = f"{text}\n{shared}"
    version = re.search(r"(?m)^[ \t]*version\s*=?\s*[\"']([^\"'$]+)[\"']", whole)
    plugins = _plugins(whole, catalog)
    return Module(
        folder=folder,
        name=name,
        manifest=path or "settings.gradle",
        text=whole,
        version=version.group(1) if version else None,
        packaging="war" if "war" in plugins else "jar",
        plugins=plugins,
        listed=tuple(_dependencies(tree, path or "", whole, catalog)),
    )


def _plugins(text: str, catalog: dict[str, str]) -> frozenset[str]:
    """Ids of the plugins that are applied, not only made known (`apply false`)."""
    applied = re.sub(r"(?m)^.*\bapply\s*\(?\s*false.*$", "", text)
    found: set[str] = set()
    for identifier, older, alias in _PLUGINS.findall(applied):
        if alias:
            found.add(catalog.get(f"plugin:{_alias(alias)}", alias))
        else:
            found.add(identifier or older)
    found |= {f"org.jetbrains.kotlin.{name}" for name in _KOTLIN_PLUGIN.findall(applied)}
    block = re.search(r"\bplugins\s*\{([^}]*)\}", applied)
    if block:
        found |= set(_BARE.findall(re.sub(r"\([^)]*\)|[\"'][^\"']*[\"']", "", block.group(1))))
    return frozenset(found)


def _dependencies(
    tree: FileTree, path: str, text: str, catalog: dict[str, str]
) -> Iterator[Dependency]:
    for pattern in (_COORDINATES, _MAP):
        for found in pattern.finditer(text):
            if found.group("scope") in _NO_PACKAGE:
                continue
            name = re.sub(r"_(?:2\.\d+|3|\$\{?\w+\}?)$", "", found.group("name"))
            whole = f"{found.group('group')}:{name}"
            yield _dependency(tree, path, found.group("scope"), whole, found.group("name"))
    for found in _CATALOG_USE.finditer(text):
        alias = _alias(found.group("alias"))
        if found.group("catalog") == "ktorLibs":
            names = [f"io.ktor:ktor-{alias.replace('.', '-')}"]
        elif found.group("catalog") == "mn":
            names = [f"io.micronaut:{alias.replace('.', '-')}"]
        else:
            bundle = catalog.get(f"bundle:{alias.removeprefix('bundles.')}", "")
            names = catalog.get(alias, "").split() or bundle.split()
        for name in names:
            yield _dependency(tree, path, found.group("scope"), name, found.group("alias"))


def _dependency(tree: FileTree, path: str, scope: str, name: str, needle: str) -> Dependency:
    production = _PRODUCTION.fullmatch(scope) is not None
    return Dependency(name, "", tree.where(path, needle), dev=not production)


def _alias(alias: str) -> str:
    """An alias as scripts write it: dots for every separator."""
    return re.sub(r"[-_]", ".", alias).removesuffix(".get")


def _catalog(tree: FileTree) -> dict[str, str]:
    """By alias: `group:name`; a plugin's id (`plugin:`); several packages (`bundle:`)."""
    content = read_toml(tree, CATALOG)
    found: dict[str, str] = {}
    for alias, value in table(content.get("libraries")).items():
        entry = table(value)
        whole = text_of(value) or text_of(entry.get("module"))
        if whole is None and entry.get("group") and entry.get("name"):
            whole = f"{entry['group']}:{entry['name']}"
        if whole:
            found[_alias(alias)] = ":".join(whole.split(":")[:2])
    for alias, value in table(content.get("plugins")).items():
        name = text_of(value) or text_of(table(value).get("id"))
        if name:
            found[f"plugin:{_alias(alias)}"] = name.split(":")[0]
    for alias, value in table(content.get("bundles")).items():
        if isinstance(value, list):
            names = [found.get(_alias(item), "") for item in value if isinstance(item, str)]
            found[f"bundle:{_alias(alias)}"] = " ".join(name for name in names if name)
    return found
