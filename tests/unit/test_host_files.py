"""Files, folders and links of a host in one call."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "plugins" / "filter"))
from hivemind_hosting import files_of  # noqa: E402 - found by Ansible in its own way

pytestmark = pytest.mark.fast


def written(files: list[dict[str, object]], *, check: bool = False) -> dict[str, object]:
    """The module's answer, run as Ansible runs it."""
    arguments = {"files": files, "_ansible_check_mode": check, "_ansible_diff": True}
    done = subprocess.run(
        [sys.executable, ROOT / "plugins" / "modules" / "hivemind_files.py"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_each_is_made_once_with_its_mode(tmp_path):
    """A second call changes nothing; folders above are made, a link takes a file's place."""
    (tmp_path / "current").write_text("in the way")
    files = [
        {"path": str(tmp_path / "a/b"), "state": "directory", "mode": "0750"},
        {"path": str(tmp_path / "a/b/run"), "content": "#!/bin/sh\n", "mode": "0755"},
        {"path": str(tmp_path / "current"), "state": "link", "src": "releases/2"},
    ]

    first, second = written(files), written(files)

    assert (True, 3) == (first["changed"], len(first["paths"]))
    assert (False, []) == (second["changed"], second["paths"])
    assert "#!/bin/sh\n" == (tmp_path / "a/b/run").read_text()
    assert (0o750, 0o755) == tuple(
        (tmp_path / p).stat().st_mode & 0o777 for p in ("a/b", "a/b/run")
    )
    assert "releases/2" == str((tmp_path / "current").readlink())
    assert ["b", "run"] == sorted(path.name for path in (tmp_path / "a").rglob("*"))


def test_a_mode_alone_is_a_change(tmp_path):
    """The content stays."""
    (tmp_path / "f").write_text("text")
    (tmp_path / "f").chmod(0o666)

    assert written([{"path": str(tmp_path / "f"), "content": "text", "mode": "0600"}])["changed"]
    assert 0o600 == (tmp_path / "f").stat().st_mode & 0o777


def test_a_check_says_what_would_change_and_changes_nothing(tmp_path):
    """The difference is what a person would see."""
    (tmp_path / "f").write_text("old\n")
    files = [
        {"path": str(tmp_path / "f"), "content": "new\n", "mode": "0600"},
        {"path": str(tmp_path / "d"), "state": "directory"},
        {"path": str(tmp_path / "d" / "g"), "content": "x", "owner": "nobody-yet"},
    ]

    answer = written(files, check=True)

    assert ["f", "d", "g"] == [Path(path).name for path in answer["paths"]]
    assert ("old\n", "new\n") == (answer["diff"][0]["before"], answer["diff"][0]["after"])
    assert "old\n" == (tmp_path / "f").read_text()
    assert not (tmp_path / "d").exists()


def test_what_cannot_be_written_is_named(tmp_path):
    """The path and the reason."""
    answer = written([{"path": str(tmp_path / "none" / "f"), "content": "x"}])

    assert f"{tmp_path}/none/f cannot be written: No such file or directory" == answer["msg"]


def test_one_file_for_each_item():
    """Made of a template, of a field, or a link."""
    web = {"name": "web", "script": "run"}

    assert [
        {"path": "/u/p-web.service", "template": "t.j2", "variables": {"item": web},
         "mode": "0644", "owner": "root"}
    ] == files_of([web], "/u/p-{name}.service", template="t.j2")  # fmt: skip
    assert ["run"] == [file["content"] for file in files_of([web], "/{name}", content="script")]
    assert [{"path": "/u/nginx.service", "state": "link", "src": "/dev/null"}] == files_of(
        ["nginx.service"], "/u/{name}", link="/dev/null"
    )


def test_what_is_to_go_is_removed_whole(tmp_path):
    """A folder with what is in it; what a link names stays."""
    (tmp_path / "old/inner").mkdir(parents=True)
    (tmp_path / "kept").write_text("text")
    (tmp_path / "link").symlink_to("kept")
    gone = files_of([3, "old", "link"], str(tmp_path / "{name}"), gone=True)

    assert ["old", "link"] == [Path(path).name for path in written(gone, check=True)["paths"]]
    assert (tmp_path / "old").is_dir()
    assert written(gone)["changed"]
    assert not written(gone)["changed"]
    assert ["kept"] == [path.name for path in tmp_path.iterdir()]
