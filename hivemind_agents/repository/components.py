"""Monorepos: the folders that can be deployed by themselves, and which one is meant."""

from dataclasses import dataclass

from hivemind_agents.repository.report import Component
from hivemind_agents.repository.tree import FileTree


@dataclass(frozen=True, slots=True)
class Layout:
    """The components, and the folder that the report is about."""

    components: tuple[Component, ...] = ()
    chosen: str = "."
    notes: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()


def read_layout(tree: FileTree) -> Layout:
    del tree
    return Layout()
