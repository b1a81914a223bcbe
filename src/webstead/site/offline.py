"""`app_offline.htm`: a file that takes the site off as long as it is there, as ASP.NET's modules have it."""

from __future__ import annotations

from webstead.effects.files import DiskTree
from webstead.site.changes import OFFLINE
from webstead.site.layout import SiteLayout

__all__ = ["offline_page"]

LONGEST_PAGE = 1 << 20


def offline_page(layout: SiteLayout) -> str | None:
    """The page, a character a byte, cut at LONGEST_PAGE; None when the site is on. The name is found in any
    case, as on Windows."""
    try:
        names = [entry.name for entry in layout.wwwroot.iterdir() if entry.name.lower() == OFFLINE]
        return DiskTree(layout.wwwroot, kept=layout.kept).read(min(names))[:LONGEST_PAGE].decode("latin-1")
    except (OSError, ValueError):  # there is none, or it has gone since
        return None
