#!/usr/bin/python
"""Start units, run a oneshot one, or wait until services are ready; their log tells why not."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hivemind_service
short_description: Start or run units, or wait until services are ready
description: Runs on hosts, with the standard library alone.
options:
  units: {description: Names of systemd units., type: list, elements: str, required: true}
  action:
    description: >-
      C(run) starts a oneshot unit and waits for its end; C(restart) restarts services, also those
      that systemd has given up; C(start) enables units and starts those that do not run, with
      C(changed) it restarts the services among them first;
      C(stop) stops and disables them; C(remove) removes their files as well;
      C(wait) waits until the services are
      active, stay so, and the URL answers. It tells C(ready), or C(elsewhere) where the
      application listens on another address than the URL's.
    type: str
    choices: [run, restart, start, stop, remove, wait]
    required: true
  changed:
    description: Whether what the services are made of has changed since they were started.
    type: bool
    default: false
  url:
    description: Address that has to answer, asked as a load balancer asks.
    type: str
  codes: {description: Status codes that count as an answer., type: str, default: 200-399}
  timeout_seconds: {description: How long it may take., type: int, default: 60}
author: [HiveMind]
"""

import http.client
import json
import re
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule

ACTIONS = ["run", "restart", "start", "stop", "remove", "wait"]
SHOWN_LINES = 30
READ_LINES = 1000
# What process.service.j2 says when a start is over.
END = re.compile(r"\S+ of release \d+ ended: .*")
# Without an address to ask, a service counts as ready when it has run for so long.
STEADY_SECONDS = 3
# An application that answers with an error for so long does not mend itself.
WRONG_SECONDS = 60
# One that runs for so long and listens elsewhere will not listen where it was told.
ELSEWHERE_SECONDS = 5
UNITS = Path("/etc/systemd/system")
# Said while a server in front waits for the one behind.
STARTING = ("answers 502", "answers 503", "answers 504")
# How long before it was waited for a service may have been started.
STARTED_SECONDS = 60


def shown(unit: str) -> dict[str, str]:
    """What systemd knows of a unit."""
    properties = "UnitFileState,ActiveState,SubState,Result,ExecMainStatus,NRestarts,InvocationID"
    done = subprocess.run(
        ["systemctl", "show", "--property", properties, unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def last_lines(unit: str, since: float, *, ended: bool = True) -> str:
    """The end of what the process itself said; of what systemd says of it when it said nothing.

    `ended`: it is the end of a start that is over, not the beginning of the next one, that tells.
    """
    # What was said last may still be on its way.
    subprocess.run(["journalctl", "--sync"], capture_output=True, check=False)
    name = unit.removesuffix(".service")
    for choice in (["--identifier", name], ["--unit", unit]):
        done = subprocess.run(
            ["journalctl", *choice, f"--since=@{int(since)}", "--no-pager", "--output", "json",
             "--output-fields", "MESSAGE,HIVEMIND_RELEASE", "--lines", str(READ_LINES)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        lines = told([json.loads(line) for line in done.stdout.splitlines()], ended=ended)
        if lines:
            return "\n".join(f"  {line}" for line in lines)
    return "  (nothing)"


def told(entries: list[dict[str, Any]], *, ended: bool) -> list[str]:
    """The lines of the journal that tell why the newest release does not run, at most 30.

    A process that starts over says the same again, and ends with a line of its unit's
    (process.service.j2): of one that ended, only the last start that is over counts. Journald loses
    the invocation of what ends at once, so it is no help.
    """
    entries = [entry for entry in entries if isinstance(entry.get("MESSAGE"), str)]
    releases = [entry["HIVEMIND_RELEASE"] for entry in entries if "HIVEMIND_RELEASE" in entry]
    newest = releases[-1] if releases else None
    lines = [
        entry["MESSAGE"] for entry in entries if entry.get("HIVEMIND_RELEASE", newest) == newest
    ]
    ends = [place for place, line in enumerate(lines) if END.fullmatch(line)]
    if ended and ends:
        lines = lines[: ends[-1] + 1]
        # An end of which nothing was said is told with what was said before.
        if len(ends) > 1 and ends[-1] - ends[-2] > 1:
            lines = lines[ends[-2] + 1 :]
    return lines[-SHOWN_LINES:]


def answer(url: str, codes: str) -> str | None:
    """None when the address answers with one of the codes; else what is wrong.

    Redirects are not followed.
    """
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=10)
    path = place.path + (f"?{place.query}" if place.query else "")
    try:
        connection.request("GET", path or "/", headers={"User-Agent": "ELB-HealthChecker/2.0"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"does not answer ({error or type(error).__name__})"
    finally:
        connection.close()
    first, last = map(int, codes.split("-"))
    return None if first <= status <= last else f"answers {status}"


def listening(unit: str) -> list[tuple[str, int]]:
    """(address, port) of the TCP sockets on which a unit's processes listen."""
    done = subprocess.run(
        ["systemctl", "show", "--property", "ControlGroup", "--value", unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    group = done.stdout.strip().lstrip("/")
    inodes = set()
    for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"):
        for procs in Path(root, group).glob("**/cgroup.procs") if group else ():
            for pid in procs.read_text().split():
                for descriptor in _descriptors(pid):
                    if descriptor.startswith("socket:["):
                        inodes.add(descriptor[8:-1])
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:] if Path(table).exists() else ():
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                found.append((_address(address), int(port, 16)))
    return sorted(set(found))


def _descriptors(pid: str) -> list[str]:
    try:
        return [str(link.readlink()) for link in Path("/proc", pid, "fd").iterdir()]
    except OSError:  # it has ended
        return []


def _address(text: str) -> str:
    """An address of /proc/net: words of 32 bits, each in the machine's order."""
    words = [bytes.fromhex(text[place : place + 8])[::-1] for place in range(0, len(text), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, b"".join(words))


def elsewhere(units: list[str], url: str) -> str | None:
    """`address:port` at which the application speaks HTTP, where it is not the URL's."""
    place = urlsplit(url)
    for unit in units:
        if not unit.endswith(("-web.service", "-trial.service")):
            continue
        for address, port in listening(unit):
            everywhere = address in {"0.0.0.0", "::"}  # noqa: S104 - seen, not bound
            if port == place.port and (everywhere or address == place.hostname):
                return None
            host = "127.0.0.1" if everywhere else address
            if host.startswith("::ffff:"):
                host = host.removeprefix("::ffff:")
            host = f"[{host}]" if ":" in host else host
            # Whatever it says: it speaks HTTP.
            if answer(f"http://{host}:{port}/", "100-599") is None:
                return f"{host}:{port}"
    return None


def ended(module: AnsibleModule, unit: str, why: str, since: float) -> None:
    module.fail_json(
        msg=f"{unit} {why}. The last lines of its log:\n{last_lines(unit, since)}", unit=unit
    )


def told_code(code: str) -> str:
    return f" (exit code {code})" if code != "0" else ""


def reload() -> None:
    """Have systemd read the units' files again."""
    subprocess.run(["systemctl", "daemon-reload"], capture_output=True, check=False)


def run(module: AnsibleModule, unit: str) -> None:
    if module.check_mode:
        module.exit_json(changed=True)
    since = time.time()
    reload()
    try:
        done = subprocess.run(
            ["systemctl", "start", unit],
            capture_output=True, text=True, check=False, timeout=module.params["timeout_seconds"],
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        subprocess.run(["systemctl", "stop", unit], capture_output=True, check=False)
        ended(module, unit, f"took longer than {module.params['timeout_seconds']} s", since)
        return
    if done.returncode:
        state = shown(unit)
        why = f"failed ({state.get('Result')}, exit code {state.get('ExecMainStatus')})"
        ended(module, unit, why, since)
    module.exit_json(changed=True)


def restart(units: list[str]) -> None:
    """Whether they came up is for C(wait) to say, which shows their logs."""
    reload()
    subprocess.run(["systemctl", "enable", *units], capture_output=True, check=False)
    # A unit that failed too often is not started any more, whatever its next release is.
    subprocess.run(["systemctl", "reset-failed", *units], capture_output=True, check=False)
    subprocess.run(["systemctl", "restart", *units], capture_output=True, check=False)


def start(module: AnsibleModule, units: list[str]) -> None:
    """Enable what is not enabled and start what does not run: one task for many units."""
    services = [unit for unit in units if unit.endswith(".service")]
    restarts = module.params["changed"] and bool(services)
    if restarts and not module.check_mode:
        restart(services)
    if not module.check_mode:
        reload()
    states = {unit: shown(unit) for unit in units}
    off = [unit for unit in units if states[unit].get("UnitFileState") != "enabled"]
    idle = [
        unit for unit in units if states[unit].get("ActiveState") not in {"active", "activating"}
    ]
    commands = []
    if off:
        commands += [["unmask", *off], ["enable", *off]]
    if idle:
        commands.append(["start", *idle])
    # Whether they came up is for C(wait) to say, which shows their logs.
    for command in [] if module.check_mode else commands:
        subprocess.run(["systemctl", *command], capture_output=True, check=False)
    module.exit_json(changed=bool(commands) or restarts)


def stop(module: AnsibleModule, units: list[str], *, remove: bool) -> None:
    """Stop and disable units, and remove their files where that is asked for."""
    there = [unit for unit in units if (UNITS / unit).exists()]
    if there and not module.check_mode:
        subprocess.run(["systemctl", "disable", "--now", *there], capture_output=True, check=False)
        subprocess.run(["systemctl", "reset-failed", *there], capture_output=True, check=False)
        if remove:
            for unit in there:
                (UNITS / unit).unlink()
            reload()
    module.exit_json(changed=bool(there))


class Watch:
    """Looks at services until they are ready, or until it is clear that they will not be."""

    def __init__(self, module: AnsibleModule, units: list[str]) -> None:
        self.module, self.units, self.url = module, units, module.params["url"]
        self.begun, self.since = time.monotonic(), time.time() - STARTED_SECONDS
        self.problem, self.active = "did not start", False
        self.restarts = {unit: int(shown(unit).get("NRestarts") or 0) for unit in units}
        self.starts: dict[str, str | None] = {}
        self.steady_since = self.wrong_since = self.begun
        self.wrong: str | None = None
        self.deaf_since: float | None = None

    def look(self) -> bool:
        """Look once; whether to go on looking."""
        states = {unit: shown(unit) for unit in self.units}
        for unit, state in states.items():
            again = int(state.get("NRestarts") or 0) - self.restarts[unit]
            if state.get("ActiveState") == "failed" or again >= 2:
                code = told_code(state.get("ExecMainStatus", "0"))
                ended(self.module, unit, f"does not stay up{code}", self.since)
        active = all(state.get("ActiveState") == "active" for state in states.values())
        self.active = active
        starts = {unit: state.get("InvocationID") for unit, state in states.items()}
        if not active or starts != self.starts:
            self.starts, self.steady_since = starts, time.monotonic()
        # One web process alone is ready when it answers; what has no address has to stay up.
        alone = self.url is not None and len(self.units) == 1
        steady = active and (alone or time.monotonic() - self.steady_since >= STEADY_SECONDS)
        found = answer(self.url, self.module.params["codes"]) if self.url is not None else None
        if steady and found is None:
            seconds = round(time.monotonic() - self.begun, 2)
            self.module.exit_json(changed=False, ready=True, seconds=seconds)
        if found is not None:
            self.problem = f"{found} at {self.url}"
            self.listen(found, active=active)
            return not self.wrong_for_good(found)
        self.problem = "does not stay active" if self.url is None else self.problem
        return True

    def wrong_for_good(self, found: str) -> bool:
        if found != self.wrong:
            self.wrong, self.wrong_since = found, time.monotonic()
        error = found.startswith("answers") and found not in STARTING
        return error and time.monotonic() - self.wrong_since > WRONG_SECONDS

    def listen(self, found: str, *, active: bool) -> None:
        """Tell where the application listens, when it runs and does not listen at the URL."""
        now = time.monotonic()
        deaf = active and found.startswith("does not answer")
        self.deaf_since = (self.deaf_since or now) if deaf else None
        if self.deaf_since is None or now - self.deaf_since < ELSEWHERE_SECONDS:
            return
        self.deaf_since = now
        place = elsewhere(self.units, self.url)
        if place:
            why = f"listens on {place} and not on {urlsplit(self.url).netloc}"
            self.module.exit_json(changed=False, elsewhere=place, msg=f"the web process {why}")


def wait(module: AnsibleModule, units: list[str]) -> None:
    if module.check_mode:
        module.exit_json(changed=False, ready=True)
    watch = Watch(module, units)
    while time.monotonic() - watch.begun < module.params["timeout_seconds"] and watch.look():
        time.sleep(0.25)
    web = next((unit for unit in units if unit.endswith("-web.service")), units[0])
    heard = mend = ""
    if watch.url:
        places = ", ".join(f"{address}:{port}" for address, port in listening(web))
        heard = f" It listens on {places}." if places else " It listens on no port."
        mend = (
            "\nFIX: give the path that answers without login (--health-path), and a start command "
            "that listens on 0.0.0.0:$PORT (--start)"
        )
    module.fail_json(
        msg=f"{web} is not ready after {round(time.monotonic() - watch.begun)} s: "
        f"it {watch.problem}.{heard} The last lines of its log:\n"
        f"{last_lines(web, watch.since, ended=not watch.active)}{mend}",
        unit=web,
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "units": {"type": "list", "elements": "str", "required": True},
            "action": {"type": "str", "choices": ACTIONS, "required": True},
            "changed": {"type": "bool", "default": False},
            "url": {"type": "str"},
            "codes": {"type": "str", "default": "200-399"},
            "timeout_seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    if module.params["action"] == "run":
        run(module, module.params["units"][0])
    elif module.params["action"] == "restart":
        if not module.check_mode:
            restart(module.params["units"])
        module.exit_json(changed=True)
    elif module.params["action"] == "start":
        start(module, module.params["units"])
    elif module.params["action"] in {"stop", "remove"}:
        stop(module, module.params["units"], remove=module.params["action"] == "remove")
    else:
        wait(module, module.params["units"])


if __name__ == "__main__":
    main()
