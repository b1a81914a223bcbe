"""What is kept of builds: the environments, who holds each, and which of them may go."""

from webstead.build.kept.holders import hold, holders
from webstead.build.kept.look import look
from webstead.build.kept.model import Kept, Verdict, verdict
from webstead.build.kept.prune import Pruned, prune

__all__ = ["Kept", "Pruned", "Verdict", "hold", "holders", "look", "prune", "verdict"]
