"""What performs each kind of a step that makes an environment: one module a kind, one table."""

from webstead.build.installers.table import INSTALLERS
from webstead.build.installers.work import Work

__all__ = ["INSTALLERS", "Work"]
