"""What a user asks for, before any agent has decided how."""

from typing import Annotated, Any, Literal

from pydantic import Field

from hivemind_agents.domain.base import Frozen
from hivemind_agents.domain.deployment import DeploymentName, Kind, StageMode


class DeployRequest(Frozen):
    """Deploy an application. What is None is decided by the agents, or by the verbs' defaults.

    `secrets` maps an environment variable to a reference (`ssm:/…`, `arn:…`, `file:/…`), never
    to a value: `Runtime.store_secret` makes a reference of a value.
    """

    verb: Literal["deploy"] = "deploy"
    # A path is made absolute by the caller: runs are resumed from other folders.
    repository: str
    description: str = ""
    name: DeploymentName
    ref: str | None = None
    path: str = "."
    kind: Kind | None = None
    stage_mode: StageMode | None = None
    start_command: str | None = None
    health_path: str | None = None
    # Keys of hivemind.yml, over the file and over what Recon finds.
    overrides: dict[str, Any] = {}
    env: dict[str, str] = {}
    secrets: dict[str, str] = {}
    # Of the steps that bring dependencies alone.
    build_secrets: dict[str, str] = {}
    domain_name: str | None = None
    hosted_zone_id: str | None = None
    # Any further argument of the verb, by its own name, e.g. `instance_type`.
    arguments: dict[str, Any] = {}

    @property
    def word(self) -> dict[str, Any]:
        """All that the user says of the repository, with the keys of hivemind.yml."""
        named = {"kind": self.kind, "start": self.start_command, "health_path": self.health_path}
        return self.overrides | {key: value for key, value in named.items() if value is not None}


class RollbackRequest(Frozen):
    """Go back to the previous release, or to `release`; a deployment never live is taken away."""

    verb: Literal["rollback"] = "rollback"
    name: DeploymentName
    release: int | None = None
    delete_stack: bool = False
    reason: str = ""
    arguments: dict[str, Any] = {}


class DestroyRequest(Frozen):
    """Take a deployment away with its stack."""

    verb: Literal["destroy"] = "destroy"
    name: DeploymentName
    reason: str = ""
    arguments: dict[str, Any] = {}


class VerbRequest(Frozen):
    """Run one verb of the catalogue by itself, e.g. `verify` or `harden`."""

    verb: str
    name: DeploymentName
    arguments: dict[str, Any] = {}


Request = DeployRequest | RollbackRequest | DestroyRequest | VerbRequest


class Decision(Frozen):
    """What an agent decided, and why, in one sentence a person reads."""

    agent: str
    reason: Annotated[str, Field(min_length=1)]
