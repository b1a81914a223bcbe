"""The environment of a site's current release, as its commands find it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from webstead.build import Environment
from webstead.errors import WebsteadError
from webstead.host.confinement import FREE, Confinement
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.in_place import made_in_place, made_over
from webstead.site.layout import SiteLayout
from webstead.site.prepare import build_site, plan_site
from webstead.site.releases.note import read_note
from webstead.site.served import overrides_of
from webstead.site.workshop import Workshop, workshop_of

__all__ = ["current_environment"]


def current_environment(
    server: ServerHome, home: SiteHome, settings: Mapping[str, str], confinement: Confinement = FREE
) -> Environment:
    """With the site's layer, so that what is installed changes this site alone. Where the release has no
    environment yet, or nothing was deployed, a layer over the Python that Webstead runs on. settings: the
    app's. confinement: of the site. Builds nothing. Raises OSError when the layer cannot be made."""
    environment = _built(home, settings, workshop_of(confinement))
    if environment is not None:
        layered = made_in_place(home.root, environment, _uv(), server.temporary, confinement)
        if layered.layer is not None:
            return layered
    base = Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return made_over(home.root, base, version, _uv(), server.temporary)


def _built(home: SiteHome, settings: Mapping[str, str], workshop: Workshop) -> Environment | None:
    """None also for a project that no plan fits: commands must run all the same, to mend it."""
    release = home.release
    layout = (
        home.layout(release)
        if release
        else SiteLayout(home.root, home.wwwroot, home.log_files, home.data, home.root)
    )
    if not layout.wwwroot.is_dir():
        return None
    try:
        plan = plan_site(layout, overrides_of(settings, read_note(home, release)))
        return build_site(layout, plan, lambda event: None, allow_build=False, workshop=workshop)
    except WebsteadError:
        return None


def _uv() -> Path | None:
    import uv  # its own look for the program is not free

    try:
        return Path(uv.find_uv_bin())
    except FileNotFoundError:
        return None
