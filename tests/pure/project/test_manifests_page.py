"""The reference page of manifests has all that is read."""

from __future__ import annotations

from docs.manifests import manifests_page
from webstead.project.manifests import KINDS
from webstead.project.python_sources import SOURCES


def test_every_kind_and_every_place_of_a_python_has_a_row() -> None:
    page = manifests_page("")
    assert all(f"(`{kind}`)" in page for kind in KINDS)
    rows = [line.lower() for line in page.splitlines() if line.startswith("| `")]
    assert all(any(f"`{name}`" in row for row in rows) for source in SOURCES for name in source.names)
