"""Which files of a repository are deployed."""

import subprocess
from pathlib import Path

import pytest

from hivemind_agents.errors import RepositoryError
from hivemind_agents.repository_source import fetch, same_repository, tree_digest


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def repository(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / ".gitignore").write_text("ignored.txt\n")
    (folder / "app.py").write_text("print()\n")
    (folder / "web").mkdir()
    (folder / "web" / "index.html").write_text("<p>\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())


def test_tracked_and_new_files_are_taken_ignored_and_private_ones_not(tmp_path):
    """What git would track is the application; .env files stay where they are."""
    repo = repository(tmp_path / "repo")
    (repo / "new.py").write_text("1\n")
    (repo / "ignored.txt").write_text("1\n")
    (repo / ".env").write_text("SECRET=1\n")

    source = fetch(str(repo), None, ".", tmp_path / "into")

    assert [".gitignore", "app.py", "new.py", "web/index.html"] == names(tmp_path / "into")
    assert source.dirty
    assert 40 == len(source.commit or "")


def test_a_plain_folder_leaves_out_what_tools_leave(tmp_path):
    """Outside of git, environments and packages of the machine are no part of the application."""
    for name in ("app.py", ".venv/x", "node_modules/y", "__pycache__/z.pyc"):
        (tmp_path / "repo" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "repo" / name).write_text("1")

    source = fetch(str(tmp_path / "repo"), None, ".", tmp_path / "into")

    assert ["app.py"] == names(tmp_path / "into")
    assert None is source.commit


def test_a_url_and_a_folder_give_the_same_files(tmp_path):
    """A commit is the same application however it comes."""
    repo = repository(tmp_path / "repo")

    here = fetch(str(repo), None, "web", tmp_path / "here")
    there = fetch(f"file://{repo}", "main", "web", tmp_path / "there")

    assert here.commit == there.commit
    assert tree_digest(tmp_path / "here") == tree_digest(tmp_path / "there")


def test_hooks_and_links_out_of_the_repository_do_nothing(tmp_path):
    """Nothing of the repository runs, and no file of the machine is read through it."""
    repo = repository(tmp_path / "repo")
    hook = repo / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    git(repo, "config", "core.fsmonitor", f"touch {tmp_path}/ran")
    (repo / "passwords").symlink_to("/etc/passwd")

    fetch(str(repo), None, ".", tmp_path / "a")
    fetch(f"file://{repo}", None, ".", tmp_path / "b")

    assert not (tmp_path / "ran").exists()
    assert "passwords" not in names(tmp_path / "a")


def test_a_known_commit_is_fetched_although_the_branch_moved_on(tmp_path):
    """Later stages build what Recon saw."""
    repo = repository(tmp_path / "repo")
    first = fetch(f"file://{repo}", "main", ".", tmp_path / "a").commit
    (repo / "later.py").write_text("1\n")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "second")

    again = fetch(f"file://{repo}", "main", ".", tmp_path / "b", commit=first)

    assert first == again.commit
    assert "later.py" not in names(tmp_path / "b")


@pytest.mark.parametrize(
    ("repo", "ref", "path", "why"),
    [
        ("/nowhere/at/all", None, ".", "does not exist"),
        ("{repo}", "main", ".", "is for git URLs"),
        ("{repo}", None, "../..", "no folder"),
        ("file://{repo}", "nobranch", ".", "nobranch"),
        ("file:///nowhere/at/all", None, ".", "cannot fetch"),
        ("file://{repo}", "--upload-pack=x", ".", "no branch"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(tmp_path, repo, ref, path, why):
    """Each error says what was looked for, and the mend."""
    there = repository(tmp_path / "repo")

    with pytest.raises(RepositoryError, match=why) as caught:
        fetch(repo.format(repo=there), ref, path, tmp_path / "into")

    assert caught.value.mend


def test_a_password_in_a_url_is_not_kept(tmp_path):
    """The record and errors show the URL without it."""
    with pytest.raises(RepositoryError) as caught:
        fetch("http://me:s3cret@127.0.0.1:1/x", None, ".", tmp_path / "into")

    assert "s3cret" not in str(caught.value)
    assert same_repository("https://me:s3cret@host/x", "https://host/x")
