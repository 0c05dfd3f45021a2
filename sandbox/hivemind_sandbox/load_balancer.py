"""Application load balancers as HAProxy: one process each, in a namespace with its own address.

A process outlives the sandbox's: the next start finds it by its pid file and goes on with it. A
reload loses no request; targets keep their health over it, and new ones start unhealthy until
their first check passes, as on AWS.
"""

import csv
import hashlib
import logging
import os
import re
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from hivemind_sandbox import certificates, network
from hivemind_sandbox.commands import in_namespace, lines, run
from hivemind_sandbox.network import Network
from hivemind_sandbox.settings import Settings
from hivemind_sandbox.wanted import (
    Action,
    Condition,
    Listener,
    LoadBalancer,
    Target,
    TargetGroup,
)

log = logging.getLogger(__name__)

LONGEST_DRAINING_S = 3600
START_TIMEOUT_S = 10.0
# Of a TCP socket, in the kernel's table.
_ESTABLISHED = "01"

Row = Mapping[str, str]
Stats = Mapping[tuple[str, str], Row]
"""(proxy, server or FRONTEND or BACKEND) to HAProxy's row of statistics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A target's health in the API's words."""

    state: str
    reason: str | None = None
    description: str | None = None


def key(arn: str) -> str:
    return "lb-" + arn.rsplit("/", 1)[-1]


def directory(settings: Settings, lb_key: str) -> Path:
    return network.run_directory(settings) / lb_key


def ensure(settings: Settings, net: Network, balancer: LoadBalancer) -> None:
    """Make HAProxy run with the load balancer's configuration; a change is a reload."""
    lb_key = balancer.interface.key
    net.plug(balancer.interface)
    home = directory(settings, lb_key)
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    _write_certificates(settings, home, balancer)
    wanted, applied = config(home, balancer), home / "applied.cfg"
    pid = network.running(home / "pid", "haproxy")
    if pid is not None and applied.exists() and applied.read_text() == wanted:
        return
    (home / "haproxy.cfg").write_text(wanted)
    run("haproxy", "-c", "-f", str(home / "haproxy.cfg"))
    (home / "servers").write_text(_server_state(settings, balancer))
    if pid is not None:
        before = _worker(settings, lb_key)
        os.kill(pid, signal.SIGUSR2)
        _await_other_worker(settings, lb_key, before)
    else:
        (home / "admin.sock").unlink(missing_ok=True)
        in_namespace(
            network.namespace(settings, lb_key),
            *("haproxy", "-W", "-D", "-f", str(home / "haproxy.cfg"), "-p", str(home / "pid")),
        )
    # The next pass compares with this file, so it comes last.
    applied.write_text(wanted)


def remove(settings: Settings, net: Network, lb_key: str) -> None:
    home = directory(settings, lb_key)
    network.stop_process(home / "pid", "haproxy")
    net.unplug(lb_key)
    shutil.rmtree(home, ignore_errors=True)


def found(settings: Settings) -> list[str]:
    """The keys of the load balancers that have a folder, running or not."""
    return sorted(path.name for path in network.run_directory(settings).glob("lb-*"))


# Statistics and health


def ask(settings: Settings, lb_key: str, command: str) -> str:
    """Send a command to HAProxy's admin socket. Raises OSError when nobody answers."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2.0)
        client.connect(str(directory(settings, lb_key) / "admin.sock"))
        client.sendall(command.encode() + b"\n")
        parts = []
        while part := client.recv(65536):
            parts.append(part)
    return b"".join(parts).decode()


def stats(settings: Settings, lb_key: str) -> Stats:
    """HAProxy's statistics; empty while it does not answer."""
    try:
        text = ask(settings, lb_key, "show stat")
    except OSError:
        return {}
    rows = csv.DictReader(text.removeprefix("# ").strip().splitlines())
    return {(row["pxname"], row["svname"]): row for row in rows}


def is_connected(settings: Settings, lb_key: str, address: str, port: int) -> bool:
    """Whether the load balancer has a connection to a target, also one of a worker that ends."""
    pid = network.running(directory(settings, lb_key) / "pid", "haproxy")
    try:
        table = Path(f"/proc/{pid}/net/tcp").read_text() if pid is not None else ""
    except OSError:
        return False
    # The kernel has addresses as numbers of the machine's own byte order.
    number = int.from_bytes(IPv4Address(address).packed, sys.byteorder)
    remote = f"{number:08X}:{port:04X}"
    rows = (line.split() for line in table.splitlines()[1:])
    return any(row[2] == remote and row[3] == _ESTABLISHED for row in rows)


def health(
    row: Row | None, group: TargetGroup, *, seen_healthy: bool, registered_s: float
) -> Health:
    """Say a target's health from HAProxy's row of it.

    A target is `initial` until its first check passes, or until as many failed as make an
    established target unhealthy.
    """
    checked = "" if row is None else row["check_status"].removeprefix("* ")
    if row is not None and row["status"].startswith(("UP", "no check")):
        return Health(state="healthy")
    grace_s = group.check_interval_s * group.unhealthy_threshold
    if row is None or checked in ("", "INI", "UNK"):
        return _REGISTERING
    if not seen_healthy and registered_s < grace_s:
        return Health(
            state="initial",
            reason="Elb.InitialHealthChecking",
            description="Initial health checks in progress",
        )
    if checked == "L7STS":
        return Health(
            state="unhealthy",
            reason="Target.ResponseCodeMismatch",
            description=f"Health checks failed with these codes: [{row['check_code']}]",
        )
    if checked in ("L4TOUT", "L6TOUT", "L7TOUT"):
        return Health(state="unhealthy", reason="Target.Timeout", description="Request timed out")
    return Health(
        state="unhealthy", reason="Target.FailedHealthChecks", description="Health checks failed"
    )


_REGISTERING = Health(
    state="initial",
    reason="Elb.RegistrationInProgress",
    description="Target registration is in progress",
)


# Configuration


def config(home: Path, balancer: LoadBalancer) -> str:
    """Render HAProxy's configuration; the same load balancer gives the same text."""
    idle = balancer.idle_timeout_s
    return lines(
        [
            "global",
            f"  stats socket {home}/admin.sock mode 600 level admin expose-fd listeners",
            f"  server-state-file {home}/servers",
            f"  hard-stop-after {LONGEST_DRAINING_S}s",
            "  max-spread-checks 500",
            "  tune.ssl.default-dh-param 2048",
            "defaults",
            "  mode http",
            "  load-server-state-from-file global",
            "  timeout connect 5s",
            f"  timeout client {idle}s",
            f"  timeout server {idle}s",
            f"  timeout tunnel {idle}s",
            f"  timeout http-keep-alive {idle}s",
            "  timeout queue 5s",
            "  option redispatch 1",
            "  retries 2",
            "  retry-on conn-failure empty-response",
            "  option forwardfor",
            "  option http-keep-alive",
            # Without any frontend HAProxy does not start, and a load balancer may have no listener.
            "frontend idle",
            f"  bind unix@{home}/idle.sock",
            *_frontends(home, balancer),
            *_backends(home, balancer),
        ]
    )


def _frontends(home: Path, balancer: LoadBalancer) -> Iterator[str]:
    for listener in sorted(balancer.listeners, key=lambda item: item.port):
        secure = listener.protocol == "HTTPS"
        tls = f" {_tls(home, listener)}" if secure else ""
        yield f"frontend listener_{listener.port}"
        yield f"  bind {balancer.interface.private}:{listener.port}{tls}"
        yield f"  http-request set-header X-Forwarded-Proto {'https' if secure else 'http'}"
        yield f"  http-request set-header X-Forwarded-Port {listener.port}"
        yield (
            "  http-request set-header X-Amzn-Trace-Id Root=1-%Ts-%[rand(999999999)]"
            " unless { req.hdr(X-Amzn-Trace-Id) -m found }"
        )
        # HAProxy would perform every redirect before any choice of a backend, so the first rule
        # that matches is noted, and only its action is performed.
        for number, rule in enumerate(listener.rules):
            names = []
            for place, condition in enumerate(rule.conditions):
                names.append(f"rule{number}_{place}")
                yield from (f"  acl {names[-1]} {test}" for test in _tests(condition))
            unless_found = "!{ var(txn.rule) -m found }"
            yield f"  http-request set-var(txn.rule) int({number}) if {unless_found} " + " ".join(
                names
            )
        for number, rule in enumerate(listener.rules):
            chosen = f"{{ var(txn.rule) -m int {number} }}"
            yield from _action(home, listener, rule.action, chosen)


def _action(home: Path, listener: Listener, action: Action, chosen: str) -> Iterator[str]:
    if action.type == "redirect":
        yield from _redirect(listener, dict(action.redirect), chosen)
    elif action.type == "fixed-response":
        yield _response(home, action.status, action.content_type, action.body, chosen)
    elif action.type == "forward":
        # One draw a group among the weights that are left gives each its share.
        left = sum(weight for _, weight in action.forward)
        for arn, weight in action.forward:
            draw = f" {{ rand({left}) lt {weight} }}" if weight < left else ""
            if weight:
                yield f"  use_backend tg_{arn.rsplit('/', 1)[-1]} if {chosen}{draw}"
            left -= weight
    else:
        text = f"the sandbox does not perform the action {action.type}\n"
        yield _response(home, "501", "text/plain", text, chosen)


def _redirect(listener: Listener, fields: Mapping[str, str], chosen: str) -> Iterator[str]:
    code = fields.get("StatusCode", "HTTP_302").removeprefix("HTTP_")
    location = _location(fields, listener)
    if fields.get("Query", "#{query}") == "#{query}":
        # A request without a query is not sent on with an empty one.
        target = _quote(location)
        with_query = f"{chosen} {{ query -m found }}"
        yield f"  http-request redirect code {code} location {target} if {with_query}"
        location = location.split("?", 1)[0]
    yield f"  http-request redirect code {code} location {_quote(location)} if {chosen}"


def _response(home: Path, status: str, content_type: str, text: str, chosen: str) -> str:
    body = home / f"body-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    body.write_text(text)
    answer = f"status {status} content-type {_quote(content_type)} file {body}"
    return f"  http-request return {answer} if {chosen}"


def _location(fields: Mapping[str, str], listener: Listener) -> str:
    protocol = fields.get("Protocol", "#{protocol}")
    host, port = fields.get("Host", "#{host}"), fields.get("Port", "#{port}")
    path, query = fields.get("Path", "/#{path}"), fields.get("Query", "#{query}")
    text = f"{protocol}://{host}:{port}{path}" + (f"?{query}" if query else "")
    return (
        text.replace("%", "%%")
        .replace("#{protocol}", listener.protocol)
        .replace("HTTPS://", "https://")
        .replace("HTTP://", "http://")
        .replace("#{host}", "%[req.hdr(host),field(1,:)]")
        .replace("#{port}", str(listener.port))
        .replace("/#{path}", "%[path]")
        .replace("#{path}", "%[path]")
        .replace("#{query}", "%[query]")
    )


def _tests(condition: Condition) -> Iterator[str]:
    values = condition.values
    match condition.field:
        case "path-pattern":
            yield f"path -m reg {' '.join(_quote(_wildcard(value)) for value in values)}"
        case "host-header":
            patterns = " ".join(_quote(_wildcard(value)) for value in values)
            yield f"req.hdr(host),field(1,:) -m reg -i {patterns}"
        case "http-header":
            patterns = " ".join(_quote(_wildcard(value)) for value in values)
            yield f"req.hdr({condition.header}) -m reg -i {patterns}"
        case "http-request-method":
            yield f"method {' '.join(values)}"
        case "source-ip":
            yield f"src {' '.join(values)}"
        case _:
            yield "always_false"


def _backends(home: Path, balancer: LoadBalancer) -> Iterator[str]:
    for group in sorted(balancer.target_groups, key=lambda item: item.arn):
        yield f"backend {group.backend}"
        yield "  balance roundrobin"
        # What may have been done must not be done twice.
        yield "  http-request disable-l7-retry if !METH_GET !METH_HEAD !METH_OPTIONS"
        if group.sticky_s is not None:
            yield f"  cookie AWSALB insert indirect nocache maxlife {group.sticky_s}s"
        yield "  option httpchk"
        yield (
            f"  http-check send meth GET uri {_quote(group.check_path)} ver HTTP/1.1"
            f" hdr Host %[srv_name,map({_check_hosts(home, group)})]"
            " hdr User-Agent ELB-HealthChecker/2.0 hdr Connection close"
        )
        yield f"  http-check expect status {group.check_matcher}"
        yield f"  timeout check {group.check_timeout_s}s"
        for target in sorted(group.targets, key=lambda item: item.server):
            yield f"  {_server(group, target)}"


def _check_hosts(home: Path, group: TargetGroup) -> Path:
    """The Host header of each server's check, its address and port: checks do not know `dst`."""
    table = "".join(
        f"{target.server} {target.address}:"
        f"{target.port if group.check_port == 'traffic-port' else group.check_port}\n"
        for target in sorted(group.targets, key=lambda item: item.server)
    )
    path = home / f"check-hosts-{hashlib.sha256(table.encode()).hexdigest()[:12]}"
    path.write_text(table)
    return path


def _server(group: TargetGroup, target: Target) -> str:
    """A server's line. One passed check suffices at first; the threshold is for unhealthy ones."""
    rise = group.healthy_threshold if target.seen_healthy else 1
    parts = [
        f"server {target.server} {target.address}:{target.port} check",
        f"inter {group.check_interval_s}s rise {rise}",
        f"fall {group.unhealthy_threshold}",
    ]
    if group.check_port != "traffic-port":
        parts.append(f"port {group.check_port}")
    if group.protocol == "HTTPS":
        parts.append("ssl verify none")
    if group.check_protocol == "HTTPS":
        parts.append("check-ssl verify none")
    elif group.protocol == "HTTPS":
        parts.append("no-check-ssl")
    if group.sticky_s is not None:
        parts.append(f"cookie {target.server}")
    return " ".join(parts)


def _tls(home: Path, listener: Listener) -> str:
    """The lowest TLS version by the policy's name; ciphers are HAProxy's own choice."""
    policy = listener.tls_policy
    if "TLS13-1-3" in policy:
        lowest = "TLSv1.3"
    elif "TLS13-1-0" in policy or "TLS-1-0" in policy or policy.endswith("2016-08"):
        lowest = "TLSv1.0"
    elif "1-1" in policy:
        lowest = "TLSv1.1"
    else:
        lowest = "TLSv1.2"
    return f"ssl crt {_certificate_directory(home, listener)} alpn h2,http/1.1 ssl-min-ver {lowest}"


def _certificate_directory(home: Path, listener: Listener) -> Path:
    """Named by its content, so that another certificate is another configuration."""
    arns = "\n".join(certificate.arn for certificate in listener.certificates)
    return home / f"tls-{listener.port}-{hashlib.sha256(arns.encode()).hexdigest()[:12]}"


def _write_certificates(settings: Settings, home: Path, balancer: LoadBalancer) -> None:
    for listener in balancer.listeners:
        if listener.protocol != "HTTPS":
            continue
        place = _certificate_directory(home, listener)
        place.mkdir(exist_ok=True)
        for number, certificate in enumerate(listener.certificates):
            if certificate.pem and certificate.key:
                pem = certificate.pem.strip() + "\n" + certificate.key.strip() + "\n"
            else:
                issued = certificates.issue(
                    settings, certificate.arn.rsplit("/", 1)[-1], certificate.names
                )
                pem = issued.read_text()
            path = place / f"{number:02}.pem"
            path.touch(mode=0o600)
            path.write_text(pem)


def _wildcard(pattern: str) -> str:
    """AWS's patterns: * for any characters, ? for exactly one."""
    return "^" + re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".") + "$"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''").replace("\n", " ") + "'"


# Reload


def _server_state(settings: Settings, balancer: LoadBalancer) -> str:
    """What HAProxy shall believe of each server as it (re)starts.

    It would take a new server for healthy until its checks fail. So new ones are listed as down;
    the others keep their state.
    """
    known: dict[tuple[str, str], str] = {}
    with suppress(OSError):
        for line in ask(settings, balancer.interface.key, "show servers state").splitlines():
            fields = line.split()
            if len(fields) > 4 and fields[0].isdigit():
                known[fields[1], fields[3]] = line
    rows = [
        known.get((group.backend, target.server)) or _new_server(group, target)
        for group in balancer.target_groups
        for target in group.targets
    ]
    return lines(["1", _STATE_HEADER, *rows])


def _new_server(group: TargetGroup, target: Target) -> str:
    return (
        f"1 {group.backend} 1 {target.server} {target.address} 0 0 1 1 0 1 0 "
        f"0 6 0 0 0 - {target.port} - 0 0 - - 0"
    )


_STATE_HEADER = (
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
    "srv_time_since_last_change srv_check_status srv_check_result srv_check_health "
    "srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord "
    "srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port"
)


def _await_other_worker(settings: Settings, lb_key: str, before: str) -> None:
    """Return when a new worker answers; requests are served all the while."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if _worker(settings, lb_key) not in ("", before):
            return
        time.sleep(0.02)
    raise TimeoutError(f"HAProxy of {lb_key} did not take its new configuration")


def _worker(settings: Settings, lb_key: str) -> str:
    """The pid of the worker that answers; nothing while none does."""
    with suppress(OSError):
        for line in ask(settings, lb_key, "show info").splitlines():
            if line.startswith("Pid:"):
                return line
    return ""
