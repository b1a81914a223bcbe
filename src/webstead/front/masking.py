"""What the secret headers of a request hold, hidden wherever it shows up: in what rules looked at, captured
and made of it.

A rule may take any part of a cookie, in any case, escaped or not, and put it anywhere. So every run of
characters that is also found in a secret is hidden, from RUN characters on; but for what stands in the
address that was asked for, which is shown anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote, unquote_plus

from webstead.settings import MASK, holds_password, is_secret_header

__all__ = ["MOST", "RUN", "Masking"]

RUN = 4
"""Characters; fewer say nothing of a secret."""

MOST = 4096
"""Characters of secrets in one request, as many as a browser has for one cookie: with more, nothing is shown
that rules may have made of them. To look for more would keep the front from its work."""


class Masking:
    """headers: of the request, in the latin-1 view. target: the address that was asked for."""

    def __init__(self, headers: Iterable[tuple[str, str]], target: str) -> None:
        secrets = [(name, value) for name, value in headers if is_secret_header(name)]
        self._hides_all = sum(len(value) for _, value in secrets) > MOST
        if self._hides_all:
            secrets = []
        parts = {part for name, value in secrets for part in _parts(name, value)}
        self._runs = {run for part in parts for form in _forms(part) for run in _runs(form)}
        if self._runs:
            self._runs.difference_update(run for form in _forms(target) for run in _runs(form))

    def value(self, name: str, value: str) -> str:
        """Of a header or variable of this name. What only stands in an address is shown: it was asked for."""
        return MASK if is_secret_header(name) or holds_password(value) else self.text(value)

    def text(self, text: str) -> str:
        if self._hides_all and text:
            return MASK
        if not self._runs:
            return text
        kept: list[str] = []
        low = text.lower() if len(text.lower()) == len(text) else text
        hidden_to = 0
        for at, char in enumerate(text):
            if low[at : at + RUN] in self._runs:
                hidden_to = at + RUN
            if at >= hidden_to:
                kept.append(char)
            elif not kept or kept[-1] != MASK:
                kept.append(MASK)
        return "".join(kept)


def _parts(name: str, value: str) -> Iterator[str]:
    """Of cookies the values; of credentials what follows the name of their scheme."""
    if "cookie" in name.lower():
        for part in value.split(";"):
            _, equals, rest = part.partition("=")
            yield rest if equals else part
    else:
        scheme, space, credentials = value.partition(" ")
        yield credentials if space and scheme.isalpha() else value


def _forms(text: str) -> tuple[str, ...]:
    forms = (text, unquote(text), unquote_plus(text), quote(text), quote(text, safe=""))
    return tuple(form.lower() for form in dict.fromkeys(forms))


def _runs(text: str) -> Iterator[str]:
    return (text[at : at + RUN] for at in range(len(text) - RUN + 1))
