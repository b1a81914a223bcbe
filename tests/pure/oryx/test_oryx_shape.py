"""What properties say about an output, and what they may not say."""

from __future__ import annotations

import pytest

from webstead.cli.oryx.shape import Shape, read_shape
from webstead.errors import UsageError
from webstead.formats.oryx import Configuration


def shape(properties: dict[str, str], **environ: str) -> Shape:
    return read_shape(properties, Configuration.of({}, environ, {}))


@pytest.mark.parametrize(
    ("properties", "environ", "expected"),
    [
        ({}, {}, Shape()),
        ({"virtualenv_name": "antenv"}, {}, Shape("antenv")),
        ({}, {"VIRTUALENV_NAME": "env"}, Shape("env")),
        ({"virtualenv_name": "antenv"}, {"VIRTUALENV_NAME": "env"}, Shape("antenv")),
        (
            {"packagedir": "__oryx_packages__/"},
            {"VIRTUALENV_NAME": "env"},
            Shape(package_dir="__oryx_packages__"),
        ),
        ({"packagedir": ".python_packages/lib"}, {}, Shape(package_dir=".python_packages/lib")),
        ({"compress_virtualenv": ""}, {}, Shape(packed_virtualenv="tar-gz")),
        ({"compress_virtualenv": "tar-gz"}, {}, Shape(packed_virtualenv="tar-gz")),
        ({"compress_virtualenv": "ZIP"}, {}, Shape(packed_virtualenv="zip")),
        ({}, {"COMPRESS_DESTINATION_DIR": "true"}, Shape(packed="tar-gz")),
        ({}, {"COMPRESS_DESTINATION_DIR": "true", "ORYX_COMPRESS_WITH_ZSTD": "true"}, Shape(packed="zstd")),
        ({}, {"ORYX_COMPRESS_WITH_ZSTD": "true"}, Shape()),
    ],
)
def test_shapes(properties: dict[str, str], environ: dict[str, str], expected: Shape) -> None:
    assert shape(properties, **environ) == expected


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"virtualenv_name": "../x"}, "'../x' is no name for an environment's folder."),
        ({"virtualenv_name": ".."}, "'..' is no name for an environment's folder."),
        ({"packagedir": "a/../../b"}, "The folder of the packages leads out of the output: a/../../b"),
        ({"compress_virtualenv": "rar"}, "compress_virtualenv=rar is no way to pack an environment."),
    ],
)
def test_what_cannot_be(properties: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        shape(properties)
    assert caught.value.what == message
    assert caught.value.fix


def test_an_environment_without_a_name_is_called_after_its_python() -> None:
    assert Shape().folder("3.11.15") == "pythonenv3.11"
    assert Shape("antenv").folder("3.11.15") == "antenv"
