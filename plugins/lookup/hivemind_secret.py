"""Resolve references to secrets, in tasks that have `no_log`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: hivemind_secret
short_description: Resolve references to secrets
description: The forms are C(ssm:/path), C(arn:aws:secretsmanager:...#key) and C(file:/path).
options:
  _terms: {description: References., required: true}
author: [HiveMind]
"""

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from hivemind_agents.errors import HivemindError, told
from hivemind_agents.state.secrets import resolve
from hivemind_agents.state.session import session


class LookupModule(LookupBase):
    """`lookup('hivemind_secret', 'ssm:/hivemind/demo/env/KEY')`."""

    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[str]:
        try:
            return [resolve(session(), str(term)) for term in terms]
        except HivemindError as error:
            raise AnsibleError(told(error)) from error
