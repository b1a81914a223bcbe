"""What a deployment's log has gained since it was read last, as lines for somebody who waits."""

from __future__ import annotations

from collections.abc import Iterator

from webstead.site.store import Store
from webstead.site.store.deployment_log import entries
from webstead.site.store.model import EntryType

__all__ = ["Following"]

_MARKS = {EntryType.MESSAGE: "", EntryType.WARNING: "Warning: ", EntryType.ERROR: "Error: "}


class Following:
    """Of one deployment, from its beginning."""

    def __init__(self, store: Store, site: str, deployment: str) -> None:
        self._store = store
        self._site = site
        self._deployment = deployment
        self._seen: dict[str, int] = {}

    def new_lines(self) -> Iterator[str]:
        """Entries, and those below them indented, each once."""
        yield from self._below("", "")

    def _below(self, parent: str, indent: str) -> Iterator[str]:
        found = entries(self._store, self._site, self._deployment, parent)
        seen = self._seen.get(parent, 0)
        self._seen[parent] = len(found)
        for number, entry in enumerate(found):
            if number >= seen:
                mark = "" if entry.has_children else _MARKS[entry.type]
                yield from (f"{indent}{mark}{line}" for line in entry.message.splitlines() or [""])
            if entry.has_children:
                yield from self._below(entry.id, indent + "  ")
