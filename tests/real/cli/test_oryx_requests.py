"""What `oryx build` is asked for, of a real folder: settings that decide, are refused, or do nothing here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from webstead.cli.oryx.failure import UnsupportedPlatform
from webstead.cli.oryx.request import Asked, Request, read_request
from webstead.errors import UsageError
from webstead.formats.oryx.settings import SETTINGS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text("")
    return tmp_path


def request_(folder: Path, properties: Sequence[str] = (), **environ: str) -> Request:
    return read_request(folder, Asked(properties=properties), environ)


@pytest.mark.parametrize(
    ("properties", "environ", "said"),
    [
        ((), {"ORYX_APP_TYPE": "desktop"}, "Supported values are: functions, static-sites, webapps"),
        ((), {"CREATE_PACKAGE": "true"}, "A distribution of the project is not made here."),
        (("packagewheel=universal",), {}, "A distribution of the project is not made here."),
        (
            (),
            {"DISABLE_CHECKERS": "yes"},
            "DISABLE_CHECKERS is 'yes' (environment); it may be true",
        ),
        ((), {"ENABLE_DYNAMIC_INSTALL": "1"}, "ENABLE_DYNAMIC_INSTALL is '1'"),
        ((), {"ENABLE_MULTIPLATFORM_BUILD": "on"}, "ENABLE_MULTIPLATFORM_BUILD is 'on'"),
        ((), {"ORYX_DISABLE_PIP_UPGRADE": "maybe"}, "ORYX_DISABLE_PIP_UPGRADE is 'maybe'"),
        ((), {"PLATFORM_VERSION": "3.11"}, "Cannot use platform version without specifying platform name"),
        (("virtualenv_name=a", "packagedir=b"), {}, "'virtualenv_name' and 'packagedir' are mutually"),
        (("=x",), {}, "Property key cannot start with '='"),
    ],
)
def test_what_cannot_be_asked_for(
    folder: Path, properties: Sequence[str], environ: Mapping[str, str], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        request_(folder, properties, **environ)
    assert said in caught.value.what
    assert caught.value.fix


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"PLATFORM_NAME": "nodejs"}, "'nodejs' platform is not supported."),
        ({"PLATFORM_NAME": "python", "DISABLE_PYTHON_BUILD": "true"}, "Platform 'python' has been disabled."),
    ],
)
def test_platforms_that_are_not_built(folder: Path, environ: Mapping[str, str], said: str) -> None:
    with pytest.raises(UnsupportedPlatform) as caught:
        request_(folder, **environ)
    assert caught.value.what.startswith(said)


@pytest.mark.parametrize("setting", [each for each in SETTINGS if not each.used], ids=lambda each: each.name)
def test_what_does_nothing_changes_nothing(folder: Path, setting: object) -> None:
    name = getattr(setting, "name", "")
    assert request_(folder, **{name: "true"}).overrides() == request_(folder).overrides()


@pytest.mark.parametrize(
    "name",
    [
        *("OS_FLAVOR", "DEBIAN_FLAVOR", "ORYX_PREFER_USER_INSTALLED_SDKS"),
        *("ORYX_SDK_STORAGE_BASE_URL", "ORYX_ENABLE_EXTERNAL_SDK_PROVIDER", "ORYX_ACR_SDK_REGISTRY_URL"),
    ],
)
def test_what_is_upstreams_own_business_is_not_read(folder: Path, name: str) -> None:
    made = request_(folder, **{name: "bookworm"})
    assert not made.configuration.says(name)


def test_the_environment_may_ask_for_an_archive(folder: Path) -> None:
    assert request_(folder, COMPRESS_DESTINATION_DIR="true").configuration.on("COMPRESS_DESTINATION_DIR")


def test_a_version_reaches_the_plan_from_each_place(folder: Path) -> None:
    (folder / "build.env").write_text("PLATFORM_NAME=python\nPLATFORM_VERSION=3.12\n")
    (setting,) = request_(folder).overrides().build
    assert (setting.name, setting.text) == ("PYTHON_VERSION", "3.12")
    (setting,) = request_(folder, PLATFORM_VERSION="3.13").overrides().build
    assert setting.text == "3.13"
