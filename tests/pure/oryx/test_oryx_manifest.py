"""oryx-manifest.toml: ours is TOML, Oryx's is not always, and both are read."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target
from webstead.formats.oryx import Manifest, read_manifest, write_manifest
from webstead.formats.oryx.manifest import MAX_BYTES, OWN_VERSION

OF_ORYX = b"""\
PythonVersion="3.11.15"
pythonBuildCommandsFile="/home/site/wwwroot/oryx-build-commands.txt"
virtualEnvName="antenv"
OperationId="f1c6ddee0b1d4c0a"
SourceDirectoryInBuildContainer="/tmp/8dc5a9b2f6c1d3e"
PlatformName="nodejs,python"
CompressDestinationDir="true"
"""

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)


def test_a_manifest_of_oryx_is_read() -> None:
    assert read_manifest(OF_ORYX) == Manifest(
        python_version="3.11.15",
        virtualenv_name="antenv",
        operation_id="f1c6ddee0b1d4c0a",
        source_directory="/tmp/8dc5a9b2f6c1d3e",
        platforms="nodejs,python",
        compressed=True,
        other={"pythonBuildCommandsFile": "/home/site/wwwroot/oryx-build-commands.txt"},
    )


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (rb'SourceDirectoryInBuildContainer="C:\new folder\app"', r"C:\new folder\app"),
        (b'SourceDirectoryInBuildContainer="/tmp/a "quoted" app"', '/tmp/a "quoted" app'),
        (b'  SourceDirectoryInBuildContainer = "/tmp/x"  \r', "/tmp/x"),
        (b'SourceDirectoryInBuildContainer="/old"\nSourceDirectoryInBuildContainer="/new"', "/new"),
    ],
)
def test_values_that_oryx_does_not_escape_are_read_as_they_stand(line: bytes, value: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(line.decode() + '\nX="\\q"')
    assert read_manifest(line + b'\nX="\\q"\n').source_directory == value


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no line"),
        (b"\x00\xff\xfe", "no line"),
        (b"# nothing\n", "no line"),
        (b'K="v"\n' * MAX_BYTES, "KiB large"),
    ],
)
def test_what_is_no_manifest_is_said_to_be_none(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_manifest(data)


@pytest.mark.parametrize(
    ("text", "compressed"), [("true", True), ("True", True), ("false", False), ("1", False)]
)
def test_compressed_is_a_word(text: str, compressed: bool) -> None:
    assert read_manifest(f'CompressDestinationDir="{text}"'.encode()).compressed is compressed


def test_a_start_counts_only_in_keys_that_are_understood() -> None:
    start = Manifest(own_version=OWN_VERSION, start_command="gunicorn app:app")
    assert start.has_start
    assert not replace(start, own_version="2").has_start
    assert not replace(start, start_command="").has_start
    assert not read_manifest(OF_ORYX).has_start


def test_the_text_is_plain_lines_in_the_order_of_oryx() -> None:
    made = Manifest(
        python_version="3.12.1",
        virtualenv_name="antenv",
        operation_id="1",
        source_directory="/src",
        platforms="python",
        own_version=OWN_VERSION,
        start_command='uvicorn main:app --port "$PORT"',
    )
    assert write_manifest(made).splitlines() == [
        'PythonVersion="3.12.1"',
        'virtualEnvName="antenv"',
        'OperationId="1"',
        'SourceDirectoryInBuildContainer="/src"',
        'PlatformName="python"',
        'CompressDestinationDir="false"',
        'WebsteadManifestVersion="1"',
        'StartCommand="uvicorn main:app --port \\"$PORT\\""',
    ]


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    names = [field.name for field in fields(Manifest) if field.name not in ("compressed", "other")]
    made = Manifest(compressed=draw(st.booleans()))
    for name in draw(st.lists(st.sampled_from(names), unique=True)):
        object.__setattr__(made, name, draw(TEXTS))
    return made


@given(manifests())
def test_what_is_written_is_toml_and_is_read_again(made: Manifest) -> None:
    text = write_manifest(made)
    tomllib.loads(text)
    assert read_manifest(text.encode()) == made


@given(st.binary(max_size=300))
def test_any_bytes_are_a_manifest_or_none(data: bytes) -> None:
    fuzz_target("fuzz_oryx")(data)


@given(st.lists(st.sampled_from([b'K="v"', b'a="b"c"', b"=", b'"', b"\\", b"\n", b"[t]", b'x="\\u00e4"'])))
def test_pieces_of_a_manifest_are_one_or_none(pieces: list[bytes]) -> None:
    fuzz_target("fuzz_oryx")(b"\n".join(pieces))


def test_a_key_without_a_value_says_nothing() -> None:
    assert read_manifest(b"PythonVersion='3.11'\nunknown=''\n").other == {}
