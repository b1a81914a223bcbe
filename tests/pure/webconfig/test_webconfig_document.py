"""The XML itself: encodings, places, and refusals with line and column."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import ConfigError
from webstead.formats.webconfig import parse
from webstead.formats.webconfig.document import MAX_BYTES, Element, read_document

TEXT = '<configuration><appSettings><add key="Name" value="Zoë" /></appSettings></configuration>'


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        f'<?xml version="1.0" encoding="utf-16"?>{TEXT}'.encode("utf-16-le"),
        f'<?xml version="1.0" encoding="UTF-8"?>\r\n{TEXT}\r\n'.encode(),
        f"<?xml version='1.0' encoding='iso-8859-1'?>{TEXT}".encode("latin-1"),
        f'<?xml version="1.0" encoding="Windows-1252"?>{TEXT}'.encode("cp1252"),
        f'<?xml version="1.0" encoding="utf-16"?>{TEXT}'.encode(),
        codecs.BOM_UTF8 + f'<?xml version="1.0" encoding="iso-8859-1"?>{TEXT}'.encode(),
    ],
    ids=[
        "bare",
        "bom",
        "utf-16-le",
        "utf-16-be",
        "bare-utf-16",
        "crlf",
        "latin-1",
        "cp1252",
        "wrongly-utf-16",
        "bom-wins",
    ],
)
def test_reads_every_encoding_of_the_field(data: bytes) -> None:
    (setting,) = parse(data, "web.config").app_settings
    assert setting.value == "Zoë"


def test_places_are_those_of_the_opening_bracket_and_of_the_attribute() -> None:
    data = (
        b'<?xml version="1.0"?>\r\n'
        b"<configuration>\r\n"
        b'  <!-- <add key="no" /> -->\r\n'
        b"  <appSettings>\r\n"
        b'    <add key="a"\r\n'
        b'         value=\'x > y\' /><add key="b" value=""/>\r\n'
        b"  </appSettings>\r\n"
        b"</configuration>"
    )
    settings = read_document(data, "web.config").children[0]
    first, second = settings.children
    assert (first.line, first.column) == (5, 5)
    assert (first.attributes["value"].line, first.attributes["value"].column) == (6, 10)
    assert first.attributes["value"].value == "x > y"
    assert (second.line, second.column) == (6, 26)


def test_names_of_other_vocabularies_lose_their_prefix_and_their_attributes_are_left_out() -> None:
    data = (
        b'<configuration xmlns="urn:net" xmlns:xdt="urn:xdt">'
        b'<appSettings><add key="a" value="b" xdt:Transform="Replace"/></appSettings></configuration>'
    )
    root = read_document(data, "web.config")
    assert root.name == "configuration"
    assert set(root.children[0].children[0].attributes) == {"key", "value"}


BAD = [
    ("unclosed element", b"<configuration>\n  <appSettings>\n</configuration>", 3, 17, "mismatch"),
    ("nothing", b"", 1, 1, ""),
    ("only text", b"hello", 1, 1, ""),
    ("ends early", b"<configuration>\n  <appSettings>\n", 3, 1, ""),
    ("unquoted value", b"<configuration>\n<add key=a/></configuration>", 2, 10, "\" or ' expected"),
    ("double attribute", b'<configuration>\n<add a="1" a="2"/></configuration>', 2, 17, "redefined"),
    ("bare ampersand", b'<configuration>\n<add a="1&2"/></configuration>', 2, 11, ""),
    ("placeholder", b"<configuration>\n<% if x %></configuration>", 2, 2, "invalid element name"),
    ("entity", b'<configuration><add a="&x;"/></configuration>', 1, 27, "not defined"),
    ("document type", b'\n<!DOCTYPE c [<!ENTITY x "y">]><configuration/>', 2, 1, "DOCTYPE"),
    ("document type after a comment", b"<!-- c -->\n<!DOCTYPE c><configuration/>", 2, 1, "DOCTYPE"),
    ("NUL", b'<configuration>\n<a b="\x00"/></configuration>', 2, 7, ""),
    ("not UTF-8", b"<configuration>\n  \xff</configuration>", 2, 3, "0xff"),
    ("half of UTF-16", codecs.BOM_UTF16_LE + "<a/>\n".encode("utf-16-le") + b"x", 2, 1, "0x78"),
    ("unknown encoding", b'<?xml version="1.0" encoding="ebcdic"?><configuration/>', 1, 31, "ebcdic"),
    ("wrong root", b"\n <Configuration/>", 2, 2, "<Configuration>"),
]


@pytest.mark.parametrize(
    ("data", "line", "column", "found"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_a_file_that_is_no_configuration_is_refused_at_its_place(
    data: bytes, line: int, column: int, found: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(data, "site/web.config")
    error = refused.value
    assert (error.path, error.line, error.column) == ("site/web.config", line, column)
    assert found in error.found
    assert error.what
    assert error.fix
    assert error.exit_code == 4


def test_a_file_beyond_the_limit_is_refused_unread() -> None:
    with pytest.raises(ConfigError, match="too large"):
        parse(b"<" * (MAX_BYTES + 1), "web.config")


def test_depth_beyond_the_parsers_limit_is_an_error_and_no_crash() -> None:
    with pytest.raises(ConfigError):
        parse(b"<configuration>" + b"<a>" * 100_000, "web.config")
    deep = b"<configuration>" + b"<a>" * 200 + b"</a>" * 200 + b"</configuration>"
    assert parse(deep, "web.config").notes


def test_entities_never_expand() -> None:
    bomb = b'<!DOCTYPE c [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><configuration>&b;</configuration>'
    with pytest.raises(ConfigError, match="document type"):
        parse(bomb, "web.config")


def refusal_of(data: bytes) -> ConfigError | None:
    try:
        parse(data, "web.config")
    except ConfigError as refused:
        return refused
    return None


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    refused = refusal_of(data)
    assert refused is None or (refused.what and refused.fix)


_XML = st.lists(
    st.sampled_from(
        [
            "<configuration>",
            "</configuration>",
            "<appSettings>",
            "</appSettings>",
            '<add key="',
            '" value="',
            '"/>',
            "x",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<?x",
            "?>",
            "&amp;",
            "\n",
            "'",
            ">",
            "<",
            "é",
            '<add key="a" value="b"/>',
            "<handlers>",
            "</handlers>",
            "<clear/>",
            "<system.webServer>",
            "</system.webServer>",
        ]
    ),
    max_size=20,
).map("".join)


@given(_XML)
def test_anything_like_xml_is_read_or_refused(text: str) -> None:
    for data in (text.encode(), f"<configuration>{text}</configuration>".encode()):
        refused = refusal_of(data)
        assert refused is None or (refused.line >= 1 and refused.column >= 1)


_NAMES = st.sampled_from(["a", "b.c", "d-e"])
_VALUES = st.text(st.sampled_from("x <>\"'&\n/=-"), max_size=8)


@st.composite
def _elements(draw: st.DrawFn, depth: int = 3) -> tuple[str, list[tuple[str, dict[str, str]]]]:
    """XML, and its elements in document order."""
    name = draw(_NAMES)
    attributes = draw(st.dictionaries(_NAMES, _VALUES, max_size=2))
    inner = draw(st.sampled_from(["", "<!-- <x y='1'> -->", "<![CDATA[<z>]]>", "text", "<?pi <q> ?>"]))
    children = draw(st.lists(_elements(depth - 1), max_size=2)) if depth else []
    written = "".join(
        " {}='{}'".format(
            key,
            value.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&apos;").replace("\n", "&#10;"),
        )
        for key, value in attributes.items()
    )
    xml = f"<{name}{written}>{inner}{''.join(child[0] for child in children)}</{name}>"
    return xml, [(name, attributes), *(item for child in children for item in child[1])]


@given(_elements())
def test_the_second_reading_finds_the_elements_that_the_parser_found(
    drawn: tuple[str, list[tuple[str, dict[str, str]]]],
) -> None:
    xml, expected = drawn
    found: list[tuple[str, dict[str, str]]] = []

    def walk(element: Element) -> None:
        found.append(
            (element.name, {name: attribute.value for name, attribute in element.attributes.items()})
        )
        assert xml.startswith(f"<{element.name}", element.column - 1)
        for name, attribute in element.attributes.items():
            assert xml.startswith(f"{name}=", attribute.column - 1)
        for child in element.children:
            walk(child)

    walk(read_document(xml.encode(), "web.config"))
    assert found == expected
