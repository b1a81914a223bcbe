"""Run from package: the app setting WEBSITE_RUN_FROM_PACKAGE, and what it makes of what is sent. Pure.

Where it is `1`, a zip is served as it is: it becomes a release that nothing is built for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from webstead.errors import UsageError
from webstead.site.deploy.addresses import shown_url
from webstead.site.deploy.model import Package, Request, Zip
from webstead.site.deploy.settings import is_true, value_of
from webstead.site.releases.partial import incomplete

__all__ = [
    "RUN_FROM_PACKAGE",
    "RunsFromAddress",
    "as_package",
    "package_address",
    "refuse_address",
    "runs_from_package",
]

RUN_FROM_PACKAGE = "WEBSITE_RUN_FROM_PACKAGE"


class RunsFromAddress(UsageError):
    """The site's files come from an address, and from nowhere else."""

    http_status = 409


def package_address(app: Mapping[str, str]) -> str:
    """Where the package is fetched from; "" where it comes from no address."""
    value = value_of(app, RUN_FROM_PACKAGE).strip()
    return value if value.lower().startswith(("http://", "https://")) else ""


def runs_from_package(app: Mapping[str, str]) -> bool:
    """Whether nothing but a package changes what is served."""
    return bool(package_address(app)) or is_true(value_of(app, RUN_FROM_PACKAGE))


def refuse_address(app: Mapping[str, str]) -> None:
    """Raises RunsFromAddress."""
    if address := package_address(app):
        raise RunsFromAddress(
            f"The site runs from an address: {RUN_FROM_PACKAGE} is {shown_url(address)}.",
            found="What is deployed would not be served.",
            fix="Put the package there and restart the site; or set it to 1, and deploy again.",
        )


def as_package(request: Request, app: Mapping[str, str]) -> Request:
    """The request as this setting has it. Raises RunsFromAddress."""
    if isinstance(request.source, Package):
        return request
    refuse_address(app)
    if runs_from_package(app) and isinstance(request.source, Zip) and not request.source.path:
        if request.source.base:
            raise incomplete(f"the package of release {request.source.base}")
        return replace(request, source=Package(request.source.file))
    return request
