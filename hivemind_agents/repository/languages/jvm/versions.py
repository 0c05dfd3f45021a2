"""The version of Java asked for, and the tool that builds."""

import re

from hivemind_agents.repository.facts import CERTAIN, SURE, Fact
from hivemind_agents.repository.languages.jvm.build import Build
from hivemind_agents.repository.readers.versions import plain_version_file, tool_version
from hivemind_agents.repository.tree import FileTree

_POM = (
    r"<java\.version>\s*([\d.]+)\s*<",
    r"<maven\.compiler\.release>\s*([\d.]+)\s*<",
    r"<release>\s*([\d.]+)\s*</release>",
    r"<maven\.compiler\.target>\s*([\d.]+)\s*<",
    r"<maven\.compiler\.source>\s*([\d.]+)\s*<",
    r"<target>\s*([\d.]+)\s*</target>",
    r"<source>\s*([\d.]+)\s*</source>",
    r"<jdk\.version>\s*([\d.]+)\s*<",
    r"<jvmTarget>\s*([\d.]+)\s*<",
)
_GRADLE = (
    r"JavaLanguageVersion\.of\(\s*[\"']?(\d+)",
    r"jvmToolchain\(\s*(\d+)",
    r"jdkToolchain\D{0,20}(\d+)",
    r"options\.release(?:\.set\(|\s*=\s*)(\d+)",
    r"sourceCompatibility\s*=?\s*[\"']?(?:JavaVersion\.VERSION_|JavaVersion\.toVersion\([\"'])?([\d._]+)",
    r"targetCompatibility\s*=?\s*[\"']?(?:JavaVersion\.VERSION_)?([\d._]+)",
    r"jvmTarget\s*=\s*[\"']([\d.]+)",
    r"JvmTarget\.JVM_(\d+)",
)
_SBT = (r"-(?:release|target)[\"':, ]+(?:jvm-)?(\d[\d.]*)",)


def java_version(tree: FileTree, build: Build) -> Fact[str] | None:
    """Version files, then the build's own words."""
    found = tree.search("system.properties", r"(?m)^[ \t]*java\.runtime\.version\s*[=:]\s*(\S+)")
    if found:
        return Fact(found.group(1), CERTAIN, (tree.where("system.properties", found.group(0)),))
    plain = plain_version_file(tree, ".java-version") or tool_version(tree, "java")
    if plain:
        return Fact(_number(plain.value), plain.confidence, plain.evidence)
    found = tree.search(".sdkmanrc", r"(?m)^[ \t]*java\s*=\s*([\d.]+)")
    if found:
        return Fact(found.group(1), CERTAIN, (tree.where(".sdkmanrc", found.group(0)),))
    patterns = {"maven": _POM, "gradle": _GRADLE, "sbt": _SBT}.get(build.tool or "", ())
    for pattern in patterns:
        for module in build.modules:
            match = re.search(pattern, module.text)
            if match:
                value = match.group(1).replace("_", ".")
                return Fact(value, SURE, (tree.where(module.manifest, re.compile(pattern)),))
    return None


def _number(version: str) -> str:
    """`temurin-21.0.2+13` is 21.0.2."""
    found = re.search(r"\d[\d.]*", version)
    return found.group(0).rstrip(".") if found else version


def package_manager(build: Build) -> Fact[str] | None:
    return Fact(build.tool, CERTAIN, (build.manifest,)) if build.tool else None
