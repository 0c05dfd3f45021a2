"""railpack.json: start command, packages, provider."""

from hivemind_agents.repository.facts import CERTAIN, Fact
from hivemind_agents.repository.platforms import Declared
from hivemind_agents.repository.readers.structured import items, read_json, table, text_of
from hivemind_agents.repository.tree import FileTree

PATH = "railpack.json"
PROVIDERS = {"golang": "go", "go": "go", "node": "node", "python": "python", "php": "php",
             "ruby": "ruby", "rust": "rust", "java": "java", "elixir": "elixir", "deno": "deno",
             "staticfile": "static", "shell": "shell", "dotnet": "dotnet", "gleam": "gleam",
             "cpp": "cpp"}  # fmt: skip


def detect(tree: FileTree) -> Declared | None:
    content = read_json(tree, PATH)
    if not content:
        return None
    deploy = table(content.get("deploy"))
    command = text_of(deploy.get("startCommand"))
    provider = PROVIDERS.get(text_of(content.get("provider")) or "")
    packages = [*items(content.get("buildAptPackages")), *items(deploy.get("aptPackages"))]
    return Declared(
        source="railpack",
        processes={"web": Fact(command, CERTAIN, (tree.where(PATH, "startCommand"),))}
        if command
        else {},
        language=Fact(provider, CERTAIN, (tree.where(PATH, "provider"),)) if provider else None,
        system_packages=tuple(item for item in packages if isinstance(item, str)),
    )
