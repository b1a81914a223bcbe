"""A site's own system user: as whom its processes run, and which folders of its home are its own.

The releases stay ours: what runs cannot change what was deployed. It may write where apps on App Service
write besides: to its data and its log files.
"""

from __future__ import annotations

import os

from webstead.errors import StartError
from webstead.host.confinement import FREE, Confinement, as_user, check, stranger_to
from webstead.site.homes import SiteHome
from webstead.site.store.model import SiteOptions

__all__ = ["custody"]


def custody(home: SiteHome, options: SiteOptions) -> Confinement:
    """What holds the site's processes, with the folders given to their user. Raises StartError when there is
    no such user, or we may not start processes as that."""
    if not options.user:
        return FREE
    confinement = as_user(options.user)
    check(confinement)
    if confinement.user is None or confinement.group is None or confinement.user == os.geteuid():
        return confinement
    for folder in (home.data, home.log_files, home.log_files / "Application"):
        os.chown(folder, confinement.user, confinement.group, follow_symlinks=False)
    if (at := stranger_to(home.data, confinement)) is not None:
        raise StartError(
            f"The user {options.user} cannot enter the home of the site {home.name}.",
            found=f"{at} keeps it out.",
            fix=f"chmod o+x {at}; or serve a home that every user can get to, as --home /srv/webstead",
        )
    return confinement
