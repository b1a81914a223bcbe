"""Reading a project: what is in a folder of code. Pure."""

from webstead.project.candidates import Candidate, NearMiss
from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.reading import Project, read_project
from webstead.project.scripts import Script
from webstead.project.tree import MemoryTree, Tree

__all__ = [
    "Candidate",
    "Evidence",
    "Finding",
    "MemoryTree",
    "NearMiss",
    "Project",
    "Script",
    "Tree",
    "read_project",
]
