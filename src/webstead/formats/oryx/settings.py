"""The settings of an Oryx build, and who wins: a property or an option, the environment, `build.env`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["SETTINGS", "BadSetting", "Configuration", "OryxSetting", "Kind"]

Kind = Literal["property", "setting"]


@dataclass(frozen=True, slots=True)
class OryxSetting:
    """kind: a property is given by -p alone; a setting by -p, the environment or build.env. boolean: true or
    false, in any case. used: False for what is taken and does nothing here; doc then says why."""

    name: str
    kind: Kind
    doc: str
    boolean: bool = False
    used: bool = True


SETTINGS: tuple[OryxSetting, ...] = (
    OryxSetting("virtualenv_name", "property", "the environment's folder; without it `pythonenv3.11`"),
    OryxSetting("packagedir", "property", "packages go to this folder, and there is no environment"),
    OryxSetting("compress_virtualenv", "property", "`tar-gz` (also when empty), `zip` or `zstd`"),
    OryxSetting("packagewheel", "property", "of --package, which is refused"),
    OryxSetting("PYTHON_VERSION", "setting", "the Python, whatever the project's files say"),
    OryxSetting("PYTHON_DEFAULT_VERSION", "setting", "the Python where nothing else names one"),
    OryxSetting("PLATFORM_NAME", "setting", "as --platform"),
    OryxSetting("PLATFORM_VERSION", "setting", "as --platform-version"),
    OryxSetting("CUSTOM_REQUIREMENTSTXT_PATH", "setting", "the requirements file"),
    OryxSetting("CUSTOM_BUILD_COMMAND", "setting", "installs the packages in place of the manifests"),
    OryxSetting("DISABLE_COLLECTSTATIC", "setting", "Django's static files are not collected", boolean=True),
    OryxSetting(
        "IGNORE_COLLECTSTATIC_FAILURE",
        "setting",
        "the build goes on when they cannot be (Oryx always does)",
        boolean=True,
    ),
    OryxSetting("VIRTUALENV_NAME", "setting", "as the property; in Oryx it does nothing"),
    OryxSetting("PRE_BUILD_COMMAND", "setting", "runs before the packages are looked at"),
    OryxSetting("PRE_BUILD_SCRIPT_PATH", "setting", "a script that does"),
    OryxSetting("POST_BUILD_COMMAND", "setting", "runs in the built environment"),
    OryxSetting("POST_BUILD_SCRIPT_PATH", "setting", "a script that does"),
    OryxSetting("REQUIRED_OS_PACKAGES", "setting", "packages of the system, as --os-requirements"),
    OryxSetting(
        "COMPRESS_DESTINATION_DIR", "setting", "as the option; in Oryx it does nothing", boolean=True
    ),
    OryxSetting(
        "ORYX_COMPRESS_WITH_ZSTD", "setting", "output.tar.zst in place of output.tar.gz", boolean=True
    ),
    OryxSetting("DISABLE_RECURSIVE_LOOKUP", "setting", "only the root is searched for code", boolean=True),
    OryxSetting("SKIP_PLATFORM_DETECTION", "setting", "as --skip-detection", boolean=True),
    OryxSetting("DISABLE_PYTHON_BUILD", "setting", "Python is not built", boolean=True),
    OryxSetting("ORYX_APP_TYPE", "setting", "as --apptype: functions, static-sites, webapps"),
    OryxSetting("PRE_RUN_COMMAND", "setting", "runs in the start script, before the app"),
    OryxSetting(
        "ENABLE_DYNAMIC_INSTALL", "setting", "Pythons that are missing are fetched in any case", True, False
    ),
    OryxSetting("DYNAMIC_INSTALL_ROOT_DIR", "setting", "uv keeps Pythons in a place of its own", used=False),
    OryxSetting("ENABLE_MULTIPLATFORM_BUILD", "setting", "Python is the only platform", True, False),
    OryxSetting("PYTHON_FAST_BUILD_ENABLED", "setting", "every build is by uv", used=False),
    OryxSetting("CreateVenvWithPythonVenv", "setting", "environments are uv's", used=False),
    OryxSetting("CREATE_PACKAGE", "setting", "as --package, which is refused", boolean=True),
    OryxSetting("ORYX_DISABLE_PIP_UPGRADE", "setting", "packages are never upgraded in place", True, False),
    OryxSetting(
        "ENABLE_ORYX_DIRECT_TAR_COMPRESSION", "setting", "nothing is copied first in any case", used=False
    ),
    OryxSetting("DISABLE_CHECKERS", "setting", "old Pythons are told of by the plan", True, False),
    OryxSetting("ORYX_DISABLE_TELEMETRY", "setting", "there is none", True, False),
    OryxSetting(
        "BUILDCOMMANDS_FILE", "setting", "as --buildcommands-file: no such file is written", used=False
    ),
)
"""All that Webstead knows of. Names are read without regard to case; pip's and uv's own variables
(PIP_INDEX_URL, UV_INDEX…) reach uv as they are."""

_DECLARED: Mapping[str, OryxSetting] = {setting.name.upper(): setting for setting in SETTINGS}
_BOOLEANS = {"true": True, "false": False}


class BadSetting(ValueError):
    """A setting whose value is none that it can have."""

    def __init__(self, name: str, value: str, origin: str, allowed: str) -> None:
        super().__init__(f"{name} is '{value}' ({origin}); it may be {allowed}.")
        self.name = name
        self.value = value
        self.origin = origin
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class Configuration:
    """What each place says, by name in upper case: (value, origin). command_line holds options and
    properties."""

    command_line: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    environment: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    build_env: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        command_line: Mapping[str, tuple[str, str]],
        environ: Mapping[str, str],
        build_env: Mapping[str, tuple[str, str]],
    ) -> Configuration:
        """environ: of the process; only what is declared is taken from it, by its exact name."""
        names = {setting.name for setting in SETTINGS if setting.kind == "setting"}
        taken = {name.upper(): (environ[name], "environment") for name in names if name in environ}
        return cls(_folded(command_line), taken, _settings_only(_folded(build_env)))

    def found(self, name: str) -> tuple[str, str] | None:
        """(value, origin) of the first place that says it; an empty one counts as said."""
        for place in (self.command_line, self.environment, self.build_env):
            if name.upper() in place:
                return place[name.upper()]
        return None

    def text(self, name: str) -> str:
        """Stripped; "" where nothing says it."""
        found = self.found(name)
        return found[0].strip() if found else ""

    def says(self, name: str) -> bool:
        return self.found(name) is not None

    def on(self, name: str) -> bool:
        """Raises BadSetting for a word that is neither true nor false."""
        found = self.found(name)
        word = found[0].strip().lower() if found else ""
        if not found or not word:
            return False
        if word not in _BOOLEANS:
            raise BadSetting(name, *found, "true or false")
        return _BOOLEANS[word]

    def check(self) -> None:
        """That each boolean is one, also those that nothing asks for. Raises BadSetting."""
        for setting in SETTINGS:
            if setting.boolean:
                self.on(setting.name)


def _folded(place: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {name.upper(): said for name, said in place.items()}


def _settings_only(place: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """A property in build.env is none."""
    return {
        name: said for name, said in place.items() if name in _DECLARED and _DECLARED[name].kind == "setting"
    }
