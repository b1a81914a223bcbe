"""`security/access`, `security/authorization` and `security/authentication/*`: who may see an address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, get_args

from webstead.formats.webconfig.access import AccessRule, Anonymous, Authorization, Tls
from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.schema.kinds import Choice, Flag, Flags, Text
from webstead.formats.webconfig.schema.node import Node, empty, stock_item
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape

__all__ = [
    "ACCESS",
    "ANONYMOUS",
    "AUTHORIZATION",
    "BASIC_AUTHENTICATION",
    "DIGEST_AUTHENTICATION",
    "WINDOWS_AUTHENTICATION",
]

_SECURITY = "system.webServer/security"

# sslFlags

_TLS_FLAGS = ("ssl", "sslnegotiatecert", "sslrequirecert", "sslmapcert", "ssl128", "none")


def _tls(node: Node) -> Tls:
    flags = node.flags("sslFlags")
    return Tls("ssl" in flags, "ssl128" in flags, "sslrequirecert" in flags, node.origin_of("sslFlags"))


def _tls_notes(node: Node) -> Iterator[Note]:
    flags, origin = node.flags("sslFlags"), node.origin_of("sslFlags")
    if "sslrequirecert" in flags:
        text = "access sslFlags=SslRequireCert: no client certificates get here, so every request gets 403.7"
        yield Note(text, origin, matters=True)
    elif flags & {"sslnegotiatecert", "sslmapcert"}:
        yield Note("access sslFlags: client certificates are not asked for", origin, matters=True)


ACCESS = Section(
    f"{_SECURITY}/access",
    empty(Shape({"sslFlags": Flags(_TLS_FLAGS, frozenset({"none"}))})),
    _tls,
    _tls_notes,
)

# authorization

_AccessType = Literal["Allow", "Deny"]
_ACCESS_TYPES: tuple[_AccessType, ...] = get_args(_AccessType)
_RULE = Shape(
    {
        "accessType": Choice(_ACCESS_TYPES, "Allow", needed=True),
        "users": Text(),
        "roles": Text(),
        "verbs": Text(),
    }
)
_AUTHORIZATION = Shape(
    {"bypassLoginPages": Flag(True)}, items=Items(_RULE, ("users", "roles", "verbs"), guards=True)
)


def _authorization(node: Node) -> Authorization:
    return Authorization(tuple(_rule(item.node) for item in node.items), node.origin)


def _rule(node: Node) -> AccessRule:
    if not (node.text("users").strip() or node.text("roles").strip()):
        raise node.error(
            "<add> of authorization is for nobody",
            found="neither users nor roles",
            fix='Write users="*" for everybody, users="?" for those who have not signed in, or names.',
        )
    return AccessRule(
        allows=node.choice("accessType", _ACCESS_TYPES) == "Allow",
        users=frozenset(map(str.lower, _listed(node.text("users")))),
        verbs=frozenset(map(str.upper, _listed(node.text("verbs")))),
        origin=node.origin,
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for part in map(str.strip, text.split(",")) if part)


def _authorization_notes(node: Node) -> Iterator[Note]:
    for item in node.items:
        users = _listed(item.node.text("users"))
        if item.node.element is not None and not {"*", "?"} & set(users):
            what = item.node.text("users") or item.node.text("roles")
            text = f"authorization: nobody can sign in here, so this rule for {what} never holds"
            yield Note(text, item.node.origin, matters=True)


AUTHORIZATION = Section(
    f"{_SECURITY}/authorization",
    Node(_AUTHORIZATION, items=(stock_item(_RULE, "*\0\0", accessType="Allow", users="*"),)),
    _authorization,
    _authorization_notes,
)

# authentication

_LOGON_METHODS = ("Interactive", "Batch", "Network", "ClearText")
_ANONYMOUS = Shape(
    {
        "enabled": Flag(True),
        "userName": Text("IUSR"),
        "password": Text(),
        "logonMethod": Choice(_LOGON_METHODS, "ClearText"),
        "defaultLogonDomain": Text(),
    }
)


def _anonymous(node: Node) -> Anonymous:
    return Anonymous(node.flag("enabled"), node.origin_of("enabled"))


def _anonymous_notes(node: Node) -> Iterator[Note]:
    if not node.flag("enabled"):
        text = (
            "anonymousAuthentication is off, and there is no other way to sign in here: every request is "
            "answered with 401.2. Let the app ask who it is"
        )
        yield Note(text, node.origin_of("enabled"), matters=True)


ANONYMOUS = Section(
    f"{_SECURITY}/authentication/anonymousAuthentication", empty(_ANONYMOUS), _anonymous, _anonymous_notes
)


def _not_offered(name: str) -> Callable[[Node], Iterable[Note]]:
    def notes(node: Node) -> Iterator[Note]:
        if node.flag("enabled"):
            text = f"{name} is not offered: nobody can sign in here. Let the app ask who it is"
            yield Note(text, node.origin_of("enabled"), matters=True)

    return notes


def _enabled(node: Node) -> bool:
    return node.flag("enabled")


def _scheme(name: str, shape: Shape) -> Section[bool]:
    return Section(f"{_SECURITY}/authentication/{name}", empty(shape), _enabled, _not_offered(name))


BASIC_AUTHENTICATION = _scheme(
    "basicAuthentication",
    Shape(
        {
            "enabled": Flag(),
            "realm": Text(),
            "defaultLogonDomain": Text(),
            "logonMethod": Choice(_LOGON_METHODS, "ClearText"),
        }
    ),
)
DIGEST_AUTHENTICATION = _scheme("digestAuthentication", Shape({"enabled": Flag(), "realm": Text()}))
_NAMES = ("proxy", "noservicenamecheck", "allowdotlessspn", "proxycohosting", "none")
WINDOWS_AUTHENTICATION = _scheme(
    "windowsAuthentication",
    Shape(
        {
            "enabled": Flag(),
            "authPersistSingleRequest": Flag(),
            "authPersistNonNTLM": Flag(),
            "useKernelMode": Flag(True),
            "useAppPoolCredentials": Flag(),
        },
        {
            "providers": Shape(items=Items(Shape({"value": Text(needed=True)}), ("value",))),
            "extendedProtection": Shape(
                {
                    "tokenChecking": Choice(("None", "Allow", "Require"), "None"),
                    "flags": Flags(_NAMES, frozenset({"none"})),
                },
                items=Items(Shape({"name": Text(needed=True)}), ("name",), add="spn"),
            ),
        },
    ),
)
