"""What a project says about its own build, and which of several sayings counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project.build_settings import NAMES, BuildSettings, read_build_settings
from webstead.project.evidence import Evidence
from webstead.project.stated import Stated
from webstead.project.tree import MemoryTree


def settings(*given_: tuple[str, str], **files: str) -> BuildSettings:
    names = {"build_env": "build.env", "appsvc": "appsvc.yaml", "deployment": ".deployment"}
    tree = MemoryTree({names.get(name, name.replace("__", ".")): text for name, text in files.items()})
    return read_build_settings(tree, [Stated(n, v, Evidence("--env", 0, "given")) for n, v in given_])


def test_without_any_file_nothing_is_said() -> None:
    assert settings() == BuildSettings()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PRE_BUILD_COMMAND=npm ci", "npm ci"),
        ('PRE_BUILD_COMMAND="npm ci"', "npm ci"),
        ("PRE_BUILD_COMMAND='npm ci'\n", "npm ci"),
        ("# PRE_BUILD_COMMAND=no\n; no=1\n\nexport PRE_BUILD_COMMAND = a = b\n", "a = b"),
        ("[build]\npre_build_command=npm ci\n", "npm ci"),
        ("PRE_BUILD_COMMAND=first\nPRE_BUILD_COMMAND=second", "second"),
    ],
)
def test_lines_of_build_env(text: str, expected: str) -> None:
    hook = settings(build_env=text).pre_build
    assert hook is not None
    assert (hook.text, hook.path) == (expected, "")


def test_a_value_that_is_a_file_of_the_project_is_a_script() -> None:
    hook = settings(build_env="POST_BUILD_COMMAND=./tools.sh\n", tools__sh="echo\n").post_build
    assert hook is not None
    assert hook.path == "tools.sh"


def test_the_script_wins_over_the_command_and_that_is_said() -> None:
    text = "PRE_BUILD_COMMAND=npm ci\nPRE_BUILD_SCRIPT_PATH=a.sh\n"
    found = settings(build_env=text, a__sh="")
    assert found.pre_build is not None
    assert found.pre_build.path == "a.sh"
    assert "PRE_BUILD_COMMAND of build.env:1 does not" in found.findings[0].text


def test_a_script_that_is_not_there_is_said() -> None:
    (finding,) = settings(build_env="PRE_BUILD_SCRIPT_PATH=a.sh").findings
    assert finding.text == "build.env:1 names the script a.sh, which the project does not have."


def test_what_is_given_wins_over_files_and_appsvc_wins_for_hooks() -> None:
    found = settings(
        ("PRE_BUILD_COMMAND", "given"),
        ("PYTHON_VERSION", "3.12"),
        build_env="PRE_BUILD_COMMAND=file\nPYTHON_VERSION=3.9\nPOST_BUILD_COMMAND=file\n",
        appsvc="version: 1\npost-build: npm run build\n",
    )
    assert found.pre_build is not None
    assert found.post_build is not None
    assert found.python is not None
    assert (found.pre_build.text, found.post_build.text) == ("given", "npm run build")
    assert found.python.value == "3.12"
    assert found.post_build.evidence.where == "appsvc.yaml:2"
    assert found.findings[0].text == (
        "appsvc.yaml:2 says what runs; POST_BUILD_COMMAND of build.env:3 does not."
    )


def test_build_env_wins_over_deployment_of_which_only_config_counts() -> None:
    found = settings(
        deployment="[o]\nPYTHON_VERSION=3.8\n[config]\npython_version = 3.10\nDISABLE_COLLECTSTATIC=true\n",
        build_env="PYTHON_VERSION=3.12\n",
    )
    assert found.python is not None
    assert found.python.value == "3.12"
    assert found.skip_collectstatic is not None
    assert found.skip_collectstatic.where == ".deployment:5"


@pytest.mark.parametrize(
    ("word", "skips"), [("true", True), ("True", True), ("1", True), ("false", False), ("", False)]
)
def test_switches(word: str, skips: bool) -> None:
    found = settings(("DISABLE_COLLECTSTATIC", word))
    assert (found.skip_collectstatic is not None) is skips
    assert not found.findings


def test_a_switch_that_is_neither_is_said_and_not_followed() -> None:
    found = settings(build_env="DISABLE_COLLECTSTATIC=ture")
    assert found.skip_collectstatic is None
    assert "neither true nor false" in found.findings[0].text


def test_packages_of_the_system_are_names() -> None:
    found = settings(build_env="REQUIRED_OS_PACKAGES=libgl1, ffmpeg,-y; rm -rf /,libstdc++6:amd64")
    assert [item.value for item in found.os_packages] == ["libgl1", "ffmpeg", "libstdc++6:amd64"]
    assert "-y; rm -rf / is no name of a package" in found.findings[0].text


def test_an_empty_path_of_requirements_is_none() -> None:
    assert settings(("CUSTOM_REQUIREMENTSTXT_PATH", "")).requirements is None


def test_a_misspelt_name_is_said() -> None:
    (finding,) = settings(build_env="PREBUILD_COMMAND=npm ci\n").findings
    assert finding.fix == "If PRE_BUILD_COMMAND is meant, write that."


def test_the_lists_of_appsvc_are_lines() -> None:
    found = settings(appsvc="pre-build:\n  - npm ci\n  - npm run build\nrun: |\n  gunicorn shop.wsgi\n")
    assert found.pre_build is not None
    assert found.run is not None
    assert (found.pre_build.text, found.run.value) == ("npm ci\nnpm run build", "gunicorn shop.wsgi")


def test_build_of_appsvc_takes_the_place_of_the_manifests() -> None:
    command = settings(appsvc="build: pip install .\n").command
    assert command is not None
    assert command.text == "pip install ."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pre-build: [a\n", "appsvc.yaml:2 cannot be read: expected ',' or ']'"),
        ("- a\n", "appsvc.yaml:1 cannot be read: it is no mapping"),
        ("pre-built: a\n", "appsvc.yaml:1: pre-built is no key of this file"),
        ("run: {a: b}\n", "appsvc.yaml:1: run is no command."),
    ],
)
def test_a_file_that_is_wrong_is_said_with_its_line(text: str, said: str) -> None:
    (finding,) = settings(appsvc=text).findings
    assert finding.text.startswith(said)


@given(st.dictionaries(st.sampled_from(["build.env", "appsvc.yaml", ".deployment"]), st.binary(max_size=200)))
def test_no_bytes_are_too_odd(files: dict[str, bytes]) -> None:
    read_build_settings(MemoryTree(files))


@given(st.sampled_from(sorted(NAMES)), st.text("abc=#;[]'\" \t", max_size=12))
def test_a_value_is_all_behind_the_first_sign(name: str, value: str) -> None:
    plain = value.strip()
    found = read_build_settings(MemoryTree({"build.env": f"PRE_BUILD_COMMAND={value}"})).pre_build
    quoted = len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "\"'"
    expected = plain[1:-1] if quoted else plain
    assert (found.text if found else "") == (expected if expected.strip() else "")
    assert NAMES[name]
