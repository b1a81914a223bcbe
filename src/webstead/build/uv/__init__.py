"""uv: the only package that knows it. Its command lines, its variables, and what it means when it fails
(`failure`, loaded when it does)."""

from webstead.build.uv.indexes import index_variables
from webstead.build.uv.settings import PRELOADED_WHEELS, uv_variables, with_settings, without_credentials
from webstead.build.uv.tool import Uv, UvFailed

__all__ = [
    "PRELOADED_WHEELS",
    "Uv",
    "UvFailed",
    "index_variables",
    "uv_variables",
    "with_settings",
    "without_credentials",
]
