"""What Oryx reads and writes: its manifest, properties, settings, flags, texts. Pure."""

from webstead.formats.oryx.detection import Detection, detection_json, detection_table
from webstead.formats.oryx.dockerfile import Dockerfile, dockerfile
from webstead.formats.oryx.flags import FLAGS, FlagError, Flags, read_flags
from webstead.formats.oryx.manifest import Manifest, read_manifest, write_manifest
from webstead.formats.oryx.properties import read_properties
from webstead.formats.oryx.settings import SETTINGS, BadSetting, Configuration
from webstead.formats.oryx.startup import AppCommand, Startup, UserCommand, command_line, startup_script
from webstead.formats.oryx.versions import UnsupportedVersion, choose_version

__all__ = [
    "AppCommand",
    "BadSetting",
    "Configuration",
    "Detection",
    "Dockerfile",
    "FLAGS",
    "FlagError",
    "Flags",
    "Manifest",
    "SETTINGS",
    "Startup",
    "UnsupportedVersion",
    "UserCommand",
    "choose_version",
    "command_line",
    "detection_json",
    "detection_table",
    "dockerfile",
    "read_flags",
    "read_manifest",
    "read_properties",
    "startup_script",
    "write_manifest",
]
