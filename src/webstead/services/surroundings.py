"""What a process of a site is given, when the management starts it: a command, a job."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from webstead.host.confinement import Confinement
from webstead.services.context import Context, SiteContext
from webstead.site.commands.environment import current_environment
from webstead.site.commands.variables import command_environment
from webstead.site.custody import custody
from webstead.site.deploy.repository import Repository, open_repository
from webstead.site.hosts import first_host
from webstead.site.jobs.runs import Surroundings
from webstead.site.prepare import NOT_INHERITED
from webstead.site.served import environ_of
from webstead.site.store.model import SiteRecord
from webstead.site.store.settings import read_settings

__all__ = ["confinement_of", "environment_of", "repository_of", "surroundings_of"]


def environment_of(context: Context, record: SiteRecord) -> tuple[Mapping[str, str], dict[str, str]]:
    """The merged settings, and the variables of a process of the site. Blocks. Raises OSError,
    StartError."""
    home = context.server.site(record.name)
    app = read_settings(context.store, record.name, "app")
    settings = {**app, **read_settings(context.store, record.name, "scm")}
    own = environ_of(home, app, first_host(record, context.domain))
    environment = current_environment(context.server, home, app, confinement_of(context, record))
    base = environment.variables({key: value for key, value in own.items() if key not in NOT_INHERITED})
    return settings, command_environment(base, settings, home)


def surroundings_of(context: Context, record: SiteRecord) -> Surroundings:
    """The same for a job, with the Python that runs it. Raises OSError, StartError."""
    _, variables = environment_of(context, record)
    python = shutil.which("python", path=variables.get("PATH", "")) or sys.executable
    return Surroundings(variables, Path(python), confinement_of(context, record))


def confinement_of(context: Context, record: SiteRecord) -> Confinement:
    """What holds the site's processes: its user, and the group with its limits. Raises StartError when it
    cannot be."""
    return custody(context.server.site(record.name), record.options)


def repository_of(site: SiteContext) -> Repository:
    """The site's own, in which git works as the site's user. Blocks. Raises UsageError, RuntimeMissing,
    StartError, OSError."""
    return open_repository(site.home, confinement_of(site.context, site.record))
