"""URLs in tags: found in a page that comes in pieces, replaced, and nothing else is touched."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig.html_tags import MAX_TAG, TagRewriter

WANTED = frozenset({("a", "href"), ("img", "src"), ("img", "usemap")})


def upper(tag: tuple[str, str], url: str) -> str:
    return url.upper()


def rewritten(*pieces: bytes) -> bytes:
    rewriter = TagRewriter(WANTED, upper)
    return b"".join([*map(rewriter.feed, pieces), rewriter.finish()])


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (b'<a href="/x">t</a>', b'<a href="/X">t</a>'),
        (b"<A class=b HREF = '/x' id=c>", b"<A class=b HREF = '/X' id=c>"),
        (b"<a href=/x>", b"<a href=/X>"),
        (b"<a href=/x/>", b"<a href=/X/>"),
        (b'<img src="a"\n usemap="#b" alt="c">', b'<img src="A"\n usemap="#B" alt="c">'),
        (b'<a title="x > y" href="/x">', b'<a title="x > y" href="/X">'),
        (
            b'<area href="/x"><abbr href="/x"><a-b href="/x">',
            b'<area href="/x"><abbr href="/x"><a-b href="/x">',
        ),
        (b'<a data-href="/x" xhref="/x">', b'<a data-href="/x" xhref="/x">'),
        (b'href="/x" < a href="/x">', b'href="/x" < a href="/x">'),
        (b'<a href="/x"', b'<a href="/x"'),
        (b'<a href="<b>">', b'<a href="<b>">'),
        ('<a href="/ä">'.encode(), '<a href="/Ä">'.encode()),
        (b'<a href="/\xe4">', b'<a href="/\xc4">'),
        (b"<a>", b"<a>"),
        (b"", b""),
    ],
)
def test_pages(page: bytes, expected: bytes) -> None:
    assert rewritten(page) == expected
    assert rewritten(*(page[at : at + 1] for at in range(len(page)))) == expected


@pytest.mark.parametrize(
    ("page", "made", "expected"),
    [
        (b'<a href="x">', 'a"b', b'<a href="a&quot;b">'),
        (b"<a href='x'>", "a'b", b"<a href='a&#39;b'>"),
        (b"<a href=x>", "a b", b'<a href="a b">'),
        (b"<a href=x>", "ab", b"<a href=ab>"),
        (b"<a href=x>", "><script>", b"<a href=&gt;&lt;script&gt;>"),
        (b'<a href="\xe4">', "\u20ac", b'<a href="&#8364;">'),
    ],
)
def test_a_new_value_stays_within_its_quotes(page: bytes, made: str, expected: bytes) -> None:
    rewriter = TagRewriter(WANTED, lambda tag, url: made)
    assert rewriter.feed(page) + rewriter.finish() == expected


def test_what_is_told_is_the_tag_its_attribute_and_the_value() -> None:
    told: list[tuple[tuple[str, str], str]] = []

    def tell(tag: tuple[str, str], url: str) -> str:
        told.append((tag, url))
        return url

    rewriter = TagRewriter(WANTED, tell)
    page = b'<a href="1"><IMG SRC=2 UseMap=3><p href="4">'
    assert rewriter.feed(page) + rewriter.finish() == page
    assert told == [(("a", "href"), "1"), (("img", "src"), "2"), (("img", "usemap"), "3")]


def test_a_tag_that_never_ends_is_not_held_for_ever() -> None:
    rewriter = TagRewriter(WANTED, upper)
    begin = b'<a href="' + b"x" * MAX_TAG
    assert rewriter.feed(begin) == begin
    assert rewriter.feed(b'">') == b'">'


pages = st.lists(
    st.sampled_from(
        [
            b"<a ",
            b"<img ",
            b"<p>",
            b'href="/x"',
            b"src=y",
            b" ",
            b">",
            b"<",
            b'"',
            b"'",
            b"\xe4",
            b"</a>",
            b"=",
            b"text",
        ]
    )
).map(b"".join)


@given(pages, st.data())
def test_a_page_comes_out_the_same_however_it_is_cut(page: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(page)), max_size=5)))
    edges = [0, *cuts, len(page)]
    pieces = [page[start:end] for start, end in pairwise(edges)]
    assert rewritten(*pieces) == rewritten(page)


@given(pages)
def test_a_page_that_nobody_changes_comes_out_as_it_was(page: bytes) -> None:
    rewriter = TagRewriter(WANTED, lambda tag, url: url)
    assert rewriter.feed(page) + rewriter.finish() == page
