"""The catalogue: what metas say, and arguments checked before anything runs."""

import jsonschema
import pytest

from hivemind_agents import catalog
from hivemind_agents.catalog import Option, Verb
from hivemind_agents.errors import HivemindError, PlaybookArgumentError, UserError

pytestmark = pytest.mark.fast

VERBS = catalog.load()
VERB = Verb(
    name="test",
    agent="conductor",
    effect="change",
    summary="Test.",
    timeout_minutes=1,
    options={
        "name": Option(required=True),
        "mode": Option(choices=("a", "b"), default="a"),
        "count": Option(type="int"),
        "on": Option(type="bool"),
        "tags": Option(type="list", elements="str"),
        "rules": Option(
            type="list",
            elements="dict",
            options={"port": Option(type="int", required=True), "who": Option()},
        ),
        "env": Option(type="dict"),
    },
)


@pytest.mark.parametrize("verb", list(VERBS), ids=lambda verb: verb.name)
def test_every_verb_of_the_product_is_a_tool(verb: Verb) -> None:
    """
    Each meta gives a valid JSON schema, an agent, and a word on every argument.
    """
    jsonschema.Draft202012Validator.check_schema(verb.json_schema())

    assert [] == [name for name, option in verb.options.items() if not option.text]
    assert [] == [stage for stage in verb.stages if stage not in VERBS]


@pytest.mark.parametrize(
    ("arguments", "problems"),
    [
        ({"name": "x"}, {}),
        ({}, {"name": "is required"}),
        ({"name": "x", "mode": "c"}, {"mode": "must be one of a, b"}),
        ({"name": "x", "count": "3"}, {"count": "must be of type int"}),
        ({"name": "x", "count": True}, {"count": "must be of type int"}),
        ({"name": "x", "on": "yes"}, {"on": "must be of type bool"}),
        ({"name": "x", "tags": ["a", 1]}, {"tags[1]": "must be of type str"}),
        ({"name": "x", "rules": [{"who": "a"}]}, {"rules[0].port": "is required"}),
        ({"name": "x", "rules": [{"port": 1, "hwo": "a"}]},
         {"rules[0].hwo": "is unknown (did you mean 'who'?)"}),
        ({"name": "x", "env": ["A"]}, {"env": "must be of type dict"}),
        ({"nmae": "x"}, {"nmae": "is unknown (did you mean 'name'?)", "name": "is required"}),
    ],
)  # fmt: skip
def test_every_problem_is_named(arguments, problems) -> None:
    """
    Types, choices, what is required, what is unknown, nested options: all at once.
    """
    found = {}
    try:
        VERB.check(arguments)
    except PlaybookArgumentError as error:
        found = error.problems

    assert problems == found


def test_what_the_check_refuses_the_schema_refuses_too() -> None:
    """
    A model that follows the schema is never surprised by the check.
    """
    validator = jsonschema.Draft202012Validator(VERB.json_schema())

    assert [True, False, False, False] == [
        validator.is_valid(arguments)
        for arguments in ({"name": "x", "mode": "b"}, {}, {"name": "x", "mode": "c"},
                          {"name": "x", "more": 1})
    ]  # fmt: skip


def test_an_unknown_verb_is_refused() -> None:
    """
    With the command that lists those there are.
    """
    with pytest.raises(UserError, match="no verb 'fly'") as refused:
        VERBS["fly"]

    assert "hivemind playbook list" in str(refused.value)


def test_a_wrong_meta_is_named_with_its_field(tmp_path) -> None:
    """
    A slip in a meta names the file and the field.
    """
    (tmp_path / "x.meta.yml").write_text(
        "agent: a\neffect: chang\nsummary: s\ntimeout_minutes: 1\nargument_specs: {x: {}}\n"
    )

    with pytest.raises(HivemindError, match=r"x\.meta\.yml: effect"):
        catalog.load(tmp_path)
