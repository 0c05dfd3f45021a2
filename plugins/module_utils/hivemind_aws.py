"""What our modules share. They run on the controller, where `hivemind_agents` is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ansible.module_utils.basic import AnsibleModule

from hivemind_agents.errors import HivemindError, told
from hivemind_agents.state.aws import translated
from hivemind_agents.state.session import session

__all__ = ["failures_told", "session"]


@contextmanager
def failures_told(module: AnsibleModule, doing: str) -> Iterator[None]:
    """Turn our errors into the module's failure: what, why, and a FIX line with the mend.

    `doing`: a phrase that continues "cannot".
    """
    try:
        with translated(doing):
            yield
    except HivemindError as error:
        module.fail_json(
            msg=told(error), error_type=type(error).__name__, exit_code=error.exit_code
        )
