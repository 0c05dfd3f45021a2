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
        rows = load_balancer.stats(self._settings, balancer.interface.key)
        own = {"LoadBalancer": balancer.arn.split("loadbalancer/", 1)[-1]}
        data = []
        totals: dict[str, float] = {}
        for (proxy, server), row in rows.items():
            if server == "FRONTEND" and proxy.startswith("listener_"):
                totals["RequestCount"] = totals.get("RequestCount", 0) + _number(row["req_tot"])
                for column, name in _ELB_CODES.items():
                    totals[name] = totals.get(name, 0) + _number(row[column])
        for name, value in totals.items():
            grown = self._growth(f"{balancer.arn} {name}", value)
            if grown is not None:
                data.append(_datum(name, grown, "Count", own))
        for group in balancer.target_groups:
            both = own | {"TargetGroup": group.arn.rsplit(":", 1)[-1]}
            servers = [rows.get((group.backend, target.server)) for target in group.targets]
            up = sum(1 for row in servers if row is not None and row["status"].startswith("UP"))
            data.append(_datum("HealthyHostCount", up, "Count", both))
            data.append(_datum("UnHealthyHostCount", len(servers) - up, "Count", both))
            whole = rows.get((group.backend, "BACKEND"))
            if whole is None:
                continue
            for column, name in _TARGET_CODES.items():
                grown = self._growth(f"{group.arn} {name}", _number(whole[column]))
                if grown is not None:
                    data += [_datum(name, grown, "Count", where) for where in (own, both)]
            if _number(whole["stot"]):
                seconds = _number(whole["rtime"]) / 1000
                data += [
                    _datum("TargetResponseTime", seconds, "Seconds", where) for where in (own, both)
                ]
        return data

    def _growth(self, name: str, value: float) -> float | None:
        """How much a counter grew; nothing at first, all of it after it began anew."""
        before = self._counters.get(name)
        self._counters[name] = value
        if before is None:
            return None
        return value - before if value >= before else value


_ELB_CODES = {"hrsp_4xx": "HTTPCode_ELB_4XX_Count", "hrsp_5xx": "HTTPCode_ELB_5XX_Count"}
_TARGET_CODES = {
    "hrsp_2xx": "HTTPCode_Target_2XX_Count",
    "hrsp_3xx": "HTTPCode_Target_3XX_Count",
    "hrsp_4xx": "HTTPCode_Target_4XX_Count",
    "hrsp_5xx": "HTTPCode_Target_5XX_Count",
}


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
