#!/usr/bin/python
"""Tell which metrics a CloudWatch dashboard shows."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hivemind_dashboard_info
short_description: Tell which metrics a CloudWatch dashboard shows
options:
  name: {description: The dashboard's name., type: str, required: true}
author: [HiveMind]
"""

import json

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.hivemind_aws import failures_told, session


def main() -> None:
    module = AnsibleModule(
        argument_spec={"name": {"type": "str", "required": True}}, supports_check_mode=True
    )
    name = module.params["name"]
    with failures_told(module, f"read the dashboard {name}"):
        import botocore.exceptions

        try:
            body = session().client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"]
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in {"ResourceNotFound", "DashboardNotFoundError"}:
                module.exit_json(changed=False, exists=False, metrics=[])
            raise
    metrics = sorted(
        {
            f"{metric[0]}/{metric[1]}"
            for widget in json.loads(body)["widgets"]
            for metric in widget["properties"].get("metrics", [])
        }
    )
    module.exit_json(changed=False, exists=True, metrics=metrics)


if __name__ == "__main__":
    main()
