"""Secrets, generated or given, and what a database adds to one."""

import json
from typing import Any

from hivemind_sandbox.resources.base import (
    Place,
    Properties,
    Resource,
    ResourceError,
    changed,
    pick,
    tag_changes,
    tag_list,
    tags_of,
)
from hivemind_sandbox.resources.clients import client


class Secret(Resource):
    type_name = "AWS::SecretsManager::Secret"
    named_by = "Name"
    implemented = "Description GenerateSecretString KmsKeyId Name SecretString Tags"

    def create(self, place: Place, props: Properties) -> str:
        made = client("secretsmanager").create_secret(
            Name=place.name(props.get("Name"), limit=512),
            SecretString=_value(props),
            **pick(props, "Description KmsKeyId"),
            Tags=tag_list(tags_of(props)),
        )
        return str(made["ARN"])

    def settle(self, physical_id: str, props: Properties) -> None:
        """The secret was made with all it has."""

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        secrets = client("secretsmanager")
        if changed(old, new, "SecretString", "GenerateSecretString"):
            secrets.put_secret_value(SecretId=physical_id, SecretString=_value(new))
        if changed(old, new, "Description", "KmsKeyId"):
            secrets.update_secret(SecretId=physical_id, **pick(new, "Description KmsKeyId"))
        setting, removing = tag_changes(old, new)
        if setting:
            secrets.tag_resource(SecretId=physical_id, Tags=tag_list(setting))
        if removing:
            secrets.untag_resource(SecretId=physical_id, TagKeys=removing)

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return {"Id": physical_id}

    def delete(self, physical_id: str, props: Properties) -> None:
        client("secretsmanager").delete_secret(
            SecretId=physical_id, ForceDeleteWithoutRecovery=True
        )


def _value(props: Properties) -> str:
    """The given value, or a password made here and put into the template where there is one."""
    generate = props.get("GenerateSecretString")
    if generate is None:
        return str(props.get("SecretString", ""))
    password = client("secretsmanager").get_random_password(
        **pick(
            generate,
            "ExcludeCharacters ExcludeLowercase ExcludeNumbers ExcludePunctuation ExcludeUppercase "
            "IncludeSpace PasswordLength RequireEachIncludedType",
        )
    )["RandomPassword"]
    key = generate.get("GenerateStringKey")
    if not key:
        return str(password)
    return json.dumps({**json.loads(generate.get("SecretStringTemplate", "{}")), key: password})


class SecretTargetAttachment(Resource):
    """Writes a database's address, port and name into its secret."""

    type_name = "AWS::SecretsManager::SecretTargetAttachment"
    implemented = "SecretId TargetId TargetType"
    added = ("engine", "host", "port", "dbname", "dbInstanceIdentifier")

    def create(self, place: Place, props: Properties) -> str:
        self._write(props["SecretId"], self._target(props))
        return str(props["SecretId"])

    def settle(self, physical_id: str, props: Properties) -> None:
        """The secret holds the target already."""

    def configure(self, physical_id: str, old: Properties, new: Properties) -> None:
        self._write(physical_id, self._target(new))

    def attributes(self, physical_id: str, props: Properties) -> dict[str, Any]:
        return {"Id": physical_id}

    def delete(self, physical_id: str, props: Properties) -> None:
        self._write(physical_id, dict.fromkeys(self.added))

    def _target(self, props: Properties) -> dict[str, Any]:
        if props["TargetType"] != "AWS::RDS::DBInstance":
            raise ResourceError(
                f"TargetType {props['TargetType']} is not implemented by this sandbox; "
                "AWS::RDS::DBInstance is"
            )
        found = client("rds").describe_db_instances(DBInstanceIdentifier=props["TargetId"])
        instance = found["DBInstances"][0]
        return {
            "engine": instance["Engine"],
            "host": instance["Endpoint"]["Address"],
            "port": instance["Endpoint"]["Port"],
            "dbname": instance.get("DBName"),
            "dbInstanceIdentifier": instance["DBInstanceIdentifier"],
        }

    def _write(self, secret_id: str, values: dict[str, Any]) -> None:
        """Merge into the secret's JSON; a value of None takes its key away."""
        secrets = client("secretsmanager")
        current = secrets.get_secret_value(SecretId=secret_id)["SecretString"]
        try:
            content = json.loads(current)
        except ValueError:
            raise ResourceError(f"the secret {secret_id} holds no JSON object") from None
        merged = {k: v for k, v in {**content, **values}.items() if v is not None}
        secrets.put_secret_value(SecretId=secret_id, SecretString=json.dumps(merged))


TYPES: tuple[type[Resource], ...] = (Secret, SecretTargetAttachment)
