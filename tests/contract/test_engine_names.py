"""The private names that the sandbox takes from its pinned dependencies are where it expects them.

These tests are the first to fail when ministack or moto moves something: then look at
sandbox/hivemind_sandbox/engine.py, access.py and seeds.py before anything else.
"""

import importlib
import inspect
from importlib.metadata import version
from typing import Any

import pytest

CLOUDFORMATION = "ministack.services.cloudformation"

TABLES = {
    f"{CLOUDFORMATION}.provisioners": {
        "_RESOURCE_HANDLERS": dict,
        "_REPLACING_PROPERTIES": dict,
        "_CONDITIONALLY_REPLACING_PROPERTIES": dict,
        "_CUSTOM_NAME_REPLACEMENT": dict,
        "_STACK_TAG_PROPERTY": dict,
        "_PROPERTY_ENUMS": dict,
    },
    f"{CLOUDFORMATION}.handlers": {"_ACTION_HANDLERS": dict},
    f"{CLOUDFORMATION}.helpers": {"TEMPLATE_URL_MAX_BYTES": int},
}

SIGNATURES = {
    f"{CLOUDFORMATION}.handle_request": "method path headers body query_params",
    f"{CLOUDFORMATION}.changesets._resolve_props_for_diff": "template params stack_name stack_id",
    f"{CLOUDFORMATION}.changesets._deploy_stack_async": None,
    f"{CLOUDFORMATION}.engine._apply_transforms": "template provided_params previous_params",
    f"{CLOUDFORMATION}.engine._evaluate_conditions": "template params",
    f"{CLOUDFORMATION}.engine._parse_template": "template_body",
    f"{CLOUDFORMATION}.handlers._capabilities_enforced": "",
    f"{CLOUDFORMATION}.handlers._deploy_stack_async": None,
    f"{CLOUDFORMATION}.handlers._resolve_stack": "stack_name",
    f"{CLOUDFORMATION}.helpers._error": "code message status",
    f"{CLOUDFORMATION}.helpers._extract_members": "params prefix",
    f"{CLOUDFORMATION}.helpers._p": "params key default",
    f"{CLOUDFORMATION}.helpers._resolve_document": "params body_key url_key label",
    f"{CLOUDFORMATION}.helpers._resolve_template": "params",
    f"{CLOUDFORMATION}.provisioners._requires_replacement": "resource_type old_props new_props",
    f"{CLOUDFORMATION}.provisioners._snapshot_resource": "resource_type physical_id props",
    f"{CLOUDFORMATION}.stacks._add_event": (
        "stack_id stack_name logical_id resource_type status reason physical_id detailed_status"
    ),
    f"{CLOUDFORMATION}.stacks._delete_resource": (
        "resource_type physical_id props stack_name logical_id"
    ),
    f"{CLOUDFORMATION}.stacks._delete_stack_async": "stack_name stack_id retain_resources force",
    f"{CLOUDFORMATION}.stacks._deploy_stack_async": (
        "stack_name stack_id template param_values disable_rollback tags is_update previous_stack "
        "retain_except_on_create imports"
    ),
    f"{CLOUDFORMATION}.stacks._failed_operation": (
        "is_update previous_stack created failed_update failed_logical_id replaced_ids cancelled "
        "template param_values retain_except_on_create stack_tags previous_tags imports"
    ),
    f"{CLOUDFORMATION}.stacks._resource_policy": (
        "res_def attribute resources params conditions mappings stack_name stack_id"
    ),
    f"{CLOUDFORMATION}.stacks._roll_back_operation": (
        "stack_name stack_id stack operation reason_override"
    ),
    f"{CLOUDFORMATION}.stacks._runs_on_worker_thread": "resource_type",
    f"{CLOUDFORMATION}.stacks._update_resource": (
        "resource_type physical_id old_props new_props stack_name logical_id old_attrs"
    ),
    "ministack.core.responses.get_region": "",
    "ministack.core.responses.set_request_account_id": "access_key_id",
    "ministack.core.responses.set_request_region": "region",
    "ministack.services.secretsmanager.resolve_secret_string": "secret_id version_stage version_id",
    "ministack.services.ssm.resolve_parameter_value": "name_or_arn version decrypt",
}


def found(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def test_the_engine_is_the_version_that_was_read() -> None:
    """Private names are only known of this very version."""
    assert "1.5.33" == version("ministack")


@pytest.mark.parametrize("module", TABLES)
def test_tables_are_where_they_are_filled(module: str) -> None:
    """The tables that our types and mends are put into have their names and kinds."""
    loaded = importlib.import_module(module)
    expected = TABLES[module]
    assert expected == {name: type(getattr(loaded, name, None)) for name in expected}


@pytest.mark.parametrize("path", SIGNATURES)
def test_functions_take_what_they_are_given(path: str) -> None:
    """Each function that is called or replaced exists and has the parameters that we use."""
    expected = SIGNATURES[path]
    function = found(path)
    assert callable(function)
    if expected is not None:
        assert expected.split() == list(inspect.signature(function).parameters)


def test_stores_are_scoped_by_account_and_region() -> None:
    """What is saved and restored are dicts keyed (account, region, name)."""
    cfn = importlib.import_module(CLOUDFORMATION)
    for name in ("_stacks", "_stack_events", "_exports", "_change_sets"):
        store = getattr(cfn, name)
        assert dict is type(store._data)
    scoped = type(cfn._stacks)()
    scoped["a"] = 1
    assert 1 == len(scoped._data)
    assert "a" == next(iter(scoped._data))[2]


def test_mended_functions_are_looked_up_at_run_time() -> None:
    """The functions that we replace are called by their module's name, not by a kept reference."""
    stacks = importlib.import_module(f"{CLOUDFORMATION}.stacks")
    for caller, called in (
        ("_update_keeping_seed", "_update_resource"),
        ("_roll_back_operation", "_delete_resource"),
        ("_deploy_stack_async", "_add_event"),
        ("_deploy_stack_async", "_runs_on_worker_thread"),
        ("_revert_update", "_update_resource"),
    ):
        assert called in getattr(stacks, caller).__code__.co_names


def test_the_services_hold_users_and_sessions_as_access_reads_them() -> None:
    """moto's IAM and STS backends have what the check of access keys needs."""
    iam = importlib.import_module("moto.iam.models").iam_backends["000000000000"]["aws"]
    sts = importlib.import_module("moto.sts.models").sts_backends["000000000000"]["aws"]
    user = iam.create_user("eu-west-1", "somebody")
    key = iam.create_access_key("somebody")
    statement = '{"Effect": "Allow", "Action": "*", "Resource": "*"}'
    policy = f'{{"Version": "2012-10-17", "Statement": {statement}}}'
    iam.put_user_policy("somebody", "p", policy)

    assert [key.access_key_id] == [k.access_key_id for k in user.access_keys]
    assert "Active" == key.status
    assert policy == iam.get_user_policy("somebody", "p")["policy_document"]
    assert sts.get_assumed_role_from_access_key("nobody") is None
    iam.delete_user_policy("somebody", "p")


def test_public_parameters_are_loaded_where_seeds_hooks_in() -> None:
    """SSM asks `_check_loading_status` before it looks a name up."""
    parameters = importlib.import_module("moto.ssm.models").ParameterDict
    assert ["self", "key"] == list(inspect.signature(parameters._check_loading_status).parameters)
    assert "_check_loading_status" in parameters.__getitem__.__code__.co_names
