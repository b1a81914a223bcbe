"""The manifests of a project: which there are, which is installed from, and what each asks for."""

from webstead.project.manifests.model import KINDS, LOCK_KINDS, Kind, Listed, Manifest, Manifests
from webstead.project.manifests.package_indexes import Index
from webstead.project.manifests.pins import pinned_names
from webstead.project.manifests.reading import read_manifest, read_manifests

__all__ = [
    "Index",
    "KINDS",
    "Kind",
    "LOCK_KINDS",
    "Listed",
    "Manifest",
    "Manifests",
    "pinned_names",
    "read_manifest",
    "read_manifests",
]
