#!/usr/bin/python
"""Verify a deployment from outside, and say whether it may be called done."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hivemind_verify
short_description: Verify a deployment from outside and judge all checks
description:
  - Asks the application through its load balancer, its certificate and the health of its targets.
  - Takes what the hosts said and gives the verdict, the patch of the record, and the veto if any.
options:
  record: {description: The deployment's record., type: dict, required: true}
  health_path: {description: Path that answers without login., type: str, default: /health}
  health_codes: {description: Status codes that count as alive., type: str, default: 200-399}
  hosts:
    description: Results of M(hivemind_host_checks).
    type: list
    elements: dict
    default: []
  timeout_seconds: {description: How long an address may take to answer., type: int, default: 30}
author: [HiveMind]
"""

import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Container
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.hivemind_aws import failures_told, session

if TYPE_CHECKING:
    from hivemind_agents.domain.deployment import Deployment
    from hivemind_agents.domain.verification import Check

_WARNING_DAYS = 14
MOST_PAGE = 300_000


def _check(name: str, problem: str | None, fine: str) -> Check:
    from hivemind_agents.domain.verification import Check

    return Check(name=name, status="failed" if problem else "passed", detail=problem or fine)


def _answer(url: str) -> tuple[int | None, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - http by its caller
            return answer.status, f"{answer.status}"
    except urllib.error.HTTPError as error:
        return error.code, f"{error.code} {error.reason}"
    except OSError as error:
        return None, str(getattr(error, "reason", None) or error)


def http(name: str, url: str, timeout_seconds: int, fine: Container[int | None]) -> Check:
    """Ask until it answers with one of the codes; another answer below 500 will not change."""
    ends = time.monotonic() + timeout_seconds
    while True:
        status, told = _answer(url)
        if status in fine:
            return _check(name, None, f"{url} answers {told}")
        if time.monotonic() > ends or (status is not None and 400 <= status < 500):
            return _check(name, f"{url} answers {told}", "")
        time.sleep(1)


def shown(url: str, record: Deployment) -> Check:
    """What the front page says to a visitor: an answer alone does not make an application work."""
    from hivemind_agents.domain.verification import Check
    from hivemind_agents.hosting.pages import page_warning

    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - http by its caller
            page = answer.read(MOST_PAGE).decode(errors="replace")
            html = answer.headers.get_content_type() == "text/html"
            problem = page_warning(answer.url, page) if html else None
    except OSError:
        # A page behind a login, or none: whether that is right was judged before.
        problem = None
    if problem is None:
        return _check("http: content", None, "no installer and no error on the front page")
    mend = f"hivemind logs {record.name}"
    if "installer" in problem and record.database is not None:
        where = f"/etc/hivemind/{record.name}/app.env"
        mend = f"hivemind ssh {record.name} -- sudo grep ^DATABASE_URL {where} tells the database"
    return Check(name="http: content", status="warning", detail=f"{problem}; {mend}")


def certificate(url: str) -> Check | None:
    """The certificate of an https address: trusted, of this name, not about to end."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        return None
    host, port = parts.hostname or "", parts.port or 443
    try:
        with (
            socket.create_connection((host, port), timeout=10) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure,
        ):
            told = secure.getpeercert() or {}
    except (OSError, ssl.SSLError) as error:
        return _check("certificate", f"{host}: {error}", "")
    ends = ssl.cert_time_to_seconds(str(told["notAfter"]))
    days = int((ends - time.time()) // 86400)
    problem = f"{host}: ends in {days} days" if days < _WARNING_DAYS else None
    return _check("certificate", problem, f"{host}: trusted, until {told['notAfter']}")


def targets(record: Deployment) -> Check | None:
    """Every host of the live slot takes traffic."""
    if record.load_balancer is None:
        return None
    client: Any = session().client("elbv2")
    answer = client.describe_target_health(TargetGroupArn=record.load_balancer.target_group_arn)
    states = {
        each["Target"]["Id"]: each["TargetHealth"] for each in answer["TargetHealthDescriptions"]
    }
    hosts = [one.id for one in record.instances if one.slot == record.active_slot]
    wrong = [
        f"{host} is {states[host]['State']} ({states[host].get('Reason', 'no reason')})"
        if host in states
        else f"{host} is not registered"
        for host in hosts
        if states.get(host, {}).get("State") != "healthy"
    ]
    return _check("targets", ", ".join(wrong) or None, f"{len(hosts)} of {len(hosts)} healthy")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "record": {"type": "dict", "required": True},
            "health_path": {"type": "str", "default": "/health"},
            "health_codes": {"type": "str", "default": "200-399"},
            "hosts": {"type": "list", "elements": "dict", "default": []},
            "timeout_seconds": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    params = module.params
    with failures_told(module, "verify the deployment"):
        from hivemind_agents.domain.deployment import Deployment
        from hivemind_agents.domain.verification import Check
        from hivemind_agents.hosting.health import HealthCheck
        from hivemind_agents.hosting.verdict import facts, verdict, veto

        record = Deployment.model_validate_json(module.jsonify(params["record"]))
        checks: list[Check | None] = []
        if record.url:
            base, patience = record.url.rstrip("/"), params["timeout_seconds"]
            health = HealthCheck(path=params["health_path"], codes=params["health_codes"])
            checks.append(http("http: health", base + health.path, patience, health.fine))
            # A page behind a login is there; what serves an interface alone has none.
            front = {*health.fine, 401, 403, *([404] if health.path != "/" else [])}
            checks.append(http("http: front page", f"{base}/", patience, front))
            checks.append(shown(f"{base}/", record))
            checks.append(certificate(base))
        checks.append(targets(record))
        installed = {host.get("release") for host in params["hosts"]}
        for host in params["hosts"]:
            checks += [Check.model_validate(one) for one in host["checks"]]
        if len(installed) > 1:
            told = ", ".join(map(str, sorted(installed, key=str)))
            checks.append(_check("release", f"the hosts run different releases: {told}", ""))
        verification = verdict([one for one in checks if one], datetime.now(UTC))
        number = installed.pop() if len(installed) == 1 else None
        patch = facts(record, number, verification)
    module.exit_json(
        changed=False,
        passed=verification.passed,
        veto=veto(verification),
        release_number=number,
        verification=verification.model_dump(mode="json"),
        facts=patch,
    )


if __name__ == "__main__":
    main()
