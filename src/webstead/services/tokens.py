"""Bearer tokens: what is told of them, and how they are made; for a site's management and the server's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pydantic import Field

from webstead.services.context import Context
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.wire import Answer, Date, Given
from webstead.site.store.model import SCOPES, Scope, Token
from webstead.site.store.tokens import delete_token, list_tokens, make_token

__all__ = ["MadeToken", "TokenItem", "TokenWish", "listed", "made", "removed", "routes"]


Endpoint = Callable[..., object]


class TokenItem(Answer):
    """site: that it is for; "" for all. expires: null for never. used: the last time, to the minute."""

    id: str
    name: str
    site: str
    scopes: list[Scope]
    created: Date
    expires: Date | None
    used: Date | None


class MadeToken(TokenItem):
    """token: its text, which is told this once."""

    token: str


class TokenWish(Given):
    """scopes: all when they are left out. days: until it expires; null for never."""

    name: str = Field(min_length=1, max_length=100)
    scopes: list[Scope] = Field(default_factory=lambda: list(SCOPES), min_length=1)
    days: int | None = Field(default=None, ge=1, le=36500)


def listed(context: Context, site: str) -> list[TokenItem]:
    """Those of a site; of all with ""."""
    return [TokenItem.model_validate(_members(token)) for token in list_tokens(context.store, site)]


def made(context: Context, site: str, wish: TokenWish) -> MadeToken:
    now = context.clock.now()
    expires = None if wish.days is None else now + timedelta(days=wish.days)
    token, text = make_token(
        context.store, wish.name, now=now, site=site, scopes=wish.scopes, expires=expires
    )
    return MadeToken.model_validate({**_members(token), "token": text.reveal()})


def removed(context: Context, site: str, token: str) -> None:
    """Raises ApiError 404 for one that is not there, or another site's."""
    if not any(each.id == token for each in list_tokens(context.store, site)):
        raise ApiError(404, f"There is no token {token}.")
    delete_token(context.store, token)


def _members(token: Token) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "site": token.site,
        "scopes": [scope for scope in SCOPES if scope in token.scopes],
        "created": token.created,
        "expires": token.expires,
        "used": token.used,
    }


def routes(
    below: str, show: Endpoint, make: Endpoint, delete: Endpoint, *, makes: str, example: object
) -> tuple[Route, ...]:
    """Of one of the two managements. below: the path before `/tokens`. makes: the summary of making one."""
    return (
        Route("GET", f"{below}/tokens", show, "admin", "Tokens", gives=list[TokenItem], at="api"),
        Route(
            *("POST", f"{below}/tokens", make, "admin", makes),
            gives=MadeToken,
            status=201,
            takes=TokenWish,
            at="api",
            example=example,
        ),
        Route(
            *("DELETE", f"{below}/tokens/{{id}}", delete, "admin", "Delete a token"),
            status=204,
            at="api",
            others={404: "There is none"},
        ),
    )
