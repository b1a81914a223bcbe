"""What is asked for is not there, or not any more."""

from __future__ import annotations

from webstead.errors import UsageError

__all__ = ["NotHere"]


class NotHere(UsageError):
    """A deployment, a release or a commit that nobody has."""

    http_status = 404
