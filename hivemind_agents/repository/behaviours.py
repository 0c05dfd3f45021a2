"""What breaks behind a load balancer, and the setting that mends it."""

from hivemind_agents.repository.facts import Finding
from hivemind_agents.repository.report import Behaviour
from hivemind_agents.repository.tree import FileTree


def read_behaviours(tree: FileTree, finding: Finding | None) -> tuple[Behaviour, ...]:
    del tree, finding
    return ()
