"""Who may see an address: over https only (access), and whether somebody who has not signed in may
(authentication, authorization). No way to sign in is offered here, so everybody is anonymous.

Sources: the IIS configuration reference, access, authorization and authentication; for the order of the
rules the article "Understanding IIS 7.0 URL Authorization": Deny before Allow, and of each the parent's
first. As on IIS, https is asked for before any rewrite rule, so no rule can lead to it; who may see it is
asked of the address that the rules have made.
"""

from __future__ import annotations

from dataclasses import dataclass

from webstead.formats.webconfig.addresses import is_loopback
from webstead.formats.webconfig.model import STOCK, Answer, Origin, Request

__all__ = ["AccessRule", "Anonymous", "Authorization", "Tls", "refused_anonymous", "refused_plain"]

_EVERYBODY = frozenset({"*", "?"})


@dataclass(frozen=True, slots=True)
class Tls:
    """sslFlags. needed: Ssl; strong: Ssl128; certificate: SslRequireCert."""

    needed: bool = False
    strong: bool = False
    certificate: bool = False
    origin: Origin = STOCK

    @property
    def is_idle(self) -> bool:
        return not (self.needed or self.strong or self.certificate)


@dataclass(frozen=True, slots=True)
class Anonymous:
    """anonymousAuthentication."""

    allowed: bool = True
    origin: Origin = STOCK


@dataclass(frozen=True, slots=True)
class AccessRule:
    """One `add` of authorization. users: in lower case. verbs: upper case; none: all."""

    allows: bool
    users: frozenset[str]
    verbs: frozenset[str]
    origin: Origin = STOCK

    def fits(self, method: str) -> bool:
        """Whether it is about an anonymous request of this method."""
        return not self.users.isdisjoint(_EVERYBODY) and (not self.verbs or method.upper() in self.verbs)


@dataclass(frozen=True, slots=True)
class Authorization:
    """rules: the parents' first. origin: of the section."""

    rules: tuple[AccessRule, ...]
    origin: Origin = STOCK


def refused_plain(tls: Tls, request: Request) -> Answer | None:
    """The answer to a request that does not come as sslFlags wants it. How strong the cipher is shows only to
    who ends TLS before us; none that is in use has less than 128 bits."""
    if tls.is_idle:
        return None
    if (tls.needed or tls.strong) and not _is_https(request):
        flag, sub_status = ("Ssl", 4) if tls.needed else ("Ssl128", 5)
        reason = f"access sslFlags wants https ({flag}, {tls.origin})"
        fix = "Ask over https; a proxy at this machine that ends TLS says so in X-Forwarded-Proto."
        return Answer(403, sub_status, reason, fix=fix)
    if tls.certificate:
        reason = (
            f"access sslFlags wants a client certificate (SslRequireCert, {tls.origin}), and none get here"
        )
        return Answer(403, 7, reason, fix="Ask for it in the server that ends TLS, and take the flag out.")
    return None


def _is_https(request: Request) -> bool:
    """As the connection is, or as the nearest proxy says, if that is on this machine."""
    if request.scheme == "https":
        return True
    if not is_loopback(request.remote_address):
        return False
    return request.headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower() == "https"


def refused_anonymous(anonymous: Anonymous, authorization: Authorization, method: str) -> Answer | None:
    """The answer to a request of somebody who would have to sign in."""
    if not anonymous.allowed:
        reason = f"anonymousAuthentication is off ({anonymous.origin}), and nobody can sign in here"
        return Answer(401, 2, reason, fix=_fix('<anonymousAuthentication enabled="true" />'))
    fitting = [rule for rule in authorization.rules if rule.fits(method)]
    denied = next((rule for rule in fitting if not rule.allows), None)
    if denied is None and fitting:
        return None
    if denied is not None:
        reason = f"authorization denies {method} to those who have not signed in ({denied.origin})"
    else:
        reason = f"authorization allows {method} only to those who have signed in ({authorization.origin})"
    return Answer(401, 2, f"{reason}, and nobody can sign in here", fix=_fix(_ALLOW))


_ALLOW = '<add accessType="Allow" users="*" />'


def _fix(element: str) -> str:
    return f"Let the app ask who it is, and write {element}."
