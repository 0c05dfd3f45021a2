"""Build hook: the Ansible half travels as data inside the package, never as top-level `roles`.

An editable install needs no copy: `hivemind_agents.locations` finds it beside the package.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DATA = ("ansible.cfg", "playbooks", "roles", "plugins", "cfn", "inventories", "images")


class AnsibleHalf(BuildHookInterface[Any]):
    """Adds the data folders to standard wheels."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            build_data["force_include"] |= {
                f"{self.root}/{name}": f"hivemind_agents/data/{name}" for name in DATA
            }
