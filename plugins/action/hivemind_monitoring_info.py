"""Tell which metrics a CloudWatch dashboard shows, and whether a log group is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import botocore.exceptions

from hivemind_agents.controller import ControllerAction
from hivemind_agents.state.session import session

_ABSENT = frozenset({"ResourceNotFound", "DashboardNotFoundError"})


class ActionModule(ControllerAction):
    """Gives `metrics` (none when there is no such dashboard) and `log_group_exists`."""

    ARGUMENTS = {
        "dashboard": {"type": "str", "required": True},
        "log_group": {"type": "str", "required": True},
    }

    def doing(self, parameters: Mapping[str, Any]) -> str:
        return f"read the dashboard {parameters['dashboard']} and the log group"

    def work(self, parameters: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
        aws = session()
        group = parameters["log_group"]
        groups = aws.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        try:
            dashboard = aws.client("cloudwatch").get_dashboard(
                DashboardName=parameters["dashboard"]
            )
            widgets = json.loads(dashboard["DashboardBody"])["widgets"]
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in _ABSENT:
                raise
            widgets = []
        metrics = {
            f"{metric[0]}/{metric[1]}"
            for widget in widgets
            for metric in widget["properties"].get("metrics", [])
        }
        return {
            "metrics": sorted(metrics),
            "log_group_exists": any(found["logGroupName"] == group for found in groups),
        }
