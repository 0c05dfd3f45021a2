"""Node in the builder: which version, and the environment of everything that it builds."""

import re
import shlex

from hivemind_agents.building.model import Step
from hivemind_agents.building.node_managers import CACHES
from hivemind_agents.building.node_manifests import Manifests
from hivemind_agents.building.programs import FOLDER
from hivemind_agents.building.versions import node_spans
from hivemind_agents.errors import RepositoryError

# The folder of the release that holds Node; in a build, links to where it was put.
RUNTIME = ".runtime"
BUILD_ENV = {
    **CACHES,
    # Development packages are asked for by name; tools that build for production look at this.
    "NODE_ENV": "production",
    # Native packages are compiled with the headers that came with Node.
    "npm_config_nodedir": f"/app/{RUNTIME}/node",
    "npm_config_update_notifier": "false",
    "npm_config_jobs": "max",
    "YARN_NODE_LINKER": "node-modules",
    "YARN_ENABLE_GLOBAL_CACHE": "true",
    "YARN_ENABLE_TELEMETRY": "0",
    # Locks hold no address, or not the one that is reached from here.
    "COREPACK_ENABLE_STRICT": "0",
    "HUSKY": "0",
    "HUSKY_SKIP_INSTALL": "1",
    "NEXT_TELEMETRY_DISABLED": "1",
    "NUXT_TELEMETRY_DISABLED": "1",
    "ASTRO_TELEMETRY_DISABLED": "1",
    "GATSBY_TELEMETRY_DISABLED": "1",
    "NG_CLI_ANALYTICS": "false",
    "DISABLE_OPENCOLLECTIVE": "1",
    "ADBLOCK": "1",
    # Browsers for tests are no part of a release.
    "PUPPETEER_SKIP_DOWNLOAD": "1",
    "PUPPETEER_SKIP_CHROMIUM_DOWNLOAD": "1",
    "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1",
    "CYPRESS_INSTALL_BINARY": "0",
    "CFLAGS": "-g0",
    "CXXFLAGS": "-g0",
}  # fmt: skip


def node_step(wanted: str | None) -> Step:
    """Get the Node that the repository asks for.

    Raises RepositoryError for a text that no version can fit.
    """
    spans = node_spans(wanted)
    if not spans:
        raise RepositoryError(
            f"the application asks for Node {wanted!r}, which is no version or range",
            mend='say it as npm does, e.g. "engines": {"node": ">=20"} in package.json',
        )
    asked = wanted or "any"
    specs = shlex.join(span.pip for span in spans[:6])
    return Step(
        title="get Node",
        command=f"python3 {FOLDER}/runtimes.py node {shlex.quote(asked)} {specs}",
        phase="tools",
    )


def old_bundler(manifests: Manifests, wanted: str | None) -> dict[str, str]:
    """What bundlers of before Node 17 and Create React App need of the environment.

    `wanted`: the Node that is asked for; older ones refuse the option, and need none.
    """
    env: dict[str, str] = {}
    newer = next((span.low[0] >= 17 for span in node_spans(wanted)), True)
    for folder in manifests.folders:
        packages = manifests.packages(folder)
        majors = {
            name: int(found[0])
            for name, spec in packages.items()
            if (found := re.findall(r"\d+", spec))
        }
        if newer and (
            majors.get("react-scripts", 9) < 5
            or majors.get("webpack", 9) < 5
            or majors.get("@vue/cli-service", 9) < 5
            or majors.get("nuxt", 9) < 3
        ):
            env["NODE_OPTIONS"] = "--openssl-legacy-provider"
        if "react-scripts" in packages:
            # It takes warnings for errors where this says that nobody is looking.
            env["CI"] = "false"
    return env
