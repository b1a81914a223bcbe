"""Fuzz the file that names the package of a site: `python fuzz package_name`.

The app may write it: whatever it says names a file of the folder, or nothing, or is refused in words.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from webstead.errors import UsageError
from webstead.site.deploy.site_packages import chosen_package
from webstead.site.homes import SiteHome

__all__ = ["one"]

_READ = 4096
"""Bytes of it that count."""


def one(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as root:
        site = SiteHome(Path(root) / "shop")
        (site.data / "SitePackages").mkdir(parents=True)
        (site.data / "SitePackages" / "packagename.txt").write_bytes(data)
        try:
            found = chosen_package(site)
        except UsageError as error:
            if not (error.found and error.fix):
                raise AssertionError(f"an error without words: {error}") from error
            return
    if found is None:
        if data[:_READ].decode("utf-8", "replace").strip().strip("\ufeff"):
            raise AssertionError("what is written there was passed over")
    elif Path(found.name).name != found.name or found.name.startswith("."):
        raise AssertionError(f"{found.name!r} is no file of the folder")
