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
      that systemd has given up; C(start) enables units and starts those that do not run;
      C(wait) waits until the services are
      active, stay so, and the URL answers.
    type: str
    choices: [run, restart, start, wait]
    required: true
  url: {description: Address that has to answer below 400., type: str}
  timeout_seconds: {description: How long it may take., type: int, default: 60}
author: [HiveMind]
"""

import http.client
import json
import subprocess
import time
import urllib.error
import urllib.request

from ansible.module_utils.basic import AnsibleModule

ACTIONS = ["run", "restart", "start", "wait"]
SHOWN_LINES = 30
READ_LINES = 1000
# Without an address to ask, a service counts as ready when it has run for so long.
STEADY_SECONDS = 3
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


def last_lines(unit: str, since: float) -> str:
    """The end of what the process itself said; of what systemd says of it when it said nothing."""
    name = unit.removesuffix(".service")
    for choice in (["--identifier", name], ["--unit", unit]):
        done = subprocess.run(
            ["journalctl", *choice, f"--since=@{int(since)}", "--no-pager", "--output", "json",
             "--output-fields", "MESSAGE,_SYSTEMD_INVOCATION_ID", "--lines", str(READ_LINES)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        starts: dict[str, list[str]] = {}
        for entry in map(json.loads, done.stdout.splitlines()):
            message = entry.get("MESSAGE")
            if isinstance(message, str):
                starts.setdefault(entry.get("_SYSTEMD_INVOCATION_ID", ""), []).append(message)
        if starts:
            # A process that starts over says the same again, and the newest start may not have
            # come to its reason yet: the one before has said all.
            told = list(starts.values())[-2:][0]
            return "\n".join(f"  {line}" for line in told[-SHOWN_LINES:])
    return "  (nothing)"


def answer(url: str) -> str | None:
    """None when the address answers below 400; else what is wrong."""
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - http by its caller
            return None
    except urllib.error.HTTPError as error:
        return f"answers {error.code}"
    except (OSError, http.client.HTTPException) as error:
        return f"does not answer ({getattr(error, 'reason', None) or error})"


def ended(module: AnsibleModule, unit: str, why: str, since: float) -> None:
    module.fail_json(
        msg=f"{unit} {why}. The last lines of its log:\n{last_lines(unit, since)}", unit=unit
    )


def told_code(code: str) -> str:
    return f" (exit code {code})" if code != "0" else ""


def run(module: AnsibleModule, unit: str) -> None:
    if module.check_mode:
        module.exit_json(changed=True)
    since = time.time()
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


def restart(module: AnsibleModule, units: list[str]) -> None:
    """Whether they came up is for C(wait) to say, which shows their logs."""
    if not module.check_mode:
        subprocess.run(["systemctl", "daemon-reload"], capture_output=True, check=False)
        # A unit that failed too often is not started any more, whatever its next release is.
        subprocess.run(["systemctl", "reset-failed", *units], capture_output=True, check=False)
        subprocess.run(["systemctl", "restart", *units], capture_output=True, check=False)
    module.exit_json(changed=True)


def start(module: AnsibleModule, units: list[str]) -> None:
    """Enable what is not enabled and start what does not run: one task for many units."""
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
    since = time.time()
    for command in [] if module.check_mode else commands:
        done = subprocess.run(
            ["systemctl", *command], capture_output=True, text=True, check=False
        )  # fmt: skip
        if done.returncode:
            down = [u for u in command[1:] if shown(u).get("ActiveState") == "failed"]
            why = f"did not {command[0]}: {done.stderr.strip()}"
            ended(module, (down or command[1:])[0], why, since)
    module.exit_json(changed=bool(commands))


def wait(module: AnsibleModule, units: list[str]) -> None:
    if module.check_mode:
        module.exit_json(changed=False)
    begun, since = time.monotonic(), time.time() - STARTED_SECONDS
    url, problem = module.params["url"], "did not start"
    before = {unit: shown(unit) for unit in units}
    while time.monotonic() - begun < module.params["timeout_seconds"]:
        now = {unit: shown(unit) for unit in units}
        for unit, state in now.items():
            restarts = int(state.get("NRestarts") or 0) - int(before[unit].get("NRestarts") or 0)
            if state.get("ActiveState") == "failed" or restarts >= 2:
                code = state.get("ExecMainStatus", "0")
                ended(module, unit, f"does not stay up{told_code(code)}", since)
        active = all(state.get("ActiveState") == "active" for state in now.values())
        if url is not None:
            found = answer(url)
            if active and found is None:
                module.exit_json(changed=False, seconds=round(time.monotonic() - begun, 2))
            problem = f"{found} at {url}" if found else "is not active"
        else:
            steady = {unit: state.get("InvocationID") for unit, state in now.items()}
            if active and steady == {u: s.get("InvocationID") for u, s in before.items()}:
                if time.monotonic() - begun >= STEADY_SECONDS:
                    module.exit_json(changed=False, seconds=round(time.monotonic() - begun, 2))
            elif active:
                before = now
        time.sleep(0.25)
    web = next((unit for unit in units if unit.endswith("-web")), units[0])
    mend = (
        "\nFIX: give the path that answers without login (--health-path), and a start command "
        "that listens on 0.0.0.0:$PORT (--start)"
    )
    module.fail_json(
        msg=f"{web} is not ready after {module.params['timeout_seconds']} s: it {problem}. "
        f"The last lines of its log:\n{last_lines(web, since)}{mend if url else ''}",
        unit=web,
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "units": {"type": "list", "elements": "str", "required": True},
            "action": {"type": "str", "choices": ACTIONS, "required": True},
            "url": {"type": "str"},
            "timeout_seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    if module.params["action"] == "run":
        run(module, module.params["units"][0])
    elif module.params["action"] == "restart":
        restart(module, module.params["units"])
    elif module.params["action"] == "start":
        start(module, module.params["units"])
    else:
        wait(module, module.params["units"])


if __name__ == "__main__":
    main()
