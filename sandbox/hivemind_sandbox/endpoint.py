"""The sandbox's address: requests for stacks go to the engine, all others to moto's services.

Which service a request is for stands in its signature. The same check of who may call what is made
for both, and for the calls that a stack makes on its caller's behalf.
"""

import json
import logging
import socket
from collections.abc import Awaitable, Callable, Iterable
from io import BytesIO
from itertools import chain
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from hypercorn.middleware import AsyncioWSGIMiddleware
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from hivemind_sandbox import engine
from hivemind_sandbox.access import Access
from hivemind_sandbox.aws_requests import AwsRequest, Refusal
from hivemind_sandbox.resources.clients import Caller
from hivemind_sandbox.settings import Settings

logger = logging.getLogger(__name__)

HEALTH_PATH = "/_sandbox/health"
STATUS_PATH = "/_sandbox/status"
LARGEST_BODY = 512 * 1024 * 1024
_MOTO_PAGES = "/moto-api"
"""moto's own control pages: they could reset what the sandbox holds."""

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Answer = tuple[int, dict[str, str], bytes]


class Services:
    """moto's services as one WSGI application, behind the check of the caller."""

    def __init__(self, access: Access) -> None:
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            create_backend_app,
        )

        self._access = access

        def create(service: str) -> Any:
            app = create_backend_app(service)
            app.config["PROPAGATE_EXCEPTIONS"] = True
            return app

        self._moto: WsgiApp = DomainDispatcherApplication(create)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        request = _from_wsgi(environ)
        if request.path.startswith(_MOTO_PAGES):
            return _respond(start, (404, {}, b""))
        body = b""
        if request.service != "s3":  # what S3 is asked stands in the address, not in the body
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = BytesIO(body)
        refusal = self._access.refusal(request, body)
        if refusal:
            return _respond(start, refusal.answer(request))
        if request.service == "iam" and request.action(body) == "iam:SimulatePrincipalPolicy":
            answer = self._access.simulate(body)
            if answer is None:
                missing = Refusal("NoSuchEntity", "The principal does not exist.", 404)
                return _respond(start, missing.answer(request))
            return _respond(start, (200, {"content-type": "text/xml"}, answer))
        # An answer to HEAD has no body, and hypercorn starts an answer with its first piece.
        return chain(self._moto(environ, start), (b"",))

    def objects_only(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """The application on the operator's address: hosts fetch objects there, nothing else."""
        request = _from_wsgi(environ)
        if request.path in (HEALTH_PATH, STATUS_PATH):
            return _respond(start, (404, {}, b""))
        if request.service != "s3":
            refusal = Refusal("AccessDenied", "only S3 is served at this address")
            return _respond(start, refusal.answer(request))
        return self(environ, start)


class _QuietHandler(WSGIRequestHandler):  # type: ignore[misc]  # werkzeug is not followed
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """The engine's own calls are not worth a line each."""


class ThreadedServer:
    """A server of its own, with a thread for each caller: for the calls that stacks make, and for
    the objects that hosts fetch.

    A stack that called the outer port could wait for a thread that waits for the stack. And a
    large object goes out in one call, while others go out beside it.
    """

    def __init__(self, services: WsgiApp, listener: socket.socket | None = None) -> None:
        host, port = listener.getsockname() if listener else ("127.0.0.1", 0)
        self._server: BaseWSGIServer = make_server(
            host, port, services, threaded=True, request_handler=_QuietHandler,
            fd=listener.fileno() if listener else None,
        )  # fmt: skip
        self._thread = Thread(target=self._server.serve_forever, name="services", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()


class Endpoint:
    """The ASGI application on the sandbox's port."""

    def __init__(
        self,
        settings: Settings,
        services: Services,
        access: Access,
        status: Callable[[], dict[str, Any]],
    ) -> None:
        self._settings = settings
        self._access = access
        self._status = status
        self._services = AsyncioWSGIMiddleware(services, max_body_size=LARGEST_BODY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] != "http":
            return
        elif scope["path"] in (HEALTH_PATH, STATUS_PATH):
            body = json.dumps(self._status(), default=str).encode()
            await _send(send, (200, {"content-type": "application/json"}, body))
        elif (request := _from_asgi(scope)).service == "cloudformation":
            await _send(send, await self._stacks(request, await _body(receive)))
        else:
            await self._services(scope, receive, send)

    async def _stacks(self, request: AwsRequest, body: bytes) -> Answer:
        refusal = self._access.refusal(request, body)
        if refusal:
            return refusal.answer(request)
        caller = Caller(
            access_key=request.access_key or self._settings.access_key,
            secret_key=self._settings.secret_key,
            region=request.region or self._settings.region,
            session_token=request.session_token,
        )
        query = parse_qs(request.query, keep_blank_values=True)
        try:
            return await engine.handle(request.method, request.headers, body, query, caller=caller)
        except Exception:
            logger.exception("the stack engine failed on %s", request.action(body))
            failure = Refusal("InternalFailure", "see `hivemind sandbox logs`", 500)
            return failure.answer(request)


def _from_wsgi(environ: dict[str, Any]) -> AwsRequest:
    headers = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    path = str(environ.get("PATH_INFO", "/"))
    return AwsRequest(
        method=str(environ["REQUEST_METHOD"]),
        path=path.encode("latin-1", "replace").decode("utf-8", "replace"),
        query=str(environ.get("QUERY_STRING", "")),
        headers=headers,
    )


def _from_asgi(scope: Scope) -> AwsRequest:
    return AwsRequest(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        headers={k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]},
    )


def _respond(start: Callable[..., Any], answer: Answer) -> list[bytes]:
    status, headers, body = answer
    start(f"{status} Sandbox", [*headers.items(), ("content-length", str(len(body)))])
    return [body]


async def _send(send: Send, answer: Answer) -> None:
    status, headers, body = answer
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
