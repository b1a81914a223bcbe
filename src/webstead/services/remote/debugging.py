"""The port of a debugger in the app: a tunnel leads there instead of to SSH, by App Service's settings."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping

import psutil

from webstead.services.context import SiteContext
from webstead.site.processes.find import processes_of

__all__ = ["PORT_SETTING", "SWITCH_SETTING", "debug_port", "is_listening"]

SWITCH_SETTING = "APPSVC_REMOTE_DEBUGGING"
PORT_SETTING = "APPSVC_TUNNEL_PORT"

_HERE = frozenset({"127.0.0.1", "0.0.0.0", "::", "::1"})  # noqa: S104 - where others listen


def debug_port(settings: Mapping[str, str]) -> int | None:
    """None when debugging is switched off; 0 when it is on, and no port is named."""
    if settings.get(SWITCH_SETTING, "").strip().upper() not in ("TRUE", "1"):
        return None
    text = settings.get(PORT_SETTING, "").strip()
    port = int(text) if re.fullmatch(r"[0-9]{1,5}", text) else 0
    return port if port < 1 << 16 else 0


def is_listening(site: SiteContext, port: int, roots: Iterable[int]) -> bool:
    """Whether a process of this site listens there: a tunnel must not lead to another site's, or to the
    machine's. roots: the instances' numbers. Blocks."""
    for process in processes_of(site.name, str(site.home.root), [*roots]).values():
        with contextlib.suppress(psutil.Error):
            for each in process.net_connections("tcp"):
                if each.status == psutil.CONN_LISTEN and each.laddr[1] == port and each.laddr[0] in _HERE:
                    return True
    return False
