"""A site's own system user and its limits: as whom its processes run, which folders of its home are its own,
and what they may take together.

The releases stay ours: what runs cannot change what was deployed. It may write where apps on App Service
write besides: to its data and its log files.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from webstead.errors import StartError
from webstead.host.cgroups import Share, check_limits, group_of, own_group, remove_group, site_group
from webstead.host.confinement import Confinement, as_user, check, stranger_to
from webstead.site.homes import SiteHome
from webstead.site.releases.lending import give
from webstead.site.store.model import SiteOptions

__all__ = ["custody", "end_custody", "user_of"]

_MEGABYTE = 1024 * 1024


def user_of(name: str, cgroup: Path | None = None) -> Confinement:
    """The confinement of a site's own system user, by its name or number. Raises StartError when there is no
    such user, it is root, whom nothing holds, or we may not start processes as that."""
    confinement = as_user(name, cgroup)
    if confinement.user == 0:
        raise StartError(
            f"A site's own user cannot be {name}.",
            found="it has the rights of root, whom nothing holds",
            fix="useradd --system --no-create-home NAME, and name that one",
        )
    check(confinement)
    return confinement


def custody(home: SiteHome, options: SiteOptions) -> Confinement:
    """What holds the site's processes, with the folders given to their user. Raises StartError as `user_of`,
    and when we may not limit them."""
    group = _group(home, options)
    if not options.user:
        return Confinement(cgroup=group)
    confinement = user_of(options.user, group)
    if confinement.user is None or confinement.group is None or confinement.user == os.geteuid():
        return confinement
    for folder in (home.data, home.log_files, home.log_files / "Application"):
        if folder.lstat().st_uid != confinement.user:  # what lies in it was another user's, or ours
            give(folder, confinement.user, confinement.group)
    if (at := stranger_to(home.data, confinement)) is not None:
        raise StartError(
            f"The user {options.user} cannot enter the home of the site {home.name}.",
            found=f"{at} keeps it out.",
            fix=f"chmod o+x {at}; or serve a home that every user can get to, as --home /srv/webstead",
        )
    return confinement


def end_custody(home: SiteHome) -> None:
    """Of a site that has gone: its group goes, with what its processes have left behind."""
    with suppress(StartError):
        remove_group(group_of(own_group(), home.name))


def _group(home: SiteHome, options: SiteOptions) -> Path | None:
    """The control group with the site's limits; None without any. Limits that were taken away are lifted when
    its processes are renewed: those begin outside of the group."""
    if not options.memory_mb and not options.cpu_percent:
        return None
    check_limits()
    share = Share(options.memory_mb * _MEGABYTE, options.cpu_percent)
    return site_group(own_group(), home.name, share)
