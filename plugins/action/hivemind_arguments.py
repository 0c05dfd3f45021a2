"""Check and complete the arguments of a verb, by its meta file."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.utils.vars import load_extra_vars

from hivemind_agents.controller import plain
from hivemind_agents.domain.deployment import checked_name

# Variables of Ansible, AWX and ourselves that are no verb's arguments.
_OTHERS = ("ansible_", "awx_", "hivemind_", "tower_")


class ActionModule(ActionBase):
    """`hivemind_arguments: {verb: provision}` gives `arguments`, `given` and `effect`.

    `arguments` has every option of the verb, cast, with its default or null where it was not
    given; `given` those that were. Ansible itself applies no default, casts nothing and lets
    misspelt names pass.
    """

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        super().run(tmp, task_vars)
        variables = task_vars or {}
        verb = str(self._task.args["verb"])
        outer = str(self._task.args.get("outer_verb") or verb)
        folder = Path(str(variables["playbook_dir"]))
        meta = _meta(folder, verb)
        options = meta["argument_specs"][verb].get("options", {})
        problems = self._misspelt(_meta(folder, outer)["argument_specs"][outer]["options"])
        passed = {
            name: self._value(variables[name])
            for name in options
            if variables.get(name) is not None
        }
        # A survey sends "" for what was left out.
        passed = {
            name: value
            for name, value in passed.items()
            if value != "" or _may_be_empty(options[name])
        }
        result = ArgumentSpecValidator(_bare(options)).validate(passed)
        problems += result.error_messages
        arguments = dict(result.validated_parameters)
        # Modules run elsewhere than where the caller stands.
        if (repo := arguments.get("app_repo")) and Path(str(repo)).expanduser().exists():
            arguments["app_repo"] = str(Path(str(repo)).expanduser().absolute())
        if name := arguments.get("deployment_name"):
            try:
                checked_name(str(name))
            except ValueError as error:
                problems.append(str(error))
        if problems:
            told = "; ".join(dict.fromkeys(problems))
            raise AnsibleActionFail(
                f"cannot run {outer!r}: {told}\nFIX: hivemind playbook show {outer}"
            )
        return {
            "changed": False,
            "verb": verb,
            "arguments": arguments,
            "given": {name: arguments[name] for name in passed},
            "effect": meta["effect"],
        }

    def _value(self, value: Any) -> Any:
        """The value without templates and without Ansible's tags."""
        return yaml.safe_load(yaml.safe_dump(plain(self._templar.template(value))))

    def _misspelt(self, options: Mapping[str, Any]) -> list[str]:
        """Extra variables that no option has the name of."""
        found = []
        for name in load_extra_vars(self._loader):
            if name in options or name.startswith(_OTHERS):
                continue
            near = difflib.get_close_matches(name, options, n=1)
            found.append(
                f"{name!r} is not an argument of it"
                + (f" (did you mean {near[0]!r}?)" if near else "")
            )
        return found


def _meta(folder: Path, verb: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((folder / f"{verb}.meta.yml").read_text("utf-8"))
    return document


def _may_be_empty(option: Mapping[str, Any]) -> bool:
    free_text = option.get("type", "str") == "str" and not option.get("choices")
    return free_text and not option.get("required")


def _bare(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as ansible-core's validator takes them."""
    return {
        name: {key: value for key, value in option.items() if key != "description"}
        for name, option in options.items()
    }
