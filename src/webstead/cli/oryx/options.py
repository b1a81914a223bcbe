"""Options that several of Oryx's commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "AppType",
    "BuildCommandsFile",
    "Compress",
    "Debug",
    "DynamicInstallRoot",
    "Language",
    "LanguageVersion",
    "LogFile",
    "OsRequirements",
    "Package",
    "Platform",
    "PlatformVersion",
    "Properties",
    "SkipDetection",
    "Source",
    "SourceOption",
]

Source = Annotated[
    Path, typer.Argument(metavar="SOURCE", help="The folder of the code.", show_default="this folder")
]
SourceOption = Annotated[
    Path, typer.Option("--src", "-s", metavar="SOURCE", help="The folder of the code.", show_default=False)
]
Platform = Annotated[str, typer.Option("--platform", metavar="NAME", help="The platform: python.")]
PlatformVersion = Annotated[
    str,
    typer.Option(
        "--platform-version", metavar="VERSION", help="A version of it, or a range: 3.11, ~3.11, 3.x."
    ),
]
Language = Annotated[str, typer.Option("--language", "-l", hidden=True)]
LanguageVersion = Annotated[str, typer.Option("--language-version", hidden=True)]
Properties = Annotated[
    list[str] | None,
    typer.Option(
        "--property", "-p", metavar="KEY=VALUE", help="A property or a setting; may be given several times."
    ),
]
OsRequirements = Annotated[
    str,
    typer.Option(
        "--os-requirements", metavar="NAMES", help="Packages of the system, with commas between them."
    ),
]
AppType = Annotated[
    str, typer.Option("--apptype", metavar="TYPE", help="functions, static-sites or webapps.")
]
BuildCommandsFile = Annotated[
    str, typer.Option("--buildcommands-file", metavar="FILE", help="Taken, and not written.")
]
Compress = Annotated[
    bool, typer.Option("--compress-destination-dir", help="Write one archive in place of the files.")
]
Package = Annotated[bool, typer.Option("--package", help="Refused: no distribution of the project is made.")]
SkipDetection = Annotated[
    bool, typer.Option("--skip-detection", help="Take --platform without looking; needs it.")
]
DynamicInstallRoot = Annotated[
    str,
    typer.Option("--dynamic-install-root-dir", metavar="DIR", help="Taken, and not used: uv keeps Pythons."),
]
LogFile = Annotated[
    Path | None,
    typer.Option("--log-file", metavar="FILE", help="Append everything that happens to this file, too."),
]
Debug = Annotated[bool, typer.Option("--debug", help="Also print the whole plan.")]
