"""A site as it is served."""

from __future__ import annotations

import gc
import weakref

from webstead.front.serving import Serving
from webstead.site_table import SiteTable

CONFIG = (
    '<configuration><system.webServer><directoryBrowse enabled="true" /><staticContent>'
    '<mimeMap fileExtension=".x" mimeType="a/x" /></staticContent></system.webServer></configuration>'
)


def test_a_site_that_another_replaces_goes_at_once_with_all_that_it_keeps() -> None:
    """It holds megabytes of files; the collector of circles comes late, or never."""
    serving = Serving(SiteTable(1, "/srv", (("", CONFIG),), ()), {})
    serving.destination("GET", b"/a.x", b"", "http", b"a", ("::1", 80), {})
    how = serving.served("/a.x", "StaticFileModule,DirectoryListingModule")
    assert how.media("/a.x") == "a/x"
    assert how.hides("/web.config")
    assert not how.hides("/a.x")
    del how
    gone = weakref.ref(serving)
    gc.disable()
    try:
        del serving
        assert gone() is None
    finally:
        gc.enable()
