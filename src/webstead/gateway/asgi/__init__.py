"""ASGI 3 (`http` and `lifespan`) behind FastCGI: one event loop, in the thread that calls `run_*`.

`server` is the door. `scope`, `head` and `response` are pure; `wire` and `channel_wire` move bytes;
`connection` holds the requests of one FastCGI connection, `cycle` is one request, `body` its body.
"""
