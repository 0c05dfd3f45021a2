#!/usr/bin/python
"""Build an application into an immutable artifact, and make a release of it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hivemind_build
short_description: Build an application into an artifact of the state bucket
description:
  - The repository's code runs in an isolated container only, or, where this machine has no
    container engine, as a locked-down user on a host that takes no traffic.
  - An equal build that is stored already is taken instead.
  - Tells the release that the result makes; the newest one when nothing is different.
options:
  name: {description: The deployment's name., type: str, required: true}
  repository: {description: Folder on the controller or git URL., type: str, required: true}
  ref: {description: Branch, tag or commit of a URL., type: str}
  path: {description: Folder inside the repository., type: str, default: .}
  report:
    description: Recon's report; taken where O(source) is what is built, else read anew.
    type: dict
  source: {description: The source that the record knows; its commit is built., type: dict}
  overrides: {description: The user's word; it wins over what is read., type: dict, default: {}}
  releases: {description: The record's releases., type: list, elements: dict, default: []}
  env: {description: Plain settings of the application., type: dict, default: {}}
  secrets: {description: Names to references of secret settings., type: dict, default: {}}
  build_secrets:
    description: Variables of the steps that bring dependencies alone, name to reference.
    type: dict
    default: {}
  timeout_minutes: {description: Minutes before a build is stopped., type: int, default: 30}
  memory_mb: {description: Memory of a build in MiB., type: int, default: 4096}
  host:
    description: A host that takes no traffic, to build on where this machine cannot.
    type: dict
    suboptions:
      id: {description: Its instance id., type: str, required: true}
      address: {description: Where its SSH answers., type: str, required: true}
      user: {description: Who may become root there., type: str, required: true}
      key: {description: File of the private key., type: path, required: true}
      options: {description: Further arguments of ssh., type: str, default: ""}
  target_group_arn:
    description: The load balancer's group; a host that is in it is not built on.
    type: str
    default: ""
author: [HiveMind]
"""

import shlex
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.hivemind_aws import failures_told, session

if TYPE_CHECKING:
    from hivemind_agents.adapters.builder import Builder
    from hivemind_agents.domain.deployment import Source
    from hivemind_agents.repository.report import RepositoryReport


def _stop(*_: object) -> NoReturn:
    # Leaves by way of every `finally`: the container, its network and its disk go.
    sys.exit(143)


def _texts(values: dict[str, Any]) -> dict[str, str]:
    """Environment values as the text that they become."""
    return {
        str(name): str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in values.items()
    }


def _fetched(module: AnsibleModule, tree: Path) -> tuple[Source, RepositoryReport]:
    """The files, at the commit that Recon saw, and what they are."""
    from hivemind_agents.repository import inspect
    from hivemind_agents.repository.report import RepositoryReport
    from hivemind_agents.repository_source import fetch, same_repository

    params, known = module.params, module.params["source"] or {}
    ref = params["ref"] or None
    same = (
        params["report"] is not None
        and same_repository(params["repository"], known.get("repository", ""))
        and (params["path"], ref) == (known.get("path"), known.get("ref"))
    )
    commit = known.get("commit") if same else None
    source = fetch(params["repository"], ref, params["path"], tree, commit=commit)
    if same and source.digest == known.get("digest"):
        return source, RepositoryReport.model_validate_json(module.jsonify(params["report"]))
    overrides = {name: word for name, word in params["overrides"].items() if word is not None}
    return source, inspect(tree, overrides=overrides)


def _builder(module: AnsibleModule, aws: Any) -> Builder:
    """What builds: this machine, else the host that was given, if it takes no traffic."""
    from hivemind_agents import engine
    from hivemind_agents.adapters.builder import ContainerBuilder, HostBuilder
    from hivemind_agents.adapters.builder_host import Host

    params, host = module.params, module.params["host"]
    if engine.why_not_here() is None:
        return ContainerBuilder()
    refused = engine.refusal(
        params["name"],
        live=_is_live(module),
        host=host and host["id"],
        registered=_registered(aws, params["target_group_arn"]),
    )
    if refused:
        return HostBuilder(refused)
    return HostBuilder(
        Host(
            address=host["address"],
            user=host["user"],
            key=Path(host["key"]),
            options=tuple(shlex.split(host["options"])),
        )
    )


def _is_live(module: AnsibleModule) -> bool:
    return any(release["state"] == "live" for release in module.params["releases"])


def _builds_later(module: AnsibleModule) -> bool:
    """Whether a host that a check cannot make will build."""
    return module.params["host"] is None and not _is_live(module)


def _registered(aws: Any, target_group_arn: str) -> set[str]:
    """Ids of the hosts that the load balancer knows, those that drain among them."""
    if not target_group_arn:
        return set()
    answer = aws.client("elbv2").describe_target_health(TargetGroupArn=target_group_arn)
    return {entry["Target"]["Id"] for entry in answer["TargetHealthDescriptions"]}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "repository": {"type": "str", "required": True},
            "ref": {"type": "str"},
            "path": {"type": "str", "default": "."},
            "report": {"type": "dict"},
            "source": {"type": "dict"},
            "overrides": {"type": "dict", "default": {}},
            "releases": {"type": "list", "elements": "dict", "default": []},
            "env": {"type": "dict", "default": {}},
            # References, never values.
            "secrets": {"type": "dict", "default": {}, "no_log": False},
            "build_secrets": {"type": "dict", "default": {}, "no_log": False},
            "timeout_minutes": {"type": "int", "default": 30},
            "memory_mb": {"type": "int", "default": 4096},
            "host": {
                "type": "dict",
                "options": {
                    "id": {"type": "str", "required": True},
                    "address": {"type": "str", "required": True},
                    "user": {"type": "str", "required": True},
                    # Its path, which says nothing.
                    "key": {"type": "path", "required": True, "no_log": False},
                    "options": {"type": "str", "default": ""},
                },
            },
            "target_group_arn": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    signal.signal(signal.SIGTERM, _stop)
    params = module.params
    with (
        failures_told(module, f"build {params['name']!r}"),
        tempfile.TemporaryDirectory(prefix="hivemind-source-") as folder,
    ):
        from pydantic import SecretStr

        from hivemind_agents.adapters.builder import StoredBuilds
        from hivemind_agents.building.files import Files
        from hivemind_agents.building.model import BuildLimits, BuildRequest
        from hivemind_agents.building.python_demand import built_fitting
        from hivemind_agents.building.recipe import recipe_for
        from hivemind_agents.building.releases import Configuration, with_release
        from hivemind_agents.domain.deployment import Release
        from hivemind_agents.state.bucket import StateBucket, StateBucketMissing
        from hivemind_agents.state.secrets import resolve

        tree = Path(folder)
        source, report = _fetched(module, tree)
        application = tree / report.path
        configuration = Configuration(
            _texts(params["env"]), _texts(params["secrets"]), _texts(params["build_secrets"])
        )
        files = Files.below(application)
        recipe = recipe_for(report, files)
        aws = session()
        try:
            bucket = StateBucket.open(aws)
        except StateBucketMissing:
            if not module.check_mode:
                raise
            bucket = None
        request = BuildRequest(
            deployment_name=params["name"],
            owner=bucket.name if bucket else "nobody",
            source=source,
            tree=application,
            recipe=recipe,
            env=configuration.env,
            # A check asks for names alone.
            secrets={
                name: SecretStr("" if module.check_mode else resolve(aws, reference))
                for name, reference in configuration.build_secrets.items()
            },
            limits=BuildLimits(
                timeout_minutes=params["timeout_minutes"], memory_mb=params["memory_mb"]
            ),
        )
        builder = _builder(module, aws)
        builds = StoredBuilds(builder, bucket) if bucket else None
        if module.check_mode:
            artifact = builds.find(request) if builds else None
            if artifact is None and not _builds_later(module):
                builder.ready()
        else:
            assert builds is not None  # noqa: S101 - only a check goes on without the bucket
            request, artifact = built_fitting(builds.build, request, report, files)
        before = [Release.model_validate_json(module.jsonify(one)) for one in params["releases"]]
        releases, release = with_release(
            before,
            source=source,
            recipe=request.recipe,
            configuration=configuration,
            artifact=artifact,
            now=datetime.now(UTC),
        )
    module.exit_json(
        changed=artifact is None or artifact.built or list(releases) != before,
        recipe=request.recipe.model_dump(mode="json"),
        source=source.model_dump(mode="json"),
        report=report.model_dump(mode="json"),
        built=artifact.built if artifact else False,
        warnings=list(request.recipe.warnings),
        seconds={each.phase: each.seconds for each in artifact.phases} if artifact else {},
        release=release.model_dump(mode="json"),
        releases=[one.model_dump(mode="json") for one in releases],
    )


if __name__ == "__main__":
    main()
