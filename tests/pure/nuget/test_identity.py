"""Ids of packages: which can be, and which have moved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.nuget import id_fault, present_id, same_id


@pytest.mark.parametrize(
    "name", ["a", "Hello.World", "azureappservice-python364x64", "_x_", "a__b", "A" * 100]
)
def test_ids_of_packages_are_taken(name: str) -> None:
    assert id_fault(name) == ""


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "a.",
        "-a",
        "a/b",
        "a\\b",
        "a b",
        "a:b",
        "$id$",
        "ä",
        "a\n",
        "A" * 101,
        "con",
        "COM1",
        "nul.x",
        "a%2fb",
    ],
)
def test_what_would_be_another_folder_is_no_id(name: str) -> None:
    assert id_fault(name)


@given(st.text(max_size=110))
def test_an_id_names_one_folder(name: str) -> None:
    if id_fault(name) == "":
        assert name.isascii()
        assert not {"/", "\\", ":", "\0"} & set(name)
        assert name[0] != "."


@pytest.mark.parametrize("number", ["2714", "351", "352", "353", "354", "360", "362", "364", "3110"])
@pytest.mark.parametrize("bits", ["x64", "x86"])
def test_pythons_of_the_first_gallery_have_moved(number: str, bits: str) -> None:
    assert present_id(f"python{number}{bits}") == f"azureappservice-python{number}{bits}"
    assert present_id(f"Python{number}{bits}") == f"azureappservice-Python{number}{bits}"


@pytest.mark.parametrize("name", ["azureappservice-python364x64", "python", "python364", "mypython364x64"])
def test_other_ids_stay(name: str) -> None:
    assert present_id(name) == name


def test_ids_are_without_regard_to_case() -> None:
    assert same_id("Hello.World", "hello.WORLD")
    assert not same_id("hello", "hello.world")
