"""The records of a server, in SQLite."""

__all__: list[str] = []
