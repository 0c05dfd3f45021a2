"""What runs, as CloudWatch metrics, once a minute."""

import logging
import time
from pathlib import Path
from typing import Any

import moto.backends

from hivemind_sandbox import load_balancer
from hivemind_sandbox.podman import Container
from hivemind_sandbox.settings import Settings
from hivemind_sandbox.wanted import LoadBalancer, Wanted

log = logging.getLogger(__name__)

INTERVAL_S = 60.0

Datum = dict[str, Any]


class Metrics:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._last_at = time.monotonic()
        self._counters: dict[str, float] = {}

    def collect(self, wanted: Wanted, containers: dict[str, Container]) -> None:
        """Put a minute's values, when a minute is over."""
        now = time.monotonic()
        elapsed_s = now - self._last_at
        if elapsed_s < INTERVAL_S:
            return
        self._last_at = now
        for host in wanted.hosts:
            if (found := containers.get(host.id)) is not None and found.running:
                data = self._cpu("InstanceId", host.id, found, elapsed_s)
                data.append(_datum("StatusCheckFailed", 0, "Count", {"InstanceId": host.id}))
                self._put(host.region, "AWS/EC2", data)
        for item in wanted.databases:
            if (found := containers.get(item.interface.key)) is not None and found.running:
                data = self._cpu("DBInstanceIdentifier", item.id, found, elapsed_s)
                self._put(item.region, "AWS/RDS", data)
        for kept in wanted.caches:
            if (found := containers.get(kept.interface.key)) is not None and found.running:
                data = self._cpu("CacheClusterId", kept.node, found, elapsed_s)
                self._put(kept.region, "AWS/ElastiCache", data)
        for balancer in wanted.load_balancers:
            self._put(balancer.region, "AWS/ApplicationELB", self._balancer(balancer))

    def _put(self, region: str, namespace: str, data: list[Datum]) -> None:
        backend = moto.backends.get_backend("cloudwatch")[self._settings.account_id][region]
        if data:
            backend.put_metric_data(namespace, data)

    def _cpu(self, dimension: str, id_: str, found: Container, elapsed_s: float) -> list[Datum]:
        used_s = _cpu_seconds(found.pid)
        grown = None if used_s is None else self._growth(f"cpu {id_}", used_s)
        if grown is None:
            return []
        return [_datum("CPUUtilization", 100 * grown / elapsed_s, "Percent", {dimension: id_})]

    def _balancer(self, balancer: LoadBalancer) -> list[Datum]:
        """The load balancer's values, and those of each of its target groups.

        The latter have both dimensions; who asks for the load balancer's alone gets their sum.
        """
        rows = load_balancer.stats(self._settings, balancer.interface.key)
        own = {"LoadBalancer": balancer.arn.split("loadbalancer/", 1)[-1]}
        front = [row for (name, part), row in rows.items() if _is_listener(name, part)]
        servers = [row for (name, part), row in rows.items() if _is_target(name, part)]
        counts = {"RequestCount": _total(front, "req_tot")} | {
            f"HTTPCode_ELB_{code}XX_Count": _total(front, f"hrsp_{code}xx")
            - _total(servers, f"hrsp_{code}xx")
            for code in (4, 5)
        }
        data = self._counts(balancer.arn, counts, own)
        for group in balancer.target_groups:
            both = own | {"TargetGroup": group.arn.rsplit(":", 1)[-1]}
            names = [(group.backend, target.server) for target in group.targets]
            data += self._group(group.arn, [rows.get(name, {}) for name in names], both)
        return data

    def _group(
        self, arn: str, servers: list[load_balancer.Row], both: dict[str, str]
    ) -> list[Datum]:
        up = sum(1 for row in servers if row.get("status", "").startswith("UP"))
        counts = {
            f"HTTPCode_Target_{code}XX_Count": _total(servers, f"hrsp_{code}xx")
            for code in (2, 3, 4, 5)
        }
        answered = [row for row in servers if _number(row.get("stot", ""))]
        data = [
            _datum("HealthyHostCount", up, "Count", both),
            _datum("UnHealthyHostCount", len(servers) - up, "Count", both),
            *self._counts(arn, counts, both),
        ]
        if answered:
            seconds = _total(answered, "rtime") / len(answered) / 1000
            data.append(_datum("TargetResponseTime", seconds, "Seconds", both))
        return data

    def _counts(self, arn: str, counts: dict[str, float], where: dict[str, str]) -> list[Datum]:
        grown = {name: self._growth(f"{arn} {name}", value) for name, value in counts.items()}
        return [
            _datum(name, value, "Count", where)
            for name, value in grown.items()
            if value is not None
        ]

    def _growth(self, name: str, value: float) -> float | None:
        """How much a counter grew; nothing at first, all of it after it began anew."""
        before = self._counters.get(name)
        self._counters[name] = value
        if before is None:
            return None
        return value - before if value >= before else value


def _is_listener(proxy: str, part: str) -> bool:
    return part == "FRONTEND" and proxy.startswith("listener_")


def _is_target(proxy: str, part: str) -> bool:
    return part not in ("FRONTEND", "BACKEND") and proxy.startswith("tg_")


def _total(rows: list[load_balancer.Row], column: str) -> float:
    return sum(_number(row.get(column, "")) for row in rows)


def _datum(name: str, value: float, unit: str, dimensions: dict[str, str]) -> Datum:
    return {
        "MetricName": name,
        "Value": value,
        "Unit": unit,
        "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
    }


def _number(text: str) -> float:
    return float(text) if text else 0.0


def _cpu_seconds(pid: int) -> float | None:
    """What a process's control group has used, in either version of control groups."""
    try:
        groups = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
        for line in groups:
            _, controllers, path = line.split(":", 2)
            place = path.split("/init.scope")[0].lstrip("/")
            if "cpuacct" in controllers.split(","):
                usage = Path("/sys/fs/cgroup/cpuacct", place, "cpuacct.usage")
                return int(usage.read_text()) / 1e9
        for line in groups:
            if line.startswith("0::"):
                place = line[3:].split("/init.scope")[0].lstrip("/")
                text = Path("/sys/fs/cgroup", place, "cpu.stat").read_text()
                return int(text.split("usage_usec ", 1)[1].split()[0]) / 1e6
    except (OSError, ValueError, IndexError):
        return None
    return None
