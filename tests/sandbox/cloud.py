"""What the tests of real hosts share: networks, hosts and ways to look into them."""

import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from hivemind_sandbox.settings import Settings


def eventually(
    probe: Callable[[], Any], expected: Any = True, *, within_s: float = 40, every_s: float = 0.2
) -> Any:
    """Return what `probe` gives, as soon as it is as expected, or else at last."""
    deadline = time.monotonic() + within_s
    while (seen := probe()) != expected and time.monotonic() < deadline:
        time.sleep(every_s)
    return seen


@dataclass
class Cloud:
    """Clients of one sandbox and the things that tests make with them."""

    settings: Settings
    keys: Path
    made: list[Callable[[], Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ec2 = self.client("ec2")
        self.elb = self.client("elbv2")
        self.rds = self.client("rds")

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.settings.endpoint_url,
            region_name=self.settings.region,
            aws_access_key_id=self.settings.access_key,
            aws_secret_access_key=self.settings.secret_key,
        )

    @cached_property
    def image(self) -> str:
        images = self.ec2.describe_images(
            Filters=[{"Name": "name", "Values": ["debian-12-amd64-*"]}]
        )["Images"]
        return str(max(images, key=lambda image: image["CreationDate"])["ImageId"])

    @cached_property
    def key_name(self) -> str:
        name = f"tests-{time.time_ns()}"
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key_file)]
        subprocess.run(command, check=True)
        public = self.key_file.with_suffix(".pub").read_bytes()
        self.ec2.import_key_pair(KeyName=name, PublicKeyMaterial=public)
        return name

    @property
    def key_file(self) -> Path:
        return self.keys / "key"

    def network(self, cidr: str = "10.77.0.0/16") -> "VpcNetwork":
        made = VpcNetwork(self, cidr)
        self.made.append(made.delete)
        return made

    def delete_all(self) -> None:
        while self.made:
            self.made.pop()()

    # Hosts

    def run_host(self, subnet: str, groups: list[str], **options: Any) -> str:
        started = self.ec2.run_instances(
            ImageId=self.image,
            InstanceType="t3.micro",
            MinCount=1,
            MaxCount=1,
            SubnetId=subnet,
            SecurityGroupIds=groups,
            KeyName=self.key_name,
            **options,
        )
        instance_id = str(started["Instances"][0]["InstanceId"])
        self.made.append(lambda: self.terminate(instance_id))
        return instance_id

    def instance(self, instance_id: str) -> dict[str, Any]:
        found = self.ec2.describe_instances(InstanceIds=[instance_id])
        return dict(found["Reservations"][0]["Instances"][0])

    def state(self, instance_id: str) -> str:
        return str(self.instance(instance_id)["State"]["Name"])

    def await_state(self, instance_id: str, state: str) -> str:
        return str(eventually(lambda: self.state(instance_id), state))

    def await_ssh(self, instance_id: str) -> str:
        """Return what the host says its name is, once it answers."""
        self.await_state(instance_id, "running")
        return str(eventually(lambda: self.ssh(instance_id, "echo ready"), "ready"))

    def ssh(self, instance_id: str, command: str) -> str:
        """Run a command as admin, from this machine, at the public address."""
        address = self.instance(instance_id).get("PublicIpAddress", "")
        options = (
            "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "
            "-o ConnectTimeout=2 -o LogLevel=ERROR -o BatchMode=yes"
        )
        argv = ["ssh", "-i", str(self.key_file), *options.split(), f"admin@{address}", command]
        return subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=30
        ).stdout.strip()

    def inside(self, instance_id: str, command: str) -> str:
        """Run a command as root in the host, without the network."""
        name = f"{self.settings.prefix}-{instance_id}"
        argv = ["podman", "exec", name, "sh", "-c", command]
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()

    def terminate(self, instance_id: str) -> str:
        self.ec2.terminate_instances(InstanceIds=[instance_id])
        return self.await_state(instance_id, "terminated")

    def serve(self, instance_id: str, port: int = 8000, text: str = "ok") -> None:
        """Let the host answer HTTP with a text under every path, as a service."""
        program = (
            "import http.server\n"
            "class H(http.server.BaseHTTPRequestHandler):\n"
            "    protocol_version = 'HTTP/1.1'\n"
            "    def do_GET(self):\n"
            "        if '/slow' in self.path:\n"
            "            import time; time.sleep(5)\n"
            "        code = 500 if self.path.startswith('/broken') else 200\n"
            f"        body = {text!r}.encode()\n"
            "        self.send_response(code)\n"
            "        self.send_header('Content-Length', str(len(body)))\n"
            "        self.end_headers()\n"
            "        self.wfile.write(body)\n"
            "    def log_message(self, *a): pass\n"
            f"http.server.ThreadingHTTPServer(('', {port}), H).serve_forever()\n"
        )
        unit = f"web-{port}"
        eventually(lambda: self.inside(instance_id, "systemctl is-active ssh"), "active")
        self.inside(
            instance_id,
            f"systemd-run --quiet --unit={unit} python3 -c {shlex.quote(program)}; "
            f"for i in $(seq 50); do curl -s localhost:{port} && break; sleep 0.1; done",
        )


@dataclass
class VpcNetwork:
    """A VPC with a public and a private subnet in each of two zones."""

    cloud: Cloud
    cidr: str

    def __post_init__(self) -> None:
        ec2, base = self.cloud.ec2, self.cidr.rsplit(".", 2)[0]
        region = self.cloud.settings.region
        self.id = ec2.create_vpc(CidrBlock=self.cidr)["Vpc"]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=self.id, EnableDnsHostnames={"Value": True})
        self.public, self.private = (
            [
                ec2.create_subnet(
                    VpcId=self.id,
                    CidrBlock=f"{base}.{first + number}.0/24",
                    AvailabilityZone=f"{region}{zone}",
                )["Subnet"]["SubnetId"]
                for number, zone in enumerate("ab")
            ]
            for first in (0, 10)
        )
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.id)
        self.routes = ec2.create_route_table(VpcId=self.id)["RouteTable"]["RouteTableId"]
        ec2.create_route(
            RouteTableId=self.routes, DestinationCidrBlock="0.0.0.0/0", GatewayId=self.gateway
        )
        self.associations = []
        for subnet in self.public:
            ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
            made = ec2.associate_route_table(RouteTableId=self.routes, SubnetId=subnet)
            self.associations.append(made["AssociationId"])
        self.groups: list[str] = []

    def group(self, name: str, *rules: tuple[int, str]) -> str:
        """A security group that lets in (port, CIDR or group)."""
        made = self.cloud.ec2.create_security_group(
            GroupName=name, Description=name, VpcId=self.id
        )["GroupId"]
        self.groups.append(made)
        for port, source in rules:
            self.allow(made, port, source)
        return str(made)

    def allow(self, group: str, port: int, source: str) -> None:
        self.cloud.ec2.authorize_security_group_ingress(
            GroupId=group, IpPermissions=[permission(port, source)]
        )

    def refuse(self, group: str, port: int, source: str) -> None:
        self.cloud.ec2.revoke_security_group_ingress(
            GroupId=group, IpPermissions=[permission(port, source)]
        )

    def delete(self) -> None:
        ec2 = self.cloud.ec2
        for association in self.associations:
            ec2.disassociate_route_table(AssociationId=association)
        ec2.delete_route_table(RouteTableId=self.routes)
        for subnet in (*self.public, *self.private):
            ec2.delete_subnet(SubnetId=subnet)
        ec2.detach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.id)
        ec2.delete_internet_gateway(InternetGatewayId=self.gateway)
        for group in reversed(self.groups):
            ec2.delete_security_group(GroupId=group)
        ec2.delete_vpc(VpcId=self.id)


def permission(port: int, source: str) -> dict[str, Any]:
    peers: dict[str, Any] = (
        {"UserIdGroupPairs": [{"GroupId": source}]}
        if source.startswith("sg-")
        else {"IpRanges": [{"CidrIp": source}]}
    )
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peers}


@contextmanager
def cloud_of(settings: Settings, keys: Path) -> Iterator[Cloud]:
    """A view of a sandbox that removes what was made through it."""
    cloud = Cloud(settings, keys)
    try:
        yield cloud
    finally:
        cloud.delete_all()


def operator(settings: Settings) -> str:
    """The source that the person at the keyboard has."""
    return f"{settings.operator_address}/32"
