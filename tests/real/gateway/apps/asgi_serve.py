"""Serve an app on a Unix socket: asgi_serve.py SOURCE SOCKET APP LOOP. Runs in any Python from 3.9 on."""

import importlib
import os
import signal
import sys

sys.path.insert(0, sys.argv[1])

from webstead.gateway.asgi.server import AsgiServer
from webstead.gateway.failure import StartFailure
from webstead.gateway.observe.log import Log
from webstead.gateway.transport.listen import open_listener

if __name__ == "__main__":
    if sys.argv[4] == "asyncio":
        sys.modules["uvloop"] = None
    server = AsgiServer(
        importlib.import_module(sys.argv[3]).app,
        Log(),
        lambda params: None,
        None,
        1,
        lambda params: True,
        started=lambda: print("started", flush=True),
    )
    signal.signal(signal.SIGTERM, lambda number, frame: server.stop())
    try:
        server.run_listener(open_listener("unix:" + sys.argv[2], os.environ))
    except StartFailure as failure:
        sys.exit(failure.as_text())
    print("ended", flush=True)
