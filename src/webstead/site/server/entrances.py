"""The ports of a server: of the sites, of the sites over TLS, and of the management, when it has its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from webstead.host.listen import Listener, listen, url_of
from webstead.site_table import View

__all__ = ["Entrances", "open_entrances"]


@dataclass(frozen=True, slots=True)
class Entrances:
    """host: as it was asked for. encrypted: of the sites, over TLS. management: of the management alone, also
    over TLS where the sites are: what it is sent are credentials."""

    host: str
    sites: Listener
    encrypted: Listener | None = None
    management: Listener | None = None

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """The first is where people go."""
        return tuple(each for each in (self.sites, self.encrypted, self.management) if each is not None)

    @property
    def url(self) -> str:
        return self._url(self.sites)

    @property
    def encrypted_url(self) -> str:
        """Empty where nobody speaks TLS."""
        return "" if self.encrypted is None else self._url(self.encrypted)

    @property
    def management_url(self) -> str:
        """By an address of this machine; the Host header says whose management is meant."""
        return self._url(self.management or self.sites)

    @property
    def sites_url(self) -> str:
        """What the management tells of where sites are; empty where they are on the port that it is asked on,
        which it sees by itself."""
        return "" if self.management is None else self.encrypted_url or self.url

    def _url(self, listener: Listener) -> str:
        return url_of(listener.socket, self.host, tls=listener.tls)


@contextmanager
def open_entrances(
    host: str, port: int, https_port: int | None, management_port: int | None
) -> Iterator[Entrances]:
    """0 for any free port; None for none. Raises BindError."""
    tls = https_port is not None
    with ExitStack() as sockets:

        def opened(number: int, flag: str, *, tls: bool, view: View = "sites") -> Listener:
            return Listener(sockets.enter_context(listen(host, number, flag)), tls, view)

        sites = opened(port, "--port", tls=False)
        encrypted = None if https_port is None else opened(https_port, "--https-port", tls=True)
        management = (
            None
            if management_port is None
            else opened(management_port, "--management-port", tls=tls, view="management")
        )
        yield Entrances(host, sites, encrypted, management)
