"""uv: the only package that knows it. Its command lines, its variables, and what it means when it fails."""

from webstead.build.uv.failure import Failure, explain
from webstead.build.uv.indexes import index_variables
from webstead.build.uv.settings import PRELOADED_WHEELS, uv_variables, with_settings, without_credentials
from webstead.build.uv.tool import Uv, UvFailed

__all__ = [
    "Failure",
    "PRELOADED_WHEELS",
    "Uv",
    "UvFailed",
    "explain",
    "index_variables",
    "uv_variables",
    "with_settings",
    "without_credentials",
]
