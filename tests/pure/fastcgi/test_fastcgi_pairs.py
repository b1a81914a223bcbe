"""Name-value pairs: round trips, both widths of length, and lengths that lie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.fastcgi.pairs import PairsDecoder, decode_pairs, encode_pairs
from webstead.formats.fastcgi.records import RemoteProtocolError

NAMES = st.binary(min_size=1, max_size=300)
PAIRS = st.lists(st.tuples(NAMES, st.binary(max_size=300)), max_size=20)


@given(PAIRS)
def test_pairs_come_back_as_they_went_in(pairs: list[tuple[bytes, bytes]]) -> None:
    expected = {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}
    assert decode_pairs(encode_pairs(pairs)) == expected


@pytest.mark.parametrize(
    ("size", "prefix"), [(127, b"\x7f"), (128, b"\x80\x00\x00\x80"), (70000, b"\x80\x01\x11\x70")]
)
def test_a_length_takes_one_byte_below_128_and_four_from_there(size: int, prefix: bytes) -> None:
    block = encode_pairs([(b"n", b"v" * size)])
    assert block.startswith(b"\x01" + prefix + b"n")
    assert decode_pairs(block) == {"n": "v" * size}


def test_a_long_name_before_a_short_value() -> None:
    name = b"N" * 200  # nginx mis-encoded such names until 2026
    assert decode_pairs(encode_pairs([(name, b"1"), (b"B", b"2")])) == {name.decode(): "1", "B": "2"}


def test_empty_name_and_value_are_pairs_too() -> None:
    assert decode_pairs(b"\x00\x00\x01\x00A") == {"": "", "A": ""}


def test_of_a_repeated_name_the_last_value_counts() -> None:
    assert decode_pairs(encode_pairs([(b"A", b"1"), (b"A", b"2")])) == {"A": "2"}


@given(st.lists(st.tuples(NAMES, st.binary(max_size=200)), min_size=1, max_size=5), st.data())
def test_a_block_cut_anywhere_inside_a_pair_is_an_error(
    pairs: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    block = encode_pairs(pairs)
    whole = {len(encode_pairs(pairs[:count])) for count in range(len(pairs) + 1)}
    cut = data.draw(st.integers(0, len(block)).filter(lambda at: at not in whole))
    with pytest.raises(RemoteProtocolError) as caught:
        decode_pairs(block[:cut])
    assert caught.value.status == 400


@given(PAIRS, st.lists(PAIRS, max_size=6))
def test_the_decoder_of_a_connection_decodes_as_if_each_stream_were_the_first(
    static: list[tuple[bytes, bytes]], others: list[list[tuple[bytes, bytes]]]
) -> None:
    decoder = PairsDecoder()
    for pairs in [static, *(static + other for other in others), *others, static]:
        block = encode_pairs(pairs)
        found = decoder.decode(block)
        assert found == decode_pairs(block)
        found["changed"] = "by the app"


@given(PAIRS, st.lists(PAIRS, min_size=2, max_size=6), PAIRS)
def test_what_stands_between_a_known_head_and_a_known_tail_is_decoded(
    head: list[tuple[bytes, bytes]], middles: list[list[tuple[bytes, bytes]]], tail: list[tuple[bytes, bytes]]
) -> None:
    decoder = PairsDecoder(base={"A": "base", "B": "base"})
    for middle in middles:
        block = encode_pairs(head + middle + tail)
        assert decoder.decode(block) == {"A": "base", "B": "base", **decode_pairs(block)}


@given(st.integers(0, 30), st.integers(0, 30))
def test_a_value_that_only_looks_like_the_known_tail_is_a_value(before: int, after: int) -> None:
    tail = encode_pairs([(b"T", b"tail"), (b"U", b"end")])
    decoder = PairsDecoder()
    for port in (b"1", b"22"):
        decoder.decode(encode_pairs([(b"H", b"head"), (b"PORT", port)]) + tail)
    block = encode_pairs([(b"H", b"head"), (b"PORT", b"3" * before), (b"X", b"y" * after + tail)])
    assert block.endswith(tail)
    assert decoder.decode(block) == decode_pairs(block)


@given(st.lists(st.binary(max_size=60), max_size=6), PAIRS)
def test_a_bad_stream_on_a_connection_is_the_same_error(
    blocks: list[bytes], static: list[tuple[bytes, bytes]]
) -> None:
    good = encode_pairs(static)
    for block in blocks:
        decoder = PairsDecoder()
        decoder.decode(good)
        decoder.decode(good)
        try:
            expected = decode_pairs(good + block)
        except RemoteProtocolError:
            with pytest.raises(RemoteProtocolError):
                decoder.decode(good + block)
        else:
            assert decoder.decode(good + block) == expected


@given(st.lists(st.binary(max_size=40), max_size=6), PAIRS)
def test_a_bad_stream_that_ends_as_all_do_is_the_same_error(
    middles: list[bytes], tail: list[tuple[bytes, bytes]]
) -> None:
    decoder = PairsDecoder()
    ending = encode_pairs(tail)
    for port in (b"1", b"22"):
        decoder.decode(encode_pairs([(b"PORT", port)]) + ending)
    for middle in middles:
        try:
            expected = decode_pairs(middle + ending)
        except RemoteProtocolError:
            with pytest.raises(RemoteProtocolError):
                decoder.decode(middle + ending)
        else:
            assert decoder.decode(middle + ending) == expected


def test_the_limit_counts_what_is_known_too() -> None:
    decoder = PairsDecoder(limit=10)
    static = [(str(number).encode(), b"") for number in range(9)]
    for last in (b"a", b"b", b"c"):
        assert len(decoder.decode(encode_pairs([*static, (last, b"")]))) == 10
    with pytest.raises(RemoteProtocolError) as caught:
        decoder.decode(encode_pairs([*static, (b"a", b""), (b"b", b"")]))
    assert caught.value.status == 431


@pytest.mark.parametrize(
    "block",
    [
        b"\xff\xff\xff\xff\xff\xff\xff\xffAB",  # CVE-2025-23016: the sum of both lengths overflowed 32 bits
        b"\xff\xff\xff\xff\x00A",
        b"\x01\xff\xff\xff\xffA",
        b"\x80\x00\x00",
        b"\x01",
        b"\x05\x05AB",
        b"\x01\x80\x00\x00",
    ],
)
def test_lengths_beyond_the_bytes_present_are_an_error(block: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        decode_pairs(block)


def test_more_pairs_than_the_limit_are_refused_with_431() -> None:
    block = encode_pairs((str(number).encode(), b"") for number in range(11))
    assert len(decode_pairs(block, limit=11)) == 11
    with pytest.raises(RemoteProtocolError) as caught:
        decode_pairs(block, limit=10)
    assert caught.value.status == 431


@given(st.binary(max_size=200))
def test_any_bytes_give_pairs_that_encode_again_or_the_one_error(block: bytes) -> None:
    try:
        pairs = decode_pairs(block)
    except RemoteProtocolError:
        return
    again = encode_pairs((name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs.items())
    assert decode_pairs(again) == pairs
