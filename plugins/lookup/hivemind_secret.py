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

import boto3
from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from hivemind_agents.errors import HivemindError
from hivemind_agents.state.secrets import resolve


class LookupModule(LookupBase):
    """`lookup('hivemind_secret', 'ssm:/hivemind/demo/env/KEY')`."""

    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[str]:
        session = boto3.Session()
        try:
            return [resolve(session, str(term)) for term in terms]
        except HivemindError as error:
            mend = f"\nFIX: {error.mend}" if error.mend else ""
            raise AnsibleError(f"{error.message}{mend}") from error
