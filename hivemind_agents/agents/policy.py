"""The agents' rules, for when no model is asked. Pure: a brief in, a decision out."""

import re
from collections.abc import Mapping
from typing import Any

from hivemind_agents.domain.decision import PlanBrief, ProvisionSizing, Verdict, VerificationBrief
from hivemind_agents.domain.request import DeployRequest, Request, RollbackRequest

_PRODUCTION = re.compile(
    r"\b(production|prod|high[- ]availability|highly available|multi[- ]az|customers)\b", re.I
)
_NOT_PRODUCTION = re.compile(r"\b(?:not|non|pre)[- ](?:for[- ])?prod(?:uction)?\b", re.I)
# Databases that the stack can make, by what Recon calls the need.
_DATABASES = {"postgresql": "a postgresql database", "mysql": "a mysql database (MariaDB)"}

# What each stage's own agent has to say about it, where it has nothing to choose.
_REASONS = {
    "recon": "read the repository before anything is decided",
    "build": "build away from the controller, once, into an artifact that every host gets",
    "provision": "one CloudFormation stack holds everything that costs money",
    "install": "put the release on the hosts and run its migration once",
    "harden": "no unhardened host takes traffic",
    "register": "let traffic in only when the load balancer calls the host healthy",
    "verify": "done is what was seen to work through the front door",
    "observe": "somebody has to be able to look at it afterwards",
    "rollback": "go back to what worked",
    "destroy": "take away everything that the stack holds",
}

# Why build stands after provision, where it does.
ON_THE_HOST = (
    "this machine cannot build: the new host does, as a locked-down user, before it takes traffic"
)


def asked_arguments(request: Request) -> dict[str, Any]:
    """The arguments that the user has fixed, by the verbs' names; nothing is decided here."""
    if isinstance(request, DeployRequest):
        given: Mapping[str, Any] = {
            "app_repo": request.repository,
            "app_ref": request.ref,
            "app_path": request.path if request.path != "." else None,
            "app_description": request.description or None,
            "app_kind": request.kind,
            "app_start_command": request.start_command,
            "app_health_path": request.health_path,
            "app_overrides": dict(request.overrides) or None,
            "app_env": dict(request.env) or None,
            "app_secrets": dict(request.secrets) or None,
            "build_secrets": dict(request.build_secrets) or None,
            "stage_mode": request.stage_mode,
            "domain_name": request.domain_name,
            "hosted_zone_id": request.hosted_zone_id,
        }
    elif isinstance(request, RollbackRequest):
        given = {
            "release_number": request.release,
            "delete_stack": True if request.delete_stack else None,
        }
    else:
        given = {}
    named = {name: value for name, value in given.items() if value is not None}
    return {"deployment_name": request.name, **named, **request.arguments}


def size(brief: PlanBrief) -> ProvisionSizing:
    """The Provisioner's rules: what there is stays, what was asked counts, small otherwise."""
    mode, why = _stage_mode(brief)
    engine, database = _database(brief)
    cache, redis = _cache(brief)
    reasons = [f"{mode}: {why}", database, redis, *_offers(brief)]
    return ProvisionSizing(
        stage_mode=mode,
        database_engine=engine,
        cache=cache,
        reason="; ".join(reason for reason in reasons if reason),
    )


def judge(brief: VerificationBrief) -> Verdict:
    """QA's rules: a single failed check vetoes, and so does a verification without checks."""
    checks = _checks(brief.outputs)
    failed = [check for check in checks if check.get("status") == "failed"]
    if failed:
        return Verdict(
            done=False,
            summary=f"not done: {', '.join(str(check.get('name')) for check in failed)} failed",
            reasons=tuple(f"{check.get('name')}: {check.get('detail')}" for check in failed),
        )
    passed = [str(check.get("name")) for check in checks if check.get("status") == "passed"]
    if not passed:
        # The verb itself vetoes what it sees fail; it reported no single checks.
        return Verdict(done=True, summary="verified")
    warned = [str(check.get("detail")) for check in checks if check.get("status") == "warning"]
    skipped = len(checks) - len(passed) - len(warned)
    extra = f", {skipped} not applicable" if skipped else ""
    extra += "".join(f"; look at it: {detail}" for detail in warned)
    return Verdict(done=True, summary=f"verified: {', '.join(passed)}{extra}")


def reason(verb: str) -> str:
    """Why a stage is in the plan."""
    return _REASONS.get(verb, "asked for")


def _stage_mode(brief: PlanBrief) -> tuple[str, str]:
    request = brief.request
    asked = request.stage_mode if isinstance(request, DeployRequest) else None
    if asked:
        return asked, "asked for"
    if brief.deployment is not None and brief.deployment.stack is not None:
        return brief.deployment.stage_mode, "as it is"
    text = request.description if isinstance(request, DeployRequest) else ""
    found = _PRODUCTION.search(_NOT_PRODUCTION.sub("", text))
    if found:
        return "production", f"the description says {found[0].lower()!r}"
    return "stage-1", "nothing asks for more, and it is the cheapest"


def _database(brief: PlanBrief) -> tuple[str | None, str]:
    if "database_engine" in brief.request.arguments:
        return None, "database as asked for"
    if brief.deployment is not None and brief.deployment.database is not None:
        return brief.deployment.database.engine, "its database stays"
    if brief.recon is None:
        return None, "the database that Recon will find to be needed"
    for need in _needs(brief, "needs"):
        if need in _DATABASES:
            return need, f"{_DATABASES[need]}, because Recon found that it is needed"
    return "none", "no database, because Recon found no need of one"


def _cache(brief: PlanBrief) -> tuple[str | None, str]:
    if "cache" in brief.request.arguments:
        return None, "cache as asked for"
    if brief.deployment is not None and brief.deployment.cache is not None:
        return brief.deployment.cache.engine, "its redis stays"
    if "redis" in _needs(brief, "needs"):
        return "redis", "a redis, because Recon found that it is needed"
    return None, ""


def _offers(brief: PlanBrief) -> list[str]:
    """What the application can use and does not get by itself, with the way to ask for it."""
    asked, has = brief.request.arguments, brief.deployment
    can_use = _needs(brief, "optional_needs")
    needed = _needs(brief, "needs")
    offers = []
    has_database = has is not None and has.database is not None
    if "database_engine" not in asked and not has_database and not _DATABASES.keys() & {*needed}:
        offers += [f"{need} (--database {need})" for need in can_use if need in _DATABASES]
    if "cache" not in asked and "redis" in can_use and (has is None or has.cache is None):
        offers.append("redis (--cache redis)")
    return [f"it can also use {' or '.join(offers)}"] if offers else []


def _needs(brief: PlanBrief, field: str) -> list[str]:
    return [str(need) for need in (brief.recon or {}).get(field) or ()]


def _checks(outputs: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    verification = outputs.get("verification")
    found = verification.get("checks") if isinstance(verification, Mapping) else None
    found = found or outputs.get("checks") or []
    return [check for check in found if isinstance(check, Mapping)]
