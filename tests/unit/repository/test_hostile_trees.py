# ruff: noqa: E501 - a tree a line, read sideways
"""Trees that try to hurt: links, pipes, huge and broken files, bombs, many files."""

import os
import resource
import time
from pathlib import Path

import pytest

from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository import FileTree, inspect, inspect_tree
from hivemind_agents.repository.readers.structured import parse_xml, parse_yaml_all

pytestmark = pytest.mark.fast
FLASK = "from flask import Flask\napp = Flask(__name__)\n"


def flask_at(folder: Path) -> Path:
    (folder / "requirements.txt").write_text("flask\n")
    (folder / "app.py").write_text(FLASK)
    return folder


def test_links_in_loops_end(tmp_path: Path):
    """
    Folders that link to each other and to themselves are not followed.
    """
    flask_at(tmp_path)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").symlink_to(tmp_path / "a")

    assert "flask" == inspect(tmp_path).framework


def test_a_link_out_of_the_tree_is_not_read(tmp_path: Path):
    """
    A manifest that is a link to a file elsewhere does not exist for Recon.
    """
    outside = tmp_path / "outside.txt"
    outside.write_text("flask\n")
    inside = tmp_path / "repository"
    inside.mkdir()
    (inside / "requirements.txt").symlink_to(outside)
    (inside / "etc").symlink_to("/etc")

    tree = FileTree.open(inside)

    assert [] == tree.paths


def test_a_file_that_became_a_link_after_the_scan_is_not_read(tmp_path: Path):
    """
    What is read is looked at again when it is opened.
    """
    secret = tmp_path / "secret"
    secret.write_text("x")
    inside = flask_at_new(tmp_path / "repository")
    tree = FileTree.open(inside)
    (inside / "app.py").unlink()
    (inside / "app.py").symlink_to(secret)

    assert tree.text("app.py") is None


def flask_at_new(folder: Path) -> Path:
    folder.mkdir()
    return flask_at(folder)


def test_a_pipe_and_a_device_do_not_block(tmp_path: Path):
    """
    Nothing but regular files is opened.
    """
    flask_at(tmp_path)
    os.mkfifo(tmp_path / "Procfile")
    (tmp_path / "Dockerfile").symlink_to("/dev/zero")

    assert "flask" == inspect(tmp_path).framework


def test_a_huge_file_costs_no_memory(tmp_path: Path):
    """
    Of a file of 3 GB only the beginning is read.
    """
    flask_at(tmp_path)
    with (tmp_path / "huge.py").open("wb") as file:
        file.truncate(3_000_000_000)
    with (tmp_path / "package.json").open("wb") as file:
        file.write(b"{" + b" " * 100)
        file.truncate(3_000_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    report = inspect(tmp_path)

    assert "flask" == report.framework
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00",
        b"\x00" * 50,
        b"\xc3\x28 flask\n",
        "flask\n".encode("utf-16"),
        b"\xef\xbb\xbfflask\r\n",
    ],
)
def test_broken_encodings_are_survived(content: bytes):
    """
    Binary, half UTF-8, UTF-16 and byte order marks end in a report.
    """
    report = inspect_tree(FileTree.of({"requirements.txt": content, "app.py": FLASK}))

    assert "flask" == report.framework


def test_a_byte_order_mark_and_windows_lines_are_read_through():
    """
    A manifest written on Windows is a manifest.
    """
    report = inspect_tree(
        FileTree.of(
            {"package.json": b'\xef\xbb\xbf{\r\n"scripts": {"start": "node x.js"}}', "x.js": "1"}
        )
    )

    assert "npm start" == report.start


def test_yaml_bombs_and_loops_are_not_expanded():
    """
    Nine levels of nine aliases, and an anchor inside itself, are refused at once.
    """
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{n}: &a{n} [{','.join(f'*a{n - 1}' for _ in range(9))}]\n" for n in range(1, 10)
    )
    started = time.perf_counter()

    assert [] == parse_yaml_all(bomb)
    assert [] == parse_yaml_all("a: &a [*a]\n")
    assert time.perf_counter() - started < 1


def test_deep_nesting_is_survived():
    """
    A hundred thousand brackets are no manifest and no end of the process.
    """
    deep = "[" * 100_000
    for name in (
        "package.json",
        "compose.yaml",
        "pyproject.toml",
        "main.py",
        "pom.xml",
        "Procfile",
    ):
        report = inspect_tree(
            FileTree.of({name: deep, "requirements.txt": "flask\n", "app.py": FLASK})
        )
        assert "python" == report.language


def test_xml_entities_are_not_expanded():
    """
    A document that declares entities is not read.
    """
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><project>&b;</project>'

    assert parse_xml(laughs) is None


def test_an_lfs_pointer_and_a_missing_submodule_are_told():
    """
    Content that was not fetched is named, and does not stop the report.
    """
    report = inspect_tree(FileTree.of({
        "requirements.txt": "flask\n", "app.py": FLASK,
        "main.py": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n",
        ".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = https://example.org/lib.git\n', "lib/": "",
    }))  # fmt: skip

    assert "flask" == report.framework
    assert any("main.py is a Git LFS pointer" in note for note in report.notes)
    assert any("lib" in note and "submodule" in note for note in report.notes)


def test_an_unreadable_file_is_told():
    """
    A file that cannot be opened is named; the others still speak.
    """

    def read(path: str, limit: int) -> bytes:
        if path == "Procfile":
            raise PermissionError(13, "Permission denied")
        return {"requirements.txt": b"flask\n", "app.py": FLASK.encode()}[path][:limit]

    report = inspect_tree(FileTree(["requirements.txt", "app.py", "Procfile"], read))

    assert "flask" == report.framework
    assert ["Procfile could not be read: Permission denied"] == [
        note for note in report.notes if "Procfile" in note
    ]


def test_names_that_are_no_utf8_are_survived(tmp_path: Path):
    """
    A file name of any bytes ends in a report that JSON can say.
    """
    flask_at(tmp_path)
    with open(os.fsencode(tmp_path) + b"/\xff\xfe.py", "wb") as file:  # noqa: PTH123 - a name of bytes
        file.write(b"x = 1\n")

    assert inspect(tmp_path).model_dump_json()


def test_what_is_no_folder_is_refused_with_the_mend(tmp_path: Path):
    """
    A missing path and a file are refused, each with a command.
    """
    (tmp_path / "file").write_text("")
    for path, words in (
        (tmp_path / "none", "there is no folder"),
        (tmp_path / "file", "is a file"),
    ):
        with pytest.raises(RepositoryError, match=words) as caught:
            inspect(path)
        assert caught.value.mend
        assert 2 == caught.value.exit_code


def test_installed_packages_are_no_sources():
    """
    What is below node_modules, vendor and .venv says nothing about the application.
    """
    report = inspect_tree(FileTree.of({
        "index.html": "<html>", "node_modules/express/package.json": '{"scripts":{"start":"node x"}}',
        ".venv/lib/flask/app.py": FLASK, "vendor/x/go.mod": "module x",
    }))  # fmt: skip

    assert ("static", "static") == (report.language, report.kind)


@pytest.mark.parametrize(
    "path", ["app.py", "Cargo.toml", "index.js", "main.go", "Gemfile", "requirements.txt"]
)
@pytest.mark.parametrize(
    "text", ["\n", "\n  ", "import ", "process.env.A ", 'os.getenv("A") ', "\n  x"]
)
def test_no_text_makes_a_pattern_crawl(path: str, text: str):
    """
    200 KB of the same few letters are read through in seconds.
    """
    started = time.perf_counter()

    inspect_tree(FileTree.of({path: text * (200_000 // len(text))}))

    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    "text",
    [
        '.Flag("a")', 'f.String("port", g(', 'StringFlag{ Name: "a" ', '`long:"a" ', "Server struct {",
        'env:"A_PORT" ', 'f.String("port", "1", "")\n',
    ],
)  # fmt: skip
def test_no_options_of_go_make_a_pattern_crawl(text: str):
    """The same for what a program that listens is told by."""
    head = (
        'package main\nimport (\n"flag"\n"net/http"\n"github.com/spf13/cobra"\n'
        '"github.com/urfave/cli"\n"gopkg.in/alecthomas/kingpin.v2"\n"github.com/jinzhu/configor"\n'
        '"github.com/jessevdk/go-flags"\n)\nfunc main() { http.ListenAndServe(a(), nil) }\n'
    )
    started = time.perf_counter()

    report = inspect_tree(FileTree.of({
        "go.mod": "module example.org/a\n", "main.go": head + text * (180_000 // len(text)),
    }))  # fmt: skip

    assert ("go", "web") == (report.language, report.kind)
    assert time.perf_counter() - started < 10
