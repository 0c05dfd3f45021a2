"""Servers that a Node program makes itself: Express and its kin, told by use, not by listing."""

import re

from hivemind_agents.repository.facts import LIKELY, SURE, Match
from hivemind_agents.repository.languages.node.nx import built_program
from hivemind_agents.repository.languages.node.plain import LISTENS, start_of
from hivemind_agents.repository.languages.node.project import NodeProject
from hivemind_agents.repository.readers.environment import Use

# framework: (packages, how the code uses it, rank)
FRAMEWORKS: dict[str, tuple[tuple[str, ...], str, int]] = {
    "nest": (("@nestjs/core",), r"NestFactory\.", 78),
    "loopback": (("@loopback/core", "@loopback/rest", "loopback"), r"RestApplication|loopback", 75),
    "strapi": (("@strapi/strapi", "strapi"), r"", 76),
    "adonisjs": (("@adonisjs/core",), r"", 76),
    "feathers": (("@feathersjs/feathers", "@feathersjs/express"), r"feathers", 74),
    "keystone": (("@keystone-6/core",), r"", 76),
    "directus": (("directus",), r"", 60),
    "meteor": (("meteor-node-stubs",), r"", 60),
    "moleculer": (("moleculer-web",), r"", 70),
    "sails": (("sails",), r"sails", 74),
    "elysia": (("elysia",), r"new Elysia\(", 73),
    "hono": (("hono",), r"new (?:OpenAPI)?Hono\b", 72),
    "fastify": (("fastify",), r"[fF]astify\w*\(|from [\"']fastify[\"']|"
                              r"require\([\"']fastify[\"']\)", 71),
    "express": (("express",), r"\bexpress\(\)|from [\"']express[\"']|"
                              r"require\([\"']express[\"']\)", 70),
    "koa": (("koa",), r"new [kK]oa\w*\(|require\([\"']koa[\"']\)|from [\"']koa[\"']", 70),
    "hapi": (("@hapi/hapi", "hapi"), r"[hH]api\.[sS]erver|new Hapi", 70),
    "restify": (("restify",), r"restify\.createServer", 70),
    "polka": (("polka",), r"polka\(", 70),
    "graphql-yoga": (("graphql-yoga",), r"createYoga\(|new GraphQLServer\(|from [\"']graphql-yoga|"
                                        r"require\([\"']graphql-yoga", 66),
    "apollo": (("@apollo/server", "apollo-server"), r"new ApolloServer", 66),
    "micro": (("micro",), r"", 64),
    "probot": (("probot",), r"", 58),
    "functions-framework": (("@google-cloud/functions-framework",), r"", 56),
    "json-server": (("json-server",), r"", 50),
    "h3": (("h3",), r"createApp\(|new H3\(", 60),
    "grpc": (("@grpc/grpc-js", "grpc"), r"new (?:\w+\.)?Server\(", 42),
    "socket.io": (("socket.io",), r"new (?:\w+\.)?Server\(|require\([\"']socket\.io[\"']\)\(", 40),
}  # fmt: skip
_WHOLE = frozenset(
    {
        "meteor",
        "json-server",
        "strapi",
        "adonisjs",
        "keystone",
        "directus",
        "sails",
        "micro",
        "probot",
        "functions-framework",
        "loopback",
        "moleculer",
    }
)


def detect(project: NodeProject) -> Match | None:
    """The framework that the code reached from the entry uses to listen."""
    matches = [found for name in FRAMEWORKS if (found := _look(project, name))]
    return max(matches, key=lambda item: item.rank, default=None)


# Transports that listen for no one: they take messages from a broker.
_BROKERS = r"Transport\.(?:REDIS|NATS|MQTT|RMQ|KAFKA)\b"


def _takes_messages(project: NodeProject) -> str | None:
    """Where Nest makes a program without a server of its own."""
    if project.reaches(r"NestFactory\.create(?:<[\w, ]+>)?\("):
        return None
    return project.reaches(r"NestFactory\.createApplicationContext\(") or (
        project.reaches(r"NestFactory\.createMicroservice") and project.reaches(_BROKERS)
    )


def _look(project: NodeProject, name: str) -> Match | None:
    packages, usage, rank = FRAMEWORKS[name]
    listed = project.dependencies.runtime(*packages) or (
        project.dependencies.first(*packages)
        if name in {"nest", "hono", "express", "fastify"}
        else None
    )
    if listed is None:
        return None
    starts_itself = _starts_itself(project, name)
    used = project.reaches(usage) if usage else listed.where
    if used is None and starts_itself and name == "fastify":
        used = project.script_where("start")
    listens = project.reaches(LISTENS)
    if name == "nest":
        listens = listens or _takes_messages(project)
    if used is None and project.entry is None:
        used = project.search(usage)
        listens = listens or project.search(LISTENS)
    if used is None and listens is None:
        return None
    if used is None:
        used = project.search(usage)
    if used is None or (listens is None and name not in _WHOLE and not starts_itself):
        return None
    prefer = ("start:prod",) if name == "nest" else ()
    start, sure, where = start_of(project, prefer=prefer)
    if name == "nest" and (start is None or "start:prod" not in project.scripts):
        start, sure, where = _nest(project, start, sure, where)
    if name == "adonisjs" and (
        start is None or not re.search(r"build/", project.scripts.get("start", "") + start)
    ):
        start = "node build/bin/server.js"
    worker = _takes_messages(project) if name == "nest" else None
    processes = {"worker": start} if worker and start else {}
    if name == "adonisjs":
        processes["release"] = "node build/ace.js migration:run --force"
    return Match(
        framework=name,
        kind="worker" if worker else "web",
        kind_confidence=LIKELY if worker else SURE,
        rank=rank,
        confidence=SURE + (0.03 if listens or name in _WHOLE else 0),
        evidence=(listed.where, used),
        start=start,
        start_confidence=sure,
        start_evidence=(where,),
        port=_PORTS.get(name, 3000),
        build=_built_by_nx(project, start),
        processes=processes,
        env=_METEOR if name == "meteor" else (),
    )


def _built_by_nx(project: NodeProject, start: str | None) -> tuple[str, ...]:
    """The application's own build, where no script of the workspace makes what is started."""
    built = built_program(project)
    if built is None or start != f"node {built[1]}" or project.build:
        return ()
    return (project.exec(f"nx build {built[0]}"),)


# What a Meteor bundle stops without.
_METEOR = (
    Use("MONGO_URL", ".meteor/packages", demanded=True),
    Use("ROOT_URL", ".meteor/packages", demanded=True),
)
_PORTS = {
    "strapi": 1337,
    "adonisjs": 3333,
    "feathers": 3030,
    "sails": 1337,
    "grpc": 50051,
    "functions-framework": 8080,
}


def _starts_itself(project: NodeProject, name: str) -> bool:
    """Express generator's `bin/www`, fastify-cli: the listening is in a file of another kind."""
    start = project.scripts.get("start", "")
    return (
        "bin/www" in start
        or (name == "fastify" and "fastify start" in start)
        or (name == "hono" and bool(re.search(r"\bbun\b", start + project.manager.value)))
    )


def _nest(
    project: NodeProject, start: str | None, sure: float, where: str
) -> tuple[str | None, float, str]:
    if start is None or project.scripts.get("start", "").strip().startswith("nest start"):
        return "node dist/main", 0.85, where
    return start, sure, where
