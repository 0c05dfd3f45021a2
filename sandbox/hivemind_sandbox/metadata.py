"""The instance metadata service at 169.254.169.254, as IMDS version 2 (and 1 where allowed).

One server a VPC, listening in its router's namespace; who asks is told by the source address. The
machine's own link-local network is never reached from a host.
"""

import ctypes
import json
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from hivemind_sandbox.network import METADATA_ADDRESS, NAMESPACES

log = logging.getLogger(__name__)

CLONE_NEWNET = 0x40000000
LONGEST_TOKEN_S = 21600


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What one instance may learn about itself; paths below /latest to their texts."""

    enabled: bool
    token_required: bool
    entries: Mapping[str, str]


Lookup = Callable[[str], Metadata | None]
"""From a source address in the VPC to its instance's metadata."""


class MetadataService:
    """Servers for all VPCs; they live as long as this process."""

    def __init__(self) -> None:
        self._servers: dict[str, ThreadingHTTPServer] = {}

    def ensure(self, vpc_id: str, namespace: str, lookup: Lookup) -> None:
        if vpc_id in self._servers:
            return
        server = _Server(("", 0), _Handler, bind_and_activate=False)
        server.socket.close()
        server.socket = socket_in(namespace, (METADATA_ADDRESS, 80))
        server.lookup = lookup
        threading.Thread(
            target=server.serve_forever, name=f"metadata {vpc_id}", daemon=True
        ).start()
        self._servers[vpc_id] = server

    def remove(self, vpc_id: str) -> None:
        if (server := self._servers.pop(vpc_id, None)) is not None:
            server.shutdown()
            server.server_close()

    def stop(self) -> None:
        for vpc_id in list(self._servers):
            self.remove(vpc_id)


def socket_in(namespace: str, address: tuple[str, int]) -> socket.socket:
    """Listen on an address of another network namespace.

    A thread changes its namespace alone, so a thread of its own does it and ends.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    made: list[socket.socket | OSError] = []

    def listen() -> None:
        handle = os.open(NAMESPACES / namespace, os.O_RDONLY)
        try:
            if libc.setns(handle, CLONE_NEWNET):
                number = ctypes.get_errno()
                made.append(OSError(number, os.strerror(number), namespace))
                return
            server = socket.socket()
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(address)
            server.listen(16)
            made.append(server)
        except OSError as error:
            made.append(error)
        finally:
            os.close(handle)

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    result = made[0]
    if isinstance(result, OSError):
        raise result
    return result


def credentials(role: str) -> str:
    """Credentials in the form that SDKs read; they open nothing but the sandbox."""
    now = datetime.now(tz=UTC)
    return json.dumps(
        {
            "Code": "Success",
            "LastUpdated": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Type": "AWS-HMAC",
            "AccessKeyId": "ASIASANDBOX" + role.upper()[:9].ljust(9, "X"),
            "SecretAccessKey": "the-sandbox-checks-no-signature",
            "Token": "the-sandbox-checks-no-token",
            "Expiration": (now + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    lookup: Lookup


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "EC2ws"
    sys_version = ""
    timeout = 10
    tokens: ClassVar[dict[str, tuple[str, float]]] = {}
    """Token to the address that got it and its end."""

    def do_PUT(self) -> None:
        metadata = self._metadata()
        if metadata is None or not self._is_open(metadata):
            return
        if self.path.rstrip("/") != "/latest/api/token":
            self._answer(HTTPStatus.NOT_FOUND)
            return
        if self.headers.get("X-Forwarded-For"):
            self._answer(HTTPStatus.FORBIDDEN)
            return
        try:
            seconds = int(self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", ""))
        except ValueError:
            seconds = 0
        if not 1 <= seconds <= LONGEST_TOKEN_S:
            self._answer(HTTPStatus.BAD_REQUEST)
            return
        token = secrets.token_urlsafe(40)
        self._forget_expired()
        self.tokens[token] = (self.client_address[0], time.monotonic() + seconds)
        self._answer(HTTPStatus.OK, token)

    def do_GET(self) -> None:
        metadata = self._metadata()
        if metadata is None or not self._is_open(metadata):
            return
        token = self.headers.get("X-aws-ec2-metadata-token")
        if token is None and metadata.token_required:
            self._answer(HTTPStatus.UNAUTHORIZED)
            return
        if token is not None:
            owner, end = self.tokens.get(token, ("", 0.0))
            if owner != self.client_address[0] or end < time.monotonic():
                self._answer(HTTPStatus.UNAUTHORIZED)
                return
        text = read(metadata.entries, self.path.split("?", 1)[0])
        if text is None:
            self._answer(HTTPStatus.NOT_FOUND)
        else:
            self._answer(HTTPStatus.OK, text)

    def _metadata(self) -> Metadata | None:
        found = self.server.lookup(self.client_address[0])
        if found is None:
            self._answer(HTTPStatus.NOT_FOUND)
        return found

    def _is_open(self, metadata: Metadata) -> bool:
        if not metadata.enabled:
            self._answer(HTTPStatus.FORBIDDEN)
        return metadata.enabled

    def _forget_expired(self) -> None:
        now = time.monotonic()
        for token, (_, end) in list(self.tokens.items()):
            if end < now:
                self.tokens.pop(token, None)

    def _answer(self, status: HTTPStatus, text: str = "") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        log.debug(format, *args)


def read(entries: Mapping[str, str], path: str) -> str | None:
    """An entry's text, or the listing of what is below a folder, or nothing."""
    parts = [part for part in path.split("/") if part]
    if not parts or parts[0] != "latest":
        return None
    place = "/".join(parts[1:])
    if place in entries:
        return entries[place]
    below = f"{place}/" if place else ""
    names: dict[str, None] = {}
    for entry in entries:
        if entry.startswith(below):
            head, _, rest = entry.removeprefix(below).partition("/")
            names[f"{head}/" if rest else head] = None
    return "\n".join(names) if names else None
