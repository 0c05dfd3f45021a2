"""railway.json and railway.toml."""

from hivemind_agents.repository.facts import CERTAIN, SURE, Fact
from hivemind_agents.repository.platforms import Declared
from hivemind_agents.repository.readers.structured import read_json, read_toml, table, text_of
from hivemind_agents.repository.tree import FileTree


def detect(tree: FileTree) -> Declared | None:
    path = tree.has("railway.json", "railway.toml")
    if path is None:
        return None
    content = read_json(tree, path) if path.endswith("json") else read_toml(tree, path)
    deploy, build = table(content.get("deploy")), table(content.get("build"))
    processes = {}
    for key, name in (("startCommand", "web"), ("preDeployCommand", "release")):
        value = deploy.get(key)
        command = " && ".join(value) if isinstance(value, list) and all(
            isinstance(item, str) for item in value) else text_of(value)  # fmt: skip
        if command:
            processes[name] = Fact(command, CERTAIN, (tree.where(path, key),))
    built = text_of(build.get("buildCommand"))
    health = text_of(deploy.get("healthcheckPath"))
    return Declared(
        source="railway",
        processes=processes,
        build=(built,) if built else (),
        health_path=Fact(health, SURE, (tree.where(path, "healthcheckPath"),)) if health else None,
    )
