"""What a release folder holds now, against what was brought into it."""

from __future__ import annotations

from pathlib import Path

from webstead.site.releases.manifest import Manifest

__all__ = ["changed_since"]


def changed_since(folder: Path, manifest: Manifest) -> list[str]:
    """Deployed files that are not as they were brought: edited in place, replaced, or gone. Sorted. Of those
    that only Kudu's list names, the ones that are gone."""
    return sorted(
        path
        for path, entry in manifest.files.items()
        if not ((folder / path).exists() if entry.size < 0 else manifest.untouched(folder, path))
    )
