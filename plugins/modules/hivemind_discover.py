#!/usr/bin/python
"""Find all that exists of a deployment."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hivemind_discover
short_description: Find all that exists of a deployment
description:
  - By tag, by stack and by parameter path. Terminated hosts are left out.
  - Tells where the record and the account differ.
options:
  name: {description: The deployment's name., type: str, required: true}
author: [HiveMind]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.hivemind_aws import failures_told, session

_ENDED = frozenset({"terminated", "shutting-down"})


def stack_of(client: Any, name: str) -> dict[str, Any] | None:
    """Name, status and outputs of the stack; None where there is none."""
    import botocore.exceptions

    try:
        found = client.describe_stacks(StackName=name)["Stacks"][0]
    except botocore.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    if found["StackStatus"] == "DELETE_COMPLETE":
        return None
    return {
        "name": name,
        "status": found["StackStatus"],
        "outputs": {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", [])},
    }


def tagged(aws: Any, name: str) -> list[str]:
    """ARNs of what carries the deployment's tag."""
    pages = (
        aws.client("resourcegroupstaggingapi")
        .get_paginator("get_resources")
        .paginate(TagFilters=[{"Key": "hivemind:deployment", "Values": [name]}])
    )
    return [each["ResourceARN"] for page in pages for each in page["ResourceTagMappingList"]]


def states_of(aws: Any, ids: list[str]) -> dict[str, str]:
    """State of each host; one that is forgotten already is missing."""
    pages = (
        aws.client("ec2")
        .get_paginator("describe_instances")
        .paginate(Filters=[{"Name": "instance-id", "Values": ids}])
    )
    return {
        host["InstanceId"]: host["State"]["Name"]
        for page in pages
        for reservation in page["Reservations"]
        for host in reservation["Instances"]
    }


def parameters_of(aws: Any, name: str) -> list[str]:
    """Names of the SSM parameters below the deployment's path."""
    pages = (
        aws.client("ssm")
        .get_paginator("get_parameters_by_path")
        .paginate(Path=f"/hivemind/{name}", Recursive=True)
    )
    return [each["Name"] for page in pages for each in page["Parameters"]]


def main() -> None:
    module = AnsibleModule(
        argument_spec={"name": {"type": "str", "required": True}}, supports_check_mode=True
    )
    name = module.params["name"]
    with failures_told(module, f"look for what exists of {name!r}"):
        from hivemind_agents.provisioning.infrastructure import stack_name
        from hivemind_agents.provisioning.leftovers import (
            Resource,
            drift,
            from_arn,
            removal_command,
        )
        from hivemind_agents.state.bucket import StateBucket, StateBucketMissing
        from hivemind_agents.state.records import RecordStore

        aws = session()
        try:
            record = RecordStore(StateBucket.open(aws)).read(name)
        except StateBucketMissing:
            record = None
        stack = stack_of(aws.client("cloudformation"), stack_name(name))
        found = [from_arn(arn) for arn in tagged(aws, name)]
        hosts = [each.id for each in found if each.type == "AWS::EC2::Instance"]
        states = states_of(aws, hosts) if hosts else {}
        resources = [
            each.model_copy(update={"state": states.get(each.id)})
            for each in found
            if each.id not in hosts or states.get(each.id, "terminated") not in _ENDED
        ]
        known = {each.id for each in resources}
        resources += [
            Resource(type="AWS::SSM::Parameter", id=path)
            for path in parameters_of(aws, name)
            if path not in known
        ]
        resources.sort(key=lambda each: (each.type, each.id))
    module.exit_json(
        changed=False,
        stack=stack,
        record=record.model_dump(mode="json") if record else None,
        resources=[
            {
                **each.model_dump(mode="json"),
                "promised": each.is_promised,
                "remove": removal_command(each.type, each.id, aws.region_name),
            }
            for each in resources
        ],
        drift=drift(record, stack, resources),
    )


if __name__ == "__main__":
    main()
