from __future__ import annotations

import pytest

from webstead.front.media import media_type


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/a.html", "text/html; charset=utf-8"),
        ("/A.CSS", "text/css; charset=utf-8"),
        ("/a.js", "text/javascript; charset=utf-8"),
        ("/a.mjs", "text/javascript; charset=utf-8"),
        ("/a.json", "application/json"),
        ("/a.svg", "image/svg+xml"),
        ("/a.png", "image/png"),
        ("/a.woff2", "font/woff2"),
        ("/a.wasm", "application/wasm"),
        ("/a.webmanifest", "application/manifest+json"),
        ("/a.txt", "text/plain; charset=utf-8"),
        ("/a.pdf", "application/pdf"),
        ("/a.tar.gz", "application/gzip"),
        ("/a.unknown", "application/octet-stream"),
        ("/a", "application/octet-stream"),
        ("/b.html/a", "application/octet-stream"),
    ],
)
def test_the_type_of_a_file(path: str, kind: str) -> None:
    assert media_type(path, None) == kind


def test_the_site_s_map_comes_first() -> None:
    assert media_type("/a.html", "application/x-own") == "application/x-own"
    assert media_type("/a.own", "text/x-own") == "text/x-own; charset=utf-8"
    assert media_type("/a.own", "text/x-own; Charset=latin-1") == "text/x-own; Charset=latin-1"
