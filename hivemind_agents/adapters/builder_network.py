"""What a builder may reach: names, and package sources at public addresses.

The builder's container has a network namespace of its own without any link. A user-mode network
(slirp4netns) is plugged into it from outside, and rules inside of the namespace, which a process
without rights cannot change, say what may pass. So nothing of the machine's own network is
changed: no forwarding, no translation, no rule that could be left over.
"""

import ipaddress
import json
import os
import re
import socket
import subprocess
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from hivemind_agents.adapters import builder_proxy as proxy
from hivemind_agents.errors import HivemindError, UserError
from hivemind_agents.locations import config_dir

# slirp4netns's own addresses: its name server forwards to the machine's.
RESOLVER = "10.0.2.3"
# Private, shared, link-local (metadata), loopback, benchmarking (the sandbox), multicast.
REFUSED = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
)  # fmt: skip
_PORTS = (80, 443)
_INDEXES = (
    "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX",
    "UV_PYTHON_INSTALL_MIRROR", "NPM_CONFIG_REGISTRY", "GOPROXY",
)  # fmt: skip
# Which modules of Go come from where, and what vouches for them.
_GO_RULES = ("GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GONOPROXY")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class NetworkSettings:
    """What this machine needs to reach package sources: passed to builds, never a credential."""

    # Environment of the build: indexes and proxies.
    env: Mapping[str, str]
    # Indexes and proxies at addresses that are else refused: (address, port).
    allowed: tuple[tuple[str, int], ...]
    # The machine's own networks.
    refused: tuple[str, ...]
    # The user's policy: the only hosts that builds may reach. None: all public ones.
    hosts: tuple[str, ...] | None = None
    # With a policy, the machine's own proxy, which ours goes through.
    upstream: str | None = None
    # Where indexes and proxies are, as `scheme://host:port`.
    named: tuple[str, ...] = ()

    @classmethod
    def of_this_machine(cls, environ: Mapping[str, str] = os.environ) -> "NetworkSettings":
        """What the user's settings say, and what it means on this machine."""
        return cls.of_settings(environ).here()

    @classmethod
    def of_settings(cls, environ: Mapping[str, str] = os.environ) -> "NetworkSettings":
        """Read pip's and uv's indexes and the proxies; those with a password are left out."""
        env = {}
        found = {**_pip_settings(environ), **_npm_settings(environ), **environ}
        for name, value in found.items():
            if name in _GO_RULES:
                env[name] = value
            elif name in _INDEXES and (urls := [url for url in value.split() if _usable(url)]):
                env[name] = " ".join(urls)
            elif name.upper() in _PROXIES and ("://" not in value or _usable(value)):
                env[name.upper()] = env[name.lower()] = value
        if "PIP_INDEX_URL" in env:
            env.setdefault("UV_DEFAULT_INDEX", env["PIP_INDEX_URL"])
        named = _places(url for value in env.values() for url in value.split())
        hosts = policy(environ)
        if hosts is None:
            return cls(env=env, allowed=(), refused=(), named=named)
        upstream = env.get("HTTPS_PROXY") or env.get("HTTP_PROXY")
        for name in _PROXIES:
            value = "127.0.0.1,localhost" if name == "NO_PROXY" else proxy.ADDRESS
            env[name] = env[name.lower()] = value
        return cls(env=env, allowed=(), refused=(), hosts=hosts, upstream=upstream, named=named)

    def reaching(self, values: Iterable[str]) -> "NetworkSettings":
        """The same with what secrets of a build name; `here` lets it through."""
        return replace(self, named=(*self.named, *_places(values)))

    def here(self) -> "NetworkSettings":
        """The same with the addresses of what is named let through, and this machine's refused."""
        allowed = {*self.allowed, *_private_endpoints(self.named)}
        return replace(self, allowed=tuple(sorted(allowed)), refused=_own_networks())

    def for_packages(self) -> "NetworkSettings":
        """The same for apt, whose sources and proxy may be at private addresses."""
        proxies = _lines(["apt-config", "dump", "--format", "%v%n", "Acquire::http::Proxy",
                          "Acquire::https::Proxy"])  # fmt: skip
        sources = _lines(["apt-get", "indextargets", "--format", "$(REPO_URI)",
                          "Created-By: Packages"])  # fmt: skip
        urls = {url for url in (*proxies, *sources) if _usable(url)}
        allowed = tuple(sorted({*self.allowed, *_private_endpoints(urls)}))
        hosts = self.hosts and (*self.hosts, *(urlsplit(url).hostname or "" for url in sources))
        return replace(self, allowed=allowed, hosts=hosts)


def policy(environ: Mapping[str, str] = os.environ) -> tuple[str, ...] | None:
    """The hosts that the user lets builds reach; None where nothing is said of it.

    `HIVEMIND_BUILD_HOSTS`, else `allowed_hosts` in `builds.toml` of the user's settings. Raises
    UserError for a policy that cannot be read: it must not become none.
    """
    said = environ.get("HIVEMIND_BUILD_HOSTS")
    if said is not None:
        return _checked_hosts(re.split(r"[\s,]+", said.strip()), "HIVEMIND_BUILD_HOSTS")
    file = config_dir() / "builds.toml"
    if not file.is_file():
        return None
    try:
        hosts = tomllib.loads(file.read_text(encoding="utf-8")).get("allowed_hosts")
    except (OSError, ValueError) as error:
        raise UserError(f"the build policy {file} cannot be read: {error}") from error
    if hosts is None:
        return None
    return _checked_hosts(hosts if isinstance(hosts, list) else [hosts], str(file))


def _checked_hosts(hosts: Iterable[object], where: str) -> tuple[str, ...]:
    named = tuple(str(host) for host in hosts if host != "")
    for host in named:
        if not re.fullmatch(r"(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?", host):
            raise UserError(
                f"{where}: {host!r} is not a host that builds could be let reach",
                mend="name hosts, as packages.example.org, *.example.org or host:8443",
            )
    return named


def _lines(command: list[str]) -> list[str]:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return []
    return done.stdout.split()


def rules(settings: NetworkSettings) -> str:
    """The rules of a builder's namespace, for `nft -f -`."""
    if settings.hosts is not None:
        # What leaves, leaves by our socket on the namespace's own loopback.
        return (
            "table inet builder { chain output { type filter hook output priority 0; policy drop; "
            'oifname "lo" accept; counter reject with icmpx type admin-prohibited; }; }\n'
        )
    refused = ", ".join((*REFUSED, *_public(settings.refused)))
    endpoints = "".join(
        f"    ip daddr {address} tcp dport {port} accept\n" for address, port in settings.allowed
    )
    ports = ", ".join(map(str, _PORTS))
    return (
        "table inet builder {\n"
        "  set refused { type ipv4_addr; flags interval; auto-merge; "
        f"elements = {{ {refused} }}; }}\n"
        "  chain output {\n"
        "    type filter hook output priority 0; policy drop;\n"
        '    oifname "lo" accept\n'
        f"    ip daddr {RESOLVER} meta l4proto {{ tcp, udp }} th dport 53 accept\n"
        f"{endpoints}"
        "    ip daddr @refused counter reject with icmp type admin-prohibited\n"
        f"    meta nfproto ipv4 tcp dport {{ {ports} }} accept\n"
        "    counter reject with icmpx type admin-prohibited\n"
        "  }\n"
        "}\n"
    )


@contextmanager
def connected(pid: int, settings: NetworkSettings) -> Iterator[None]:
    """Give the namespace of process `pid` its network, rules first, for as long as this lasts.

    The network ends with this process too, however that ends: its other end is a pipe of ours.
    """
    _run(["nsenter", "-t", str(pid), "-n", "nft", "-f", "-"], rules(settings))
    if settings.hosts is not None:
        _run(["nsenter", "-t", str(pid), "-n", "ip", "link", "set", "lo", "up"], "")
        reachable = proxy.outside((*REFUSED, *settings.refused), settings.allowed)
        with proxy.serving(pid, settings.hosts, reachable, settings.upstream):
            yield
        return
    ready_read, ready_write = os.pipe()
    exit_read, exit_write = os.pipe()
    command = [
        "slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback",
        f"--ready-fd={ready_write}", f"--exit-fd={exit_read}", str(pid), "tap0",
    ]  # fmt: skip
    try:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(ready_write, exit_read),
        )
    except FileNotFoundError as error:
        raise missing("slirp4netns") from error
    finally:
        os.close(ready_write)
        os.close(exit_read)
    try:
        with process:
            try:
                if os.read(ready_read, 1) != b"1":
                    said = process.communicate()[0].decode(errors="replace").strip()
                    raise HivemindError(f"the builder got no network: {said or 'no reason given'}")
                yield
            finally:
                process.terminate()
    finally:
        os.close(ready_read)
        os.close(exit_write)


def missing(program: str) -> HivemindError:
    """The error that a program is not installed."""
    return HivemindError(
        f"builds need {program}, which is not installed here",
        mend=f"apt-get install {program}",
    )


def _run(command: list[str], text: str) -> None:
    try:
        subprocess.run(command, input=text, text=True, capture_output=True, check=True)
    except FileNotFoundError as error:
        raise missing("nftables") from error
    except subprocess.CalledProcessError as error:
        raise HivemindError(f"the builder's network rules were refused: {error.stderr}") from error


def _places(urls: Iterable[str]) -> tuple[str, ...]:
    """Scheme, host and port of what is a URL, without user and password."""
    found = [urlsplit(url) for url in urls if urlsplit(url).scheme in {"http", "https"}]
    places = (
        f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        for parts in found
        if parts.hostname
    )
    return tuple(dict.fromkeys(places))


def _usable(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and parts.username is None and bool(parts.hostname)


def _pip_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """`index-url` and `extra-index-url` of pip's configuration files, as environment variables."""
    home = Path(environ.get("HOME", "/root"))
    files = [
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
        Path(environ.get("XDG_CONFIG_HOME", home / ".config")) / "pip" / "pip.conf",
    ]
    if named := environ.get("PIP_CONFIG_FILE"):
        files.append(Path(named))
    parser = ConfigParser(interpolation=None)
    try:
        parser.read(files)
    except (ConfigError, UnicodeDecodeError):
        return {}
    found = {}
    for section in ("global", "install"):
        for option in ("index-url", "extra-index-url"):
            if value := parser.get(section, option, fallback=""):
                found["PIP_" + option.upper().replace("-", "_")] = value
    return found


def _npm_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The registry of npm's configuration file; tokens in it stay there."""
    home = Path(environ.get("HOME", "/root"))
    file = Path(environ.get("NPM_CONFIG_USERCONFIG", home / ".npmrc"))
    if stated := environ.get("npm_config_registry"):
        return {"NPM_CONFIG_REGISTRY": stated}
    try:
        text = file.read_text(errors="replace")
    except OSError:
        return {}
    lines = (line.partition("=") for line in text.splitlines())
    named = [value.strip() for key, _, value in lines if key.strip() == "registry"]
    return {"NPM_CONFIG_REGISTRY": named[-1]} if named else {}


def _private_endpoints(urls: Iterable[str]) -> tuple[tuple[str, int], ...]:
    found = set()
    for url in urls:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        try:
            answers = socket.getaddrinfo(parts.hostname, port, socket.AF_INET, socket.SOCK_STREAM)
        except OSError:
            continue
        for *_, address in answers:
            found.add((str(address[0]), port))
    # The machine's own loopback is not reachable from a builder, whatever the rules say.
    return tuple(sorted(pair for pair in found if not ipaddress.ip_address(pair[0]).is_loopback))


def _own_networks() -> tuple[str, ...]:
    try:
        listed = subprocess.run(
            ["ip", "-json", "-4", "address"], capture_output=True, text=True, check=True
        ).stdout
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise missing("iproute2") from error
    networks = {
        str(ipaddress.ip_network(f"{entry['local']}/{entry['prefixlen']}", strict=False))
        for link in json.loads(listed)
        for entry in link.get("addr_info", [])
    }
    return tuple(sorted(networks))


def _public(networks: tuple[str, ...]) -> list[str]:
    """Those that the fixed ranges do not cover already."""
    ranges = [ipaddress.IPv4Network(fixed) for fixed in REFUSED]
    return [
        network
        for network in networks
        if not any(ipaddress.IPv4Network(network).subnet_of(fixed) for fixed in ranges)
    ]
