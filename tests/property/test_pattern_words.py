"""No match is lost by looking for words first."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hivemind_agents.repository import behaviours, guards, signals
from hivemind_agents.repository.readers import environment, environment_javascript
from hivemind_agents.repository.readers.words import may_match

pytestmark = pytest.mark.property

PATTERNS = sorted(
    {
        *(pattern for _, patterns in environment._COMPILED for pattern in patterns),
        *(rule.pattern for rule in behaviours._RULES),
        *(pattern for _, patterns in guards._ASKED for pattern in patterns),
        *signals._LITERALS.values(),
        environment_javascript.SCHEMA_OF_ENVIRONMENT,
        environment_javascript.SCHEMA_ENTRY,
    },
    key=lambda pattern: pattern.pattern,
)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_every_text_that_matches_may_match(data):
    """For the patterns of Recon, of every language."""
    pattern = data.draw(st.sampled_from(PATTERNS))
    text = data.draw(st.from_regex(pattern))

    if text.isascii() and pattern.search(text):
        assert may_match(pattern, text)
