"""Redaction: what is secret never comes out."""

import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hivemind_agents.domain.redaction import HIDDEN, Redactor

pytestmark = [pytest.mark.property, pytest.mark.fast]

SECRETS = st.text(string.ascii_letters + string.digits + "+/=!$%", min_size=6, max_size=40)
TEXTS = st.text(max_size=60)


@settings(deadline=None)
@given(SECRETS, TEXTS, TEXTS)
def test_a_known_value_is_hidden_wherever_it_stands(secret: str, before: str, after: str) -> None:
    """
    In the middle of any text, once or twice.
    """
    assert secret not in Redactor([secret]).text(f"{before}{secret}{after}{secret}")


@settings(deadline=None)
@given(SECRETS, st.recursive(TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)))
def test_a_known_value_is_hidden_in_any_data(secret: str, data: object) -> None:
    """
    As a value, inside a value, as a name.
    """
    found = Redactor([secret]).data({"a": [data, f"x{secret}"], f"{secret}": secret})

    assert secret not in json.dumps(found, ensure_ascii=False)


@settings(deadline=None)
@given(TEXTS, SECRETS)
def test_redacting_twice_changes_nothing_more(text: str, secret: str) -> None:
    """
    What was redacted once can be redacted again, as events are on their way.
    """
    redactor = Redactor([secret])
    once = redactor.text(text)

    assert once == redactor.text(once)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("postgresql://app:hunter2@db/x", "hunter2"),
        ("AWS_SECRET_ACCESS_KEY=abcDEF123", "abcDEF123"),
        ('{"password": "a b c"}', "a b c"),
        ("DB_PASSWORD: swordfish", "swordfish"),
        ("key AKIAABCDEFGHIJKLMNOP used", "AKIAABCDEFGHIJKLMNOP"),
        ("Authorization: Bearer abc.def-ghi_jkl", "abc.def-ghi_jkl"),
        ("https://b.s3/x?X-Amz-Signature=deadbeef&a=1", "deadbeef"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "MIIEow"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn", "b3Blbn"),
        ("token ghp_0123456789abcdefghij0123", "ghp_0123456789abcdefghij0123"),
        ("sk-proj-0123456789abcdef", "0123456789abcdef"),
        ("sk_live_0123456789abcdef", "0123456789abcdef"),
    ],
)
def test_forms_of_secrets_are_hidden(text: str, hidden: str) -> None:
    """
    Nobody has to know the value: its form gives it away.
    """
    assert (False, True) == (hidden in Redactor().text(text), HIDDEN in Redactor().text(text))


@pytest.mark.parametrize(
    "text",
    [
        "secret_arn: arn:aws:secretsmanager:eu-west-1:1:secret:x",
        "password: ssm:/hivemind/demo/env/PASSWORD",
        "http://demo.example:8000/health",
        "hivemind deploy --secret STRIPE_KEY",
        "the database refused the password of demo",
        "ssh_key_parameter: /hivemind/demo/ssh-key",
    ],
)
def test_references_and_plain_words_stay(text: str) -> None:
    """
    What people need to read is left alone.
    """
    assert text == Redactor().text(text)


def test_a_reference_under_a_secrets_name_stays() -> None:
    """
    In data, a name such as `password` hides its value unless that is a reference.
    """
    data = {"password": "x y", "token": "ssm:/a", "secret_arn": "arn:aws:x", "api_key": ""}

    assert {**data, "password": HIDDEN} == Redactor().data(data)
