"""What a framework loads only when the first request comes, and would fail then: Django's URLs."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from webstead.gateway.loading.loader import raised_failure

__all__ = ["load_first"]

_OF_THE_PLACE = ("DatabaseError", "InterfaceError", "OperationalError")
"""Failures that the place of a check may be to blame for: it may have no database."""


def load_first() -> None:
    """Load it now. Raises StartFailure (BAD_APP)."""
    name = _root_urls()
    if not name:
        return
    try:
        importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001 (also SystemExit, as wherever code of an app is imported)
        if isinstance(error, OSError) or type(error).__name__ in _OF_THE_PLACE:
            return
        what = f"Django's URLs, {name}, failed while they were imported; every request would fail."
        raise raised_failure(what, error) from None


def _root_urls() -> str:
    """The module of the URLs of a Django app that has been loaded; "" when there is none."""
    conf: Any = sys.modules.get("django.conf")
    settings = getattr(conf, "settings", None)
    if settings is None or not settings.configured:
        return ""
    name = getattr(settings, "ROOT_URLCONF", "")
    return name if isinstance(name, str) else ""
