"""All sections that are done, by their paths."""

from __future__ import annotations

from collections.abc import Mapping

from webstead.formats.webconfig.schema.access import (
    ACCESS,
    ANONYMOUS,
    AUTHORIZATION,
    BASIC_AUTHENTICATION,
    DIGEST_AUTHENTICATION,
    WINDOWS_AUTHENTICATION,
)
from webstead.formats.webconfig.schema.addresses import IP_SECURITY
from webstead.formats.webconfig.schema.browse import DIRECTORY_BROWSE
from webstead.formats.webconfig.schema.compression import HTTP_COMPRESSION, URL_COMPRESSION
from webstead.formats.webconfig.schema.content import DEFAULT_DOCUMENT, STATIC_CONTENT
from webstead.formats.webconfig.schema.errors import HTTP_ERRORS
from webstead.formats.webconfig.schema.filtering import REQUEST_FILTERING
from webstead.formats.webconfig.schema.handlers import HANDLERS
from webstead.formats.webconfig.schema.outbound import OUTBOUND_RULES
from webstead.formats.webconfig.schema.processes import ASP_NET_CORE, FASTCGI, HTTP_PLATFORM
from webstead.formats.webconfig.schema.protocol import HTTP_PROTOCOL
from webstead.formats.webconfig.schema.proxy import PROXY
from webstead.formats.webconfig.schema.redirect import HTTP_REDIRECT
from webstead.formats.webconfig.schema.rewrite import GLOBAL_RULES, REWRITE_RULES
from webstead.formats.webconfig.schema.rewrite_data import (
    ALLOWED_SERVER_VARIABLES,
    REWRITE_MAPS,
    REWRITE_PROVIDERS,
)
from webstead.formats.webconfig.schema.section import AnySection
from webstead.formats.webconfig.schema.settings import APP_SETTINGS
from webstead.formats.webconfig.schema.websocket import WEB_SOCKET

__all__ = ["SECTIONS"]

_ALL: tuple[AnySection, ...] = (
    ACCESS,
    ALLOWED_SERVER_VARIABLES,
    ANONYMOUS,
    APP_SETTINGS,
    ASP_NET_CORE,
    AUTHORIZATION,
    BASIC_AUTHENTICATION,
    DEFAULT_DOCUMENT,
    DIRECTORY_BROWSE,
    DIGEST_AUTHENTICATION,
    FASTCGI,
    GLOBAL_RULES,
    HANDLERS,
    HTTP_COMPRESSION,
    HTTP_ERRORS,
    HTTP_PLATFORM,
    HTTP_PROTOCOL,
    HTTP_REDIRECT,
    IP_SECURITY,
    OUTBOUND_RULES,
    PROXY,
    REQUEST_FILTERING,
    REWRITE_MAPS,
    REWRITE_PROVIDERS,
    REWRITE_RULES,
    STATIC_CONTENT,
    URL_COMPRESSION,
    WEB_SOCKET,
    WINDOWS_AUTHENTICATION,
)

SECTIONS: Mapping[str, AnySection] = {section.path: section for section in _ALL}
