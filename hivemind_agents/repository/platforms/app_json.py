"""app.json: Heroku's add-ons, variables and buildpacks."""

from hivemind_agents.repository.facts import SURE, Fact
from hivemind_agents.repository.platforms import Declared, clocked, services
from hivemind_agents.repository.readers.environment import NAME, Use
from hivemind_agents.repository.readers.structured import items, read_json, table, text_of
from hivemind_agents.repository.tree import FileTree


def detect(tree: FileTree) -> Declared | None:
    content = read_json(tree, "app.json")
    if not content or "expo" in content:
        return None
    addons = [
        text_of(table(item).get("plan")) or text_of(item) or ""
        for item in items(content.get("addons"))
    ]
    env = []
    sets = {}
    for name, value in table(content.get("env")).items():
        if not NAME.match(str(name)):
            continue
        settings = table(value)
        default = text_of(value) or text_of(settings.get("value"))
        if default is not None:
            sets[name] = default
        given = default is not None or settings.get("generator") is not None
        needed = settings.get("required", True) is not False
        where = tree.where("app.json", f'"{name}"')
        env.append(
            Use(name, where, default, demanded=needed and not given, optional=given or not needed)
        )
    scripts = table(content.get("scripts"))
    release = text_of(scripts.get("postdeploy"))
    processes = (
        {"postdeploy": Fact(release, SURE, (tree.where("app.json", "postdeploy"),))}
        if release
        else {}
    )
    jobs = [table(item) for item in items(content.get("cron"))]
    schedules, notes = clocked(
        ((None, text_of(job.get("command")), text_of(job.get("schedule"))) for job in jobs),
        "app.json",
    )
    return Declared(
        source="app_json",
        schedules=schedules,
        notes=notes,
        processes=processes,
        services=services((name, tree.where("app.json", name)) for name in addons),
        env=tuple(env),
        sets=sets,
    )
