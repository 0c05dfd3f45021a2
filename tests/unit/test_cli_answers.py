"""What is asked about a repository, what is made up, and what is left open."""

from datetime import UTC, datetime

import pytest

from hivemind_agents.cli import answers, own_keys
from hivemind_agents.domain.deployment import Deployment, Release
from hivemind_agents.errors import UserError
from hivemind_agents.repository.report import EnvVariable, Question, RepositoryReport

pytestmark = pytest.mark.fast

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SECRET_KEY = EnvVariable(name="SECRET_KEY", secret=True, required=True)
API_KEY = EnvVariable(
    name="MAPS_API_KEY", secret=True, required=True, demanded=True, evidence=("maps.py:3",)
)
TEAM = EnvVariable(name="TEAM", required=True, demanded=True, evidence=("app.py:9",))
MAIL = EnvVariable(name="MAIL_TOKEN", secret=True, required=True)


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("SECRET_KEY", True),
        ("SECRET_KEY_BASE", True),
        ("DJANGO_SECRET_KEY", True),
        ("JWT_SECRET", True),
        ("APP_KEY", True),
        ("SECURITY_PASSWORD_SALT", True),
        ("REFRESH_TOKEN_SECRET", True),
        ("ADMIN_JWT_SECRET", True),
        ("API_TOKEN_SALT", True),
        ("CMD_SESSION_SECRET", True),
        ("FORUM_COOKIEKEY", True),
        ("UTILS_SECRET", True),
        ("SUPABASE_JWT_SECRET", False),
        ("STRIPE_SECRET_KEY", False),
        ("AWS_SECRET_ACCESS_KEY", False),
        ("SECRET_ACCESS_KEY", False),
        ("GITHUB_CLIENT_SECRET", False),
        ("WEBHOOK_SECRET", False),
        ("ACCESS_TOKEN", False),
        ("APP_PASSWORD", False),
        ("KEY", False),
    ],
)
def test_only_the_applications_own_keys_are_made_up(name: str, own: bool) -> None:
    """A key that a service gave out cannot be invented; one that signs sessions can."""
    assert own is own_keys.is_own_key(name)


def test_the_applications_name_before_a_key_does_not_make_it_anothers() -> None:
    """A prefix that most variables have is the application's; that of a service never is."""

    def own(*names: str) -> tuple[str, ...]:
        env = tuple(EnvVariable(name=name, secret="SECRET" in name) for name in names)
        return answers.missing(RepositoryReport(env=env), (), None).own

    paper = ("PAPER_SECRET_KEY", "PAPER_URL", "PAPER_ADMIN", "PAPER_OCR", "TZ", "STRIPE_SECRET")
    assert ("PAPER_SECRET_KEY",) == own(*paper)
    assert () == own("STRIPE_SECRET_KEY", "STRIPE_URL", "STRIPE_PLAN", "STRIPE_ID", "TZ")
    assert () == own("MAPS_SECRET_KEY", "MAPS_URL", "TZ", "HOME", "LANG")


def test_the_first_password_is_made_where_the_code_stops_without_it() -> None:
    """
    A new account's password can be made up; one of an account elsewhere cannot.
    """
    first, optional, elsewhere = (
        EnvVariable(name=name, secret=True, required=True, demanded=demanded)
        for name, demanded in (
            ("FIRST_SUPERUSER_PASSWORD", True),
            ("INITIAL_ADMIN_PASSWORD", False),
            ("LDAP_ADMIN_PASSWORD", True),
        )
    )
    report = RepositoryReport(env=(first, optional, elsewhere))

    found = answers.missing(report, (), None)

    assert answers.Missing(("FIRST_SUPERUSER_PASSWORD",), (elsewhere,), (optional,)) == found


def test_variables_are_told_apart() -> None:
    """Own keys, those that the code stops without, those that are wanted by their name."""
    report = RepositoryReport(env=(SECRET_KEY, API_KEY, TEAM, MAIL))

    assert answers.Missing(
        own=("SECRET_KEY",), demanded=(API_KEY, TEAM), wanted=(MAIL,)
    ) == answers.missing(report, (), None)


def test_what_was_given_before_or_comes_with_the_stack_is_not_missing() -> None:
    """Neither what the newest release has, nor the connections of what Recon found needed."""
    url = EnvVariable(name="PGURI", secret=True, required=True, demanded=True)
    cache = EnvVariable(name="REDIS_URL", secret=True, required=True, demanded=True)
    report = RepositoryReport(
        env=(SECRET_KEY, API_KEY, TEAM, url, cache),
        needs=("postgresql", "redis"),
        need_variables={"postgresql": ("PGURI",)},
    )
    first = Release(number=1, created_at=NOW, env={"OLD": "1"})
    second = Release(number=2, created_at=NOW, env={"TEAM": "a"}, secrets={"SECRET_KEY": "ssm:/x"})
    before = Deployment(
        id="1", name="shop", region="eu-west-1", created_at=NOW, updated_at=NOW,
        releases=(second, first),
    )  # fmt: skip

    assert answers.Missing(demanded=(API_KEY,)) == answers.missing(report, (), before)
    assert answers.Missing() == answers.missing(report, ("MAPS_API_KEY",), before)


def test_nobody_to_ask_is_refused_with_the_options_to_give() -> None:
    """One error names every variable, the place that reads it, and how to give it."""
    report = RepositoryReport(env=(API_KEY, TEAM))
    lacking = answers.missing(report, (), None)

    with pytest.raises(UserError) as caught:
        answers.answered(lacking, report, None)

    assert "MAPS_API_KEY (maps.py:3), TEAM (app.py:9)" in caught.value.message
    assert "--secret MAPS_API_KEY --env TEAM=VALUE" in str(caught.value.mend)
    assert (API_KEY, TEAM) == answers.answered(lacking, report, None, strict=False).open


def test_asked_values_are_sorted_into_plain_and_secret() -> None:
    """What is left empty stays open; own keys are long, and differ from one another."""
    report = RepositoryReport(env=(SECRET_KEY, API_KEY, TEAM, MAIL))
    said = {"MAPS_API_KEY": "k-1234", "TEAM": "blue", "MAIL_TOKEN": ""}
    lacking = answers.missing(report, (), None)

    found = answers.answered(lacking, report, lambda variable: said[variable.name])
    again = answers.answered(lacking, report, lambda variable: said[variable.name])

    assert {"TEAM": "blue"} == found.plain
    assert "k-1234" == found.secret["MAPS_API_KEY"]
    assert 64 == len(found.secret["SECRET_KEY"])
    assert found.secret["SECRET_KEY"] != again.secret["SECRET_KEY"]
    assert (MAIL,) == found.open
    assert "k-1234" not in repr(found)


def test_laravels_key_has_the_form_that_laravel_reads() -> None:
    """`base64:` and 32 bytes."""
    assert own_keys.own_key("APP_KEY", "laravel").startswith("base64:")


def test_questions_are_asked_once_and_the_repository_is_read_again() -> None:
    """An answer goes on under its key in hivemind.yml; an empty one leaves the question open."""
    component = Question(about="component", why="two", choices=("api", "site"))
    needs = Question(about="needs", why="either", choices=("postgresql", "mysql"))
    start = Question(about="start", why="none found")
    words: list[dict[str, object]] = []

    def read(word: object) -> RepositoryReport:
        assert isinstance(word, dict)
        words.append(word)
        return RepositoryReport(questions=(start,) if len(words) == 2 else (needs, start))

    given = {"component": "api", "needs": "mysql", "start": ""}
    report, said = answers.settle(
        RepositoryReport(questions=(component,)), read, {"kind": "web"}, lambda q: given[q.about]
    )

    assert {"path": "api", "needs": ["mysql"]} == said
    assert [{"kind": "web", "path": "api"}, {"kind": "web", **said}] == words
    assert (start,) == report.questions
