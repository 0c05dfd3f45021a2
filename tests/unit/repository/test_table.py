"""Facts in, report out: every case of the table, traps included."""

import sys
from functools import cache
from pathlib import Path

import pytest

from hivemind_agents.repository import FileTree, RepositoryReport, inspect_tree

sys.path.insert(0, str(Path(__file__).parent))
from cases import Case, all_cases

pytestmark = pytest.mark.fast
CASES = list(all_cases())


@cache
def report_of(name: str) -> RepositoryReport:
    """Each tree is read once, whichever tests ask."""
    return inspect_tree(FileTree.of(next(case.files for case in CASES if case.name == name)))


def shown(value: object) -> object:
    """Tuples as lists, as the JSON has them."""
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("case", CASES, ids=str)
def test_report_of_a_small_tree(case: Case):
    """
    The report has the fields that the case names.
    """
    report = report_of(case.name)

    actual = {name: shown(getattr(report, name)) for name in case.expected}

    assert case.expected == actual


def test_confident_and_wrong_is_rare():
    """
    Of the facts given with a confidence of 0.9 or more, at most 1% are wrong.
    """
    given = wrong = 0
    for case in CASES:
        report = report_of(case.name)
        for name, value in case.expected.items():
            if report.confidence.get(name, 0) >= 0.9:
                given += 1
                wrong += shown(getattr(report, name)) != value

    assert wrong <= given / 100


def test_the_table_is_large_enough_and_its_names_are_unique():
    """
    At least 150 cases, each with a name of its own.
    """
    assert len(CASES) >= 150
    assert len(CASES) == len({case.name for case in CASES})
