"""The locks of Poetry, PDM, Pipenv and PEP 751, read into the one form that is installed from."""

from webstead.project.manifests.locks.constraints import admits
from webstead.project.manifests.locks.manifest import LOCKS, lock_reader, read_lock
from webstead.project.manifests.locks.model import Index, Lock, LockError, Need, Pin
from webstead.project.manifests.locks.pylock import pylock_paths
from webstead.project.manifests.locks.selection import Selection, select
from webstead.project.manifests.locks.written import requirement_line

__all__ = [
    "Index",
    "LOCKS",
    "Lock",
    "LockError",
    "Need",
    "Pin",
    "Selection",
    "admits",
    "lock_reader",
    "pylock_paths",
    "read_lock",
    "requirement_line",
    "select",
]
