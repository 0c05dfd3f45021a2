"""The images that hosts run from, built when missing."""

import subprocess
import threading
from functools import cache
from pathlib import Path
from typing import Literal

from hivemind_sandbox.commands import CommandError

Kind = Literal["base", "postgres", "mariadb", "redis"]

_lock = threading.Lock()


def ensure(kind: Kind) -> str:
    """Give back the image's reference; build it first where it is missing (a minute, once)."""
    with _lock:
        return _ensure(kind)


@cache
def _ensure(kind: Kind) -> str:
    argv = [str(_recipe() / "build-image.sh"), kind]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandError(argv, done.returncode, done.stderr)
    return done.stdout.strip()


def _recipe() -> Path:
    """In a checkout beside the sandbox; in an installed wheel among the package's data."""
    here = Path(__file__).resolve()
    places = (here.parents[2] / "images", here.parents[1] / "hivemind_agents" / "data" / "images")
    for place in places:
        if (place / "build-image.sh").exists():
            return place
    raise FileNotFoundError(
        f"the recipe of the base image is in none of {', '.join(map(str, places))}. "
        "The installation is incomplete: install HiveMind again"
    )
