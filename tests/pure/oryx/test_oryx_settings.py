"""Who wins: the command line, the environment, build.env; and what a boolean is."""

from __future__ import annotations

import pytest

from webstead.formats.oryx import SETTINGS, BadSetting, Configuration
from webstead.project.build_settings import NAMES


def made(
    command_line: dict[str, str] | None = None,
    environ: dict[str, str] | None = None,
    build_env: dict[str, str] | None = None,
) -> Configuration:
    return Configuration.of(
        {name: (value, "-p") for name, value in (command_line or {}).items()},
        environ or {},
        {name: (value, "build.env:1") for name, value in (build_env or {}).items()},
    )


@pytest.mark.parametrize(
    ("places", "value"),
    [
        (({"python_version": "1"}, {"PYTHON_VERSION": "2"}, {"PYTHON_VERSION": "3"}), "1"),
        (({}, {"PYTHON_VERSION": "2"}, {"PYTHON_VERSION": "3"}), "2"),
        (({}, {}, {"python_version": "3"}), "3"),
        (({}, {"python_version": "2"}, {}), ""),
        (({}, {"PYTHON_VERSION": ""}, {"PYTHON_VERSION": "3"}), ""),
        (({}, {}, {}), ""),
    ],
)
def test_precedence(places: tuple[dict[str, str], ...], value: str) -> None:
    assert made(*places).text("PYTHON_VERSION") == value


def test_a_property_is_none_of_the_environment_nor_of_build_env() -> None:
    configuration = made({}, {"packagedir": "x"}, {"packagedir": "x"})
    assert not configuration.says("packagedir")
    assert made({"packagedir": "x"}).text("PackageDir") == "x"


@pytest.mark.parametrize(
    ("word", "value"), [("true", True), ("True", True), (" TRUE ", True), ("false", False), ("", False)]
)
def test_booleans(word: str, value: bool) -> None:
    assert made({}, {"DISABLE_COLLECTSTATIC": word}).on("DISABLE_COLLECTSTATIC") is value


@pytest.mark.parametrize("word", ["1", "yes", "0", "tru"])
def test_other_words_are_refused_by_name(word: str) -> None:
    with pytest.raises(BadSetting) as caught:
        made({}, {}, {"ENABLE_MULTIPLATFORM_BUILD": word}).check()
    assert str(caught.value) == (
        f"ENABLE_MULTIPLATFORM_BUILD is '{word}' (build.env:1); it may be true or false."
    )


def test_all_that_a_plan_reads_can_be_said_here() -> None:
    names = {setting.name for setting in SETTINGS}
    assert set(NAMES) <= names
    assert len(names) == len(SETTINGS)
