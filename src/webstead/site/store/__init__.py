"""The records of a server, in one SQLite database in WAL mode: readers never wait, writers take turns.

Each module has the records of one noun, its SQL beside the functions that use it. Every change is one
transaction. What is read is a value (`model`); nothing here decides anything.
"""

from webstead.site.store.database import Store, open_store

__all__ = ["Store", "open_store"]
