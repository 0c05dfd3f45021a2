"""What Recon says of our own examples: right, on one screen, and as the documentation shows it."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

from recon_examples import page, reported  # noqa: E402 - found by the line above

pytestmark = pytest.mark.fast
EXAMPLES = sorted(path.name for path in (ROOT / "examples").iterdir() if path.is_dir())


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_report_fits_one_screen(name: str) -> None:
    """24 lines, and none that a wide terminal breaks."""
    lines = reported(name).splitlines()

    assert len(lines) <= 24
    assert max(map(len, lines)) <= 140
    assert not [line for line in lines if "please check" in line or line.startswith("  question")]


def test_the_documentation_shows_what_is_printed() -> None:
    """tools/recon_examples.py writes the page."""
    assert (ROOT / "docs" / "recon-examples.md").read_text() == page()
