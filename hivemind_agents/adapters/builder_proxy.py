"""The only way out of a builder whose policy names the hosts that it may reach.

The builder's network namespace has no link at all, only its own loopback. A socket of ours listens
there, made inside of the namespace and served from outside: it lets through what the policy names,
looks names up itself, and refuses addresses that no build may reach. A build cannot go around it,
for there is nothing else.
"""

import ctypes
import ipaddress
import os
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

PORT = 3128
ADDRESS = f"http://127.0.0.1:{PORT}"
_CLONE_NEWNET = 0x40000000
_HEAD_BYTES = 64 << 10
_WAIT_SECONDS = 30
_IDLE_SECONDS = 300
_PORTS = (80, 443)

Reachable = Callable[[str, int], bool]


class Refused(Exception):
    """A request that is not let through; the text is for the build's log."""


def named(host: str, port: int, hosts: Iterable[str]) -> bool:
    """Whether the policy names a host: `name`, `*.name` (its subdomains), `name:port`."""
    host = host.lower().rstrip(".")
    for pattern in hosts:
        wanted, _, number = pattern.lower().partition(":")
        if port not in ((int(number),) if number else _PORTS):
            continue
        if host == wanted or (wanted.startswith("*.") and host.endswith(wanted[1:])):
            return True
    return False


@contextmanager
def serving(
    pid: int, hosts: tuple[str, ...], reachable: Reachable, upstream: str | None = None
) -> Iterator[None]:
    """Serve the namespace of process `pid` for as long as this lasts.

    `reachable`: whether an address and port are not refused; `upstream`: a proxy of the machine
    that everything goes through.
    """
    listener = _listener_in(pid)
    done = threading.Event()

    def accept() -> None:
        while not done.is_set():
            try:
                client, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            client.settimeout(_IDLE_SECONDS)
            way = _Way(client, hosts, reachable, upstream)
            threading.Thread(target=way.serve, daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        listener.close()
        thread.join(timeout=2)


class _Way:
    """One connection of a build."""

    def __init__(
        self, client: socket.socket, hosts: tuple[str, ...], reachable: Reachable,
        upstream: str | None,
    ) -> None:  # fmt: skip
        self._client = client
        self._hosts = hosts
        self._reachable = reachable
        self._upstream = upstream

    def serve(self) -> None:
        with self._client as client:
            try:
                head, rest = _head(client)
                method, target, host, port = _request(head)
                with self._connected(host, port) as server:
                    if method == "CONNECT":
                        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                        server.sendall(rest)
                    else:
                        server.sendall(_plain(head, target) + rest)
                    _relay(client, server)
            except Refused as refusal:
                text = f"hivemind: {refusal}\n".encode()
                answer = (
                    f"HTTP/1.1 403 Forbidden by the build policy\r\nContent-Length: {len(text)}"
                )
                with suppress(OSError):
                    client.sendall(answer.encode() + b"\r\nConnection: close\r\n\r\n" + text)
            except (OSError, ValueError):
                return

    def _connected(self, host: str, port: int) -> socket.socket:
        if not named(host, port, self._hosts):
            raise Refused(f"the build policy does not name {host}:{port}")
        if self._upstream:
            return _through(self._upstream, host, port)
        for *_, address in socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM):
            if self._reachable(str(address[0]), port):
                return socket.create_connection((str(address[0]), port), _WAIT_SECONDS)
        raise Refused(f"{host} is at an address that no build may reach")


def outside(
    networks: Iterable[str], allowed: Iterable[tuple[str, int]]
) -> Callable[[str, int], bool]:
    """Whether an address is in none of the networks, or allowed with its port."""
    ranges = [ipaddress.ip_network(network) for network in networks]
    pairs = frozenset(allowed)

    def reachable(address: str, port: int) -> bool:
        known = ipaddress.ip_address(address)
        return (address, port) in pairs or not any(known in network for network in ranges)

    return reachable


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    got = b""
    while b"\r\n\r\n" not in got:
        block = client.recv(4096)
        if not block or len(got) > _HEAD_BYTES:
            raise ValueError("no whole request")
        got += block
    head, _, rest = got.partition(b"\r\n\r\n")
    return head, rest


def _request(head: bytes) -> tuple[str, str, str, int]:
    """(method, target, host, port) of a proxy's request."""
    method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    if method == "CONNECT":
        host, _, number = target.rpartition(":")
        return method, target, host.strip("[]"), int(number)
    parts = urlsplit(target)
    if parts.scheme != "http" or not parts.hostname:
        raise Refused("only http and https are let through")
    return method, target, parts.hostname, parts.port or 80


def _plain(head: bytes, target: str) -> bytes:
    """The request as the server itself gets it; one a connection."""
    lines = head.decode("latin-1").split("\r\n")
    parts = urlsplit(target)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines[0] = lines[0].replace(target, path, 1)
    kept = [
        line for line in lines if not re.match(r"(?i)(proxy-[\w-]+|connection|keep-alive):", line)
    ]
    return "\r\n".join([*kept, "Connection: close", "", ""]).encode("latin-1")


def _through(upstream: str, host: str, port: int) -> socket.socket:
    """A tunnel by way of the machine's own proxy."""
    parts = urlsplit(upstream)
    server = socket.create_connection((parts.hostname or "", parts.port or 3128), _WAIT_SECONDS)
    server.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    head, _ = _head(server)
    if not re.match(rb"HTTP/1\.[01] 2\d\d ", head):
        server.close()
        raise Refused(f"this machine's proxy does not let {host}:{port} through")
    return server


def _relay(one: socket.socket, other: socket.socket) -> None:
    back = threading.Thread(target=_pour, args=(other, one), daemon=True)
    back.start()
    _pour(one, other)
    back.join()


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(64 << 10):
            target.sendall(block)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _listener_in(pid: int) -> socket.socket:
    """A listening socket of another network namespace; a thread enters it, and is gone."""
    made: list[socket.socket] = []
    failed: list[OSError] = []

    def make() -> None:
        namespace = os.open(Path(f"/proc/{pid}/ns/net"), os.O_RDONLY)
        try:
            _enter(namespace)
            listener = socket.create_server(("127.0.0.1", PORT), backlog=64)
            listener.settimeout(1)
            made.append(listener)
        except OSError as error:
            failed.append(error)
        finally:
            os.close(namespace)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return made[0]


def _enter(namespace: int) -> None:
    """Put this thread, and no other, into a network namespace."""
    if ctypes.CDLL(None, use_errno=True).setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "cannot enter the builder's network namespace")
