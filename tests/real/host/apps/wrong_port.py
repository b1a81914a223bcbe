"""Listens on a port of its own choice."""

import signal
import socket

with socket.create_server(("127.0.0.1", 0)) as listener:
    print("listening on", listener.getsockname()[1])
    signal.pause()
