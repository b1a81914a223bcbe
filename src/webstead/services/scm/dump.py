"""`/api/dump`: what people send in when they ask for help (reference 1.9)."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response

from webstead.services.context import OfSite
from webstead.services.files.archive import ZIP, zip_answer
from webstead.services.routes import Route
from webstead.site.files.packing import Branch
from webstead.site.homes import SiteHome

__all__ = ["ROUTES", "dump", "dump_name", "is_no_record"]


def dump_name(now: datetime) -> str:
    """Kudu's: `dump-11-26-15-59-00.zip`."""
    return f"dump-{now:%m-%d-%H-%M-%S}.zip"


def is_no_record(path: str) -> bool:
    """Of what lies with the deployments: whether it is the app itself, not what was said of it. Kudu leaves
    out IIS's own logs, `W3SVC…`, too."""
    return path.endswith("/package.zip") or path.startswith(("W3SVC", "tools/"))


def _branches(home: SiteHome) -> list[Branch]:
    found = [
        Branch(("site", "deployments"), "deployments", is_no_record),
        Branch(("LogFiles",), "LogFiles", is_no_record),
    ]
    return [branch for branch in found if home.root.joinpath(*branch.parts).is_dir()]


def dump(site: OfSite) -> Response:
    """A zip of the records of deployments and of all logs, made while it is sent."""
    return zip_answer(site.home.root, _branches(site.home), dump_name(site.context.clock.now()))


ROUTES = (Route("GET", "/dump", dump, scope="logs", summary="Logs and deployments as a zip", media=ZIP),)
