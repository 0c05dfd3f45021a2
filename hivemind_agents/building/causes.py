"""Why a command of a build probably failed, from its last lines: a table, first match wins."""

from hivemind_agents.building.causes_node import NODE_AND_GO
from hivemind_agents.domain.causes import Cause, first_of

CAUSES = (
    Cause(r"No space left on device|ENOSPC|Disk quota exceeded",
          "the build used more disk than it may", "make the build smaller"),
    Cause(r"MemoryError|Cannot allocate memory|out of memory|ENOMEM|Killed signal",
          "the build needed more memory than it may have", "raise build_memory_mb"),
    Cause(r"Resource temporarily unavailable|can't start new thread|fork: retry",
          "the build started more processes than it may", "build with fewer jobs at once"),
    Cause(r"(?:administratively prohibited|EHOSTUNREACH|No route to host|Network is unreachable)",
          "the build reached for an address that builders may not reach",
          "builders reach public package sources only"),
    Cause(r"the build policy does not name ([\w.:-]+)",
          "the build reached for {0}, which the build policy does not name",
          "name it in allowed_hosts of builds.toml (HIVEMIND_BUILD_HOSTS), or do without it"),
    Cause(r"uv\.lock needs to be updated", "uv.lock is out of step with pyproject.toml",
          "uv lock, and commit uv.lock"),
    Cause(r"No interpreter found for|Failed to download .*cpython|python-build-standalone",
          "the Python that the application demands cannot be fetched from here",
          "allow Python 3.11 in requires-python, or set UV_PYTHON_INSTALL_MIRROR to a mirror of "
          "uv's Python builds"),
    Cause(r"\bnpm(?: was|:)? not found|No such file or directory: '(?:npm|node)'",
          "a step wants npm, which builds of Python have only where a manifest asks for it",
          "name it in hivemind.yml: system_packages: [npm]"),
    Cause(r"Unable to locate package ([\w.+-]+)|"
          r"Package '?([\w.+-]+)'? has no installation candidate",
          "Debian 12 has no package {0}", "correct system_packages in hivemind.yml"),
    Cause(r"hash(?:es)? (?:do|did) not match|THESE PACKAGES DO NOT MATCH THE HASHES",
          "a package is not what the lock file says", "make the lock file anew"),
    Cause(r"lockfile .*(?:needs to be updated|out of date)|lock file .* out of (?:date|sync)",
          "the lock file does not fit the manifest", "make the lock file anew and commit it"),
    Cause(r"No matching distribution found for ([^\s()]+)",
          "the package index has no {0} that fits the hosts' Python",
          "correct the name or the version in the requirements"),
    Cause(r"Could not find a version that satisfies the requirement ([^\s()]+)",
          "the package index has no {0} that fits the hosts' Python",
          "correct the name or the version in the requirements"),
    Cause(r"(?:ResolutionImpossible|conflicting dependencies|No solution found when resolving)",
          "the dependencies contradict one another", "resolve them locally and commit the result"),
    Cause(r"requires a different Python|requires-python|Requires-Python",
          "a package does not support the hosts' Python", "choose a version of it that does"),
    Cause(r"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (binaries\.prisma\.sh)",
          "Prisma fetches its engines from {0}, which cannot be reached from here",
          "set PRISMA_ENGINES_MIRROR to a mirror that can, with --env"),
    Cause(r"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) ([\w.-]+)|Could not resolve host: ([\w.-]+)",
          "a step fetches from {0}, whose name cannot be resolved from here",
          "is the network up, and the name right? What a package fetches besides needs a mirror, "
          "or a version that does without"),
    Cause(r"(?:Temporary failure in name resolution|Name or service not known|dns error|"
          r"Could not resolve host)",
          "a name could not be resolved", "is the network up, and the name right?"),
    Cause(r"(?:CERTIFICATE_VERIFY_FAILED|certificate verify failed|invalid peer certificate)",
          "a certificate is not trusted in the builder",
          "put the CA into /usr/local/share/ca-certificates and run update-ca-certificates"),
    Cause(r"(?:401|403) (?:Client )?Error|Authentication failed|could not read Username",
          "a private dependency was asked for, and builds have no credentials",
          "vendor it, or publish it where builds may read it"),
    Cause(r"(?:fatal error: ([\w./-]+\.h): No such file|Package '?([\w.+-]+)'?,? .*not found)",
          "a system library's headers are missing ({0})", "use a package that comes as a wheel"),
    Cause(r"(?:gcc|cc|g\+\+|cargo|rustc|go|node|npm)['\"]?:? (?:command )?not found",
          "a compiler is missing in the builder", "use a package that comes as a wheel"),
    Cause(r"Failed building wheel for ([\w.-]+)|Could not build wheels for ([\w.-]+)|"
          r"Failed to build [`']?([\w.-]+)|metadata-generation-failed",
          "a package has no wheel for this Python and could not be compiled ({0})",
          "choose a version of it with wheels for Python 3.11, or name the Debian packages that it "
          "compiles with as system_packages in hivemind.yml"),
    Cause(r"(?:ModuleNotFoundError|ImportError): No module named ['\"]([\w.]+)",
          "the code imports {0}, which is not among the dependencies", "add {0} to them"),
    Cause(r"KeyError: ['\"]([A-Z][A-Z0-9_]+)['\"]",
          "the build reads the environment variable {0}, which is not set",
          "set it with --env {0} if it is not secret"),
    Cause(r"Can't open file|No such file or directory: ['\"]?([^\s'\"]+)",
          "a file is missing ({0})", "is it committed, and not ignored?"),
    Cause(r"SyntaxError", "the code cannot be read by the hosts' Python", None),
)  # fmt: skip


def probable_cause(output: str, exit_code: int) -> tuple[str | None, str | None]:
    """The cause and the mend, as sentences; None where nothing is known."""
    if found := first_of((*(Cause(*each) for each in NODE_AND_GO), *CAUSES), output):
        return found
    if exit_code in {137, 9}:
        return "the build was killed, most likely for its memory", "raise build_memory_mb"
    if exit_code == 127:
        return "a program of the command does not exist in the builder", None
    return None, None
