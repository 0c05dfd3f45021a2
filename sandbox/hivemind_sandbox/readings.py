"""Read what the API describes out of moto, as values. Changes nothing but address allocations."""

import base64
import binascii
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import moto.backends

from hivemind_sandbox import load_balancer
from hivemind_sandbox.allocations import Addresses, Allocations
from hivemind_sandbox.metadata import Metadata, credentials
from hivemind_sandbox.wanted import (
    Action,
    Cache,
    Certificate,
    Condition,
    Database,
    Group,
    Host,
    Interface,
    Listener,
    ListenerRule,
    LoadBalancer,
    Rule,
    Subnet,
    Target,
    TargetGroup,
    Vpc,
    Wanted,
)

log = logging.getLogger(__name__)

DEFAULT_TLS_POLICY = "ELBSecurityPolicy-2016-08"


def each(service: str) -> Iterator[Any]:
    """Every backend of a service that is in use, over accounts and regions."""
    found = moto.backends.get_backend(service)
    for account in list(found.values()):
        yield from list(account.values())


def wanted(given: Allocations) -> Wanted:
    """All that the API describes and that has to run.

    Terminated and shutting-down instances are not in it: their absence is what removes a host.
    """
    hosts = [host for backend in each("ec2") for host in _hosts(backend)]
    databases = [found for backend in each("rds") for found in _databases(backend, given)]
    balancers = [found for backend in each("elbv2") for found in _balancers(backend, given)]
    caches = [found for backend in each("elasticache") for found in _caches(backend, given)]
    objects = Wanted(
        hosts=tuple(hosts),
        databases=tuple(databases),
        caches=tuple(caches),
        load_balancers=tuple(balancers),
    )
    vpcs = [vpc for backend in each("ec2") for vpc in _vpcs(backend, objects.interfaces)]
    return replace(objects, vpcs=tuple(vpcs))


# VPCs


def _vpcs(backend: Any, interfaces: tuple[Interface, ...]) -> Iterator[Vpc]:
    for vpc in list(backend.vpcs.values()):
        inside = tuple(i for i in interfaces if i.vpc == vpc.id)
        # Every region has a default VPC, which few use.
        if vpc.is_default and not inside:
            continue
        subnets = [s for zone in list(backend.subnets.values()) for s in list(zone.values())]
        yield Vpc(
            id=vpc.id,
            cidr=vpc.cidr_block,
            subnets=tuple(
                sorted(
                    (Subnet(id=s.id, cidr=s.cidr_block) for s in subnets if s.vpc_id == vpc.id),
                    key=lambda subnet: subnet.id,
                )
            ),
            groups=tuple(_group(g) for g in list(backend.groups.get(vpc.id, {}).values())),
            interfaces=inside,
        )


def _group(group: Any) -> Group:
    return Group(
        id=group.id,
        ingress=tuple(_rule(rule) for rule in list(group.ingress_rules)),
        egress=tuple(_rule(rule) for rule in list(group.egress_rules)),
    )


def _rule(rule: Any) -> Rule:
    return Rule(
        protocol=str(rule.ip_protocol),
        from_port=rule.from_port,
        to_port=rule.to_port,
        cidr=rule.ip_range.get("CidrIp"),
        group=rule.source_group.get("GroupId"),
    )


def _ways_out(backend: Any, subnet: Any) -> tuple[bool, bool]:
    """Whether the subnet's default route leads to an internet gateway, or to a NAT gateway."""
    tables = [t for t in list(backend.route_tables.values()) if t.vpc_id == subnet.vpc_id]
    own = [t for t in tables if subnet.id in t._associations.values()]
    main = [t for t in tables if t.main_association_id is not None]
    vpc = backend.vpcs.get(subnet.vpc_id)
    if vpc is not None and vpc.is_default and not own:
        return True, False
    for table in (own or main)[:1]:
        for route in table.routes:
            if route.destination_cidr_block == "0.0.0.0/0":
                gateway = getattr(route.gateway, "id", "") or ""
                return gateway.startswith("igw-"), route.nat_gateway is not None
    return False, False


def _subnet(subnet: Any) -> Subnet:
    return Subnet(id=subnet.id, cidr=subnet.cidr_block)


# Instances


def _hosts(backend: Any) -> Iterator[Host]:
    for instance in backend.all_instances():
        if instance.state in ("shutting-down", "terminated") or 0 not in instance.nics:
            continue
        yield _host(backend, instance)


def _host(backend: Any, instance: Any) -> Host:
    nic = instance.nics[0]
    internet, nat = _ways_out(backend, nic.subnet)
    names = [(instance.private_dns_name, nic.private_ip_address)]
    public_names: tuple[str, ...] = ()
    if nic.public_ip:
        # Within the VPC a public name leads to the private address, as AWS's resolver has it.
        names.append((instance.public_dns_name, nic.private_ip_address))
        public_names = (instance.public_dns_name,)
    return Host(
        id=instance.id,
        region=backend.region_name,
        state=instance.state,
        interface=Interface(
            key=instance.id,
            vpc=nic.subnet.vpc_id,
            subnet=_subnet(nic.subnet),
            private=nic.private_ip_address,
            public=nic.public_ip if internet else None,
            nat=nat,
            groups=_group_ids(nic.group_set),
            names=tuple(names),
            public_names=public_names,
        ),
        hostname="ip-" + nic.private_ip_address.replace(".", "-"),
        authorized_key=_public_key(backend, instance),
        user_data=_user_data(instance),
        reboot=getattr(instance, "sandbox_reboot", False),
    )


def _group_ids(groups: Any) -> tuple[str, ...]:
    return tuple(sorted({group.id for group in groups}))


def _public_key(backend: Any, instance: Any) -> str:
    pair = backend.key_pairs.get(instance.key_name) if instance.key_name else None
    return "" if pair is None else str(pair.public_key).strip()


def _user_data(instance: Any) -> str:
    """The text; moto keeps it encoded, as its own type or as it came in a request."""
    raw = instance.user_data
    if not raw:
        return ""
    try:
        return base64.b64decode(str(raw), validate=True).decode(errors="replace")
    except binascii.Error:
        return str(raw)


def metadata(vpc_id: str, address: str) -> Metadata | None:
    """What the instance at an address of a VPC may read about itself."""
    for backend in each("ec2"):
        for instance in backend.all_running_instances():
            if instance.vpc_id == vpc_id and instance.private_ip == address:
                return _metadata(backend, instance)
    return None


def _metadata(backend: Any, instance: Any) -> Metadata:
    nic, options = instance.nics[0], instance.metadata_options
    zone = instance.availability_zone
    entries = {
        "meta-data/ami-id": instance.image_id,
        "meta-data/hostname": instance.private_dns_name,
        "meta-data/instance-id": instance.id,
        "meta-data/instance-type": instance.instance_type,
        "meta-data/local-hostname": instance.private_dns_name,
        "meta-data/local-ipv4": nic.private_ip_address,
        "meta-data/mac": nic.mac_address,
        "meta-data/placement/availability-zone": zone,
        "meta-data/placement/region": backend.region_name,
        "meta-data/security-groups": "\n".join(sorted(group.name for group in nic.group_set)),
        "meta-data/services/domain": "amazonaws.com",
        "dynamic/instance-identity/document": json.dumps(
            {
                "accountId": backend.account_id,
                "architecture": instance.architecture,
                "availabilityZone": zone,
                "imageId": instance.image_id,
                "instanceId": instance.id,
                "instanceType": instance.instance_type,
                "privateIp": nic.private_ip_address,
                "region": backend.region_name,
                "version": "2017-09-30",
            },
            indent=2,
        ),
    }
    if nic.public_ip:
        entries["meta-data/public-ipv4"] = nic.public_ip
        entries["meta-data/public-hostname"] = instance.public_dns_name
    if key := _public_key(backend, instance):
        entries["meta-data/public-keys/0/openssh-key"] = key
    if data := _user_data(instance):
        entries["user-data"] = data
    if options.instance_metadata_tags == "enabled":
        for tag in instance.get_tags():
            entries[f"meta-data/tags/instance/{tag['key']}"] = tag["value"]
    entries |= _profile(backend, instance)
    return Metadata(
        enabled=options.http_endpoint != "disabled",
        token_required=options.http_tokens == "required",
        entries=entries,
    )


def _profile(backend: Any, instance: Any) -> Mapping[str, str]:
    """The role's credentials, when an instance profile is attached."""
    association = backend.iam_instance_profile_associations.get(instance.id)
    if association is None:
        return {}
    profile = association.iam_instance_profile
    roles = [role.name for role in profile.roles]
    info = {"Code": "Success", "InstanceProfileArn": profile.arn, "InstanceProfileId": profile.id}
    return {"meta-data/iam/info": json.dumps(info)} | {
        f"meta-data/iam/security-credentials/{role}": credentials(role) for role in roles
    }


# Databases


def _databases(backend: Any, given: Allocations) -> Iterator[Database]:
    for found in list(backend.databases.values()):
        group = getattr(found, "db_subnet_group", None)
        if group is None or found.db_cluster_identifier is not None:
            continue
        yield _database(backend, found, group, given)


def _database(backend: Any, found: Any, group: Any, given: Allocations) -> Database:
    key = database_key(backend.region_name, found.db_instance_identifier)
    place = sorted(group._subnets, key=lambda subnet: str(subnet.availability_zone))[0]
    held = given.interface(key, lambda: _reserve(place, found))
    return Database(
        id=found.db_instance_identifier,
        region=backend.region_name,
        engine=found.engine,
        status=found.status,
        interface=Interface(
            key=key,
            vpc=place.vpc_id,
            subnet=_subnet(_ec2_subnet(backend, held["subnet"]) or place),
            private=held["private"],
            groups=tuple(sorted(found.vpc_security_group_ids)),
            names=((found.address, held["private"]),),
        ),
        endpoint=found.address,
        port=int(found.port),
        user=found.master_username or "postgres",
        password=_password(found),
        database=found.db_name,
        parameters=_parameters(backend, found),
        restore_from=getattr(found, "sandbox_restore_from", None),
        snapshots=tuple(
            snapshot.db_snapshot_identifier
            for snapshot in list(backend.database_snapshots.values())
            if snapshot.status == "creating"
            and snapshot.db_instance_identifier == found.db_instance_identifier
        ),
    )


def database_key(region: str, identifier: str) -> str:
    return f"db-{region}-{identifier}"


def _parameters(backend: Any, found: Any) -> tuple[tuple[str, str], ...]:
    """Those that the instance's parameter group sets; the engine's own default group sets none."""
    name = found.db_parameter_group_name
    group = backend.db_parameter_groups.get(name) if name else None
    values = {} if group is None else group.parameters
    return tuple(
        sorted((name, str(entry["ParameterValue"])) for name, entry in values.items() if entry)
    )


def _password(found: Any) -> str:
    if found.manage_master_user_password:
        return str(json.loads(found.master_user_secret.secret.secret_string)["password"])
    return str(found._master_user_password or "")


# Caches


def _caches(backend: Any, given: Allocations) -> Iterator[Cache]:
    for group in list(backend.replication_groups.values()):
        name, endpoint = group.replication_group_id, group.node_groups[0]["primary_endpoint"]
        yield from _cache(backend, group, name, group.member_clusters[0], endpoint, given)
    for cluster in list(backend.cache_clusters.values()):
        name, endpoint = cluster.cache_cluster_id, cluster.cache_nodes[0]["endpoint"]
        yield from _cache(backend, cluster, name, name, endpoint, given)


def _cache(  # noqa: PLR0917
    backend: Any, found: Any, name: str, node: str, endpoint: Any, given: Allocations
) -> Iterator[Cache]:
    group = backend.cache_subnet_groups.get(found.cache_subnet_group_name)
    subnets = [_ec2_subnet(backend, subnet) for subnet in group.subnet_ids] if group else []
    places = [subnet for subnet in subnets if subnet is not None]
    if not places:
        return
    place = min(places, key=lambda subnet: str(subnet.availability_zone))
    key = cache_key(backend.region_name, name)
    held = given.interface(key, lambda: _reserve(place, found))
    yield Cache(
        id=name,
        node=node,
        region=backend.region_name,
        engine=found.engine,
        status=found.status,
        interface=Interface(
            key=key,
            vpc=place.vpc_id,
            subnet=_subnet(_ec2_subnet(backend, held["subnet"]) or place),
            private=held["private"],
            groups=tuple(sorted(found.security_group_ids or ())),
            names=((endpoint["address"], held["private"]),),
        ),
        endpoint=endpoint["address"],
        port=int(found.port),
        tls=bool(found.transit_encryption_enabled),
        password=found.sandbox_auth_token or "",
    )


def cache_key(region: str, identifier: str) -> str:
    return f"cache-{region}-{identifier}"


def _reserve(subnet: Any, owner: Any) -> Addresses:
    private = str(subnet.get_available_subnet_ip(owner))
    return {"private": private, "subnet": subnet.id, "public": None}


def _ec2_subnet(backend: Any, subnet_id: str) -> Any:
    ec2 = moto.backends.get_backend("ec2")[backend.account_id][backend.region_name]
    for zone in list(ec2.subnets.values()):
        if subnet_id in zone:
            return zone[subnet_id]
    return None


def release(given: Allocations, key: str) -> None:
    """Give back the addresses of a load balancer, database or cache that is gone."""
    held = given.release_interface(key)
    if held is None:
        return
    for backend in each("ec2"):
        for zone in list(backend.subnets.values()):
            if held["subnet"] in zone:
                zone[held["subnet"]].del_subnet_ip(held["private"])


# Load balancers


def _balancers(backend: Any, given: Allocations) -> Iterator[LoadBalancer]:
    for balancer in list(backend.load_balancers.values()):
        if balancer.type == "application":
            yield _balancer(backend, balancer, given)


def _balancer(backend: Any, balancer: Any, given: Allocations) -> LoadBalancer:
    ec2 = backend.ec2_backend
    key = load_balancer.key(balancer.arn)
    place = balancer.subnets[0]
    faces_internet = balancer.scheme != "internal" and _ways_out(ec2, place)[0]

    def reserve() -> Addresses:
        addresses = _reserve(place, balancer)
        if balancer.scheme != "internal":
            addresses["public"] = given.public_address(public_addresses())
        return addresses

    held = given.interface(key, reserve)
    public = held["public"] if faces_internet else None
    listeners = tuple(_listener(backend, item) for item in list(balancer.listeners.values()))
    arns = {arn for item in listeners for rule in item.rules for arn, _ in rule.action.forward}
    groups = [group for arn in sorted(arns) if (group := backend.target_groups.get(arn))]
    return LoadBalancer(
        arn=balancer.arn,
        name=balancer.name,
        region=backend.region_name,
        dns_name=balancer.dns_name,
        state=balancer.state,
        interface=Interface(
            key=key,
            vpc=balancer.vpc_id,
            subnet=_subnet(_ec2_subnet(backend, held["subnet"]) or place),
            private=held["private"],
            public=public,
            groups=tuple(sorted(balancer.security_groups or ())),
            names=((balancer.dns_name.lower(), public or held["private"]),),
            public_names=(balancer.dns_name.lower(),) if public else (),
        ),
        idle_timeout_s=int(balancer.attrs.get("idle_timeout.timeout_seconds", 60)),
        listeners=listeners,
        target_groups=tuple(target_group(group, ec2) for group in groups),
    )


def public_addresses() -> list[str | None]:
    """Those that the API has given to interfaces and elastic addresses."""
    found: list[str | None] = []
    for backend in each("ec2"):
        found += [interface.public_ip for interface in list(backend.enis.values())]
        found += [address.public_ip for address in list(backend.addresses)]
    return found


def balancers_of(group_arn: str) -> list[str]:
    """The load balancers that forward to a target group."""
    return [
        balancer.arn
        for backend in each("elbv2")
        for balancer in list(backend.load_balancers.values())
        for listener in list(balancer.listeners.values())
        if any(
            arn == group_arn
            for rule in list(listener.rules.values())
            for arn, _ in _last_action(rule.actions).forward
        )
    ]


def target_group(group: Any, ec2: Any) -> TargetGroup:
    sticky = group.attributes.get("stickiness.enabled") == "true"
    duration = group.attributes.get("stickiness.lb_cookie.duration_seconds", 86400)
    targets = []
    for entry in list(group.targets.values()):
        address = target_address(entry["Id"], ec2)
        if address is not None:
            targets.append(
                Target(
                    id=entry["Id"],
                    address=address,
                    port=int(entry["Port"]),
                    seen_healthy=entry["SeenHealthy"],
                )
            )
    return TargetGroup(
        arn=group.arn,
        protocol=group.protocol,
        check_protocol=group.health_check_protocol,
        check_port=str(group.health_check_port or "traffic-port"),
        check_path=group.health_check_path or "/",
        check_matcher=str((group.matcher or {}).get("HttpCode", "200")),
        check_interval_s=int(group.health_check_interval_seconds),
        check_timeout_s=int(group.health_check_timeout_seconds),
        healthy_threshold=int(group.healthy_threshold_count),
        unhealthy_threshold=int(group.unhealthy_threshold_count),
        sticky_s=int(duration) if sticky else None,
        targets=tuple(targets),
    )


def target_address(target_id: str, ec2: Any) -> str | None:
    if not target_id.startswith("i-"):
        return target_id
    instance = ec2.get_instance_by_id(target_id)
    if instance is None or instance.state in ("shutting-down", "terminated"):
        return None
    return str(instance.private_ip)


def _listener(backend: Any, listener: Any) -> Listener:
    arns = dict.fromkeys([listener.certificate, *(listener.certificates or [])])
    numbered = sorted(
        (rule for rule in list(listener.rules.values()) if rule.priority != "default"),
        key=lambda rule: int(rule.priority),
    )
    rules = [
        ListenerRule(
            conditions=tuple(_condition(condition) for condition in rule.conditions),
            action=_last_action(rule.actions),
        )
        for rule in numbered
    ]
    rules.append(ListenerRule(conditions=(), action=_last_action(listener.default_actions)))
    return Listener(
        arn=listener.arn,
        port=int(listener.port),
        protocol=listener.protocol,
        tls_policy=listener.ssl_policy or DEFAULT_TLS_POLICY,
        certificates=tuple(_certificate(backend, arn) for arn in arns if arn),
        rules=tuple(rules),
    )


def _last_action(actions: Any) -> Action:
    """What answers the request; authentication before it is not performed."""
    data = _data(list(actions)[-1])
    kind = data["Type"]
    if kind == "forward":
        if arn := data.get("TargetGroupArn"):
            return Action(type=kind, forward=((arn, 1),))
        groups = data["ForwardConfig"]["TargetGroups"]
        weighted = [(g["TargetGroupArn"], int(g.get("Weight", 1))) for g in groups]
        return Action(type=kind, forward=tuple(weighted))
    if kind == "redirect":
        fields = data["RedirectConfig"]
        return Action(type=kind, redirect=tuple(sorted((k, str(v)) for k, v in fields.items())))
    if kind == "fixed-response":
        fields = data["FixedResponseConfig"]
        return Action(
            type=kind,
            status=str(fields["StatusCode"]),
            content_type=fields.get("ContentType", "text/plain"),
            body=fields.get("MessageBody", ""),
        )
    return Action(type=kind)


def _data(action: Any) -> dict[str, Any]:
    return action.data if hasattr(action, "data") else dict(action)


def _condition(condition: dict[str, Any]) -> Condition:
    field = condition["Field"]
    nested = {
        "path-pattern": "PathPatternConfig",
        "host-header": "HostHeaderConfig",
        "http-header": "HttpHeaderConfig",
        "http-request-method": "HttpRequestMethodConfig",
        "source-ip": "SourceIpConfig",
        "query-string": "QueryStringConfig",
    }[field]
    config = condition.get(nested) or {}
    values = condition.get("Values") or config.get("Values") or []
    return Condition(
        field=field,
        values=tuple(str(value) for value in values),
        header=str(config.get("HttpHeaderName", "")),
    )


def _certificate(backend: Any, arn: str) -> Certificate:
    acm = moto.backends.get_backend("acm")[backend.account_id][backend.region_name]
    found = acm._certificates.get(arn)
    if found is None or found.type != "IMPORTED":
        names = [] if found is None else [found.common_name, *found.sans]
        return Certificate(arn=arn, names=tuple(dict.fromkeys(names)) or ("sandbox.invalid",))
    chain = (found.chain or b"").decode()
    return Certificate(
        arn=arn,
        names=(found.common_name, *found.sans),
        pem=found.cert.decode() + "\n" + chain,
        key=found.key.decode(),
    )
