#!/usr/bin/python
"""Look at a host as it is: its release, processes, database and hardening."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hivemind_host_checks
short_description: Check what runs on a host, its database, its cache and its hardening
description:
  - Runs on hosts, with the standard library alone, and changes nothing.
  - The database is asked with the application's own credentials, which stay on the host and are on
    no command line.
options:
  name: {description: The deployment's name., type: str, required: true}
  database: {description: Engine of the database., type: str, choices: [postgresql, mysql]}
  cache: {description: Engine of the cache., type: str, choices: [redis]}
  hardened: {description: Whether to look at the hardening., type: bool, default: true}
author: [HiveMind]
"""

import pwd
import re
import secrets as randomness
import socket
import stat
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ansible.module_utils.basic import AnsibleModule

BEFORE = "the release is of the time before it, and is not told of it"
_SECONDS = 20
# Starts after which a process that is young again is one that does not stay up; seconds.
_RESTARTS, _JUST_NOW = 3, 60
_LINE = re.compile(r'^([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"$', re.MULTILINE | re.DOTALL)


def said(command: list[str], **options: Any) -> tuple[int, str]:
    """Exit code and output of a command; what cannot be run counts as failed."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_SECONDS, **options
        )
    except (OSError, subprocess.SubprocessError) as error:
        return 127, str(error)
    return done.returncode, (done.stdout + done.stderr).strip()


def check(name: str, problem: str | None, fine: str) -> dict[str, str]:
    status = "failed" if problem else "passed"
    return {"name": name, "status": status, "detail": problem or fine}


def environment(path: str) -> dict[str, str]:
    """The variables of an environment file of ours."""
    return {
        name: re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)
        for name, value in _LINE.findall(Path(path).read_text(encoding="utf-8"))
    }


def processes(name: str) -> dict[str, str]:
    prefix = f"hivemind-{name}-"
    _, listed = said(
        ["systemctl", "list-unit-files", f"{prefix}*.service", "--state", "enabled",
         "--no-legend", "--plain"]
    )  # fmt: skip
    units = [line.split()[0] for line in listed.splitlines() if line.startswith(prefix)]
    down = [unit for unit in units if said(["systemctl", "is-active", "--quiet", unit])[0]]
    if not units:
        return check("processes", "no process is installed", "")
    restless = [unit for unit in units if unit not in down and keeps_ending(unit)]
    problem = f"not running: {', '.join(down)}" if down else None
    if restless and not problem:
        problem = f"started again and again, it does not stay up: {', '.join(restless)}"
    short = ", ".join(unit.removeprefix(prefix).removesuffix(".service") for unit in units)
    return check("processes", problem, f"running: {short}")


def keeps_ending(unit: str) -> bool:
    """Whether systemd has started the unit several times, the last time just now."""
    _, text = said(["systemctl", "show", unit, "-p", "NRestarts,ActiveEnterTimestampMonotonic"])
    state = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    restarts = int(state.get("NRestarts") or 0)
    began = int(state.get("ActiveEnterTimestampMonotonic") or 0) / 1e6
    return restarts >= _RESTARTS and time.clock_gettime(time.CLOCK_MONOTONIC) - began < _JUST_NOW


def database(name: str, engine: str) -> dict[str, str]:
    try:
        env = environment(f"/etc/hivemind/{name}/app.env")
        if env.get("HIVEMIND_DATABASE") == "none":
            return check("database", None, BEFORE)
        url = urlsplit(env.get("HIVEMIND_DATABASE") or env["DATABASE_URL"])
        user = pwd.getpwnam(f"hm-{name}")
    except (OSError, KeyError, ValueError) as error:
        return check("database", f"the application was told no database ({error})", "")
    clean = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
    host, port = url.hostname or "", str(url.port or {"postgresql": 5432, "mysql": 3306}[engine])
    account, password = unquote(url.username or ""), unquote(url.password or "")
    schema = unquote(url.path.lstrip("/"))
    if engine == "postgresql":
        clean |= {
            "PGHOST": host, "PGPORT": port, "PGUSER": account, "PGPASSWORD": password,
            "PGDATABASE": schema, "PGCONNECT_TIMEOUT": "10",
            "PGSSLMODE": env.get("PGSSLMODE", "prefer"),
        }  # fmt: skip
        sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        command = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command", sql]
    else:
        clean["MYSQL_PWD"] = password
        sql = "SELECT IF(VARIABLE_VALUE = '', 'f', 't') FROM information_schema.SESSION_STATUS "
        sql += "WHERE VARIABLE_NAME = 'Ssl_cipher'"
        command = ["mariadb", "--no-defaults", "--connect-timeout=10", "--batch",
                   "--skip-column-names", "--host", host, "--port", port, "--user", account,
                   "--execute", sql, schema]  # fmt: skip
    code, output = said(command, env=clean, user=user.pw_uid, group=user.pw_gid)
    if password:
        output = output.replace(password, "***")
    if code:
        return check("database", f"{host}:{port} refuses the application: {output[-300:]}", "")
    encrypted = "with TLS" if output == "t" else "without TLS"
    return check("database", None, f"{engine} at {host}:{port} answers the application {encrypted}")


def cache(name: str) -> dict[str, str]:
    """Keep a value in Redis for a moment and read it back, in its own protocol."""
    try:
        env = environment(f"/etc/hivemind/{name}/app.env")
        if env["HIVEMIND_CACHE"] == "none":
            return check("cache", None, BEFORE)
        url = urlsplit(env["HIVEMIND_CACHE"])
    except (OSError, KeyError, ValueError) as error:
        return check("cache", f"the application was told no cache ({error})", "")
    host, port = url.hostname or "", url.port or 6379
    key = f"hivemind:check:{randomness.token_hex(8)}"
    asked = ("PING", f"SET {key} seen EX 60", f"GET {key}", f"DEL {key}")
    wanted = b"+PONG\r\n+OK\r\n$4\r\nseen\r\n:1\r\n"
    said = b""
    try:
        with socket.create_connection((host, port), timeout=10) as link:
            link.sendall("".join(f"{line}\r\n" for line in asked).encode())
            while len(said) < len(wanted) and (more := link.recv(4096)):
                said += more
    except OSError as error:
        return check("cache", f"{host}:{port} refuses this host: {error}", "")
    problem = None if said == wanted else f"{host}:{port} answers {said[:200]!r}"
    return check("cache", problem, f"redis at {host}:{port} keeps and gives back a value")


def ssh() -> dict[str, str]:
    code, output = said(["/usr/sbin/sshd", "-T"])
    if code:
        return check("hardening: ssh", f"the SSH server's settings are not valid: {output}", "")
    settings = dict(line.split(" ", 1) for line in output.lower().splitlines() if " " in line)
    wanted = {
        "passwordauthentication": "no", "permitrootlogin": "no",
        "kbdinteractiveauthentication": "no", "x11forwarding": "no",
    }  # fmt: skip
    wrong = [f"{key} is {settings.get(key)}" for key, value in wanted.items()
             if settings.get(key) != value]  # fmt: skip
    weak = [word for word in ("hmac-sha1", "hmac-md5", "-cbc", "diffie-hellman-group1-", "ssh-dss")
            if word in settings.get("macs", "") + settings.get("ciphers", "")
            + settings.get("kexalgorithms", "")]  # fmt: skip
    if weak:
        wrong.append(f"weak algorithms are allowed: {', '.join(weak)}")
    return check(
        "hardening: ssh", ", ".join(wrong) or None, "keys only, no root, strong algorithms"
    )


def firewall() -> dict[str, str]:
    code, output = said(["/usr/sbin/nft", "list", "chain", "inet", "hivemind", "input"])
    if code:
        return check("hardening: firewall", "the host's firewall has no rules of ours", "")
    closed = None if "policy drop" in output else "the firewall lets through what no rule names"
    enabled = said(["systemctl", "is-enabled", "nftables.service"])[1]
    if enabled != "enabled":
        closed = "the firewall is not loaded at boot"
    return check("hardening: firewall", closed, "closed but for SSH and the application")


def updates() -> dict[str, str]:
    _, output = said(["apt-config", "dump", "APT::Periodic::Unattended-Upgrade"])
    problem = None if '"1"' in output else "automatic security updates are switched off"
    timer = said(["systemctl", "is-active", "apt-daily-upgrade.timer"])[1]
    if timer != "active":
        problem = f"the timer of the security updates is {timer}"
    return check("hardening: updates", problem, "security updates install themselves")


def secrets(name: str) -> dict[str, str]:
    path = f"/etc/hivemind/{name}/app.env"
    try:
        status = Path(path).stat()
    except OSError as error:
        return check("hardening: secrets", f"{path}: {error.strerror}", "")
    mode, owner = stat.S_IMODE(status.st_mode), status.st_uid
    problem = f"{path} has mode {mode:04o} of user {owner}" if (mode, owner) != (0o600, 0) else None
    return check("hardening: secrets", problem, "the environment is root's alone")


def unit(name: str) -> dict[str, str]:
    files = [
        path for path in Path("/etc/systemd/system").iterdir()
        if path.name.startswith(f"hivemind-{name}-") and path.suffix == ".service"
    ]  # fmt: skip
    wanted = ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=\n",
              f"User=hm-{name}\n")  # fmt: skip
    open_ones = []
    for path in files:
        text = path.read_text(encoding="utf-8")
        if any(word not in text for word in wanted):
            open_ones.append(path.name)
    problem = f"not sandboxed: {', '.join(open_ones)}" if open_ones else None
    return check("hardening: units", problem, "processes run sandboxed as their own user")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "database": {"type": "str", "choices": ["postgresql", "mysql"]},
            "cache": {"type": "str", "choices": ["redis"]},
            "hardened": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    name = module.params["name"]
    try:
        release = int(Path(f"/opt/hivemind/apps/{name}/current").readlink().name)
    except (OSError, ValueError):
        release = None
    problem = None if release else "no release is installed"
    checks = [check("release", problem, f"release {release} is installed"), processes(name)]
    if module.params["database"]:
        checks.append(database(name, module.params["database"]))
    if module.params["cache"]:
        checks.append(cache(name))
    if module.params["hardened"]:
        checks += [ssh(), firewall(), updates(), secrets(name), unit(name)]
    module.exit_json(changed=False, release=release, checks=checks)


if __name__ == "__main__":
    main()
