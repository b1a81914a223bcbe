"""Which package brings an import.

The table knows those whose name says something else, or that stand in a namespace which several packages
share (`google.cloud.storage`); for all others the package is called like the import.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from webstead.project.distribution_table import TABLE

__all__ = ["NAMESPACES", "distribution_of", "distributions", "distributions_of", "is_known"]

NAMESPACES: Mapping[str, int] = {
    "azure": 2,
    "azure.ai": 3,
    "azure.communication": 3,
    "azure.data": 3,
    "azure.iot": 3,
    "azure.keyvault": 3,
    "azure.mgmt": 3,
    "azure.monitor": 3,
    "azure.search": 3,
    "azure.storage": 3,
    "backports": 2,
    "dogpile": 2,
    "google.cloud": 3,
    "llama_index": 2,
    "opentelemetry.exporter": 3,
    "opentelemetry.instrumentation": 3,
    "repoze": 2,
    "z3c": 2,
    "zope": 2,
}
"""How many parts of an import's name make the package's: `azure.storage.blob.aio` → azure-storage-blob."""

_API_VERSION = re.compile(r"_v\d\w*")
"""Google's packages have a module for each version of an API: `google.cloud.compute_v1`."""


@cache
def distributions() -> Mapping[str, tuple[str, ...]]:
    """The table: by import, the packages that bring it, the usual one first."""
    words = (line.split() for line in TABLE.splitlines() if line)
    return {name: tuple(packages) for name, *packages in words}


def distribution_of(name: str) -> str:
    """The package that `import name` needs, as it is most often called on the package index. name: may have
    dots."""
    return distributions_of(name)[0]


def distributions_of(name: str) -> tuple[str, ...]:
    """All packages that bring the import, the usual one first."""
    name = _API_VERSION.sub("", name) if name.startswith("google.cloud.") else name
    for outer in _outward(name):
        parts = NAMESPACES.get(outer, 0)
        if parts and name.count(".") + 1 >= parts:
            return ("-".join(name.split(".")[:parts]).replace("_", "-"),)
        if known := distributions().get(outer):
            return known
    return (name.partition(".")[0].replace("_", "-"),)


def is_known(name: str) -> bool:
    """Whether the table or a namespace says more of an import than its own name does."""
    return any(outer in distributions() or outer in NAMESPACES for outer in _outward(name))


def _outward(name: str) -> list[str]:
    """`a.b.c`, `a.b`, `a`."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(len(parts), 0, -1)]
