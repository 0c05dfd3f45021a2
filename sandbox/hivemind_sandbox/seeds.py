"""What exists before anything is made: the operator, Debian's images and their parameters."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hivemind_sandbox.settings import Settings

OPERATOR = "operator"
DEBIAN_OWNER = "136693071363"
"""The account that publishes Debian's images on AWS."""
VPCS = 50.0
_RELEASES = {"11": ("bullseye", "20240717-1811"), "12": ("bookworm", "20250316-2053")}
_ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"}
_EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}


def image_id(release: str, architecture: str) -> str:
    """The fixed id of one Debian image; the same in every region, unlike on AWS."""
    number = int(release) * 2 + list(_ARCHITECTURES).index(architecture)
    return f"ami-0deb1a{number:011x}"


def image_name(release: str, architecture: str) -> str:
    _, build = _RELEASES[release]
    return f"debian-{release}-{architecture}-{build}"


def write_images(path: Path) -> None:
    """Write the file that EC2 reads its images from; it knows no others."""
    images = [
        {
            "ami_id": image_id(release, architecture),
            "architecture": _ARCHITECTURES[architecture],
            "description": f"Debian {release} ({build})",
            "hypervisor": "xen",
            "image_location": f"amazon/{image_name(release, architecture)}",
            "image_type": "machine",
            "name": image_name(release, architecture),
            "owner_id": DEBIAN_OWNER,
            "platform": None,
            "public": True,
            "root_device_name": "/dev/xvda",
            "root_device_type": "ebs",
            "sriov": "simple",
            "state": "available",
            "virtualization_type": "hvm",
        }
        for release, (_, build) in _RELEASES.items()
        for architecture in _ARCHITECTURES
    ]
    path.write_text(json.dumps(images))


def public_parameters() -> dict[str, str]:
    """Debian's public parameters, by name."""
    values = {}
    for release, (codename, build) in _RELEASES.items():
        for architecture in _ARCHITECTURES:
            value = image_id(release, architecture)
            for name in (release, codename):
                values[f"/aws/service/debian/release/{name}/latest/{architecture}"] = value
                values[f"/aws/service/debian/release/{name}/{build}/{architecture}"] = value
    return values


def install(settings: Settings) -> None:
    """Put the operator and the public parameters into the services, once a start."""
    _seed_parameters()
    _seed_operator(settings)
    _seed_quotas()


def _seed_quotas() -> None:
    """The sandbox's account was granted more networks than the five that AWS begins with."""
    from moto.servicequotas.resources.default_quotas.vpc import VPC_DEFAULT_QUOTAS

    for quota in VPC_DEFAULT_QUOTAS:
        if quota["QuotaCode"] == "L-F678F1CE":
            quota["Value"] = VPCS


def _seed_parameters() -> None:
    """Load Debian's parameters as the service loads its own: when a name is first asked for."""
    from moto.ssm.models import Parameter, ParameterDict

    original = ParameterDict._check_loading_status

    def loading(store: Any, key: str) -> None:
        original(store, key)
        if str(key or "").startswith("/aws/service/debian"):
            for name, value in public_parameters().items():
                if not dict.__contains__(store, name):
                    dict.__setitem__(store, name, [_parameter(Parameter, store, name, value)])

    ParameterDict._check_loading_status = loading


def _parameter(kind: Any, store: Any, name: str, value: str) -> Any:
    return kind(
        account_id=store.account_id,
        name=name,
        value=value,
        parameter_type="String",
        description=None,
        allowed_pattern=None,
        keyid=None,
        last_modified_date=datetime.now(UTC),
        version=1,
        data_type="text",
    )


def _seed_operator(settings: Settings) -> None:
    """Give the target's access key to an IAM user that may do everything."""
    from moto.iam.models import AccessKey, iam_backends

    iam = iam_backends[settings.account_id]["aws"]
    if OPERATOR in iam.users:
        return
    user = iam.create_user(settings.region, OPERATOR)
    iam.put_user_policy(OPERATOR, "everything", json.dumps(_EVERYTHING))
    key = AccessKey(OPERATOR, "AKIA", settings.account_id)
    key.access_key_id = settings.access_key
    key.secret_access_key = settings.secret_key
    key.create_date = datetime.now(UTC).replace(tzinfo=None)
    user.access_keys.append(key)
