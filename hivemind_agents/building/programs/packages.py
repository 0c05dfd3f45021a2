"""Names the packages below folders of modules, one `name version` a line."""

import json
import sys
from pathlib import Path


def main() -> None:
    found = {
        f"{told['name']} {told['version']}"
        for folder in sys.argv[1:]
        for told in manifests(Path(folder))
        if isinstance(told.get("name"), str) and isinstance(told.get("version"), str)
    }
    print("\n".join(sorted(found)))


def manifests(folder: Path) -> "list[dict[str, object]]":
    """The package.json of each package, of those inside of others too."""
    told = []
    for path in sorted(folder.rglob("package.json")):
        above = path.parent.parent
        scoped = above.name.startswith("@") and above.parent.name == "node_modules"
        if above.name == "node_modules" or scoped:
            try:
                content = json.loads(path.read_text(errors="replace"))
            except ValueError:
                continue
            if isinstance(content, dict):
                told.append(content)
    return told


if __name__ == "__main__":
    main()
