"""The plan: what the agents decided, readable, and reproducible without any agent."""

import hashlib
import json
from typing import Any

from hivemind_agents.domain.base import Frozen


class Step(Frozen):
    """One verb with its arguments, and why."""

    verb: str
    arguments: dict[str, Any] = {}
    reason: str


class Plan(Frozen):
    """Verbs in order. `arguments` are those of `verb`; each step's are a part of them.

    `ansible-playbook playbooks/<verb>.yml -e @plan.yml` does the same without any agent, because
    `to_extra_vars` puts the arguments on the top level, where the playbook expects them.
    """

    verb: str
    deployment_name: str
    arguments: dict[str, Any]
    steps: tuple[Step, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON: what an approval refers to."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_extra_vars(self) -> dict[str, Any]:
        """The content of `plan.yml`."""
        return {
            **self.arguments,
            "hivemind_plan": {
                "verb": self.verb,
                "digest": self.digest,
                "steps": [step.model_dump(mode="json") for step in self.steps],
            },
        }
