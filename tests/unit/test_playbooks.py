"""Playbooks, their metas and the roles' specs agree with one another."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from hivemind_agents import catalog, engine

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOKS = ROOT / "playbooks"
ROLES = ROOT / "roles"
VERBS = sorted(path.name.removesuffix(".meta.yml") for path in PLAYBOOKS.glob("*.meta.yml"))
# In a deploy, build makes the release and its number: nobody gives it.
MADE_BY_A_STAGE = {"release_number"}

pytestmark = pytest.mark.fast


def plays(verb: str) -> list[dict[str, Any]]:
    document = yaml.safe_load((PLAYBOOKS / f"{verb}.yml").read_text())
    assert isinstance(document, list)
    return document


def imported(verb: str) -> list[str]:
    """The verbs whose playbooks a playbook imports, in order."""
    return [
        str(play["ansible.builtin.import_playbook"]).removesuffix(".yml")
        for play in plays(verb)
        if "ansible.builtin.import_playbook" in play
    ]


@pytest.mark.parametrize("verb", VERBS)
def test_metas_are_well_formed(verb: str) -> None:
    """Each meta reads as a verb: agent, effect, summary, time limit, described options."""
    read = catalog.read(PLAYBOOKS / f"{verb}.meta.yml")

    assert verb == read.name
    assert read.summary.endswith(".")
    undescribed = [name for name, option in read.options.items() if not option.text]
    assert [] == undescribed
    assert [] == [name for name, output in read.outputs.items() if not output.description]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_but_bootstrap_is_about_a_deployment(verb: str) -> None:
    """`deployment_name` is required by every verb that works on one."""
    option = catalog.read(PLAYBOOKS / f"{verb}.meta.yml").options.get("deployment_name")

    assert (verb != "bootstrap") == (option is not None and option.required)


@pytest.mark.parametrize("verb", VERBS)
def test_defaults_are_among_the_choices(verb: str) -> None:
    """A default is a value that the verb accepts."""
    read = catalog.read(PLAYBOOKS / f"{verb}.meta.yml")

    wrong = [
        name
        for name, option in read.options.items()
        if option.choices and option.default is not None and option.default not in option.choices
    ]

    assert [] == wrong


def in_turn(place: str) -> list[str]:
    """The verbs that deploy's playbook runs where builds belong to `place`."""
    turn = re.compile(r"lookup\('hivemind_builder', hivemind_record\)\.place == '(\w+)'")
    return [
        str(play["ansible.builtin.import_playbook"]).removesuffix(".yml")
        for play in plays("deploy")
        if "when" not in play or turn.fullmatch(play["when"])[1] == place  # type: ignore[index]
    ]


@pytest.mark.parametrize("place", get_args(engine.Place))
def test_deploy_runs_its_stages_in_their_order(place: str) -> None:
    """The order stands in deploy.meta.yml, and the playbook follows it wherever builds run."""
    known = catalog.load(PLAYBOOKS)

    assert list(known.stages("deploy", builds_here=place == "controller")) == in_turn(place)


def test_where_no_builder_can_run_here_build_follows_provision() -> None:
    """No other stage moves."""
    known = catalog.load(PLAYBOOKS)
    here, there = known.stages("deploy"), known.stages("deploy", builds_here=False)

    assert there.index("build") == there.index("provision") + 1
    assert [s for s in here if s != "build"] == [s for s in there if s != "build"]


def test_deploy_takes_what_its_stages_take() -> None:
    """deploy's options are the union of its stages', word for word."""
    known = catalog.load(PLAYBOOKS)
    union: dict[str, catalog.Option] = {}
    different = []
    for stage in known["deploy"].stages:
        for name, option in known[stage].options.items():
            if name in MADE_BY_A_STAGE:
                continue
            if union.setdefault(name, option) != option:
                different.append(f"{stage}.{name}")

    assert [] == different
    assert union == known["deploy"].options


@pytest.mark.parametrize("verb", VERBS)
def test_each_play_begins_by_checking_the_verbs_arguments(verb: str) -> None:
    """The first play of a verb includes the shared beginning, under the verb's own name."""
    if imported(verb) and "ansible.builtin.import_playbook" in plays(verb)[0]:
        return
    first = plays(verb)[0]
    tasks = [*first.get("pre_tasks", []), *first.get("tasks", [])]

    assert "localhost" == first["hosts"]
    assert verb == first["vars"]["hivemind_verb"]
    assert tasks[0]["ansible.builtin.import_tasks"] in {"tasks/begin.yml", "tasks/arguments.yml"}


@pytest.mark.parametrize("verb", VERBS)
def test_a_play_that_is_part_of_a_verb_names_the_verb_around_it(verb: str) -> None:
    """Imported playbooks learn which verb was called: its arguments are those that may be given."""
    parts = [play for play in plays(verb) if "ansible.builtin.import_playbook" in play]

    assert [] == [play["name"] for play in parts if play["vars"].get("hivemind_outer_verb") != verb]


def roles() -> list[str]:
    return sorted(path.name for path in ROLES.iterdir() if path.is_dir())


@pytest.mark.parametrize("role", roles())
def test_specs_and_defaults_agree(role: str) -> None:
    """An option's default in the spec and in defaults/main.yml are the same name and value."""
    specs = yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text())
    specified = {
        name: option["default"]
        for entry in specs["argument_specs"].values()
        for name, option in entry.get("options", {}).items()
        if "default" in option
    }
    file = ROLES / role / "defaults" / "main.yml"
    defaults = (yaml.safe_load(file.read_text()) or {}) if file.exists() else {}

    assert specified == defaults


@pytest.mark.parametrize("role", roles())
def test_options_carry_the_roles_name(role: str) -> None:
    """What a role takes is named after it."""
    specs = yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text())
    names = [
        name for entry in specs["argument_specs"].values() for name in entry.get("options", {})
    ]

    assert [] == [name for name in names if not name.startswith(f"{role}_")]


@pytest.mark.parametrize("role", roles())
def test_every_entry_of_a_spec_is_a_task_file(role: str) -> None:
    """Whoever calls a role by `tasks_from` has its options checked."""
    specs = yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text())
    files = {path.stem for path in (ROLES / role / "tasks").glob("*.yml")}

    assert set() == set(specs["argument_specs"]) - files


@pytest.mark.parametrize("role", roles())
def test_a_roles_tag_reaches_all_its_tasks(role: str) -> None:
    """What carries a tag is imported: the tag of an include is not that of what it includes."""
    tasks = [
        task
        for path in sorted((ROLES / role / "tasks").glob("*.yml"))
        for task in yaml.safe_load(path.read_text()) or []
    ]
    included = [task for task in tasks if any("include_" in key for key in task)]

    assert [] == [task["name"] for task in included if "tags" in task]


def test_tasks_that_touch_secrets_are_not_logged() -> None:
    """A task that resolves a secret has `no_log`."""
    wrong = [
        f"{file.relative_to(ROOT)}: {task.strip().splitlines()[0]}"
        for file in [*ROLES.rglob("*.yml"), *PLAYBOOKS.rglob("*.yml")]
        for task in re.split(r"\n(?=\s*- name:)", file.read_text())
        if "lookup('hivemind_secret'" in task and "no_log:" not in task
    ]

    assert [] == wrong
