"""What a child does before it is the program that was asked for."""

from __future__ import annotations

import os
from collections.abc import Callable

from webstead.host.confinement import Confinement
from webstead.host.isolation import on_fork

try:
    import fcntl
    import termios
except ImportError:  # Windows, which has no such children
    _TAKE_TERMINAL = None
else:
    _TAKE_TERMINAL = (fcntl.ioctl, termios.TIOCSCTTY)

__all__ = ["becoming"]


def becoming(confinement: Confinement, group: int | None, terminal: int | None = None) -> Callable[[], None]:
    """For `preexec_fn`. uvloop, which the management runs on, knows nothing of users; and the kernel forgets
    the death signal when the user changes, so that it comes last.

    group: a file that a process enters its control group by. terminal: that the child's session is at; it
    begins that session itself, as uvloop would only afterwards."""
    bind, take = on_fork(), _TAKE_TERMINAL
    user, own_group, groups = confinement.user, confinement.group, list(confinement.groups)

    def become() -> None:
        if group is not None:
            os.write(group, b"0")  # itself
        if terminal is not None and take is not None:
            os.setsid()
            take[0](terminal, take[1], 0)
        if user is not None and own_group is not None:
            os.setgroups(groups)
            os.setgid(own_group)
            os.setuid(user)
        if bind is not None:
            bind()

    return become
