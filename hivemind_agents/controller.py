"""Tasks that work in Ansible's own process.

A module is a Python process that imports boto3 and pydantic first, about a second each. What only
talks to AWS is an action plugin instead: it works in the process that Ansible forks for the task,
with what the callback plugin `hivemind_lease` has imported.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase

from hivemind_agents.errors import HivemindError, told
from hivemind_agents.state.aws import translated


class ControllerAction(ActionBase):  # type: ignore[misc]
    """A task on the controller, with a module's arguments and a module's way to fail."""

    TRANSFERS_FILES = False
    _requires_connection = False

    # As a module's argument_spec and required_if.
    ARGUMENTS: ClassVar[dict[str, dict[str, Any]]]
    REQUIRED_IF: ClassVar[Sequence[tuple[str, str, list[str]]]] = ()

    @abstractmethod
    def doing(self, parameters: Mapping[str, Any]) -> str:
        """A phrase that continues "cannot"."""

    @abstractmethod
    def work(self, parameters: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
        """Do it and return the task's result. With `check` nothing is changed."""

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        super().run(tmp, task_vars)
        checked, _ = self.validate_argument_spec(self.ARGUMENTS, required_if=self.REQUIRED_IF)
        parameters: dict[str, Any] = plain(checked.validated_parameters)
        try:
            with translated(self.doing(parameters)):
                result = self.work(parameters, check=bool(self._task.check_mode))
        except HivemindError as error:
            result = {
                "failed": True,
                "msg": told(error),
                "error_type": type(error).__name__,
                "exit_code": error.exit_code,
            }
        return {"changed": False, **result, "invocation": {"module_args": parameters}}


def plain(value: Any) -> Any:  # noqa: ANN401 - any value of a task
    """A value without Ansible's tags and lazy templates."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        # Tagged numbers are subclasses, which YAML cannot write.
        return int(value) if isinstance(value, int) else float(value)
    return str(value)
