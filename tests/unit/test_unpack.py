"""What of one release is in the next on a host."""

import getpass
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

PROGRAMS = Path(__file__).parents[2] / "roles" / "app_install" / "files"
UNPACK, WRITTEN = PROGRAMS / "unpack.sh", PROGRAMS / "written.sh"


class Host:
    """Folders of a host, on which everybody is the same user."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.programs = root / "bin"
        self.programs.mkdir()
        for name, text in {
            "runuser": 'shift 3; exec "$@"', "chown": "exit 0", "chgrp": "exit 0"
        }.items():  # fmt: skip
            (self.programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (self.programs / name).chmod(0o755)
        (root / "releases").mkdir()

    def install(self, number: int, files: dict[str, str], *kept: str) -> Path:
        """Unpack a release of these files and make it the current one."""
        archive = self.root / "release.tar.gz"
        source = self.root / f"source-{number}"
        with tarfile.open(archive, "w:gz") as tar:
            for name, text in files.items():
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                (source / name).write_text(text)
                tar.add(source / name, name)
        release = self.root / "releases" / str(number)
        subprocess.run(
            ["/bin/sh", "-euc", UNPACK.read_text(), "unpack", archive, release, "somebody",
             self.root / "state", *kept],
            env={"PATH": f"{self.programs}:/usr/bin:/bin"}, check=True, timeout=30,
        )  # fmt: skip
        current = self.root / "current"
        current.unlink(missing_ok=True)
        current.symlink_to(release)
        return release

    def written(self, what: str, release: Path, to: Path) -> list[str]:
        """Run written.sh; the lines that it prints."""
        return subprocess.run(
            ["/bin/sh", "-euc", WRITTEN.read_text(), "written", what, release,
             getpass.getuser(), to],
            env={"PATH": f"{self.programs}:/usr/bin:/bin"},
            check=True, timeout=30, capture_output=True, text=True,
        ).stdout.splitlines()  # fmt: skip


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def test_what_an_installer_wrote_is_in_the_next_release(host):
    """
    A copy: the release before keeps its own, to be gone back to.
    """
    first = host.install(1, {"index.php": ""}, "copy:config.php", "copy:conf/db.php")
    (first / "config.php").write_text("<?php // installed")

    second = host.install(2, {"index.php": ""}, "copy:config.php", "copy:conf/db.php")

    assert "<?php // installed" == (second / "config.php").read_text()
    (second / "config.php").write_text("<?php // changed")
    assert "<?php // installed" == (first / "config.php").read_text()
    assert not (second / "conf/db.php").exists()


def test_a_copy_never_takes_the_place_of_what_the_release_brings(host):
    """
    And never follows a link that the application has put there.
    """
    first = host.install(1, {"index.php": ""}, "copy:config.php", "copy:local.php")
    (first / "config.php").write_text("old")
    (first / "local.php").symlink_to("/etc/passwd")

    second = host.install(2, {"config.php": "new"}, "copy:config.php", "copy:local.php")

    assert "new" == (second / "config.php").read_text()
    assert not (second / "local.php").exists()


def test_what_an_application_wrote_anywhere_comes_along(host):
    """Not its caches and logs, nothing that a program made of its code; those are named."""
    first, second = host.install(1, {"index.php": ""}), host.install(2, {"index.php": ""})
    for name in ("data/pages/my start.txt", "plugins/map/map.php", "data/cache/1.html",
                 ".next/server/page.html", "dist/made.js", "error.log"):  # fmt: skip
        (first / name).parent.mkdir(parents=True, exist_ok=True)
        (first / name).write_text("written")

    carried = host.written("carry", first, second)

    assert {"./data/pages/my start.txt", "./plugins/map/map.php"} == set(carried)
    assert "written" == (second / "data/pages/my start.txt").read_text()
    assert [".next/server/page.html", "dist/made.js"] == host.written("list", first, second)
    assert [] == host.written("carry", first, second)
    assert [] == host.written("carry", host.root / "current", second)


def test_the_newest_of_each_is_taken_and_links_are_left(host):
    """What was written before the switch comes along, what the next release wrote stays."""
    first, second = host.install(1, {"index.php": ""}), host.install(2, {"index.php": ""})
    for name in ("newer.txt", "older.txt", "link.txt"):
        (first / name).write_text("first")
        (second / name).write_text("second")
    os.utime(second / "newer.txt", (1, 1))
    os.utime(first / "older.txt", (1, 1))
    (second / "link.txt").unlink()
    (second / "link.txt").symlink_to(host.root / "elsewhere")

    host.written("carry", first, second)

    assert "first" == (second / "newer.txt").read_text()
    assert "second" == (second / "older.txt").read_text()
    assert not (host.root / "elsewhere").exists()


def test_what_visitors_wrote_meanwhile_goes_before_what_a_trial_made(host):
    """A trial opens its copy of a database; what the live release wrote since is the truth."""
    first, second = host.install(1, {"index.php": ""}), host.install(2, {"index.php": ""})
    for name in ("orders.db", "settings.ini"):
        (first / name).write_text("before")
    host.written("carry", first, second)
    now = (second / ".hivemind/carried").stat().st_mtime
    (first / "orders.db").write_text("an order")
    os.utime(first / "orders.db", (now + 1, now + 1))
    os.utime(first / "settings.ini", (now - 1, now - 1))
    for name in ("orders.db", "settings.ini"):
        (second / name).write_text("opened")
        os.utime(second / name, (now + 2, now + 2))

    assert ["./orders.db"] == host.written("follow", first, second)
    assert "an order" == (second / "orders.db").read_text()
    assert "opened" == (second / "settings.ini").read_text()


def test_a_release_that_is_gone_has_nothing_to_carry(host):
    """The first deploy has no release before."""
    assert [] == host.written("carry", host.root / "current", host.install(1, {"a": ""}))
