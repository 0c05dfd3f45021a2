"""The package.json files of an application: scripts, packages, members of a workspace."""

import json
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hivemind_agents.building.files import Files, text_of
from hivemind_agents.repository.readers.structured import items, table
from hivemind_agents.repository.readers.structured import text_of as word_of

# Programs that are not called as their packages are.
PROGRAMS = {
    "typescript": ("tsc",), "@babel/node": ("babel-node",), "@babel/cli": ("babel",),
    "babel-cli": ("babel", "babel-node"), "@nestjs/cli": ("nest",), "@angular/cli": ("ng",),
    "@vue/cli-service": ("vue-cli-service",), "sequelize-cli": ("sequelize",),
    "ts-node-dev": ("tsnd",), "dotenv-cli": ("dotenv",), "webpack-cli": ("webpack",),
    "@remix-run/serve": ("remix-serve",), "@remix-run/dev": ("remix",),
    "@react-router/serve": ("react-router-serve",), "@react-router/dev": ("react-router",),
    "@strapi/strapi": ("strapi",), "pm2": ("pm2-runtime",), "fastify-cli": ("fastify",),
    "@swc/cli": ("swc",), "@swc-node/register": (), "mikro-orm": ("mikro-orm",),
    "@mikro-orm/cli": ("mikro-orm",), "@adonisjs/cli": ("adonis",), "nuxt": ("nuxi", "nuxt"),
    "nuxt3": ("nuxi", "nuxt"), "parcel-bundler": ("parcel",), "sirv-cli": ("sirv",),
    "npm-run-all": ("run-s", "run-p", "npm-run-all"), "@medusajs/cli": ("medusa",),
    "@redwoodjs/core": ("rw", "redwood"), "@keystone-6/core": ("keystone",),
    "esno": ("esno", "tsx"),
    "@sveltejs/kit": ("svelte-kit",), "node-pg-migrate": ("node-pg-migrate",),
}  # fmt: skip
_LIFECYCLE = ("preinstall", "install", "postinstall", "prepublish", "prepare")
# Lifecycle scripts that look at nothing but packages, patches and schemas.
_HARMLESS = re.compile(
    r"^(?:(?:npx\s+)?(?:husky(?:\s+install)?|patch-package|is-ci.*|only-allow \w+|simple-git-hooks|"
    r"lefthook install|prisma generate(?:\s+--\S+)*|opencollective.*|echo\b.*|exit 0|true)"
    r"(?:\s*(?:\|\||&&|;)\s*(?=\S)|\s*$))+$"
)


@dataclass(frozen=True)
class Manifests:
    """What recipes read of package.json files. `files`: names that know their texts."""

    files: Iterable[str]

    @cached_property
    def folders(self) -> list[str]:
        """Folders with a manifest, the root as the empty text, shallow ones first."""
        found = [
            name.rpartition("/")[0] for name in self.files
            if name.rpartition("/")[2] == "package.json" and "node_modules/" not in name
        ]  # fmt: skip
        return sorted(found, key=lambda folder: (folder.count("/") + bool(folder), folder))

    def read(self, folder: str) -> dict[str, Any]:
        """The manifest of a folder; empty where there is none that can be read."""
        known: dict[str, dict[str, Any]] = self.__dict__.setdefault("_read", {})
        if folder not in known:
            text = text_of(self.files, posixpath.join(folder, "package.json"))
            try:
                known[folder] = table(json.loads(text)) if text else {}
            except ValueError:
                known[folder] = {}
        return known[folder]

    def has(self, folder: str, name: str) -> bool:
        return posixpath.join(folder, name) in set(self.files)

    def script(self, folder: str, name: str) -> str | None:
        return word_of(table(self.read(folder).get("scripts")).get(name))

    def joined(self, folder: str, path: str) -> str:
        joined = posixpath.normpath(posixpath.join(folder, path))
        return "" if joined == "." else joined

    def relative(self, folder: str, target: str) -> str:
        return posixpath.relpath(target or ".", folder or ".")

    def member(self, named: str) -> str | None:
        """The folder of a workspace's member, by its folder or its name."""
        clean = named.strip("'\"").removeprefix("./").rstrip("/").removesuffix("...")
        for folder in self.folders:
            if clean in {folder, word_of(self.read(folder).get("name"))}:
                return folder
        return next((one for one in self.folders if one.rpartition("/")[2] == clean), None)

    @cached_property
    def members(self) -> frozenset[str]:
        """Folders of the workspace's members."""
        listed = self.read("").get("workspaces")
        globs = list(items(listed) or items(table(listed).get("packages")))
        text = text_of(self.files, "pnpm-workspace.yaml") or ""
        globs += re.findall(r"(?m)^\s+-\s*['\"]?([^'\"#\s]+)", text)
        patterns = [
            re.compile(
                re.escape(str(one).removeprefix("./").strip("/"))
                .replace(r"\*\*", ".+").replace(r"\*", "[^/]+")
            )
            for one in globs if not str(one).startswith("!")
        ]  # fmt: skip
        return frozenset(
            folder for folder in self.folders
            if folder and any(pattern.fullmatch(folder) for pattern in patterns)
        )  # fmt: skip

    def packages(self, folder: str, *, dev: bool | None = None) -> dict[str, str]:
        """Package to range; `dev` limits it to one kind."""
        manifest = self.read(folder)
        kinds = {
            True: ("devDependencies",),
            False: ("dependencies", "optionalDependencies"),
            None: ("devDependencies", "dependencies", "optionalDependencies"),
        }[dev]
        return {
            str(name): str(spec)
            for kind in kinds
            for name, spec in table(manifest.get(kind)).items()
        }

    def provides(self, folder: str, program: str) -> bool:
        """Whether a package of the folder or of the root has the program."""
        named = {**self.packages(""), **self.packages(folder)}
        return any(program in {name, *programs_of(name)} for name in named)

    def developed(self, folders: Iterable[str]) -> dict[str, str]:
        """Program or package name to package, of those listed for development alone."""
        found: dict[str, str] = {}
        for folder in {"", *folders}:
            runtime = {**self.packages("", dev=False), **self.packages(folder, dev=False)}
            for name in self.packages(folder, dev=True):
                if name not in runtime:
                    found.update(dict.fromkeys((name, *programs_of(name)), name))
        # One that is for production as well has its program either way.
        for folder in {"", *folders}:
            for name in self.packages(folder, dev=False):
                for program in (name, *programs_of(name)):
                    found.pop(program, None)
        return found

    @cached_property
    def deciding_scripts(self) -> tuple[str, ...]:
        """Lifecycle scripts of the application's own manifests that may read any file."""
        return tuple(
            script
            for folder in self.folders
            for name in _LIFECYCLE
            if (script := self.script(folder, name)) and not _HARMLESS.match(script.strip())
        )

    def inside(self, folder: str) -> "Manifests":
        """The same, as seen from a folder that is no workspace's member."""
        if not folder:
            return self
        prefix = folder.removeprefix("./").rstrip("/") + "/"
        return Manifests(
            Files.of(
                {
                    name.removeprefix(prefix): text_of(self.files, name) or ""
                    for name in self.files
                    if name.startswith(prefix) and "node_modules/" not in name
                    and name.count("/") < prefix.count("/") + 2
                }
            )
        )  # fmt: skip

    @property
    def manager(self) -> tuple[str, str]:
        """(name, version) of `packageManager`; empty texts where nothing is said."""
        stated = word_of(self.read("").get("packageManager")) or ""
        name, _, version = stated.partition("+")[0].partition("@")
        return name, version


def programs_of(package: str) -> tuple[str, ...]:
    """The programs that a package brings, as far as its name or our table tells."""
    return PROGRAMS.get(package, (package.rpartition("/")[2],))
