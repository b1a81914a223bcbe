"""Which certificate is shown for which host: one that a person brought, or one of the server's authority.

They are looked at from time to time: those of the authority are made anew before they end, and those of a
person are read again when their files change. What cannot be used then changes nothing: the earlier is shown
on. For that, what was read is kept in the private folder of the server, key and certificate in one file: a
front that begins anew while certbot writes finds a pair that fits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from webstead.effects.clock import Clock
from webstead.effects.files import write_atomically
from webstead.errors import ConfigError
from webstead.events import Emit, Note
from webstead.site.server.authority import RENEW, open_authority
from webstead.site.server.management import SITE
from webstead.site.server.own_certificates import KeyPair, OwnCertificate, covers, read_own, stamp_of
from webstead.site.store.model import SiteRecord
from webstead.site_table import Certificate

__all__ = ["Certificates", "hosts_by_owner", "own_of"]

_WARN = timedelta(days=7)
"""Before a certificate ends that is not ours to renew: certbot renews 30 days before."""


def hosts_by_owner(records: Iterable[SiteRecord], domain: str) -> dict[str, tuple[str, ...]]:
    """The hosts of each site, with those of its management; and the server's own. Names are stated one by
    one: browsers take `*.localhost` for no name."""
    found: dict[str, tuple[str, ...]] = {SITE: (f"scm.{domain}", domain)}
    for record in records:
        found[record.name] = (
            f"{record.name}.{domain}",
            f"{record.name}.scm.{domain}",
            *record.hosts,
        )
    return found


def own_of(own: Sequence[OwnCertificate], host: str) -> OwnCertificate | None:
    """The one with the name itself before one with a `*`; of several the one that holds longest."""
    fitting = [each for each in own if covers(each.names, host)]
    return max(fitting, key=lambda each: (host in each.names, each.until), default=None)


@dataclass(slots=True)
class Certificates:
    """folder: of the authority. pairs: what a person brought. Blocks; one thread at a time."""

    folder: Path
    domain: str
    clock: Clock
    emit: Emit
    pairs: Sequence[KeyPair] = ()
    _own: dict[KeyPair, OwnCertificate] = field(default_factory=dict)
    _stamps: dict[KeyPair, tuple[object, ...]] = field(default_factory=dict)
    _root: bytes = b""
    _renew_at: datetime | None = None
    _told: set[object] = field(default_factory=set)

    def open(self) -> Path:
        """Read what a person brought, and the authority: its certificate, to be imported. Raises ConfigError
        for what cannot be used."""
        for pair in self.pairs:
            self._stamps[pair] = stamp_of(pair)
            self._keep(read_own(pair, self.clock.now()))
        for path in self.folder.glob("own-*.pem"):
            if path not in self._kept():
                path.unlink()
        authority = open_authority(self.folder, self.clock.now())
        self._root = authority.certificate.read_bytes()
        return authority.certificate

    @property
    def trusted(self) -> Path:
        """What a client on this machine takes the certificate of the management by: its own, or its
        authority."""
        own = own_of(tuple(self._own.values()), f"scm.{self.domain}")
        return self.folder / "authority.pem" if own is None else self._kept_at(own)

    def is_due(self) -> bool:
        """Whether something of it changed or ends soon."""
        now = self.clock.now()
        changed = any(stamp_of(pair) != self._stamps.get(pair) for pair in self.pairs)
        self._warn_of_ends(now)
        return changed or self._renew_at is None or now >= self._renew_at

    def of(self, records: Collection[SiteRecord]) -> dict[str, Certificate]:
        """By host name, `*` for all else and for clients that name none; what is missing or ends soon is
        made. Raises ConfigError when the authority is damaged, OSError."""
        self._read_again()
        now = self.clock.now()
        authority = open_authority(self.folder, now)
        self._tell_of_root(authority.certificate)
        own = tuple(self._own.values())
        found: dict[str, Certificate] = {}
        ends = []
        for owner, hosts in hosts_by_owner(records, self.domain).items():
            brought = {host: each for host in hosts if (each := own_of(own, host)) is not None}
            rest = tuple(host for host in hosts if host not in brought)
            for host, each in brought.items():
                found.setdefault(host, _shown(self._kept_at(each), self._kept_at(each)))
            if rest:
                issued = authority.issue(owner, rest, now)
                ends.append(issued.until)
                for host in rest:
                    found.setdefault(host, _shown(issued.certificate, issued.key))
        first = _shown(self._kept_at(own[0]), self._kept_at(own[0])) if own else None
        found["*"] = first or found[f"scm.{self.domain}"]
        self._renew_at = min(ends, default=now + RENEW * 2) - RENEW
        self._tell_of_hosts(records)
        return found

    def _read_again(self) -> None:
        """Files that are replaced one after the other fit again when both are there."""
        for pair in self.pairs:
            stamp = stamp_of(pair)
            if stamp == self._stamps.get(pair):
                continue
            self._stamps[pair] = stamp
            try:
                self._keep(read_own(pair, self.clock.now()))
            except ConfigError as error:
                words = f"TLS: {error.path}: {error.what} {error.found}."
                self._warn(stamp, f"{words} The one before is shown on. {error.fix}")
                continue
            self.emit(Note("info", f"TLS: {pair.certificate} was read again, for it has changed."))

    def _keep(self, own: OwnCertificate) -> None:
        self._own[own.pair] = own
        write_atomically(self._kept_at(own), own.pem.reveal().encode(), 0o600)

    def _kept_at(self, own: OwnCertificate) -> Path:
        return self.folder / f"own-{self.pairs.index(own.pair)}.pem"

    def _kept(self) -> set[Path]:
        return {self._kept_at(own) for own in self._own.values()}

    def _tell_of_root(self, certificate: Path) -> None:
        root = certificate.read_bytes()
        if root != self._root:
            self._root = root
            self._warn(root, f"TLS: the local authority was made anew. Import {certificate} again.")

    def _tell_of_hosts(self, records: Iterable[SiteRecord]) -> None:
        """Public names should have a certificate that the public takes."""
        if not self.pairs:
            return
        own = tuple(self._own.values())
        for record in records:
            for host in record.hosts:
                if own_of(own, host) is None:
                    words = f"TLS: none of the certificates is for {host} (site {record.name}):"
                    self._warn(host, f"{words} it is shown one of the local authority.")

    def _warn_of_ends(self, now: datetime) -> None:
        for own in self._own.values():
            if own.until - now < _WARN:
                ends = f"TLS: {own.pair.certificate} ends at {own.until:%Y-%m-%d %H:%M} UTC."
                self._warn(
                    (own.pair, own.until), f"{ends} Renew it: the new files are taken up by themselves."
                )

    def _warn(self, about: object, text: str) -> None:
        """Once."""
        if about not in self._told:
            self._told.add(about)
            self.emit(Note("warning", text))


def _shown(certificate: Path, key: Path) -> Certificate:
    return Certificate(str(certificate), str(key))
