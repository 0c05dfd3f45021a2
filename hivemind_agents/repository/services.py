"""Which packages talk to which service, read from the table beside this module."""

import tomllib
from importlib.resources import files

_TABLE = tomllib.loads(files(__package__).joinpath("services.toml").read_text(encoding="utf-8"))

# ecosystem: package -> need
DRIVERS: dict[str, dict[str, str]] = {
    ecosystem: {package: need for need, packages in needs.items() for package in packages}
    for ecosystem, needs in _TABLE["drivers"].items()
}
# Packages for which the need is certain once they are used.
BOUND: frozenset[str] = frozenset(_TABLE["bound"]["packages"])
# ecosystem: package -> Debian packages to build with and to run with
SYSTEM_PACKAGES: dict[str, dict[str, tuple[str, ...]]] = {
    ecosystem: {package: tuple(names) for package, names in packages.items()}
    for ecosystem, packages in _TABLE["system"].items()
}
# Languages that share the packages of an ecosystem.
ECOSYSTEM = {"java": "jvm", "kotlin": "jvm", "scala": "jvm", "clojure": "jvm", "deno": "node"}
