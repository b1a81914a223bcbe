"""`webstead site options`: how a site is hosted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webstead.cli.about import about_named_site
from webstead.cli.site import words

if TYPE_CHECKING:
    from webstead.client import Api

__all__ = ["options_"]


@about_named_site
@words.hosting_options
def options_(site: Api, *, hosting: words.Hosting, json: bool) -> None:
    """Change how a site is hosted; without any option, show it.

    [bold]Examples[/bold]

      webstead site options shop
      webstead site options shop --always-on
      webstead site options shop --memory-mb 512 --cpu-percent 50
      webstead site options shop --no-basic-auth      tokens only
    """
    from webstead.cli.site.shown import print_site
    from webstead.client.sites import change_options, show_site

    print_site(change_options(site, hosting) if hosting else show_site(site), json=json)
