"""What a deploy would make and what that costs, computed here; nothing is changed anywhere."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from hivemind_agents import pricing
from hivemind_agents.cli import reading
from hivemind_agents.domain.deployment import Deployment
from hivemind_agents.domain.plan import Plan
from hivemind_agents.domain.request import DeployRequest
from hivemind_agents.errors import RepositoryError, UnknownDeployment
from hivemind_agents.provisioning.infrastructure import Infrastructure, decide
from hivemind_agents.targets import Target

if TYPE_CHECKING:
    import boto3

    from hivemind_agents.repository.report import RepositoryReport

_DEPLOYABLE = ("web", "worker", "static")
_GONE = ("destroyed", "rolled-back")
# The shape does not depend on which image or key it will be; a preview asks for neither.
_ANY_IMAGE = "ami-00000000000000000"
_ANY_KEY = "ssh-ed25519 " + "A" * 64
_ANY_CIDR = "192.0.2.1/32"


class Preview(NamedTuple):
    """`resources`: logical name, type, and what would be done with it."""

    infrastructure: Infrastructure
    resources: list[tuple[str, str, str]]
    price: pricing.Estimate

    @property
    def price_text(self) -> str:
        return pricing.render(self.price)


def preview(
    plan: Plan, request: DeployRequest, target: Target, report: "RepositoryReport"
) -> Preview:
    """Decide the shape as the provision verb will, and compare it with the stack that is there."""
    session = reading.session()
    try:
        known: Deployment | None = reading.record(request.name, session)
    except UnknownDeployment:
        known = None
    if known is not None and known.status in _GONE:
        known = None
    stack = _stack(session, request.name)
    shape = decide(
        plan.arguments,
        record=_expected(known, plan, request, target, report.model_dump(mode="json")),
        parameters=stack.parameters,
        outputs=stack.outputs,
        image_id=_ANY_IMAGE,
        ssh_public_key=_ANY_KEY,
        admin_cidr=target.admin_cidr or _ANY_CIDR,
    )
    return Preview(
        infrastructure=shape,
        resources=_resources(shape, stack),
        price=pricing.estimate(price_shape(shape, target.region)),
    )


def price_shape(shape: Infrastructure, region: str) -> pricing.Shape:
    """What of an infrastructure costs money."""
    active = shape.blue if shape.active_slot == "blue" else shape.green
    return pricing.Shape(
        region=region,
        instance_type=active.instance_type,
        instances=shape.blue.count + shape.green.count,
        volume_gb=shape.volume_gigabytes,
        load_balancer=shape.has_load_balancer,
        database_class=shape.database.instance_class if shape.database else None,
        database_gb=shape.database.gigabytes if shape.database else 20,
        multi_az=bool(shape.database and shape.database.multi_az),
        cache_type=shape.cache.node_type if shape.cache else None,
        cache_nodes=shape.cache.nodes if shape.cache else 1,
    )


class _Stack(NamedTuple):
    """The stack that is there: empty when there is none."""

    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    resources: Mapping[str, Any]


def _stack(session: "boto3.Session", name: str) -> _Stack:
    import botocore.exceptions

    from hivemind_agents.provisioning.infrastructure import stack_name
    from hivemind_agents.state.aws import error_code, translated

    with translated(f"look for the stack of {name!r}"):
        cloudformation = session.client("cloudformation")
        try:
            found = cloudformation.describe_stacks(StackName=stack_name(name))["Stacks"][0]
        except botocore.exceptions.ClientError as error:
            if error_code(error) == "ValidationError":
                return _Stack({}, {}, {})
            raise
        body = cloudformation.get_template(StackName=stack_name(name))["TemplateBody"]
    parameters = {
        str(p.get("ParameterKey")): str(p.get("ParameterValue"))
        for p in found.get("Parameters", [])
    }
    outputs = {str(o.get("OutputKey")): str(o.get("OutputValue")) for o in found.get("Outputs", [])}
    template = body if isinstance(body, dict) else _parsed(body)
    return _Stack(parameters, outputs, template.get("Resources", {}))


def _expected(
    known: Deployment | None,
    plan: Plan,
    request: DeployRequest,
    target: Target,
    found: dict[str, Any],
) -> Deployment:
    """The record as Recon will have left it when the stack is made."""
    asked: str | None = plan.arguments.get("app_kind")
    kind = asked or found.get("kind") or (known.kind if known else None)
    start = plan.arguments.get("app_start_command") or found.get("start")
    if kind not in _DEPLOYABLE or (kind != "static" and not start):
        raise _nothing_to_run(request, kind, found)
    changes = {"recon": found, "kind": kind}
    if known is not None:
        return known.model_copy(update=changes)
    now = datetime.now(UTC)
    draft = Deployment(
        id="preview", name=request.name, region=target.region, created_at=now, updated_at=now
    )
    return draft.model_copy(update=changes)


def _nothing_to_run(
    request: DeployRequest, kind: str | None, found: Mapping[str, Any]
) -> RepositoryError:
    """What was looked for, and how to say what runs."""
    what = f"a {kind}: nothing in it keeps running" if kind else "a repository of unknown kind"
    why = [str(question["why"]) for question in found.get("questions", ())]
    reasons = f": {'; '.join(why)}" if why else ""
    return RepositoryError(
        f"there is nothing to deploy in {request.repository}, which is {what}{reasons}",
        mend="hivemind deploy … --kind web --start 'COMMAND' (it listens on $PORT; --kind worker "
        "listens on nothing), or: hivemind init",
    )


def _resources(shape: Infrastructure, stack: _Stack) -> list[tuple[str, str, str]]:
    from hivemind_agents.provisioning import template

    wanted: dict[str, Any] = _parsed(template.render(shape))["Resources"]
    rows = [
        (name, str(wanted[name]["Type"]), _action(wanted[name], stack.resources.get(name)))
        for name in wanted
    ]
    gone = [name for name in stack.resources if name not in wanted]
    return rows + [(name, str(stack.resources[name]["Type"]), "delete") for name in gone]


def _action(wanted: object, there: object) -> str:
    if there is None:
        return "create"
    return "keep" if wanted == there else "update"


def _parsed(text: str) -> dict[str, Any]:
    """A template as data; CloudFormation's short forms become their long ones' arguments."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Knows no tags of its own."""

    def short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
        if isinstance(node, yaml.ScalarNode):
            return {suffix: loader.construct_scalar(node)}
        if isinstance(node, yaml.SequenceNode):
            return {suffix: loader.construct_sequence(node, deep=True)}
        assert isinstance(node, yaml.MappingNode)  # noqa: S101 - there is no fourth kind
        return {suffix: loader.construct_mapping(node, deep=True)}

    Loader.add_multi_constructor("!", short_form)
    document: dict[str, Any] = yaml.load(text, Loader)  # noqa: S506 - a safe loader
    return document
