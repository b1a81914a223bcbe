"""httpProtocol: which headers the configuration adds, folder by folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from webstead.errors import ConfigError
from webstead.formats.webconfig import Site
from webstead.formats.webconfig.schema.protocol import HTTP_PROTOCOL

SiteOf = Callable[[Mapping[str, str]], Site]


def protocol(custom: str, redirect: str = "") -> str:
    return (
        f"<system.webServer><httpProtocol><customHeaders>{custom}</customHeaders>"
        f"<redirectHeaders>{redirect}</redirectHeaders></httpProtocol></system.webServer>"
    )


ONE = protocol('<remove name="X-Powered-By"/><add name="X-A" value="1"/><add name="X-B" value=" two "/>')


def test_headers_are_added_and_removed_folder_by_folder(site: SiteOf) -> None:
    below = protocol('<remove name="x-a"/><add name="X-C"/>', '<add name="X-R" value="r"/>')
    found = site({"": ONE, "sub": below, "none": protocol("<clear/>")})
    root = found.of(HTTP_PROTOCOL, "/x")
    assert (root.custom, root.redirect) == ((("x-a", "1"), ("x-b", "two")), ())
    sub = found.of(HTTP_PROTOCOL, "/sub/x")
    assert (sub.custom, sub.redirect) == ((("x-b", "two"), ("x-c", "")), (("x-r", "r"),))
    assert found.of(HTTP_PROTOCOL, "/none/x").custom == ()
    assert [note for note in found.notes if note.matters] == []


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('name="X A" value="1"', "x a"),
        ('name="X:A" value="1"', "x:a"),
        ('name="" value="1"', 'name=""'),
        ('name="X" value="a&#13;&#10;Set-Cookie: b"', "Set-Cookie"),
        ('name="X" value="\u20ac"', "\u20ac"),
    ],
)
def test_what_cannot_be_a_header_is_refused_with_its_place(site: SiteOf, header: str, found: str) -> None:
    with pytest.raises(ConfigError) as refused:
        site({"": protocol(f"<add {header}/>")})
    assert found in refused.value.found
    assert (refused.value.line, refused.value.path) == (1, "web.config")


@pytest.mark.parametrize("name", ["Content-Length", "Transfer-Encoding", "Connection"])
def test_what_frames_a_response_is_not_set_and_noted(site: SiteOf, name: str) -> None:
    found = site({"": protocol(f'<add name="{name}" value="1"/>')})
    assert found.of(HTTP_PROTOCOL, "/").custom == ()
    assert [note.text for note in found.notes] == [
        f"customHeaders: {name.lower()} belongs to the connection and is not set"
    ]
