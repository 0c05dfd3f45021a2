# ruff: noqa: E501 - names of manifests in rows
"""Whatever a repository holds, Recon ends with a report or with one clear error."""

import json
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository import FileTree, RepositoryReport, UserWord, inspect_tree
from hivemind_agents.repository.config import parse_word
from hivemind_agents.repository.readers.python_source import parse_source
from hivemind_agents.repository.readers.structured import (
    parse_json,
    parse_toml,
    parse_xml,
    parse_yaml_all,
)
from hivemind_agents.repository.writing import hivemind_yml

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "repository"))
from cases import Case, all_cases

pytestmark = pytest.mark.property
CASES = [case for case in all_cases() if case.files]
NAMES = sorted({path for case in CASES for path in case.files})
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def check(files: dict[str, bytes]) -> None:
    """A report that JSON can say, or an error that says what to do."""
    try:
        report = inspect_tree(FileTree.of(files))
    except RepositoryError as refused:
        error = refused
    else:
        error = None
    if error:
        assert error.message
        assert error.mend
        return
    again = RepositoryReport.model_validate_json(report.model_dump_json())
    assert again == report
    assert all(0 <= value <= 1 for value in report.confidence.values())
    assert parse_word(hivemind_yml(report)).kind == report.kind


def as_bytes(files: dict[str, str | bytes]) -> dict[str, bytes]:
    return {
        path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()
    }


@FUZZ
@given(st.data())
def test_a_damaged_repository_gives_a_report_or_one_error(data: st.DataObject):
    """
    A slice of one file replaced by anything: no traceback.
    """
    files = as_bytes(data.draw(st.sampled_from(CASES)).files)
    path = data.draw(st.sampled_from(sorted(files)))
    content = files[path]
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    garbage = data.draw(
        st.binary(max_size=40)
        | st.sampled_from([b"\0", b"{", b"[[[[", b"&a [*a]", b"'''", b"<!--", b"\xff\xfe"])
    )
    files[path] = content[:start] + garbage + content[end:]

    check(files)


@FUZZ
@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
        max_size=6,
    )
)
def test_manifests_of_any_content_give_a_report_or_one_error(files: dict[str, bytes]):
    """
    Known names with unknown content: no traceback.
    """
    check(files)


@FUZZ
@given(st.data())
def test_two_repositories_in_one_give_a_report_or_one_error(data: st.DataObject):
    """
    The files of two cases in one tree, one of them perhaps in a folder: no traceback.
    """
    first, second = data.draw(st.sampled_from(CASES)), data.draw(st.sampled_from(CASES))
    prefix = data.draw(st.sampled_from(["", "backend/", "apps/web/"]))
    files = as_bytes(first.files) | {
        prefix + path: text for path, text in as_bytes(second.files).items()
    }

    check(files)


@FUZZ
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
            st.sampled_from(["scripts", "start", "dependencies", "engines", "node", "workspaces", "packages", "bin",
                             "packageManager", "services", "env", "x", "projects", "require", "tasks", "imports"]),
            inner, max_size=5),
        max_leaves=30,
    ),
    st.sampled_from(["package.json", "app.json", "composer.json", "deno.json", "compose.yaml", "render.yaml",
                     "railpack.json", "angular.json", "global.json", "shard.yml", "pubspec.yaml", "environment.yml",
                     "hivemind.yml", "static.json", "nx.json", "lerna.json", "pnpm-workspace.yaml"]),
)  # fmt: skip
def test_manifests_of_another_shape_give_a_report_or_one_error(value: object, name: str):
    """
    Valid JSON of a shape that nobody expects: no traceback.
    """
    files = {name: json.dumps(value).encode(), "index.js": b"x", "package.json": b"{}"}
    files[name] = json.dumps(value).encode()

    check(files)


@FUZZ
@given(st.text(max_size=300))
def test_readers_take_any_text(text: str):
    """
    Each parser returns a value or None.
    """
    parse_json(text)
    parse_toml(text)
    parse_yaml_all(text)
    parse_xml(text)
    parse_source(text)


@FUZZ
@given(st.text(max_size=200) | st.text(alphabet="abc:-[]{}&*!|>'\" \n#%@", max_size=80))
def test_hivemind_yml_is_read_or_refused_with_its_place(text: str):
    """
    Any text is the user's word, or is refused by file and line.
    """
    error = None
    try:
        parse_word(text)
    except RepositoryError as refused:
        error = refused

    assert error is None or (error.message.startswith("hivemind.yml") and error.mend)


@FUZZ
@given(st.sampled_from(CASES), st.randoms(use_true_random=False))
def test_the_order_of_the_files_changes_nothing(case: Case, random: Random):
    """
    A file system lists names in any order: the report is the same.
    """
    paths = list(case.files)
    random.shuffle(paths)

    report = inspect_tree(FileTree.of({path: case.files[path] for path in paths}))

    assert inspect_tree(FileTree.of(case.files)) == report


@FUZZ
@given(
    st.sampled_from(CASES),
    st.sampled_from(["web", "worker", "static", "cli", "library"]),
    st.text("abc $", min_size=1, max_size=9),
)
def test_the_users_word_is_in_the_report_as_it_stands(case: Case, kind: str, start: str):
    """
    Whatever is found, kind and start are what the user says.
    """
    report = inspect_tree(FileTree.of(case.files), overrides=UserWord(kind=kind, start=start))

    assert (kind, start) == (report.kind, report.start)
    assert not {"kind", "start"} & {question.about for question in report.questions}


@FUZZ
@given(st.sampled_from(CASES), st.text(max_size=200))
def test_prose_changes_nothing(case: Case, text: str):
    """
    A README is data: whatever it says, what is found stays the same.
    """
    report = inspect_tree(FileTree.of({**case.files, "README.md": text, "docs/setup.md": text}))

    assert inspect_tree(FileTree.of(case.files)).model_dump(
        exclude={"questions"}
    ) == report.model_dump(exclude={"questions"})
