"""What belongs to stacks alone."""

import uuid

from hivemind_sandbox.resources.base import Place, Properties, Resource
from hivemind_sandbox.resources.clients import client


class WaitConditionHandle(Resource):
    """Nothing but a name: templates use it as a resource that may always exist."""

    type_name = "AWS::CloudFormation::WaitConditionHandle"
    implemented = ""

    def create(self, place: Place, props: Properties) -> str:
        region = client("s3").meta.region_name
        return (
            f"https://cloudformation-waitcondition-{region}.s3.{region}.amazonaws.com/"
            f"{place.stack_name}/{place.logical_id}/{uuid.uuid4()}"
        )

    def delete(self, physical_id: str, props: Properties) -> None:
        """There is nothing to delete."""


TYPES: tuple[type[Resource], ...] = (WaitConditionHandle,)
