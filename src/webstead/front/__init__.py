"""The HTTP side of a site: started by the supervisor as `python -m webstead.front`, one process, no state
of its own.

`server` takes connections, `connection` reads requests (`inbound`) from them, each a `turn` with its
response (`reply`), and `application` answers: an ASGI app, but for what it is given to take a connection
over. `run` is the life of the process. A request goes through `serving` (where to?) to `static`, to
`forward` over `fastcgi` or `http1`, or to `websocket`.
"""

from __future__ import annotations

__all__: list[str] = []
