"""What the verbs take."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = [
    "AlwaysOn",
    "BasicAuth",
    "CpuPercent",
    "Hosting",
    "HostNames",
    "IdleMinutes",
    "MemoryMb",
    "Name",
    "NewName",
    "ReadOnly",
    "ReleasesKept",
    "User",
    "hosting",
]

Name = Annotated[
    str | None,
    typer.Argument(metavar="NAME", envvar="WEBSTEAD_SITE", help="The site.", show_default="the only one"),
]
NewName = Annotated[
    str, typer.Argument(metavar="NAME", help="A label of a host name: it is served at NAME.localhost.")
]
HostNames = Annotated[list[str], typer.Argument(metavar="HOST...", help="Host names, as www.example.org.")]

AlwaysOn = Annotated[
    bool | None, typer.Option("--always-on/--no-always-on", help="Start with the server, never go cold.")
]
IdleMinutes = Annotated[
    int | None,
    typer.Option(
        "--idle-minutes", metavar="N", min=0, help="Go cold after so long without a request; 0: never."
    ),
]
User = Annotated[
    str | None,
    typer.Option(
        "--user", metavar="USER", help="The system user that its processes run as; '' for the server's."
    ),
]
MemoryMb = Annotated[
    int | None,
    typer.Option(
        "--memory-mb", metavar="MB", min=0, help="The most that its processes may take; 0: no limit."
    ),
]
CpuPercent = Annotated[
    int | None,
    typer.Option(
        "--cpu-percent", metavar="N", min=0, help="The most of processors; 100 is one; 0: no limit."
    ),
]
ReadOnly = Annotated[
    bool | None, typer.Option("--read-only/--no-read-only", help="Its processes cannot write its releases.")
]
BasicAuth = Annotated[
    bool | None,
    typer.Option("--basic-auth/--no-basic-auth", help="Whether the publishing password is taken."),
]
ReleasesKept = Annotated[
    int | None,
    typer.Option("--releases-kept", metavar="N", min=1, help="How many are kept to roll back to."),
]

Hosting = dict[str, bool | int | str]
"""Options of a site by the server's names, those that were given."""


def hosting(**given: bool | int | str | None) -> Hosting:
    return {name: value for name, value in given.items() if value is not None}
