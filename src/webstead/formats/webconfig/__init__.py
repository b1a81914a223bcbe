"""`web.config`: read, inherited over folders, and applied to requests. Pure.

`parse` reads one file, `compile_site` lays the files of a site over each other, and the `Site` routes
requests: rewrite rules, then handler mapping. `canonical` gives the one path that a raw path means.
"""

from __future__ import annotations

from webstead.formats.webconfig.configuration import Configuration
from webstead.formats.webconfig.model import (
    Answer,
    AppSetting,
    FastCgiApplication,
    FileKind,
    Handler,
    HandlerKind,
    HttpPlatform,
    Note,
    Origin,
    Request,
    Route,
    TraceStep,
)
from webstead.formats.webconfig.parse import parse
from webstead.formats.webconfig.script import GATEWAY, is_python, split_script_processor
from webstead.formats.webconfig.site import Site, compile_site
from webstead.formats.webconfig.urlpath import BadPath, canonical
from webstead.formats.webconfig.words import windows_join, windows_words
from webstead.formats.webconfig.write import fastcgi_config, platform_config, platform_handler_config

__all__ = [
    "Answer",
    "AppSetting",
    "BadPath",
    "Configuration",
    "FastCgiApplication",
    "FileKind",
    "GATEWAY",
    "Handler",
    "HandlerKind",
    "HttpPlatform",
    "Note",
    "Origin",
    "Request",
    "Route",
    "Site",
    "TraceStep",
    "canonical",
    "compile_site",
    "fastcgi_config",
    "is_python",
    "parse",
    "platform_config",
    "platform_handler_config",
    "split_script_processor",
    "windows_join",
    "windows_words",
]
