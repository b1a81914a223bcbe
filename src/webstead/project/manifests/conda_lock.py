"""conda-lock.yml: a conda environment solved before: by platform, the address and hash of each package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.conda import read_conda
from webstead.project.manifests.model import Manifest
from webstead.project.paths import folder_of, join
from webstead.project.text import decode
from webstead.project.tree import Tree

if TYPE_CHECKING:
    import yaml

__all__ = ["FILE", "read_conda_lock"]

FILE = "conda-lock.yml"
MAX_BYTES = 16 << 20  # one of 500 packages on 4 platforms has 1 MB


def read_conda_lock(tree: Tree, path: str) -> Manifest:
    """The names that the file fixes; what was asked for is in the environment.yml beside it. A malformed one
    is a manifest with a finding: it is the project's lock, and nothing else may be taken in its place."""
    data = tree.read(path)
    beside = (join(folder_of(path), name) for name in ("environment.yaml", "environment.yml"))
    source = next((each for each in beside if each in tree.files()), None)
    asked = read_conda(tree, source) if source else None
    names, why = _names(data)
    evidence = Evidence(path, 0, why)
    findings = (
        (Finding(f"{path} is no lock of conda-lock: {why}.", "Write it anew: conda-lock", (evidence,)),)
        if why
        else ()
    )
    listed = asked.listed if asked else ()
    return Manifest("conda", path, (path,), "locked by conda-lock", listed, names, findings)


def _names(data: bytes) -> tuple[frozenset[str], str]:
    """The normalised names of all packages, and what is wrong with the file."""
    import yaml  # here: few projects have the file

    try:
        if len(data) > MAX_BYTES:
            return frozenset(), f"it has {len(data) >> 20} MiB"
        root = yaml.compose(decode(data).text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError) as error:
        return frozenset(), str(error).partition("\n")[0]
    packages = _value(root, "package")
    if not isinstance(packages, yaml.SequenceNode):
        return frozenset(), "it has no list `package`"
    found = (_value(item, "name") for item in packages.value)
    names = (str(node.value) for node in found if isinstance(node, yaml.ScalarNode))
    return frozenset(canonicalize_name(name) for name in names), ""


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    """The value of a key of a mapping."""
    import yaml

    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    found = (value for name, value in pairs if isinstance(name, yaml.ScalarNode) and name.value == key)
    return next(found, None)
