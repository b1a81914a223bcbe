"""What the verbs take."""

from __future__ import annotations

from typing import Annotated

import typer

from webstead.cli.signatures import Command, option, parameters_of, with_parameters

__all__ = [
    "HostNames",
    "Hosting",
    "NewName",
    "hosting_options",
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

_HOSTING = {
    "always_on": AlwaysOn,
    "idle_minutes": IdleMinutes,
    "user": User,
    "memory_mb": MemoryMb,
    "cpu_percent": CpuPercent,
    "read_only": ReadOnly,
    "basic_auth": BasicAuth,
    "releases_kept": ReleasesKept,
}


def hosting_options(command: Command) -> Command:
    """A command that takes how a site is hosted: it is given `hosting`, and these are its options."""

    def run(api: object, **given: object) -> None:
        hosting = {name: value for name in _HOSTING if (value := given.pop(name)) is not None}
        command(api, hosting=hosting, **given)

    own = [each for each in parameters_of(command) if each.name != "hosting"]
    hosting = [option(name, kind) for name, kind in _HOSTING.items()]
    return with_parameters(run, command, [option("api", object), *own, *hosting])
