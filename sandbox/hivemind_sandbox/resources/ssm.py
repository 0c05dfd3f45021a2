"""Parameters."""

from typing import Any

from hivemind_sandbox.resources.base import (
    Place,
    Properties,
    Resource,
    changed,
    pick,
    tag_changes,
    tag_list,
    tags_of,
)
from hivemind_sandbox.resources.clients import client


class Parameter(Resource):
    type_name = "AWS::SSM::Parameter"
    named_by = "Name"
    implemented = "AllowedPattern DataType Description Name Tags Tier Type Value"
    settings = "AllowedPattern DataType Description Tier Type Value"

    def create(self, place: Place, props: Properties) -> str:
        name = place.name(props.get("Name"))
        client("ssm").put_parameter(
            Name=name, **pick(props, self.settings), Tags=tag_list(tags_of(props))
        )
        return name

    def settle(self, physical_id: str, props: Properties) -> None:
        """The parameter was made with all it has."""

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        ssm = client("ssm")
        if changed(old, new, *self.settings.split()):
            ssm.put_parameter(Name=physical_id, Overwrite=True, **pick(new, self.settings))
        setting, removing = tag_changes(old, new)
        about = {"ResourceType": "Parameter", "ResourceId": physical_id}
        if setting:
            ssm.add_tags_to_resource(**about, Tags=tag_list(setting))
        if removing:
            ssm.remove_tags_from_resource(**about, TagKeys=removing)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return pick(props, "Type Value")

    def delete(self, physical_id: str, props: Properties) -> None:
        client("ssm").delete_parameter(Name=physical_id)


TYPES: tuple[type[Resource], ...] = (Parameter,)
