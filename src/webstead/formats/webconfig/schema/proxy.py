"""`system.webServer/proxy`, of Application Request Routing: how requests are passed to another server."""

from __future__ import annotations

from collections.abc import Iterator

from webstead.formats.webconfig.model import Note, ProxySettings
from webstead.formats.webconfig.schema.kinds import Choice, Flag, Number, Span, Text
from webstead.formats.webconfig.schema.node import Node, empty
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Shape

__all__ = ["PROXY"]

_MOST = 4294967295
_DAY = 86400.0
_SHAPE = Shape(
    {
        "enabled": Flag(True),
        "httpVersion": Choice(("PassThrough", "Http10", "Http11"), "PassThrough"),
        "keepAlive": Flag(True),
        "timeout": Span(1, _DAY, 120),
        "preserveHostHeader": Flag(),
        "reverseRewriteHostInResponseHeaders": Flag(True),
        "xForwardedForHeaderName": Text("X-Forwarded-For"),
        "includePortInXForwardedFor": Flag(True),
        "xForwardedByHeaderName": Text(),
        "sslHeaderName": Text(),
        "logIdHeaderName": Text(),
        "minResponseBuffer": Number(0, _MOST, 0),
        "maxResponseHeaderSize": Number(0, _MOST, 65536),
        "responseBufferLimit": Number(0, _MOST, 4194304),
        "responseBufferThreshold": Number(0, _MOST, 262144),
    },
    {
        "cache": Shape(
            {
                "enabled": Flag(True),
                "validationInterval": Span(0, _DAY, 60),
                "queryStringHandling": Choice(("Ignore", "Accept", "NoCache"), "Ignore"),
            }
        )
    },
)
_DONE = frozenset({"enabled", "timeout", "preserveHostHeader", "reverseRewriteHostInResponseHeaders"})


def _settings(node: Node) -> ProxySettings:
    """Other than under IIS, where it is a module to be installed and switched on, passing on is possible
    unless a file says no."""
    return ProxySettings(
        enabled=node.flag("enabled"),
        preserve_host=node.flag("preserveHostHeader"),
        reverse_host=node.flag("reverseRewriteHostInResponseHeaders"),
        seconds=node.seconds("timeout"),
    )


def _notes(node: Node) -> Iterator[Note]:
    for name in sorted(node.said.keys() - _DONE):
        yield Note(f"proxy {name} is not done yet", node.origin_of(name), matters=True)


PROXY = Section("system.webServer/proxy", empty(_SHAPE), _settings, _notes)
