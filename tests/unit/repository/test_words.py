"""Patterns are looked for only in texts that have one of their words."""

import re

import pytest

from hivemind_agents.repository.readers.words import first_in, found_in, may_match, words_of

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\bpg_p?connect\s*\(", {"connect"}),
        (r"\bmysqli?_connect\s*\(|\bnew\s+\\?mysqli\b", {"_connect", "mysqli"}),
        (r"(?i)Postgres(?:ql)?://", {"postgres"}),
        (r"(?:process|Bun)\.env\b", {".env"}),
        (r"os\.environ\[(?=A)", {"os.environ["}),
        (r"(?:abc)?\d+", set()),
        (r"abc|\d", set()),
        (r"(?i:abc)d", set()),
        (r"(?i)stra\u00dfe", set()),
        (r"(?:redis){1,3}x", {"redis"}),
    ],
)
def test_words_are_those_that_every_match_has(pattern, words):
    """The longest of what has to be there; none where something else may stand there too."""
    assert words == words_of(re.compile(pattern))


def test_what_is_found_is_what_the_pattern_finds():
    """Case is the pattern's."""
    sensitive, insensitive = re.compile(r"\bENV\b"), re.compile(r"(?i)\benv\b")

    assert [] == list(found_in(sensitive, "an env"))
    assert ["env", "ENV"] == [hit[0] for hit in found_in(insensitive, "env ENV environ")]
    assert first_in(sensitive, "the ENV") is not None
    assert not may_match(sensitive, "nothing of it")
