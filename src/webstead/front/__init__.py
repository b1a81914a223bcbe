"""The HTTP side of a site: started by the supervisor as `python -m webstead.front`, one process, no state
of its own.

`application` is the ASGI app; `server` puts it on granian; `run` is the life of the process. A request goes
through `serving` (where to?) to `static`, to `forward` over `fastcgi` or `http1`, or to `websocket`.
"""

from __future__ import annotations

__all__: list[str] = []
