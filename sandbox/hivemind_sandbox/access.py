"""Who may call what: access keys, sessions and IAM policies.

Every request needs the key of an IAM user or of an assumed role's session; the operator's own is
made at the start (seeds.py) and may do everything. Policies are evaluated by action alone: their
resources and conditions are not looked at, and signatures are not checked.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs

from hivemind_sandbox.aws_requests import AwsRequest, Refusal
from hivemind_sandbox.settings import Settings

_UNKNOWN_KEY = Refusal(
    "InvalidClientTokenId", "The security token included in the request is invalid"
)
_EXPIRED = Refusal("ExpiredToken", "The security token included in the request is expired")


class Access:
    """Decides about requests from what IAM and STS hold."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def refusal(self, request: AwsRequest, body: bytes) -> Refusal | None:
        """Why the request is refused; None when the service may see it."""
        key = request.access_key
        if key is None:
            return None  # unsigned: S3 answers for public objects, and refuses the rest
        if _is_stale(request):
            return Refusal("AccessDenied", "Request has expired")
        if key == self._settings.access_key:
            return None
        session = self._session(key)
        if session is not None:
            return self._session_refusal(session, request, body)
        user = self._user(key)
        if user is None:
            return _UNKNOWN_KEY
        return self._denial(str(user.arn), self._user_policies(user.name), request, body)

    def _session_refusal(self, session: Any, request: AwsRequest, body: bytes) -> Refusal | None:
        if _aware(session.expiration) < datetime.now(UTC):
            return _EXPIRED
        if request.session_token != session.session_token:
            return _UNKNOWN_KEY
        role = str(session.role_arn).rsplit("/", 1)[-1]
        return self._denial(str(session.arn), self._role_policies(role), request, body)

    def simulate(self, body: bytes) -> bytes | None:
        """Answer iam:SimulatePrincipalPolicy, which the IAM service here does not know.

        None when the principal does not exist.
        """
        form = parse_qs(body.decode())
        policies = self._policies_of(form.get("PolicySourceArn", [""])[0])
        if policies is None:
            return None
        statements = list(_statements(policies))
        names = [values[0] for key, values in form.items() if key.startswith("ActionNames.member.")]
        resources = [
            values[0] for key, values in form.items() if key.startswith("ResourceArns.member.")
        ] or ["*"]
        results = "".join(
            f"<member><EvalActionName>{name}</EvalActionName>"
            f"<EvalResourceName>{resource}</EvalResourceName>"
            f"<EvalDecision>{_decision(statements, name)}</EvalDecision>"
            "<MatchedStatements/><MissingContextValues/></member>"
            for name in names
            for resource in resources
        )
        return (
            '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
            f"<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated>"
            f"<EvaluationResults>{results}</EvaluationResults></SimulatePrincipalPolicyResult>"
            "<ResponseMetadata><RequestId>sandbox</RequestId></ResponseMetadata>"
            "</SimulatePrincipalPolicyResponse>"
        ).encode()

    def _denial(
        self, arn: str, policies: Iterable[Any], request: AwsRequest, body: bytes
    ) -> Refusal | None:
        action = request.action(body)
        if action is None or action == "sts:GetCallerIdentity":
            return None
        decision = _decision(list(_statements(policies)), action)
        if decision == "allowed":
            return None
        because = (
            "with an explicit deny in an identity-based policy"
            if decision == "explicitDeny"
            else f"because no identity-based policy allows the {action} action"
        )
        return Refusal(
            "AccessDenied", f"User: {arn} is not authorized to perform: {action} {because}"
        )

    # moto's models of IAM and STS are read in-process: over HTTP each request would need another.

    def _iam(self) -> Any:
        from moto.iam.models import iam_backends

        return iam_backends[self._settings.account_id]["aws"]

    def _session(self, key: str) -> Any:
        from moto.sts.models import sts_backends

        backend = sts_backends[self._settings.account_id]["aws"]
        return backend.get_assumed_role_from_access_key(key)

    def _user(self, key: str) -> Any:
        for user in list(self._iam().users.values()):
            for access_key in user.access_keys:
                if access_key.access_key_id == key and access_key.status == "Active":
                    return user
        return None

    def _policies_of(self, arn: str) -> list[Any] | None:
        iam, name = self._iam(), arn.rsplit("/", 1)[-1]
        if ":user/" in arn and name in iam.users:
            return self._user_policies(name)
        if ":role/" in arn or ":assumed-role/" in arn:
            role = arn.split("/")[-1 if ":role/" in arn else 1]
            if any(known.name == role for known in iam.get_roles()):
                return self._role_policies(role)
        return None

    def _user_policies(self, name: str) -> list[Any]:
        iam = self._iam()
        found = [iam.get_user_policy(name, policy) for policy in iam.list_user_policies(name)]
        found += iam.list_attached_user_policies(name)[0]
        for group in iam.get_groups_for_user(name):
            names = iam.list_group_policies(group.name)
            found += [iam.get_group_policy(group.name, policy) for policy in names]
            found += iam.list_attached_group_policies(group.name)[0]
        return found

    def _role_policies(self, name: str) -> list[Any]:
        iam = self._iam()
        found = [iam.get_role_policy(name, policy)[1] for policy in iam.list_role_policies(name)]
        return [*found, *iam.list_attached_role_policies(name)[0]]


def _statements(policies: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for policy in policies:
        document = getattr(policy, "document", policy)
        if isinstance(document, dict):
            document = document.get("policy_document", document)
        parsed = json.loads(document) if isinstance(document, str) else document
        statements = parsed.get("Statement", [])
        yield from statements if isinstance(statements, list) else [statements]


def _decision(statements: Iterable[dict[str, Any]], action: str) -> str:
    """`allowed`, `explicitDeny` or `implicitDeny`.

    A denial that holds for some resources or under conditions only is passed over, since those are
    not evaluated here.
    """
    allowed = False
    for statement in statements:
        if not _names_action(statement, action):
            continue
        if statement.get("Effect") == "Allow":
            allowed = True
        elif statement.get("Resource", "*") in ("*", ["*"]) and "Condition" not in statement:
            return "explicitDeny"
    return "allowed" if allowed else "implicitDeny"


def _names_action(statement: dict[str, Any], action: str) -> bool:
    def matches(patterns: str | list[str]) -> bool:
        listed = [patterns] if isinstance(patterns, str) else patterns
        return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in listed)

    if "Action" in statement:
        return matches(statement["Action"])
    return not matches(statement.get("NotAction", []))


def _is_stale(request: AwsRequest) -> bool:
    """Whether a presigned address is over its time."""
    query = parse_qs(request.query)
    if "X-Amz-Expires" in query and "X-Amz-Date" in query:
        begin = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return datetime.now(UTC) > begin + timedelta(seconds=int(query["X-Amz-Expires"][0]))
    if "Expires" in query and "AWSAccessKeyId" in query:
        return datetime.now(UTC).timestamp() > int(query["Expires"][0])
    return False


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
