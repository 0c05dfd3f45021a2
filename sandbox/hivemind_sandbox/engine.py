"""The stack engine: ministack's CloudFormation, with our resource types and its faults mended.

This is the one module that uses ministack's private names; tests/contract/test_engine_names.py
fails first when they move. What the engine does not do as AWS does is mended here from outside:

- change sets ignore conditions;
- updates report events for resources that do not change, and UPDATE for new ones;
- stack policies are stored but not enforced, capabilities only asked for in one of its modes;
- snapshots are not taken when a resource is replaced;
- templates are hardly validated (validation.py does it before the engine sees one);
- a name that failed to be created can be taken again, a deleted stack be addressed by its name;
- an operation under way when the process ends is never finished.
"""

import asyncio
import copy
import logging
import os
import re
import time
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, urlparse

from botocore.exceptions import ClientError
from ministack.core import responses
from ministack.services import cloudformation as cfn
from ministack.services import secretsmanager as ministack_secrets
from ministack.services import ssm as ministack_ssm
from ministack.services.cloudformation import (
    changesets,
    handlers,
    helpers,
    provisioners,
    stacks,
)
from ministack.services.cloudformation import engine as templates

from hivemind_sandbox import existence, stack_policy, validation
from hivemind_sandbox.resources import resource_types
from hivemind_sandbox.resources.base import Place, Properties, Resource, ResourceError
from hivemind_sandbox.resources.clients import Caller, client, configure
from hivemind_sandbox.settings import Settings

logger = logging.getLogger(__name__)

Answer = tuple[int, dict[str, str], bytes]
Params = dict[str, list[str]]
Stack = dict[str, Any]
Handler = Callable[[Params], Answer]

STORES = ("_stacks", "_stack_events", "_exports", "_change_sets")
STACK_TYPE = "AWS::CloudFormation::Stack"

_caller: ContextVar[Caller] = ContextVar("sandbox_caller")


@dataclass(slots=True)
class _Operation:
    """One creation or update of a stack, while it runs."""

    stack: Stack
    stack_id: str
    stack_name: str
    is_update: bool
    previous: dict[str, Any]
    template: dict[str, Any]
    parameters: dict[str, Any]
    rolling_back: bool = False
    cleaning_up: bool = False
    held: Callable[[], None] | None = None
    """The UPDATE_IN_PROGRESS event of a resource that may turn out not to change."""
    known: set[str] = field(default_factory=set)
    """The logical ids that the stack had before."""


_operation: ContextVar[_Operation | None] = ContextVar("sandbox_operation", default=None)


# -- installing and calling the engine ---------------------------------------------------------


def install(settings: Settings, services_url: str, *, changed: Callable[[], None]) -> None:
    """Put our resource types and mends into the engine; its services are called at the URL.

    `changed` is called whenever there is something new to save.
    """
    os.environ["MINISTACK_ACCOUNT_ID"] = settings.account_id
    os.environ["MINISTACK_REGION"] = settings.region
    own = Caller(settings.access_key, settings.secret_key, settings.region)
    configure(services_url, lambda: _with_region(_caller.get(own)))
    _install_types()
    _install_look_ups()
    _install_mends(changed)


def _with_region(caller: Caller) -> Caller:
    return replace(caller, region=responses.get_region())


async def handle(
    method: str, headers: dict[str, str], body: bytes, query: Params, *, caller: Caller
) -> Answer:
    """Answer one CloudFormation request, signed by `caller` for its region."""
    responses.set_request_region(caller.region)
    responses.set_request_account_id("")
    token = _caller.set(caller)
    try:
        answer: Answer = await cfn.handle_request(method, "/", headers, body, query)
        return answer
    finally:
        _caller.reset(token)


def _install_types() -> None:
    for table in (
        provisioners._RESOURCE_HANDLERS,
        provisioners._REPLACING_PROPERTIES,
        provisioners._CONDITIONALLY_REPLACING_PROPERTIES,
        provisioners._CUSTOM_NAME_REPLACEMENT,
        provisioners._STACK_TAG_PROPERTY,
        provisioners._PROPERTY_ENUMS,
    ):
        table.clear()
    for name, kind in resource_types().items():
        provisioners._RESOURCE_HANDLERS[name] = _engine_handler(kind)
        provisioners._REPLACING_PROPERTIES[name] = kind.replacing
        provisioners._CONDITIONALLY_REPLACING_PROPERTIES[name] = kind.conditionally_replacing
        if kind.named_by:
            provisioners._CUSTOM_NAME_REPLACEMENT[name] = {"name": kind.named_by}
        tags = kind.schema.tag_property
        if tags and tags in kind.implemented.split():
            shape = "map" if kind.schema.tags_are_a_map else "list"
            provisioners._STACK_TAG_PROPERTY[name] = (tags, shape)


def _engine_handler(kind: Resource) -> dict[str, Any]:
    def create(logical_id: str, props: Properties, stack_name: str) -> tuple[str, dict[str, Any]]:
        operation = _operation.get()
        if operation and operation.stack.get("_to_be_deleted"):
            raise ResourceError("Resource creation cancelled")

        def created(physical_id: str) -> None:
            if operation:
                operation.stack.setdefault("_making", {})[logical_id] = {
                    "LogicalResourceId": logical_id,
                    "ResourceType": kind.type_name,
                    "PhysicalResourceId": physical_id,
                    "Properties": props,
                    "Attributes": {},
                }

        return kind.make(Place(stack_name, logical_id), props, created)

    def update(
        physical_id: str, old: Properties, new: Properties, _stack: str, _logical_id: str | None
    ) -> tuple[str, dict[str, Any]]:
        return kind.change(physical_id, old, new)

    return {
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": kind.remove,
        "snapshot": kind.keep,
    }


# -- look-ups in the services ------------------------------------------------------------------


def _install_look_ups() -> None:
    ministack_ssm.resolve_parameter_value = _parameter_value
    ministack_secrets.resolve_secret_string = _secret_string
    helpers._resolve_document = _document


def _parameter_value(
    name: str,
    version: str | None = None,
    decrypt: bool = False,  # noqa: ARG001, FBT001, FBT002
) -> str | None:
    try:
        found = client("ssm").get_parameter(
            Name=f"{name}:{version}" if version else name, WithDecryption=True
        )
    except ClientError:
        return None
    return str(found["Parameter"]["Value"])


def _secret_string(
    secret_id: str, stage: str = "AWSCURRENT", version_id: str | None = None
) -> str | None:
    version = {"VersionId": version_id} if version_id else {"VersionStage": stage}
    try:
        found = client("secretsmanager").get_secret_value(SecretId=secret_id, **version)
    except ClientError:
        return None
    return str(found["SecretString"])


def _document(
    params: Params, body_key: str, url_key: str, label: str
) -> tuple[str | None, Answer | None]:
    """A template or stack policy: given in the request or read from its S3 address."""
    body, url = helpers._p(params, body_key), helpers._p(params, url_key)
    if body or not url:
        return body or None, None
    try:
        bucket, key = _bucket_and_key(url)
        found = client("s3").get_object(Bucket=bucket, Key=key)
    except (ClientError, ValueError) as error:
        return None, helpers._error("ValidationError", f"{label} not found at {url}: {error}")
    text = found["Body"].read()
    if body_key == "TemplateBody" and len(text) > helpers.TEMPLATE_URL_MAX_BYTES:
        return None, helpers._error(
            "ValidationError",
            f"Template may not exceed {helpers.TEMPLATE_URL_MAX_BYTES} bytes in size.",
        )
    return text.decode(), None


def _bucket_and_key(url: str) -> tuple[str, str]:
    """Both forms of an S3 address: the bucket as the host's first label, or as the path's."""
    parts = urlparse(url)
    host, path = parts.hostname or "", unquote(parts.path.lstrip("/"))
    hosted = re.match(r"(.+)\.s3[.-]", host)
    if hosted:
        return hosted.group(1), path
    bucket, _, key = path.partition("/")
    if not key:
        raise ValueError("the address names no object")
    return bucket, key


# -- mends -------------------------------------------------------------------------------------


def _install_mends(changed: Callable[[], None]) -> None:
    originals = _Originals(
        add_event=stacks._add_event,
        update=stacks._update_resource,
        delete=stacks._delete_resource,
        deploy=stacks._deploy_stack_async,
        diff=changesets._resolve_props_for_diff,
        changed=changed,
    )
    stacks._runs_on_worker_thread = lambda _type: True
    stacks._add_event = originals.mended_event
    stacks._update_resource = originals.mended_update
    stacks._delete_resource = originals.mended_delete
    for module in (stacks, handlers, changesets):
        module._deploy_stack_async = originals.mended_deploy
    changesets._resolve_props_for_diff = originals.mended_diff
    handlers._delete_stack_async = _delete_after_what_is_under_way
    handlers._capabilities_enforced = lambda: True
    actions = handlers._ACTION_HANDLERS
    actions["DeleteStack"] = _deleted_once(actions["DeleteStack"])
    for name in ("CreateStack", "UpdateStack", "CreateChangeSet", "ValidateTemplate"):
        actions[name] = _validated(name, actions[name])
    for name in ("CreateStack", "CreateChangeSet"):
        actions[name] = _refusing_taken_names(actions[name])
    for name in ("CreateStack", "UpdateStack", "SetStackPolicy"):
        actions[name] = _with_policy(actions[name])
    for name in (
        "DescribeStackEvents",
        "DescribeStackResource",
        "DescribeStackResources",
        "ListStackResources",
        "GetTemplate",
        "GetTemplateSummary",
        "DeleteStack",
        "GetStackPolicy",
    ):
        actions[name] = _not_by_a_deleted_name(name, actions[name])


@dataclass(frozen=True, slots=True)
class _Originals:
    """The engine's own functions, and ours around them."""

    add_event: Callable[..., None]
    update: Callable[..., tuple[str, dict[str, Any]]]
    delete: Callable[..., None]
    deploy: Callable[..., Coroutine[Any, Any, None]]
    diff: Callable[..., dict[str, Any]]
    changed: Callable[[], None]

    def mended_diff(
        self, template: dict[str, Any], params: dict[str, Any], *rest: str
    ) -> dict[str, Any]:
        """Resolve a template for a change set, without the resources whose condition is false."""
        return self.diff(_without_absent(template, params), params, *rest)

    async def mended_deploy(
        self,
        stack_name: str,
        stack_id: str,
        template: dict[str, Any],
        param_values: dict[str, Any],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Create or update a stack, its policy enforced and able to be joined after a crash."""
        stack = cfn._stacks[stack_name]
        previous = kwargs.get("previous_stack") or {}
        operation = _Operation(
            stack=stack,
            stack_id=stack_id,
            stack_name=stack_name,
            is_update=bool(kwargs.get("is_update")),
            previous=previous,
            template=template,
            parameters=param_values,
            known=set(previous.get("_resources", {})),
        )
        token = _operation.set(operation)
        stack["_under_way"] = {
            "is_update": operation.is_update,
            "previous_stack": kwargs.get("previous_stack"),
            "template": template,
            "param_values": param_values,
        }
        try:
            refusal = _denied_deletion(operation)
            if refusal:
                await stacks._roll_back_operation(
                    stack_name, stack_id, stack, _nothing_done(operation), reason_override=refusal
                )
            else:
                await self.deploy(stack_name, stack_id, template, param_values, *args, **kwargs)
        except asyncio.CancelledError:
            logger.warning("stack %s is left %s", stack_name, stack["StackStatus"])
            raise  # what is under way is finished by the next start
        except Exception as error:
            logger.exception("the operation on stack %s broke off", stack_name)
            failed = "UPDATE_ROLLBACK_FAILED" if operation.is_update else "ROLLBACK_FAILED"
            stack["StackStatus"], stack["StackStatusReason"] = failed, f"Internal failure: {error}"
            self.add_event(
                stack_id, stack_name, stack_name, STACK_TYPE, failed, str(error), stack_id
            )
        finally:
            _operation.reset(token)
            stack.pop("_policy_during_update", None)
        stack.pop("_under_way", None)

    def mended_event(  # noqa: PLR0917  the engine's signature
        self,
        stack_id: str,
        stack_name: str,
        logical_id: str,
        resource_type: str,
        status: str,
        reason: str = "",
        physical_id: str = "",
        detailed_status: str = "",
    ) -> None:
        """Record an event as AWS would: see `_Operation.held`."""
        operation = _operation.get()
        if operation and status.endswith(("_COMPLETE", "_FAILED")):
            operation.stack.get("_making", {}).pop(logical_id, None)

        def record(status: str, reason: str = reason) -> None:
            self.add_event(
                stack_id,
                stack_name,
                logical_id,
                resource_type,
                status,
                reason,
                physical_id,
                detailed_status,
            )
            self.changed()

        if operation is None:
            record(status)
        elif resource_type == STACK_TYPE:
            self._stack_event(operation, status, reason, record)
        elif not operation.is_update or operation.rolling_back:
            record(status)
        elif logical_id not in operation.known:
            status = status.replace("UPDATE_", "CREATE_")
            if status == "CREATE_COMPLETE" and logical_id in operation.stack["_resources"]:
                operation.stack["_resources"][logical_id]["ResourceStatus"] = status
            record(status)
        elif status == "UPDATE_IN_PROGRESS":
            operation.held = None
            if reason:
                record(status)
            else:
                operation.held = lambda: record(status)
        elif status == "UPDATE_COMPLETE" and operation.held:
            operation.held = None
            _restore_record(operation, logical_id)
        else:
            self._let_go(operation)
            record(status)

    def _stack_event(
        self,
        operation: _Operation,
        status: str,
        reason: str,
        record: Callable[[str, str], None],
    ) -> None:
        if "ROLLBACK" in status:
            operation.rolling_back = True
        if operation.stack.get("_to_be_deleted") and "ROLLBACK" in status:
            # What a deletion cuts short is not rolled back in the eyes of the caller.
            operation.stack["StackStatus"] = "DELETE_IN_PROGRESS"
            return
        if status == "ROLLBACK_IN_PROGRESS" and reason == "Rollback requested":
            failed = [
                event["LogicalResourceId"]
                for event in cfn._stack_events.get(operation.stack_id, [])
                if event["ResourceStatus"] == "CREATE_FAILED"
                and event["ResourceType"] != STACK_TYPE
            ]
            reason = (
                f"The following resource(s) failed to create: [{', '.join(failed)}]. "
                "Rollback requested by user."
                if failed
                else reason
            )
        if status in ("ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"):
            operation.stack["StackStatusReason"] = reason
        if status == "UPDATE_COMPLETE":
            operation.stack["StackStatusReason"] = ""
            self._begin_clean_up(operation)
        record(status, reason)

    def _begin_clean_up(self, operation: _Operation) -> None:
        if operation.cleaning_up:
            return
        operation.cleaning_up = True
        status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
        if operation.stack["StackStatus"] == "UPDATE_IN_PROGRESS":
            operation.stack["StackStatus"] = status
        self.add_event(
            operation.stack_id,
            operation.stack_name,
            operation.stack_name,
            STACK_TYPE,
            status,
            "",
            operation.stack_id,
        )

    def _let_go(self, operation: _Operation) -> None:
        if operation.held:
            operation.held()
            operation.held = None

    def mended_update(  # noqa: PLR0917  the engine's signature
        self,
        resource_type: str,
        physical_id: str,
        old: Properties,
        new: Properties,
        stack_name: str,
        logical_id: str | None = None,
        attributes: dict[str, Any] | None = None,
    ) -> tuple[str, dict[str, Any]]:
        """Update a resource if it changes at all and the stack policy allows it."""
        operation = _operation.get()
        if operation and not operation.rolling_back and logical_id and old != new:
            self._let_go(operation)
            replacing = provisioners._requires_replacement(resource_type, old, new)
            refusal = stack_policy.denial(
                _policy(operation.stack),
                "Update:Replace" if replacing else "Update:Modify",
                logical_id,
                resource_type,
            )
            if refusal:
                raise ValueError(refusal)
        return self.update(resource_type, physical_id, old, new, stack_name, logical_id, attributes)

    def mended_delete(
        self,
        resource_type: str,
        physical_id: str,
        props: Properties,
        stack_name: str | None = None,
        logical_id: str | None = None,
    ) -> None:
        """Delete a resource; in an update's clean-up with its events, and a snapshot first."""
        operation = _operation.get()
        call = (resource_type, physical_id, props, stack_name, logical_id)
        if operation is None or operation.rolling_back or not operation.is_update:
            self.delete(*call)
            return
        self._begin_clean_up(operation)
        about = (operation.stack_id, operation.stack_name, logical_id, resource_type)
        self.add_event(*about, "DELETE_IN_PROGRESS", "", physical_id)
        if _snapshot_on_replace(operation, logical_id):
            provisioners._snapshot_resource(resource_type, physical_id, props)
        self.delete(*call)
        self.add_event(*about, "DELETE_COMPLETE", "", physical_id)


def _without_absent(template: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    conditions = templates._evaluate_conditions(template, params) if template else {}
    present = {
        name: resource
        for name, resource in (template.get("Resources") or {}).items()
        if conditions.get(resource.get("Condition"), True)
    }
    return {**template, "Resources": present} if template else template


def _restore_record(operation: _Operation, logical_id: str) -> None:
    """An unchanged resource keeps the status and time that it had."""
    before = operation.previous["_resources"][logical_id]
    record = operation.stack["_resources"].get(logical_id, {})
    record["ResourceStatus"] = before.get("ResourceStatus", "CREATE_COMPLETE")
    record["Timestamp"] = before.get("Timestamp", record.get("Timestamp"))


def _snapshot_on_replace(operation: _Operation, logical_id: str | None) -> bool:
    """Whether a deletion in clean-up is of a replaced resource that asks for a snapshot."""
    definition = operation.template.get("Resources", {}).get(logical_id)
    if definition is None:
        return False
    conditions = templates._evaluate_conditions(operation.template, operation.parameters)
    policy = stacks._resource_policy(
        definition,
        "UpdateReplacePolicy",
        operation.stack.get("_resources", {}),
        operation.parameters,
        conditions,
        operation.template.get("Mappings", {}),
        operation.stack_name,
        operation.stack_id,
    )
    return bool(policy == "Snapshot")


def _policy(stack: Stack) -> str:
    return str(stack.get("_policy_during_update") or stack.get("_stack_policy") or "")


def _denied_deletion(operation: _Operation) -> str | None:
    """The first refusal of the stack policy for a resource that the update would remove."""
    if not operation.is_update:
        return None
    wanted = _without_absent(operation.template, operation.parameters)["Resources"]
    for logical_id, record in operation.previous.get("_resources", {}).items():
        if logical_id not in wanted:
            refusal = stack_policy.denial(
                _policy(operation.stack), "Update:Delete", logical_id, record["ResourceType"]
            )
            if refusal:
                return refusal
    return None


def _nothing_done(operation: _Operation) -> dict[str, Any]:
    """What a rollback needs to know of an update that was refused before it began."""
    failed: dict[str, Any] = stacks._failed_operation(
        operation.is_update,
        operation.previous,
        [],
        None,
        None,
        [],
        False,  # noqa: FBT003
        operation.template,
        operation.parameters,
        False,  # noqa: FBT003
        operation.stack.get("Tags") or [],
        operation.previous.get("Tags") or [],
    )
    return failed


# -- requests ----------------------------------------------------------------------------------


def _validated(name: str, handler: Handler) -> Handler:
    """Refuse a template that AWS would refuse, before the engine sees it."""

    def validated(params: Params) -> Answer:
        body, failure = helpers._resolve_template(params)
        if failure or not body:
            return handler(params)
        provided = helpers._extract_members(params, "Parameters")
        stack = handlers._resolve_stack(helpers._p(params, "StackName")) or {}
        try:
            template = templates._parse_template(body)
            template = templates._apply_transforms(
                template, provided, stack.get("_resolved_params", {})
            )
        except Exception:  # noqa: BLE001  the engine words what it cannot parse
            return handler(params)
        names = None if name == "ValidateTemplate" else [entry["Key"] for entry in provided]
        given = {entry["Key"]: entry["Value"] for entry in provided if entry["Value"]}
        try:
            validation.check(template, names)
            existence.check(template.get("Parameters") or {}, given)
        except validation.TemplateError as error:
            answer: Answer = helpers._error("ValidationError", str(error))
            return answer
        return handler(params)

    return validated


def _refusing_taken_names(handler: Handler) -> Handler:
    """A stack whose creation was rolled back keeps its name until it is deleted."""

    def refusing(params: Params) -> Answer:
        stack = cfn._stacks.get(helpers._p(params, "StackName"))
        creates = helpers._p(params, "ChangeSetType", "CREATE") == "CREATE"
        if "ChangeSetName" in params and "ChangeSetType" not in params:
            creates = False
        if creates and stack and stack.get("StackStatus") == "ROLLBACK_COMPLETE":
            answer: Answer = helpers._error(
                "AlreadyExistsException", f"Stack [{stack['StackName']}] already exists"
            )
            return answer
        return handler(params)

    return refusing


def _with_policy(handler: Handler) -> Handler:
    """Check a stack policy, and keep the one that holds during one update only."""

    def with_policy(params: Params) -> Answer:
        for key in ("StackPolicy", "StackPolicyDuringUpdate"):
            policy, failure = _document(params, f"{key}Body", f"{key}URL", "Stack policy")
            problem = stack_policy.problem(policy) if policy else None
            if failure or problem:
                answer: Answer = failure or helpers._error("ValidationError", str(problem))
                return answer
        stack = handlers._resolve_stack(helpers._p(params, "StackName"))
        if stack and policy:
            stack["_policy_during_update"] = policy
        answer = handler(params)
        if stack and policy and answer[0] >= 400:
            stack.pop("_policy_during_update", None)
        return answer

    return with_policy


def _deleted_once(handler: Handler) -> Handler:
    """Refuse a deletion during an update, and begin none that is under way already."""

    def delete(params: Params) -> Answer:
        stack = handlers._resolve_stack(helpers._p(params, "StackName")) or {}
        status = str(stack.get("StackStatus", ""))
        if status == "DELETE_IN_PROGRESS":
            done: Answer = helpers._xml(200, "DeleteStackResponse", "")
            return done
        if status.startswith("UPDATE") and status.endswith("_IN_PROGRESS"):
            refusal: Answer = helpers._error(
                "ValidationError",
                f"Stack [{stack['StackName']}] cannot be deleted while in status {status}",
            )
            return refusal
        return handler(params)

    return delete


async def _delete_after_what_is_under_way(
    stack_name: str, stack_id: str, *args: Any, **kwargs: Any
) -> None:
    """Cut a creation short, wait until it has let go, then delete the stack."""
    stack = cfn._stacks[stack_name]
    if "_under_way" in stack:
        stack["_to_be_deleted"] = True
        stack["StackStatus"] = "DELETE_IN_PROGRESS"
        while "_under_way" in stack:  # noqa: ASYNC110  the engine offers nothing to wait for
            await asyncio.sleep(0.05)
        stack.pop("_to_be_deleted")
    await stacks._delete_stack_async(stack_name, stack_id, *args, **kwargs)


def _not_by_a_deleted_name(action: str, handler: Handler) -> Handler:
    """A deleted stack is known by its id alone."""

    def by_id_only(params: Params) -> Answer:
        name = helpers._p(params, "StackName")
        stack = cfn._stacks.get(name) if name else None
        if stack and stack.get("StackStatus") == "DELETE_COMPLETE" and action != "DeleteStack":
            answer: Answer = helpers._error("ValidationError", f"Stack [{name}] does not exist")
            return answer
        return handler(params)

    return by_id_only


# -- state over restarts -----------------------------------------------------------------------


def engine_state() -> dict[str, dict[Any, Any]]:
    """Every stack, event, export and change set; a copy that can be pickled."""
    for _ in range(20):
        try:
            return {name: copy.deepcopy(getattr(cfn, name)._data) for name in STORES}
        except RuntimeError:  # a stack changed it while it was copied
            time.sleep(0.01)
    return {name: copy.deepcopy(getattr(cfn, name)._data) for name in STORES}


def restore_engine_state(state: dict[str, dict[Any, Any]]) -> None:
    """Put back what `engine_state` returned, before any request is answered."""
    for name in STORES:
        getattr(cfn, name)._data.update(state.get(name, {}))


async def finish_interrupted() -> None:
    """Bring every operation that an earlier process left under way to an end.

    A creation or update is rolled back, a deletion is taken up again.
    """
    for (_, region, stack_name), stack in list(cfn._stacks._data.items()):
        if not str(stack.get("StackStatus", "")).endswith("_IN_PROGRESS"):
            continue
        responses.set_request_region(region)
        responses.set_request_account_id("")
        logger.warning("stack %s was left %s", stack_name, stack["StackStatus"])
        work = _finish(stack_name, stack)
        if work is not None:
            _tasks.add(task := asyncio.get_running_loop().create_task(work))
            task.add_done_callback(_tasks.discard)


_tasks: set[asyncio.Task[None]] = set()


def _finish(stack_name: str, stack: Stack) -> Coroutine[Any, Any, None] | None:
    stack_id, status = stack["StackId"], stack["StackStatus"]
    if status == "REVIEW_IN_PROGRESS":
        return None
    stack.pop("_to_be_deleted", None)
    stack.setdefault("_resources", {}).update(stack.pop("_making", {}))
    if status == "DELETE_IN_PROGRESS":
        stack.pop("_under_way", None)
        return _no_value(stacks._delete_stack_async(stack_name, stack_id))
    record = stack.get("_under_way")
    if record is None:
        stack["StackStatus"] = "UPDATE_ROLLBACK_FAILED" if "UPDATE" in status else "ROLLBACK_FAILED"
        stack["StackStatusReason"] = "The sandbox lost what this operation had done."
        return None
    before = (record["previous_stack"] or {}).get("_resources", {})
    done = [
        logical_id
        for logical_id, resource in stack.get("_resources", {}).items()
        if resource != before.get(logical_id)
    ]
    operation = stacks._failed_operation(
        record["is_update"],
        record["previous_stack"],
        done,
        None,
        None,
        [],
        False,  # noqa: FBT003
        record["template"],
        record["param_values"],
        False,  # noqa: FBT003
        stack.get("Tags") or [],
        (record["previous_stack"] or {}).get("Tags") or [],
    )
    return _rolled_back(stack_name, stack, operation)


async def _rolled_back(stack_name: str, stack: Stack, operation: dict[str, Any]) -> None:
    await stacks._roll_back_operation(
        stack_name,
        stack["StackId"],
        stack,
        operation,
        reason_override="The sandbox was stopped during this operation.",
    )
    stack.pop("_under_way", None)


async def _no_value(work: Coroutine[Any, Any, Any]) -> None:
    await work
