"""Whether a manifest fixes a version of each of its packages, as `pip freeze` and `pip-compile` write it."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.requirements import InvalidRequirement, Requirement

from webstead.project.manifests.model import Listed

__all__ = ["pinned_names"]


def pinned_names(listed: Iterable[Listed]) -> frozenset[str]:
    """The normalised names, when each is asked for in one version; else none."""
    names = set()
    for item in listed:
        if not _is_pinned(item.text):
            return frozenset()
        names.add(item.name)
    return frozenset(names)


def _is_pinned(text: str) -> bool:
    """`==1.0` and `===1.0`; not `==1.*`, and no URL, behind which another file may stand tomorrow."""
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError):
        return False
    fixed = [each for each in requirement.specifier if each.operator in ("==", "===")]
    return requirement.url is None and any(not each.version.endswith(".*") for each in fixed)
