"""Settings that a repository has as a sample alone: the build writes what is made of it."""

import shlex
from collections.abc import Callable, Mapping

from hivemind_agents.building.files import text_of
from hivemind_agents.building.model import Step


def sample_steps(
    files: frozenset[str], found: Mapping[str, str], filled: Callable[[str], str]
) -> tuple[Step, ...]:
    """The steps that write each file of `found` (sample to file), filled in."""
    return tuple(
        Step(
            title=f"make {target} of its sample",
            command=f"printf %s {shlex.quote(filled(text_of(files, sample) or ''))} "
            f">{shlex.quote(target)}",
        )
        for sample, target in found.items()
    )
