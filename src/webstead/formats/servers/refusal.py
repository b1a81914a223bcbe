"""What a server's grammar has no way to write is refused before it is written."""

from __future__ import annotations

from webstead.errors import UsageError

__all__ = ["refuse"]


def refuse(server: str, what: str, text: str, signs: tuple[str, ...]) -> None:
    """Raises UsageError when text has one of the signs in it."""
    for sign in signs:
        if sign in text:
            raise UsageError(
                f"{server} cannot be given this {what}.",
                found=f"{text}, with {sign!r} in it",
                fix=f"Choose a {what} without it.",
            )
