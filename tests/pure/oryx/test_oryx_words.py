"""Words of Oryx's command line: properties, Go's flags, versions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.oryx import FlagError, UnsupportedVersion, choose_version, read_flags, read_properties
from webstead.formats.oryx.flags import FLAGS, go_boolean
from webstead.formats.oryx.versions import ordered_versions

SUPPORTED = ("3.7.16", "3.7.9", "3.9.24", "3.10.20", "3.11.15", "3.12.13", "3.14.6", "3.15.0b3", "3.15.0b12")


# -p key=value


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["virtualenv_name=antenv"], {"virtualenv_name": "antenv"}),
        (["VirtualEnv_Name=antenv"], {"virtualenv_name": "antenv"}),
        (["compress_virtualenv"], {"compress_virtualenv": ""}),
        (["compress_virtualenv="], {"compress_virtualenv": ""}),
        (["a='b c'"], {"a": "b c"}),
        (['"a"="b"'], {"a": "b"}),
        (["a=b=c"], {"a": "b=c"}),
        (["a=1", "A=2"], {"a": "2"}),
        (["a='"], {"a": "'"}),
    ],
)
def test_properties(texts: list[str], found: dict[str, str]) -> None:
    assert read_properties(texts) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("=x", "Property key cannot start with '=' for property '=x'"),
        ("", "Property key cannot be empty for property ''"),
        ("''=x", "Property key cannot be empty for property '''=x'"),
    ],
)
def test_what_is_no_property(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its whole text is compared
        read_properties([text])
    assert str(caught.value) == message


@given(st.from_regex(r"[A-Za-z_]+", fullmatch=True), st.text(max_size=30))
def test_a_property_keeps_its_value(key: str, value: str) -> None:
    found = read_properties([f"{key}={value}"])[key.lower()]
    assert found in value


# create-script


@pytest.mark.parametrize(
    ("words", "given", "rest"),
    [
        (["-appPath", "out"], {"appPath": "out"}, ()),
        (["--appPath", "out"], {"appPath": "out"}, ()),
        (["-appPath=out"], {"appPath": "out"}, ()),
        (["-appPath="], {"appPath": ""}, ()),
        (["-userStartupCommand", "-x"], {"userStartupCommand": "-x"}, ()),
        (["-debugWait"], {"debugWait": "true"}, ()),
        (["-debugWait=false", "-bindPort", "1"], {"debugWait": "false", "bindPort": "1"}, ()),
        (["-debugWait", "false"], {"debugWait": "true"}, ("false",)),
        (["-bindPort", "1", "-bindPort", "2"], {"bindPort": "2"}, ()),
        (["word", "-appPath", "x"], {}, ("word", "-appPath", "x")),
        (["--", "-appPath", "x"], {}, ("-appPath", "x")),
        (["-"], {}, ("-",)),
        ([], {}, ()),
    ],
)
def test_flags(words: list[str], given: dict[str, str], rest: tuple[str, ...]) -> None:
    flags = read_flags(words)
    assert (flags.values, flags.rest) == (given, rest)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-nope"], "flag provided but not defined: -nope"),
        (["-apppath", "x"], "flag provided but not defined: -apppath"),
        (["-appPath"], "flag needs an argument: -appPath"),
        (["---appPath", "x"], "bad flag syntax: ---appPath"),
        (["-=x"], "bad flag syntax: -=x"),
        (["-debugWait=yes"], 'invalid boolean value "yes" for -debugWait: parse error'),
    ],
)
def test_what_are_no_flags(words: list[str], message: str) -> None:
    with pytest.raises(FlagError) as caught:
        read_flags(words)
    assert str(caught.value) == message


def test_flags_have_the_defaults_of_oryx() -> None:
    flags = read_flags([])
    defaults = {flag.name: flags.text(flag.name) for flag in FLAGS}
    assert {name: text for name, text in defaults.items() if text} == {
        "appPath": ".",
        "defaultAppModule": "application:app",
        "defaultAppDebugModule": "application.py",
        "debugPort": "5678",
        "debugWait": "false",
        "output": "run.sh",
        "skipVirtualEnvExtraction": "false",
    }


@given(st.lists(st.tuples(st.sampled_from([f.name for f in FLAGS if f.metavar]), st.text(max_size=9))))
def test_flags_say_what_was_given_last(pairs: list[tuple[str, str]]) -> None:
    words = [word for name, value in pairs for word in (f"-{name}", value)]
    assert read_flags(words).values == dict(pairs)
    assert read_flags([f"--{name}={value}" for name, value in pairs]).values == dict(pairs)


@pytest.mark.parametrize(
    ("text", "value"), [("t", True), ("0", False), ("FALSE", False), ("yes", None), ("", None)]
)
def test_booleans_of_go(text: str, value: bool | None) -> None:
    assert go_boolean(text) is value


# versions


@pytest.mark.parametrize(
    ("request_", "chosen"),
    [
        ("3", "3.14.6"),
        ("3.7", "3.7.16"),
        ("3.7.x", "3.7.16"),
        ("~3.7.1", "3.7.16"),
        ("^3", "3.14.6"),
        (">=3.9 <3.12", "3.11.15"),
        ("3.7 || 3.9", "3.9.24"),
        ("=3.9.24", "3.9.24"),
        ("v3.9.24", "3.9.24"),
        (" 3.10 ", "3.10.20"),
        ("*", "3.14.6"),
        ("3.15", "3.15.0b3"),
        ("3.15.0b12", "3.15.0b12"),
    ],
)
def test_the_greatest_that_satisfies(request_: str, chosen: str) -> None:
    assert choose_version(request_, SUPPORTED) == chosen


@pytest.mark.parametrize("request_", ["3.9.1", "3.8", "2", "x.y", "3.9.24.1", ">=4", "3" * 300])
def test_what_is_not_supported_names_what_is(request_: str) -> None:
    with pytest.raises(UnsupportedVersion) as caught:
        choose_version(request_, SUPPORTED)
    assert str(caught.value) == (
        f"Platform 'python' version '{request_}' is unsupported. Supported versions: 3.7.9, 3.7.16, 3.9.24, "
        "3.10.20, 3.11.15, 3.12.13, 3.14.6, 3.15.0b12, 3.15.0b3"
    )


def test_short_versions_are_padded() -> None:
    assert choose_version("3.8.0", ["3.8", "3.7"]) == "3.8"


def test_versions_are_ordered_by_number() -> None:
    assert ordered_versions(["3.10.1", "3.9.1", "3.10.1", "3.10.0rc1"]) == ["3.9.1", "3.10.0rc1", "3.10.1"]


@given(st.text("0123456789.x*~^<>=| v-abrc", max_size=20))
def test_any_request_is_a_supported_version_or_an_error(text: str) -> None:
    try:
        assert choose_version(text, SUPPORTED) in SUPPORTED
    except UnsupportedVersion as error:
        assert "is unsupported" in str(error)  # noqa: PT017 - either is right
