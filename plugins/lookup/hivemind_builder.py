"""Where an application is built."""

from __future__ import annotations

DOCUMENTATION = r"""
name: hivemind_builder
short_description: Where a deployment's builds run, and why not on this machine
description: >-
  A dict with C(place), V(controller) or V(host), and C(why), which is empty where this machine can
  build.
options:
  _terms: {description: "The deployment's record, or none.", required: true}
author: [HiveMind]
"""

from typing import Any

from ansible.plugins.lookup import LookupBase

from hivemind_agents import engine


class LookupModule(LookupBase):
    """`lookup('hivemind_builder', hivemind_record)`."""

    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[dict[str, str]]:
        releases = (terms[0] or {}).get("releases", [])
        live = any(release["state"] == "live" for release in releases)
        return [{"place": engine.place(live=live), "why": engine.why_not_here() or ""}]
