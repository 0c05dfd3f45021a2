"""Application load balancers: real health, draining, no lost request, TLS."""

import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from cloud import Cloud, VpcNetwork, cloud_of, eventually, operator
from hivemind_sandbox import certificates, load_balancer
from hivemind_sandbox.wanted import Interface, LoadBalancer, Subnet, Target, TargetGroup

WORLD = "0.0.0.0/0"
HEALTH = {
    "HealthCheckPath": "/health",
    "HealthCheckIntervalSeconds": 5,
    "HealthCheckTimeoutSeconds": 2,
    "HealthyThresholdCount": 2,
    "UnhealthyThresholdCount": 2,
    "Matcher": {"HttpCode": "200-299"},
}


@dataclass
class Place:
    cloud: Cloud
    network: VpcNetwork
    arn: str
    name: str
    listener: str
    group: str
    hosts: list[str]

    def target_group(self, name: str, **options: Any) -> str:
        """A target group behind a path of its own, so that it is in use."""
        elb = self.cloud.elb
        made = elb.create_target_group(
            Name=name, Protocol="HTTP", Port=8000, VpcId=self.network.id, **(HEALTH | options)
        )["TargetGroups"][0]["TargetGroupArn"]
        elb.modify_target_group_attributes(
            TargetGroupArn=made,
            Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "3"}],
        )
        rules = elb.describe_rules(ListenerArn=self.listener)["Rules"]
        rule = elb.create_rule(
            ListenerArn=self.listener,
            Priority=len(rules),
            Conditions=[{"Field": "path-pattern", "Values": [f"/{name}/*"]}],
            Actions=[{"Type": "forward", "TargetGroupArn": made}],
        )["Rules"][0]["RuleArn"]
        self.cloud.made.append(lambda: elb.delete_target_group(TargetGroupArn=made))
        self.cloud.made.append(lambda: elb.delete_rule(RuleArn=rule))
        return str(made)

    def health(self, group: str, host: str) -> tuple[str, str]:
        found = self.cloud.elb.describe_target_health(
            TargetGroupArn=group, Targets=[{"Id": host, "Port": 8000}]
        )["TargetHealthDescriptions"][0]["TargetHealth"]
        return found["State"], found.get("Reason", "")

    def register(self, group: str, *hosts: str) -> None:
        targets = [{"Id": host, "Port": 8000} for host in hosts]
        self.cloud.elb.register_targets(TargetGroupArn=group, Targets=targets)

    def deregister(self, group: str, *hosts: str) -> None:
        targets = [{"Id": host, "Port": 8000} for host in hosts]
        self.cloud.elb.deregister_targets(TargetGroupArn=group, Targets=targets)


@pytest.fixture(scope="module")
def place(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with cloud_of(sandbox.settings, tmp_path_factory.mktemp("keys")) as cloud:
        network, elb = cloud.network(), cloud.elb
        front = network.group("front", (80, WORLD), (443, WORLD))
        app = network.group("app", (8000, front), (22, operator(sandbox.settings)))
        hosts = [cloud.run_host(subnet, [app]) for subnet in network.public]
        made = elb.create_load_balancer(
            Name="tests", Subnets=network.public, SecurityGroups=[front]
        )["LoadBalancers"][0]
        arn = made["LoadBalancerArn"]
        cloud.made.append(lambda: _delete(cloud, arn))
        listener = elb.create_listener(
            LoadBalancerArn=arn,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[
                {
                    "Type": "fixed-response",
                    "FixedResponseConfig": {"StatusCode": "404", "MessageBody": "nothing here"},
                }
            ],
        )["Listeners"][0]["ListenerArn"]
        place = Place(cloud, network, arn, made["DNSName"], listener, "", hosts)
        for number, host in enumerate(hosts):
            cloud.await_state(host, "running")
            cloud.serve(host, text=f"host {number}")
        place.group = place.target_group("app")
        assert "provisioning" == made["State"]["Code"]
        assert "active" == eventually(lambda: _state(cloud, arn), "active")
        yield place


def _state(cloud: Cloud, arn: str) -> str:
    found = cloud.elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    return str(found[0]["State"]["Code"])


def _delete(cloud: Cloud, arn: str) -> None:
    for listener in cloud.elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
        cloud.elb.delete_listener(ListenerArn=listener["ListenerArn"])
    cloud.elb.delete_load_balancer(LoadBalancerArn=arn)


@dataclass
class Answer:
    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def get(url: str, *, trust: ssl.SSLContext | None = None, timeout_s: float = 5) -> Answer:
    handlers: list[Any] = [_Stay(), urllib.request.ProxyHandler({})]
    if trust:
        handlers.append(urllib.request.HTTPSHandler(context=trust))
    opener = urllib.request.build_opener(*handlers)
    try:
        with opener.open(url, timeout=timeout_s) as answer:
            return Answer(answer.status, answer.read().decode(), dict(answer.headers))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read().decode(), dict(error.headers))
    except (urllib.error.URLError, OSError) as error:
        return Answer(0, str(error))


@pytest.mark.sandbox
def test_a_target_goes_from_unused_over_initial_to_healthy_to_draining(place: Place) -> None:
    """All of DescribeTargetHealth's states, with AWS's reason codes, in their order."""
    host = place.hosts[0]
    unused = place.health(place.group, host)
    place.register(place.group, host)
    initial = place.health(place.group, host)
    healthy = eventually(lambda: place.health(place.group, host), ("healthy", ""))
    body = get(f"http://{place.name}/app/").body
    place.deregister(place.group, host)
    draining = place.health(place.group, host)
    listed = place.cloud.elb.describe_target_health(TargetGroupArn=place.group)
    gone = eventually(lambda: place.health(place.group, host), unused)

    assert ("unused", "Target.NotRegistered") == unused
    assert "initial" == initial[0]
    assert ("healthy", "") == healthy
    assert "host 0" == body
    assert ("draining", "Target.DeregistrationInProgress") == draining
    assert 1 == len(listed["TargetHealthDescriptions"])
    assert unused == gone


@pytest.mark.sandbox
def test_draining_ends_with_the_last_request(place: Place) -> None:
    """Long before the delay is over, as on AWS; a request that is at work is answered first."""
    group, host = place.target_group("patient"), place.hosts[0]
    place.cloud.elb.modify_target_group_attributes(
        TargetGroupArn=group,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "600"}],
    )
    place.register(group, host)
    eventually(lambda: place.health(group, host), ("healthy", ""))
    seen: list[str] = []
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(get, f"http://{place.name}/patient/slow", timeout_s=30)
        time.sleep(1)
        place.deregister(group, host)
        while not asked.done():
            seen.append(place.health(group, host)[0])
    gone = eventually(lambda: place.health(group, host)[0], "unused")

    assert 200 == asked.result().status
    # The last look may have been after the answer.
    assert {"draining"} == set(seen[:-1])
    assert "unused" == gone


@pytest.mark.sandbox
def test_an_unhealthy_target_says_why(place: Place) -> None:
    """A wrong code, a late answer and a refused check each have AWS's reason; none is served."""
    app = place.cloud.instance(place.hosts[0])["SecurityGroups"][0]["GroupId"]
    place.network.allow(app, 22, WORLD)
    wrong = {
        "code": ({"HealthCheckPath": "/broken"}, "Target.ResponseCodeMismatch"),
        "late": ({"HealthCheckPath": "/slow"}, "Target.Timeout"),
        "shut": ({"HealthCheckPort": "22"}, "Target.FailedHealthChecks"),
    }
    expected = {name: ("unhealthy", reason) for name, (_, reason) in wrong.items()}
    groups = {name: place.target_group(name, **options) for name, (options, _) in wrong.items()}
    for group in groups.values():
        place.register(group, place.hosts[0])
    seen = eventually(
        lambda: {name: place.health(group, place.hosts[0]) for name, group in groups.items()},
        expected,
        within_s=40,
    )
    answers = {name: get(f"http://{place.name}/{name}/").status for name in wrong}

    assert expected == seen
    assert dict.fromkeys(wrong, 503) == answers


@pytest.mark.sandbox
def test_no_request_is_lost_while_targets_come_and_go(place: Place) -> None:
    """Requests go on without an error while a target drains and another is added: reloads."""
    group = place.target_group("busy")
    place.register(group, place.hosts[0])
    eventually(lambda: place.health(group, place.hosts[0]), ("healthy", ""))
    answers: list[Answer] = []
    enough = threading.Event()

    def ask() -> None:
        while not enough.is_set():
            answers.append(get(f"http://{place.name}/busy/"))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    place.register(group, place.hosts[1])
    eventually(lambda: place.health(group, place.hosts[1]), ("healthy", ""))
    place.deregister(group, place.hosts[0])
    eventually(lambda: place.health(group, place.hosts[0])[0], "unused")
    enough.set()
    for thread in threads:
        thread.join()

    assert len(answers) > 100
    assert [] == [answer for answer in answers if answer.status != 200]
    assert {"host 0", "host 1"} == {answer.body for answer in answers}
    assert "host 1" == answers[-1].body


@pytest.mark.sandbox
def test_https_has_a_certificate_of_the_sandboxs_authority_and_http_redirects(
    place: Place,
) -> None:
    """A listener with an ACM certificate answers for its name; HTTP redirects to it."""
    elb, acm = place.cloud.elb, place.cloud.client("acm")
    arn = acm.request_certificate(DomainName=place.name)["CertificateArn"]
    secure = elb.create_listener(
        LoadBalancerArn=place.arn,
        Protocol="HTTPS",
        Port=443,
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": arn}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    )["Listeners"][0]["ListenerArn"]
    rule = elb.create_rule(
        ListenerArn=place.listener,
        Priority=1000,
        Conditions=[{"Field": "path-pattern", "Values": ["/old*"]}],
        Actions=[
            {
                "Type": "redirect",
                "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
            }
        ],
    )["Rules"][0]["RuleArn"]
    authority = certificates.authority_file(place.cloud.settings)
    trust = ssl.create_default_context(cafile=str(authority))
    answer = eventually(lambda: get(f"https://{place.name}/", trust=trust).status, 200)
    redirect = eventually(lambda: get(f"http://{place.name}/old/a?b=c").status, 301)
    location = get(f"http://{place.name}/old/a?b=c").headers.get("location")
    plain = get(f"http://{place.name}/other")
    elb.delete_rule(RuleArn=rule)
    elb.delete_listener(ListenerArn=secure)

    assert (200, 301) == (answer, redirect)
    assert f"https://{place.name}:443/old/a?b=c" == location
    assert (404, "nothing here") == (plain.status, plain.body)


@pytest.mark.sandbox
def test_hosts_of_the_vpc_resolve_the_load_balancers_name(place: Place) -> None:
    """The name leads to the same load balancer from inside."""
    answer = place.cloud.inside(place.hosts[0], f"curl -s -m 5 http://{place.name}/other")

    assert "nothing here" == answer


@pytest.mark.sandbox
def test_a_deleted_load_balancer_leaves_nothing(place: Place) -> None:
    """Process, namespace and name are gone once it is deleted."""
    from hivemind_sandbox import network

    settings = place.cloud.settings
    made = place.cloud.elb.create_load_balancer(Name="short", Subnets=place.network.public)
    arn, name = (made["LoadBalancers"][0][key] for key in ("LoadBalancerArn", "DNSName"))
    eventually(lambda: _state(place.cloud, arn), "active")
    home = load_balancer.directory(settings, load_balancer.key(arn))
    pid = network.running(home / "pid", "haproxy")
    place.cloud.elb.delete_load_balancer(LoadBalancerArn=arn)
    gone = eventually(lambda: not home.exists())
    left = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.replace("Z", "")  # dead, and not yet waited for

    assert True is gone
    assert ("", False) == (left.strip("s\n"), name in network.HOSTS_FILE.read_text())


# Pure


GROUP = TargetGroup(
    arn="arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/a/1",
    protocol="HTTP",
    check_protocol="HTTP",
    check_port="traffic-port",
    check_path="/",
    check_matcher="200",
    check_interval_s=10,
    check_timeout_s=5,
    healthy_threshold=2,
    unhealthy_threshold=3,
    sticky_s=None,
    targets=(),
)


@pytest.mark.fast
@pytest.mark.parametrize(
    ("row", "seen_healthy", "registered_s", "expected"),
    [
        (None, False, 1, "initial"),
        ({"status": "DOWN", "check_status": "INI"}, False, 100, "initial"),
        ({"status": "UP", "check_status": "L7OK"}, False, 1, "healthy"),
        ({"status": "UP 1/3", "check_status": "L7STS"}, True, 1, "healthy"),
        ({"status": "DOWN", "check_status": "L4CON"}, False, 29, "initial"),
        ({"status": "DOWN", "check_status": "L4CON"}, False, 31, "unhealthy"),
        ({"status": "DOWN", "check_status": "* L4CON"}, True, 1, "unhealthy"),
    ],
)
def test_health_is_read_from_haproxys_row(
    row: dict[str, str] | None, seen_healthy: bool, registered_s: float, expected: str
) -> None:
    """Initial until healthy once or failed as often as makes an established target unhealthy."""
    seen = load_balancer.health(row, GROUP, seen_healthy=seen_healthy, registered_s=registered_s)

    assert expected == seen.state


@pytest.mark.timeout(30)
def test_a_check_names_the_host_that_it_asks(tmp_path: Path) -> None:
    """A check's Host is the target's address and port, as AWS sends it: servers refuse none."""
    with socket.create_server(("127.0.0.1", 0)) as target:
        target.settimeout(10)
        port = target.getsockname()[1]
        checked = Target(id="i-1", address="127.0.0.1", port=port, seen_healthy=False)
        balancer = LoadBalancer(
            arn="arn", name="a", region="eu-west-1", dns_name="a", state="active",
            interface=Interface(
                key="lb-1", vpc="vpc-1", subnet=Subnet(id="subnet-1", cidr="10.0.0.0/24"),
                private="10.0.0.9",
            ),
            idle_timeout_s=60, listeners=(), target_groups=(replace(GROUP, targets=(checked,)),),
        )  # fmt: skip
        (tmp_path / "servers").write_text("1\n")
        (tmp_path / "haproxy.cfg").write_text(load_balancer.config(tmp_path, balancer))
        command = ["/usr/sbin/haproxy", "-db", "-f", str(tmp_path / "haproxy.cfg")]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as haproxy:
            try:
                connection, _ = target.accept()
                with connection:
                    request = connection.recv(4096).decode().lower()
            finally:
                haproxy.terminate()

    assert f"host: 127.0.0.1:{port}" in request.splitlines()
