"""The group of verbs: `webstead site …`."""

from __future__ import annotations

from collections.abc import Callable

from webstead.cli.groups import group
from webstead.cli.site import credentials, extensions, hosts, settings
from webstead.cli.site.create import create
from webstead.cli.site.delete import delete
from webstead.cli.site.environment import env
from webstead.cli.site.hosting import options_
from webstead.cli.site.listing import list_, show
from webstead.cli.site.running import restart, start, stop

__all__ = ["application"]

application = group("site", "The sites of a server: make, show, change, stop and delete them.")

VERBS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("create", create),
    ("list", list_),
    ("show", show),
    ("delete", delete),
    ("start", start),
    ("stop", stop),
    ("restart", restart),
    ("options", options_),
    ("publish-profile", credentials.publish_profile),
    ("env", env),
)

for _name, _verb in VERBS:
    application.command(_name)(_verb)
application.add_typer(settings.application)
application.add_typer(hosts.application)
application.add_typer(extensions.application)
application.add_typer(credentials.application)
