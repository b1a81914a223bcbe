"""Run from package: the app setting WEBSITE_RUN_FROM_PACKAGE, and what it makes of what is sent. Pure.

Where it is `1`, a zip is served as it is: it becomes a release that nothing is built for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from webstead.errors import UsageError
from webstead.site.deploy.fetch import shown_url
from webstead.site.deploy.model import Package, Request, Zip
from webstead.site.deploy.settings import is_true, value_of
from webstead.site.releases.partial import incomplete

__all__ = ["RUN_FROM_PACKAGE", "RunsFromAddress", "as_package"]

RUN_FROM_PACKAGE = "WEBSITE_RUN_FROM_PACKAGE"


class RunsFromAddress(UsageError):
    """The site's files come from an address, and from nowhere else."""

    http_status = 409


def as_package(request: Request, app: Mapping[str, str]) -> Request:
    """The request as this setting has it. Raises RunsFromAddress."""
    value = value_of(app, RUN_FROM_PACKAGE).strip()
    if "://" in value:
        raise RunsFromAddress(
            f"The site runs from an address: {RUN_FROM_PACKAGE} is {shown_url(value)}.",
            found="What is deployed would not be served.",
            fix="Take the setting out, or set it to 1; then deploy again.",
        )
    if is_true(value) and isinstance(request.source, Zip) and not request.source.path:
        if request.source.base:
            raise incomplete(f"the package of release {request.source.base}")
        return replace(request, source=Package(request.source.file))
    return request
