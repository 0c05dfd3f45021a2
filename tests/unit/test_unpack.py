"""What of one release is in the next when it is unpacked on a host."""

import subprocess
import tarfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

UNPACK = Path(__file__).parents[2] / "roles" / "app_install" / "files" / "unpack.sh"


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
