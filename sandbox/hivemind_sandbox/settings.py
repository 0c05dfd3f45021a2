"""What one instance of the sandbox is called and where its parts are."""

import os
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

FIRST_PORT = 4566
LARGEST_INDEX = 7
ACCOUNT_ID = "000000000000"
DEFAULT_REGION = "eu-west-1"
ACCESS_KEY = "HIVEMINDSANDBOX00000"
SECRET_KEY = "not-a-secret-the-sandbox-is-local"  # noqa: S105


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One sandbox. Several run side by side, told apart by `index`."""

    index: int
    directory: Path
    """Everything the sandbox keeps between two starts, and its log."""
    hosts: bool = True
    """False: the API alone. Instances and databases become available at once and nothing is run."""
    region: str = DEFAULT_REGION
    account_id: str = ACCOUNT_ID
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY

    def __post_init__(self) -> None:
        if not 0 <= self.index <= LARGEST_INDEX:
            raise ValueError(
                f"the sandbox's index is {self.index}, but only 0 to {LARGEST_INDEX} exist: "
                "set HIVEMIND_SANDBOX_INDEX or --index accordingly"
            )

    @classmethod
    def from_environment(cls, *, index: int | None = None, hosts: bool | None = None) -> "Settings":
        """Read HIVEMIND_SANDBOX_INDEX, HIVEMIND_SANDBOX_DIR and HIVEMIND_SANDBOX_HOSTS.

        `index` and `hosts` win over the environment.
        """
        raw = os.environ.get("HIVEMIND_SANDBOX_INDEX", "0")
        if index is None and not raw.isdigit():
            raise ValueError(f"HIVEMIND_SANDBOX_INDEX is {raw!r}, which is not a number")
        chosen = int(raw) if index is None else index
        base = Path(os.environ.get("HIVEMIND_SANDBOX_DIR", "/var/lib/hivemind-sandbox"))
        if hosts is None:
            hosts = os.environ.get("HIVEMIND_SANDBOX_HOSTS", "1") != "0"
        return cls(index=chosen, directory=base / str(chosen), hosts=hosts)

    @property
    def name(self) -> str:
        """The target's name, and its file's stem."""
        return "sandbox" if self.index == 0 else f"sandbox-{self.index}"

    @property
    def prefix(self) -> str:
        """Begins the name of every link, namespace, container and nft table of this sandbox."""
        return f"hm{self.index}"

    @property
    def port(self) -> int:
        return FIRST_PORT + self.index

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def internet(self) -> IPv4Network:
        """This sandbox's slice of what plays the internet; public addresses come from it."""
        return IPv4Network(f"198.18.{16 * self.index}.0/20")

    @property
    def operator_address(self) -> IPv4Address:
        """The address that the person at the keyboard has, as seen by the hosts."""
        return self.internet[1]

    @property
    def host_s3_endpoint_url(self) -> str:
        """S3 as the hosts reach it."""
        return f"http://{self.operator_address}:{self.port}"

    @property
    def pid_file(self) -> Path:
        return self.directory / "sandbox.pid"

    @property
    def lock_file(self) -> Path:
        return self.directory / "sandbox.lock"

    @property
    def log_file(self) -> Path:
        return self.directory / "sandbox.log"

    @property
    def credentials_file(self) -> Path:
        return self.directory / "credentials"

    @property
    def config_file(self) -> Path:
        return self.directory / "config"
