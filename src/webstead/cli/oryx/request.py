"""What a command was asked for, as values: its words, the environment and build.env, by Oryx's precedence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from webstead.cli.oryx.failure import UnsupportedPlatform, no_folder
from webstead.effects.files import DiskTree
from webstead.errors import UsageError
from webstead.formats.oryx import BadSetting, Configuration, read_properties
from webstead.plan import Overrides
from webstead.project.build_settings import NAMES, stated_in
from webstead.project.tree import IGNORED_FOLDERS, Tree
from webstead.settings import Setting

__all__ = ["APP_TYPES", "Asked", "Request", "read_request", "source_folder"]

PLATFORM = "python"
APP_TYPES = ("functions", "static-sites", "webapps")
OTHER_PLATFORMS = ("dotnet", "golang", "hugo", "java", "nodejs", "php", "ruby")

_BUILD_ENV = "build.env"


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of a command line, as they came."""

    platform: str = ""
    version: str = ""
    properties: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    """Options that are settings, by their names: `{"REQUIRED_OS_PACKAGES": "libpq5"}`."""


@dataclass(frozen=True, slots=True)
class Request:
    """platform: "" when nothing names one. version: as asked, "" for what the project says. properties: by
    lower-case name."""

    source: Path
    tree: Tree
    configuration: Configuration
    properties: Mapping[str, str]
    platform: str
    version: str

    def overrides(self, version: str = "") -> Overrides:
        """What the plan is made with. version: the one that was chosen for the request."""
        found = [
            Setting.of(name, *said)
            for name in NAMES
            if (said := self.configuration.found(name)) is not None and not _means_nothing(name, said[0])
        ]
        chosen = version or self.version
        if chosen:
            found = [setting for setting in found if setting.name != "PYTHON_VERSION"]
            found.append(Setting.of("PYTHON_VERSION", chosen, "--platform-version"))
        return Overrides(build=tuple(found))


def _means_nothing(name: str, value: str) -> bool:
    """An empty CUSTOM_REQUIREMENTSTXT_PATH leaves requirements.txt as it is."""
    return name == "CUSTOM_REQUIREMENTSTXT_PATH" and not value.strip()


def source_folder(source: Path) -> Path:
    """Raises UsageError when it is none."""
    if not source.is_dir():
        raise no_folder(str(source))
    return source.resolve()


def read_request(source: Path, asked: Asked, environ: Mapping[str, str]) -> Request:
    """Raises UsageError in Oryx's words for what does not go together, UnsupportedPlatform."""
    folder = source_folder(source)
    tree = DiskTree(folder, IGNORED_FOLDERS)
    try:
        properties = read_properties(asked.properties)
        given = {name: (value, "command line") for name, value in asked.settings.items() if value}
        given |= {name: (value, f"-p {name}") for name, value in properties.items()}
        configuration = Configuration.of(given, environ, _of_build_env(tree))
        configuration.check()
    except BadSetting as error:
        fix = f"Set {error.name} to {error.allowed}, or leave it out."
        raise UsageError(str(error), found=f"{error.origin}: {error.value}", fix=fix) from None
    except ValueError as error:
        raise UsageError(str(error), fix="Write -p KEY=VALUE.") from None
    platform = asked.platform or configuration.text("PLATFORM_NAME")
    version = asked.version or configuration.text("PLATFORM_VERSION")
    if version and not platform:
        raise UsageError(
            "Cannot use platform version without specifying platform name also.",
            found=f"version {version}",
            fix="Add: --platform python",
        )
    _check_platform(platform, configuration)
    _check_app_type(configuration.text("ORYX_APP_TYPE"))
    _check_properties(properties)
    _check_package(properties, configuration)
    return Request(folder, tree, configuration, properties, platform.lower(), version)


def _of_build_env(tree: Tree) -> dict[str, tuple[str, str]]:
    if _BUILD_ENV not in tree.files():
        return {}
    return {item.name: (item.value, item.evidence.where) for item in stated_in(tree, _BUILD_ENV)}


def _check_platform(platform: str, configuration: Configuration) -> None:
    if platform and platform.lower() != PLATFORM:
        raise UnsupportedPlatform(
            f"'{platform}' platform is not supported. Supported platforms are: {PLATFORM}",
            found=f"--platform {platform}",
            fix="Webstead builds Python; leave the option out, or write --platform python.",
        )
    if platform and configuration.on("DISABLE_PYTHON_BUILD"):
        raise UnsupportedPlatform(
            f"Platform '{PLATFORM}' has been disabled.",
            found="DISABLE_PYTHON_BUILD is true",
            fix="Take DISABLE_PYTHON_BUILD out.",
        )


def _check_app_type(app_type: str) -> None:
    if app_type and app_type.lower() not in APP_TYPES:
        raise UsageError(
            f"Invalid value '{app_type}' for app type. Supported values are: {', '.join(APP_TYPES)}",
            found=f"--apptype {app_type}",
            fix="Write one of these, or leave it out.",
        )


def _check_properties(properties: Mapping[str, str]) -> None:
    if properties.get("virtualenv_name") and properties.get("packagedir"):
        raise UsageError(
            "The properties 'virtualenv_name' and 'packagedir' are mutually exclusive.",
            found=f"{properties['virtualenv_name']} and {properties['packagedir']}",
            fix="Leave one of them out.",
        )


def _check_package(properties: Mapping[str, str], configuration: Configuration) -> None:
    """What cannot be done is refused: a build that leaves it out in silence would be another one."""
    if configuration.on("CREATE_PACKAGE") or "packagewheel" in properties:
        raise UsageError(
            "A distribution of the project is not made here.",
            found="--package (CREATE_PACKAGE), or the property packagewheel",
            fix="Leave it out; make one with: -p POST_BUILD_COMMAND='pip install build && python -m build'",
        )
