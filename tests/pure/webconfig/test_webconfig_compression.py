"""urlCompression and httpCompression."""

from __future__ import annotations

import pytest

from webstead.formats.webconfig import Site, compile_site, parse
from webstead.formats.webconfig.schema.compression import (
    CODINGS,
    HTTP_COMPRESSION,
    URL_COMPRESSION,
    Compression,
    UrlCompression,
)


def site_of(body: str) -> Site:
    text = f"<configuration><system.webServer>{body}</system.webServer></configuration>"
    return compile_site([("", parse(text.encode(), "web.config"))])


def compression(body: str, attributes: str = "") -> Compression:
    return site_of(f"<httpCompression {attributes}>{body}</httpCompression>").of(HTTP_COMPRESSION, "/")


def test_what_holds_without_a_word() -> None:
    site = compile_site(())
    assert site.of(URL_COMPRESSION, "/") == UrlCompression(static=True, dynamic=True)
    found = site.of(HTTP_COMPRESSION, "/")
    assert found.static == found.dynamic == set(CODINGS)
    assert (found.smallest, found.http10, found.proxies, found.ranges) == (2700, False, False, False)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('doStaticCompression="false"', UrlCompression(False, True)),
        ('doDynamicCompression="false" dynamicCompressionBeforeCache="true"', UrlCompression(True, False)),
    ],
)
def test_url_compression(attributes: str, expected: UrlCompression) -> None:
    assert site_of(f"<urlCompression {attributes}/>").of(URL_COMPRESSION, "/") == expected


def test_limits() -> None:
    found = compression(
        "",
        'minFileSizeForComp="10" noCompressionForHttp10="false" noCompressionForProxies="false"'
        ' noCompressionForRange="false" directory="%SystemDrive%\\inetpub\\temp"',
    )
    assert (found.smallest, found.http10, found.proxies, found.ranges) == (10, True, True, True)


@pytest.mark.parametrize(
    ("body", "static", "dynamic"),
    [
        ('<remove name="br"/><remove name="ZSTD"/>', {"gzip"}, {"gzip"}),
        ("<clear/>", set(), set()),
        (
            '<clear/><scheme name="gzip" dll="%Windir%\\inetsrv\\gzip.dll" dynamicCompressionLevel="4"/>',
            {"gzip"},
            {"gzip"},
        ),
        ('<clear/><scheme name="br" doStaticCompression="false"/>', set(), {"br"}),
        ('<clear/><scheme name="br" doDynamicCompression="false"/>', {"br"}, set()),
    ],
)
def test_schemes(body: str, static: set[str], dynamic: set[str]) -> None:
    found = compression(body)
    assert (set(found.static), set(found.dynamic)) == (static, dynamic)


def test_a_scheme_that_is_not_here_is_noted() -> None:
    notes = site_of('<httpCompression><scheme name="deflate"/></httpCompression>').notes
    assert [note.text for note in notes if note.matters] == [
        "httpCompression: there is no scheme 'deflate' here; there are br, zstd, gzip"
    ]


@pytest.mark.parametrize(
    ("body", "kind", "compressed"),
    [
        ("", "text/html", True),
        ("", "TEXT/HTML; charset=utf-8", True),
        ("", "text/event-stream", True),
        ("", "application/json", True),
        ("", "image/svg+xml", True),
        ("", "image/png", False),
        ("", "application/octet-stream", False),
        ("", "", False),
        ("", "nonsense", False),
        ('<remove mimeType="*/*"/><add mimeType="*/*" enabled="true"/>', "image/png", True),
        ('<add mimeType="text/plain" enabled="false"/>', "text/plain; charset=utf-8", False),
        ('<add mimeType="text/plain" enabled="false"/>', "text/html", True),
        ('<add mimeType="application/x-own; charset=utf-8"/>', "application/x-own", True),
        ("<clear/>", "text/html", False),
        ('<clear/><add mimeType="image/*"/>', "image/png", True),
    ],
)
def test_types(body: str, kind: str, compressed: bool) -> None:
    found = compression(f"<staticTypes>{body}</staticTypes><dynamicTypes>{body}</dynamicTypes>")
    assert found.static_types.has(kind) is compressed
    assert found.dynamic_types.has(kind) is compressed
    assert found.dynamic_types.has(kind) is compressed  # as it is remembered
