"""Keeps of a built site the folder that is handed out: `site.py FOLDER`, below /app."""

import os
import shutil
import sys
from pathlib import Path

APP = Path(os.environ.get("HIVEMIND_APP", "/app"))
USUAL = ("dist", "build", "out", "public", "www", "_site", ".output/public", "dist/browser")


def main() -> None:
    wanted = sys.argv[1]
    found = APP / wanted
    if not (found / "index.html").is_file():
        found = another(wanted)
    if wanted == ".":
        for name in ("node_modules", ".runtime"):
            shutil.rmtree(APP / name, ignore_errors=True)
        return
    aside = APP / ".hivemind-site"
    found.rename(aside)
    for entry in APP.iterdir():
        if entry != aside:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    target = APP / wanted
    target.parent.mkdir(parents=True, exist_ok=True)
    aside.rename(target)


def another(wanted: str) -> Path:
    """The folder with the front page, where the build wrote it elsewhere."""
    inside = APP / wanted
    deeper = sorted(inside.glob("*/index.html")) + sorted(inside.glob("*/browser/index.html"))
    usual = [APP / name / "index.html" for name in USUAL if (APP / name / "index.html").is_file()]
    pages = [page for page in (*deeper, *usual) if "node_modules" not in page.parts]
    if not pages:
        sys.exit(
            f"hivemind: the build made no {wanted}/index.html; "
            "say which folder it writes with document_root in hivemind.yml"
        )
    sys.stdout.write(f"the build wrote {pages[0].parent.relative_to(APP)}, not {wanted}\n")
    return pages[0].parent


if __name__ == "__main__":
    main()
