"""Programs that steps of recipes call in the builder; they need its Python and nothing else.

The builder puts them into `FOLDER` before the first step.
"""

from pathlib import Path

FOLDER = "/tmp/hivemind"  # noqa: S108 - the container's own


def texts() -> dict[str, str]:
    """Name to text of every program."""
    return {
        path.name: path.read_text()
        for path in sorted(Path(__file__).parent.iterdir())
        if path.suffix in {".py", ".cjs"} and path.name != "__init__.py"
    }
