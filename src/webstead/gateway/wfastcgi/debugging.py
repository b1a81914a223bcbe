"""Remote debugging with ptvsd, as wfastcgi's WSGI_PTVSD_SECRET and WSGI_PTVSD_ADDRESS have it, when the app's
environment has ptvsd.

ptvsd 4 has no secret any more: who reaches its port runs code here. Then only this machine's own addresses
are listened on.
"""

from __future__ import annotations

import importlib
import inspect
import ipaddress

from webstead.gateway.observe.log import Log
from webstead.gateway.wfastcgi.settings import Secret

__all__ = ["DEFAULT_ADDRESS", "enable_debugging", "parse_address"]

DEFAULT_ADDRESS = ("localhost", 5678)

_HIGHEST_PORT = 65535


def enable_debugging(secret: Secret, address: str, log: Log) -> bool:
    """Listen for a debugger; whether that is so now, the log says as well. secret: "" for no debugging.
    Nothing that is wrong with it stops the app."""
    if not secret:
        return False
    try:
        place = parse_address(address)
        listening = _listen(secret, place)
    except Exception as error:  # noqa: BLE001 (a debugger that fails must not stop the app)
        log.line(f"remote debugging is off: {type(error).__name__}: {error}")
        return False
    log.note(f"{listening} waits for a debugger on {place[0]}:{place[1]}")
    return True


def parse_address(text: str) -> tuple[str, int]:
    """host:port, host, or [IPv6]:port. "" is DEFAULT_ADDRESS. Raises ValueError."""
    if not text:
        return DEFAULT_ADDRESS
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(DEFAULT_ADDRESS[1])
    if not port.isascii() or not port.isdigit() or not 0 < int(port) <= _HIGHEST_PORT:
        raise ValueError(f"{port!r} of WSGI_PTVSD_ADDRESS is no port")
    if not host:
        raise ValueError(f"WSGI_PTVSD_ADDRESS={text} names no host")
    return host.strip("[]"), int(port)


def _listen(secret: Secret, address: tuple[str, int]) -> str:
    """The name of what listens now."""
    ptvsd = importlib.import_module("ptvsd")
    name = f"ptvsd {getattr(ptvsd, '__version__', '')}".strip()
    if "secret" in inspect.signature(ptvsd.enable_attach).parameters:
        ptvsd.enable_attach(secret=str(secret), address=address)
        return name
    if not _is_here(address[0]):
        raise ValueError(f"{name} knows no secret, so it may not listen on {address[0]}")
    ptvsd.enable_attach(address=address)
    return f"{name}, without a secret,"


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
