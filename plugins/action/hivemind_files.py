"""Make templates into text here, so that one call writes all of them on the host."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader


class ActionModule(ActionBase):  # type: ignore[misc]
    """`hivemind_files`: an entry's `template` becomes its `content`, with `variables` in reach."""

    TRANSFERS_FILES = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        super().run(tmp, task_vars)
        variables = task_vars or {}
        files = self._task.args.get("files")
        if not isinstance(files, list) or not all(isinstance(file, dict) for file in files):
            raise AnsibleActionFail("files has to be a list of entries with a path each")
        arguments = {**self._task.args, "files": [self._written(file, variables) for file in files]}
        result: dict[str, Any] = self._execute_module(
            module_name="hivemind_files", module_args=arguments, task_vars=variables
        )
        return result

    def _written(self, file: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        if "template" not in file:
            return file
        lookup = lookup_loader.get(
            "ansible.builtin.template", loader=self._loader, templar=self._templar
        )
        text = lookup.run(
            [file["template"]], variables=variables, template_vars=file.get("variables", {})
        )[0]
        known = {
            name: value for name, value in file.items() if name not in {"template", "variables"}
        }
        return {**known, "content": text}
