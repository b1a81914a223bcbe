"""Reading a project: what is in a folder of code. Pure."""

from webstead.project.evidence import Evidence
from webstead.project.tree import MemoryTree, Tree

__all__ = ["Evidence", "MemoryTree", "Tree"]
