"""Configurations for the web servers that pass requests to the gateway by FastCGI, as text. Pure.

`configuration` writes for one of `SERVERS` what a `GatewaySite` describes: a whole file, with a comment that
says where it goes and how the gateway is started. Every value is quoted for the grammar of its server, or
refused.
"""

from __future__ import annotations

from webstead.formats.servers.model import GatewaySite
from webstead.formats.servers.table import SERVERS, configuration

__all__ = ["GatewaySite", "SERVERS", "configuration"]
