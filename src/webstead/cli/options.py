"""The command line's options, made from the one declaration of each setting."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from webstead.settings import OPTIONS

__all__ = [
    "App",
    "Build",
    "CertificateFile",
    "Command",
    "Compress",
    "Domain",
    "Env",
    "EnvFile",
    "Folder",
    "Home",
    "Host",
    "HttpsPort",
    "Json",
    "KeyFile",
    "LogFile",
    "ManagementPort",
    "Offline",
    "Output",
    "Packing",
    "Port",
    "Profile",
    "Reload",
    "Runtime",
    "Sbom",
    "Site",
    "StartName",
    "Threads",
    "Url",
    "Verify",
    "Workers",
]


class Packing(StrEnum):
    """How an output is packed."""

    zstd = "zstd"
    tar_gz = "tar-gz"
    zip = "zip"


def _flag(
    name: str,
    spelling: str = "",
    *,
    metavar: str | None = None,
    low: int | None = None,
    high: int | None = None,
) -> object:
    option = OPTIONS[name]
    return typer.Option(
        *(spelling or option.flag).split(","),
        envvar=option.variable or None,
        help=option.doc,
        metavar=metavar,
        min=low,
        max=high,
    )


Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="The folder of the project or site.", show_default="this folder")
]
Host = Annotated[str, _flag("host", metavar="ADDRESS")]
Port = Annotated[int, _flag("port", metavar="N", low=0, high=65535)]
HttpsPort = Annotated[int | None, _flag("https_port", metavar="N", low=0, high=65535)]
ManagementPort = Annotated[int | None, _flag("management_port", metavar="N", low=0, high=65535)]
CertificateFile = Annotated[list[Path] | None, _flag("certificate", metavar="FILE")]
KeyFile = Annotated[list[Path] | None, _flag("key", metavar="FILE")]
Reload = Annotated[bool, _flag("reload")]
Env = Annotated[list[str] | None, _flag("env", "--env,-e", metavar="KEY=VALUE")]
EnvFile = Annotated[list[Path] | None, _flag("env_file", metavar="FILE")]
App = Annotated[str | None, _flag("app", metavar="MODULE:OBJECT")]
Command = Annotated[str | None, _flag("command", metavar="WORDS")]
Runtime = Annotated[str | None, _flag("runtime", metavar="PYTHON")]
Workers = Annotated[int | None, _flag("workers", metavar="N", low=1)]
Threads = Annotated[int | None, _flag("threads", metavar="N", low=1)]
Build = Annotated[bool, _flag("build", "--build/--no-build")]
Verify = Annotated[bool, _flag("verify", "--verify/--no-verify")]
Offline = Annotated[bool, _flag("offline")]
Output = Annotated[Path | None, _flag("output", "--output,-o", metavar="DEST")]
Compress = Annotated[Packing | None, _flag("compress", metavar="[zstd|tar-gz|zip]")]
Sbom = Annotated[Path | None, _flag("sbom", metavar="FILE")]
StartName = Annotated[str | None, _flag("start_name", metavar="NAME")]
Domain = Annotated[str, _flag("domain", metavar="NAME")]
Home = Annotated[Path | None, _flag("home", metavar="DIR")]
Site = Annotated[str | None, _flag("site", "--site,-s", metavar="NAME")]
Profile = Annotated[Path | None, _flag("profile", metavar="FILE")]
Url = Annotated[str | None, _flag("url", metavar="URL")]
Json = Annotated[bool, _flag("json")]
LogFile = Annotated[Path | None, _flag("log_file", metavar="FILE")]
