"""How tests are spread over workers."""

from pathlib import PurePosixPath
from typing import Any

from xdist.scheduler import LoadScopeScheduling

# Files that share one deployment, or that take long: each set stays on one worker.
TOGETHER = {
    "tests/sandbox/deploy/test_bad_input.py": "one deployment",
    "tests/sandbox/deploy/test_deploy.py": "one deployment",
    "tests/sandbox/deploy/test_secrets.py": "one deployment",
    "tests/sandbox/test_build_isolation.py": "one deployment",
    # They end the sandbox of one index.
    "tests/sandbox/test_cloudformation_restart.py": "a sandbox that is killed",
    "tests/sandbox/test_reconciler.py": "a sandbox that is killed",
}
# Files whose tests share nothing but the sandbox, and take long each.
ALONE = {"tests/sandbox/deploy/test_examples.py"}


class ByFile(LoadScopeScheduling):
    """A file stays on one worker, and so do files that share what is dear to make."""

    def _split_scope(self, nodeid: str) -> str:
        path = str(PurePosixPath(nodeid.split("::", 1)[0]))
        return nodeid if path in ALONE else TOGETHER.get(path, path)


def pytest_xdist_make_scheduler(config: Any, log: Any) -> Any:
    """With `--dist loadscope`: by file. The `xdist_group` mark has no effect under pytest 9."""
    return ByFile(config, log) if config.getvalue("dist") == "loadscope" else None
