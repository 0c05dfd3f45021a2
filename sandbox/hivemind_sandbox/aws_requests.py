"""What an HTTP request asks of AWS: the signer, the service, the region and the IAM action."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

import botocore.session

_SCOPE = re.compile(r"Credential=([^/,]+)/(\d+)/([^/]+)/([^/]+)/aws4_request")
_QUERY_SCOPE = re.compile(r"([^/]+)/(\d+)/([^/]+)/([^/]+)/aws4_request")

_S3_ACTIONS = {
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListBuckets": "ListAllMyBuckets",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
}
"""The operations of S3 whose permission has another name."""

_MODELS = {"tagging": "resourcegroupstaggingapi", "monitoring": "cloudwatch"}
"""Signing names that are not the name of botocore's model."""
_PREFIXES = {"tagging": "tag", "monitoring": "cloudwatch"}
"""Signing names that are not the prefix of the service's IAM actions."""


@dataclass(frozen=True, slots=True)
class AwsRequest:
    """One request, before its service sees it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    """Names in lower case."""

    @property
    def _scope(self) -> tuple[str, str, str] | None:
        """Access key, region and service that the request was signed with."""
        found = _SCOPE.search(self.headers.get("authorization", ""))
        if found is None:
            credential = self._parameter("X-Amz-Credential")
            found = _QUERY_SCOPE.fullmatch(credential) if credential else None
        return (found[1], found[3], found[4].lower()) if found else None

    @property
    def access_key(self) -> str | None:
        scope = self._scope
        return scope[0] if scope else self._parameter("AWSAccessKeyId")

    @property
    def region(self) -> str | None:
        scope = self._scope
        return scope[1] if scope else None

    @property
    def service(self) -> str:
        """The service's signing name; unsigned requests are taken for S3's."""
        scope = self._scope
        return scope[2] if scope else "s3"

    @property
    def session_token(self) -> str | None:
        return self.headers.get("x-amz-security-token") or self._parameter("X-Amz-Security-Token")

    @property
    def protocol(self) -> str:
        """How the service speaks: ec2, query, json, rest-xml or rest-json."""
        if "x-amz-target" in self.headers:
            return "json"
        model = _model(_MODELS.get(self.service, self.service))
        if model is None:
            return "query"
        known = str(model.resolved_protocol)
        return "query" if known == "json" and self.service == "monitoring" else known

    def action(self, body: bytes) -> str | None:
        """The IAM action, such as `ec2:RunInstances`; None when it cannot be told."""
        prefix = _PREFIXES.get(self.service, self.service)
        name = self._operation(body)
        if name is None:
            return None
        return f"{prefix}:{_S3_ACTIONS.get(name, name) if prefix == 's3' else name}"

    def _operation(self, body: bytes) -> str | None:
        target = self.headers.get("x-amz-target")
        if target:
            return target.rpartition(".")[2]
        if self.protocol in ("query", "ec2"):
            form = parse_qs(body.decode("utf-8", "replace")) or parse_qs(self.query)
            return form.get("Action", [None])[0]
        return self._rest_operation()

    def _rest_operation(self) -> str | None:
        asked = {name.partition("=")[0] for name in self.query.split("&") if name}
        best: tuple[int, str] | None = None
        for name, method, pattern, wanted in _routes(_MODELS.get(self.service, self.service)):
            if method == self.method and wanted <= asked and pattern.fullmatch(unquote(self.path)):
                weight = len(wanted) * 100 + len(pattern.pattern)
                if best is None or weight > best[0]:
                    best = (weight, name)
        return best[1] if best else None

    def _parameter(self, name: str) -> str | None:
        return parse_qs(self.query).get(name, [None])[0]


@cache
def _model(service: str) -> Any:
    session = botocore.session.get_session()
    if service == "elasticloadbalancing":
        service = "elbv2"
    try:
        return session.get_service_model(service)
    except Exception:  # noqa: BLE001  a service that botocore does not know
        return None


@cache
def _routes(service: str) -> list[tuple[str, str, re.Pattern[str], frozenset[str]]]:
    """Operations of a REST service: name, method, pattern of the path, needed query names."""
    model = _model(service)
    routes = []
    for name in model.operation_names if model else ():
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        pattern = re.escape(path)
        pattern = re.sub(r"\\\{[^}]*\\\+\\\}", ".+", pattern)
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", pattern)
        wanted = frozenset(part.partition("=")[0] for part in query.split("&") if part)
        routes.append((name, http["method"], re.compile(pattern + "/?"), wanted))
    return routes


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that AWS refuses before the service looks at it."""

    code: str
    message: str
    status: int = 403

    def answer(self, request: AwsRequest) -> tuple[int, dict[str, str], bytes]:
        """The refusal in the words and the shape of the request's protocol."""
        protocol = request.protocol
        if protocol == "json" or protocol.startswith("rest-json"):
            names = {
                "AccessDenied": "AccessDeniedException",
                "InvalidClientTokenId": "UnrecognizedClientException",
                "ExpiredToken": "ExpiredTokenException",
            }
            code = names.get(self.code, self.code)
            body = json.dumps({"__type": code, "message": self.message}).encode()
            headers = {"content-type": "application/x-amz-json-1.1", "x-amzn-errortype": code}
            return 400, headers, body
        if protocol == "ec2":
            names = {
                "AccessDenied": "UnauthorizedOperation",
                "InvalidClientTokenId": "AuthFailure",
                "ExpiredToken": "RequestExpired",
            }
            message = (
                "AWS was not able to validate the provided access credentials"
                if self.code == "InvalidClientTokenId"
                else self.message
            )
            inner = _error_xml(names.get(self.code, self.code), message)
            text = f"<Response><Errors>{inner}</Errors><RequestID>sandbox</RequestID></Response>"
        elif request.service == "s3":
            names = {"InvalidClientTokenId": "InvalidAccessKeyId"}
            text = _error_xml(names.get(self.code, self.code), self.message)
        else:
            text = f"<ErrorResponse>{_error_xml(self.code, self.message)}</ErrorResponse>"
        body = b"" if request.method == "HEAD" else f'<?xml version="1.0"?>{text}'.encode()
        return self.status, {"content-type": "text/xml"}, body


def _error_xml(code: str, message: str) -> str:
    escaped = message.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escaped}</Message></Error>"
