"""First and second build of applications, by phase: `bench_build.py [FOLDER ...]`.

The second build has the same dependencies and a changed file; it has to take a third of the time
of the first at most. Without folders: all of `examples/`. Needs root and a container engine.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from hivemind_agents.adapters.builder import BuildRequest, ContainerBuilder
from hivemind_agents.building.files import Files
from hivemind_agents.building.model import Artifact
from hivemind_agents.building.recipe import recipe_for
from hivemind_agents.errors import HivemindError
from hivemind_agents.repository import inspect
from hivemind_agents.repository_source import fetch

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FACTOR = 3


def build(builder: ContainerBuilder, folder: Path, work: Path, *, changed: bool) -> Artifact:
    tree = work / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    source = fetch(str(folder), None, ".", tree)
    report = inspect(tree)
    application = tree / report.path
    if changed:
        (application / "CHANGED.txt").write_text("not a dependency\n")
    request = BuildRequest(
        deployment_name=folder.name[:24],
        source=source,
        tree=application,
        recipe=recipe_for(report, Files.below(application)),
    )
    return builder.build(request, work / "artifact.tar.gz")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def shown(artifact: Artifact) -> str:
    return ", ".join(f"{phase.phase} {phase.seconds:.1f}" for phase in artifact.phases)


def main() -> int:
    folders = [Path(given).resolve() for given in sys.argv[1:]]
    folders = folders or sorted(path for path in EXAMPLES.iterdir() if path.is_dir())
    slow = []
    for folder in folders:
        with tempfile.TemporaryDirectory(prefix="hivemind-bench-") as name:
            work = Path(name)
            builder = ContainerBuilder(folder=work / "builds")
            assert builder.image
            seconds = []
            try:
                for changed in (False, True):
                    begun = time.monotonic()
                    artifact = build(builder, folder, work, changed=changed)
                    seconds.append(time.monotonic() - begun)
                    which = "second" if changed else "first"
                    say(f"{folder.name:22}{which:8}{seconds[-1]:6.1f} s   {shown(artifact)}")
            except HivemindError as error:
                say(f"{folder.name:22}failed: {error}")
                slow.append(folder.name)
                continue
            factor = seconds[0] / seconds[1]
            # What takes next to nothing in the first place has nothing to save.
            if factor < FACTOR and seconds[1] > 2:
                slow.append(folder.name)
            say(f"{'':22}{factor:.1f} times as fast, {artifact.bytes / 1e6:.1f} MB")
    if slow:
        say(f"not {FACTOR} times as fast, or failed: {', '.join(slow)}")
    return bool(slow)


if __name__ == "__main__":
    sys.exit(main())
