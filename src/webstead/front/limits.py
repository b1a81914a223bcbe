"""The front's limits, each with its precedent. Sizes in bytes, times in seconds."""

from __future__ import annotations

__all__ = [
    "BODY_RATE",
    "BODY_SECONDS",
    "COLD_WAIT_SECONDS",
    "CONNECTIONS",
    "CONNECTIONS_PER_ENDPOINT",
    "CONNECT_SECONDS",
    "CONTINUE_SECONDS",
    "CONTROL_LINE",
    "DISCONNECT_WATCH_SECONDS",
    "DRAIN_SECONDS",
    "ENCODED_ASIDE",
    "FED_AT_ONCE",
    "FEW_CONNECTIONS",
    "FILES_RESERVED",
    "GRACE_SECONDS",
    "HANDSHAKE_SECONDS",
    "HEADERS",
    "HEADER_BYTES",
    "HEADER_SECONDS",
    "HELD_BODY",
    "HELD_IN_MEMORY",
    "IDLE_HTTP_SECONDS",
    "KEEPALIVE_SECONDS",
    "KEPT_HEADERS",
    "KEPT_KEY",
    "LINGER_SECONDS",
    "LISTED",
    "LOG_LINES",
    "LOG_WRITE",
    "OVERFLOW",
    "OVERFLOWS",
    "OVERFLOWS_BYTES",
    "PART",
    "PARTS_AHEAD",
    "QUEUE",
    "QUEUE_SECONDS",
    "RANGES",
    "READ_AHEAD",
    "REMOTE_IDLE",
    "REMOTE_SERVERS",
    "REQUEST_BODY_HELD",
    "RETURN_SECONDS",
    "ROUTES_CACHED",
    "SLOW_SECONDS",
    "STALL_SECONDS",
    "STATIC_CACHE",
    "STATIC_CACHED_FILE",
    "STATIC_ENCODED",
    "STATIC_ENCODED_FILE",
    "STATIC_ENCODERS",
    "STATIC_FRESH_SECONDS",
    "STREAMS_ENCODED",
    "TABLE_WAIT_SECONDS",
    "WEBSOCKET_OPEN_SECONDS",
]

HEADER_SECONDS = 30
"""To receive a request's head: Apache's RequestReadTimeout gives 20 to 40, nginx's client_header_timeout
60."""
HANDSHAKE_SECONDS = 10.0
"""To agree on a key: a few round trips. Apache's RequestReadTimeout handshake is 10 in its examples, nginx's
time is that of the head."""
HEADER_BYTES = 64 * 1024
"""The head of a request, or of a response: twice nginx's large_client_header_buffers (4 x 8 KiB)."""
HEADERS = 256
"""Of one request: Apache's LimitRequestFields is 100."""
BODY_SECONDS = 60.0
"""Between two parts of a request's body: nginx's client_body_timeout."""
BODY_RATE = 240
"""Bytes a second of a request's body, on the whole and after BODY_SECONDS: IIS's minBytesPerSecond."""
SLOW_SECONDS = 0.05
"""A client that takes nothing for so long is one that the app should not wait for."""
STALL_SECONDS = 60
"""A client that takes nothing of what it is sent: nginx's send_timeout."""
KEEPALIVE_SECONDS = 60
"""Of silence until the kernel asks whether the client's machine is still there."""
CONNECTIONS = 16384
"""Clients' connections, idle ones too. One that says nothing ends after HEADER_SECONDS, so 540 new ones a
second fill this. nginx's worker_connections is 512 a process, but it closes idle ones for new ones."""
FEW_CONNECTIONS = 10_000
"""Where the system allows fewer files than these need, the log says so."""
FILES_RESERVED = 4096
"""File descriptors kept back from clients' connections: for instances, WebSockets (two more each), files, and
ourselves."""
CONNECTIONS_PER_ENDPOINT = 512
"""Requests in flight at one instance: nginx's worker_connections default."""
QUEUE = 1000
"""Requests that wait for a pool: IIS's queueLength. Beyond it: 503."""
QUEUE_SECONDS = 60.0
"""How long one waits: nginx's and Apache's proxy time-outs."""
CONNECT_SECONDS = 5.0
CONTINUE_SECONDS = 1.0
"""How long an instance is waited for to ask for the body that the client holds back: curl waits as long."""
TABLE_WAIT_SECONDS = 5.0
"""How long a request waits for an instance that is being started again: longer than a restart, shorter than
a user."""
COLD_WAIT_SECONDS = 60.0
"""How long a request waits for the plan of a site that nothing has served yet: it takes a tenth of a second;
an environment that has to be built anew much longer. What is started then is waited for as long as the site
gives it to start (`PoolEntry.startup_seconds`)."""
IDLE_HTTP_SECONDS = 1.5
"""A kept HTTP connection is not reused after this: gunicorn closes idle ones after 2, uvicorn and Node
after 5."""
RETURN_SECONDS = 60.0
"""A program whose client left gets no other request until it has done with that one, or this is over."""
REMOTE_IDLE = 64
"""Connections kept to one other server: nginx's keepalive is 32 in its examples."""
REMOTE_SERVERS = 256
"""Other servers whose connections are kept."""
REQUEST_BODY_HELD = 64 * 1024
"""A request body up to this is read before an instance is asked: waitress's and nginx's buffers are 8 to
512 KiB."""
RANGES = 64
"""Parts of a file in one request: beyond, the whole file is sent. Apache's MaxRanges is 200."""
HELD_BODY = 30_000_000
"""A body that is taken whole for a program, where the site has no limit: IIS's maxAllowedContentLength."""
HELD_IN_MEMORY = 256 * 1024
"""So much of it; the rest waits in a file."""
OVERFLOW = 16 * 1024 * 1024
"""What waits on disk for one client that reads slowly: beyond, its app waits. nginx: 1 GiB."""
OVERFLOWS = 512
OVERFLOWS_BYTES = 1024 * 1024 * 1024
"""For all such clients: files, and bytes."""
READ_AHEAD = 256 * 1024
"""Response bytes held for a client that reads slowly: eight of nginx's 8 x 4 KiB fastcgi_buffers."""
FED_AT_ONCE = 16 * 1024
"""Bytes of heads and chunks that are read before others have their turn: of chunks of one byte, five
milliseconds' work."""
PARTS_AHEAD = 1024
"""Parts of a request's body held for an app that reads slowly, however short: each costs 50 bytes."""
OUTBOUND_BODY = 8 * 1024 * 1024
"""A body that an outbound rule looks at whole is held up to this; a larger one passes unchanged."""
LISTED = 20_000
"""Entries of a folder that its list shows: some 3 MB of page."""
PART = 64 * 1024
"""One part of a streamed file."""
DISCONNECT_WATCH_SECONDS = 0.4
"""A request that runs longer than this, or twice as long, is watched for a client that went away: its app
hears of it in less than a second."""
GRACE_SECONDS = 3.0
"""From SIGTERM to the end: the supervisor promises Ctrl+C to the end in 5."""
DRAIN_SECONDS = 30.0
"""From `drain` to the end: gunicorn's graceful_timeout."""
STATIC_CACHED_FILE = 64 * 1024
STATIC_CACHE = 16 * 1024 * 1024
STATIC_ENCODED_FILE = 4 * 1024 * 1024
"""The largest file that is compressed here: a tenth of a second. Larger ones can lie compressed beside it."""
STATIC_ENCODED = 16 * 1024 * 1024
"""Compressed files that are kept."""
STATIC_ENCODERS = 4
"""Files that are compressed at the same time; more are sent as they are."""
ENCODED_ASIDE = 64 * 1024
"""A larger part of an answer is compressed in a thread: this much takes 0.2 ms."""
STREAMS_ENCODED = 512
"""Streams that are compressed at the same time, with half a megabyte each; more are sent as they are."""
STATIC_FRESH_SECONDS = 1.0
"""A cached file, and a route that depends on files, is looked at again after this: nginx's
open_file_cache_valid is 60."""
ROUTES_CACHED = 4096
KEPT_HEADERS = 8
"""Headers that a route which is kept may depend on: rules look at few, a User-Agent or a Referer."""
KEPT_KEY = 1024
"""What a client sent is remembered (a route, a header) up to this length: else a few thousand long addresses
would hold a gigabyte."""
LOG_LINES = 65536
LOG_WRITE = 4096
"""One write to the log: PIPE_BUF on Linux, so that lines of several processes never mix."""
CONTROL_LINE = 64 * 1024 * 1024
LINGER_SECONDS = 5.0
"""From the end of one side of a WebSocket to that of the other: a close is answered at once."""
WEBSOCKET_OPEN_SECONDS = 60.0
"""From the upgrade to the app's word on it: nginx's proxy_read_timeout."""
