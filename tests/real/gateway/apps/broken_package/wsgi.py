"""It names a sibling that is not there: not the target that is missing."""

from broken_package import settings  # noqa: F401
