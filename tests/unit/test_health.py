"""What counts as alive follows from how sure Recon is of the health path."""

import pytest

from hivemind_agents.hosting.health import HealthCheck, health_check

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("recon", "expected"),
    [
        ({"health_path": "/up", "confidence": {"health_path": 0.93}}, ("/up", "200-399")),
        ({"health_path": "/up", "confidence": {"health_path": 1.0}}, ("/up", "200-399")),
        ({"health_path": "/", "confidence": {"health_path": 0.7}}, ("/", "200-499")),
        ({"health_path": None}, ("/", "200-499")),
        (None, ("/", "200-499")),
    ],
)
def test_a_guessed_path_may_want_a_login_or_not_exist(recon, expected):
    """There any answer below 500 is a sign of life; what was seen has to answer well."""
    check = health_check(recon)

    assert expected == (check.path, check.codes)


def test_codes_are_a_range():
    """Both ends count."""
    assert (200 in HealthCheck().fine, 399 in HealthCheck().fine) == (True, True)
    assert 400 not in HealthCheck().fine
