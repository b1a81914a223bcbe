"""`oryx-manifest.toml`: what a build tells the start, as flat `Key="value"` lines.

Oryx writes its values without escaping them. So a file that is TOML is read as TOML, and one that is not is
read line by line, each value as it stands between its quotes. What is written here is always TOML.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

__all__ = ["FILE", "MAX_BYTES", "OWN_VERSION", "Manifest", "read_manifest", "write_manifest"]

FILE = "oryx-manifest.toml"

MAX_BYTES = 1 << 16
"""A file of some twenty lines."""

OWN_VERSION = "1"
"""Of the keys that only Webstead writes; another means that the start cannot be read from them."""

_LINE = re.compile(r'^[ \t]*([A-Za-z_][\w.-]*)[ \t]*=[ \t]*"(.*)"[ \t]*$', re.ASCII)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_TRUE = "true"

_KEYS: Mapping[str, str] = {
    "python_version": "PythonVersion",
    "virtualenv_name": "virtualEnvName",
    "package_dir": "packagedir",
    "compressed_virtualenv": "compressedVirtualEnvFile",
    "operation_id": "OperationId",
    "source_directory": "SourceDirectoryInBuildContainer",
    "platforms": "PlatformName",
    "own_version": "WebsteadManifestVersion",
    "start_command": "StartCommand",
    "start_variables": "StartVariables",
    "start_server": "StartServer",
    "start_directory": "StartDirectory",
    "start_target": "StartTarget",
    "start_framework": "StartFramework",
    "start_config": "StartConfig",
    "start_reason": "StartReason",
    "static_root": "StaticRoot",
}
"""Our names, and those of the file: first Oryx's, then, from `WebsteadManifestVersion` on, ours."""

_COMPRESSED = "CompressDestinationDir"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A field is "" where the file does not say it. source_directory: where the app was built, and where a
    compressed output is unpacked.

    Of Webstead's own keys: start_command is one line for a POSIX shell, in which `$PORT` and `$HOST` are
    filled in when it runs; start_variables are `NAME=value` words that it needs, unless they are set;
    start_server is its program; start_directory is relative to the app; start_framework names what
    start_target is; start_config is the gunicorn settings file that the command reads; start_reason says
    which rule chose it; static_root is where collected files lie, relative to the app, when Django's own
    settings do not say so.

    other: keys that are neither, by their names in the file.
    """

    python_version: str = ""
    virtualenv_name: str = ""
    package_dir: str = ""
    compressed_virtualenv: str = ""
    operation_id: str = ""
    source_directory: str = ""
    platforms: str = ""
    compressed: bool = False
    own_version: str = ""
    start_command: str = ""
    start_variables: str = ""
    start_server: str = ""
    start_directory: str = ""
    start_target: str = ""
    start_framework: str = ""
    start_config: str = ""
    start_reason: str = ""
    static_root: str = ""
    other: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_start(self) -> bool:
        """Whether it says how the app is started, in keys that are understood here."""
        return self.own_version == OWN_VERSION and bool(self.start_command)


def read_manifest(data: bytes) -> Manifest:
    """The manifest, whoever wrote it. Raises ValueError for what holds no line of one."""
    if len(data) > MAX_BYTES:
        raise ValueError(f"it is {len(data) >> 10} KiB large")
    text = data.decode("utf-8-sig", "replace")
    found = _as_toml(text)
    if found is None:
        found = dict(_lines(text))
    if not found:
        raise ValueError('it holds no line Key="value"')
    known = {*_KEYS.values(), _COMPRESSED}
    ours = {name: found.get(key, "") for name, key in _KEYS.items()}
    return Manifest(
        compressed=found.get(_COMPRESSED, "").strip().lower() == _TRUE,
        other={key: value for key, value in found.items() if value and key not in known},
        python_version=ours["python_version"],
        virtualenv_name=ours["virtualenv_name"],
        package_dir=ours["package_dir"],
        compressed_virtualenv=ours["compressed_virtualenv"],
        operation_id=ours["operation_id"],
        source_directory=ours["source_directory"],
        platforms=ours["platforms"],
        own_version=ours["own_version"],
        start_command=ours["start_command"],
        start_variables=ours["start_variables"],
        start_server=ours["start_server"],
        start_directory=ours["start_directory"],
        start_target=ours["start_target"],
        start_framework=ours["start_framework"],
        start_config=ours["start_config"],
        start_reason=ours["start_reason"],
        static_root=ours["static_root"],
    )


def _as_toml(text: str) -> dict[str, str] | None:
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    flat = {key: _text(value) for key, value in data.items() if isinstance(value, str | bool | int | float)}
    return flat or None


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """A later line wins, as in the file's other readers."""
    for line in re.split(r"\r\n|\r|\n", text):
        if match := _LINE.match(line):
            yield match[1], match[2]


def write_manifest(manifest: Manifest) -> str:
    """The file's text. Empty fields are left out."""
    pairs = [(key, getattr(manifest, name)) for name, key in _KEYS.items()]
    at = next(n for n, (key, _) in enumerate(pairs) if key == "WebsteadManifestVersion")
    pairs[at:at] = [(_COMPRESSED, _TRUE if manifest.compressed else "false")]
    lines = [(key, value) for key, value in (*pairs, *manifest.other.items()) if value]
    return "".join(f'{_key(key)}="{_escaped(value)}"\n' for key, value in lines)


def _key(key: str) -> str:
    bare = re.fullmatch(r"[A-Za-z0-9_-]+", key, re.ASCII)
    return key if bare else f'"{_escaped(key)}"'


def _escaped(value: str) -> str:
    return "".join(_ESCAPES.get(char, char if _plain(char) else f"\\u{ord(char):04x}") for char in value)


def _plain(char: str) -> bool:
    """Control characters, and bytes of a path that are no text, cannot stand in the file."""
    return char >= " " and char != "\x7f" and not "\ud800" <= char <= "\udfff"
