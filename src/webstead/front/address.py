"""The addresses of instances, as in the site table."""

from __future__ import annotations

__all__ = ["split_address"]


def split_address(address: str) -> str | tuple[str, int]:
    """`unix:/path` to the path, `host:port` to the pair. Raises ValueError for anything else."""
    if address.startswith("unix:"):
        return address.removeprefix("unix:")
    host, colon, port = address.rpartition(":")
    if not (colon and host and port.isdigit()):
        raise ValueError(f"not an address: {address!r}")
    return host.strip("[]"), int(port)
