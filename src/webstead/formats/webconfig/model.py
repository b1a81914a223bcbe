"""What a `web.config` says, as values, and what a request and its route look like.

Sources: the IIS configuration reference (system.webServer), the httpPlatformHandler and URL Rewrite 2
references.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "STOCK",
    "Access",
    "Answer",
    "AppSetting",
    "FastCgiApplication",
    "FileKind",
    "Handler",
    "HandlerKind",
    "HttpPlatform",
    "Note",
    "Origin",
    "ProxySettings",
    "Remote",
    "Request",
    "ResourceType",
    "Route",
    "StderrMode",
    "TraceStep",
]

HandlerKind = Literal["fastcgi", "foreign", "platform", "static", "protocol", "unsupported"]
"""What answers: our gateway (FastCgiModule with Python), a FastCGI program of somebody else's, as itself
(FastCgiModule with php-cgi), a process with a port (httpPlatformHandler, AspNetCoreModule), a file
(StaticFileModule, DefaultDocumentModule), OPTIONS and TRACE (ProtocolSupportModule), or a module that we do
not have."""

StderrMode = Literal["ReturnStdErrIn500", "ReturnGeneric500", "IgnoreAndReturn200", "TerminateProcess"]
ResourceType = Literal["unspecified", "file", "directory", "either"]
Access = Literal["none", "read", "write", "script", "execute"]
"""What a handler needs of the folder's accessPolicy."""

FileKind = Callable[[str], Literal["file", "folder", "none"]]
"""Asks what stands at a URL path (decoded, canonical, `/`-separated, starting with `/`) of the site."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written. line counts from 1; 0: nowhere in a file (the server's own defaults)."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


STOCK = Origin("the server's defaults", 0)
"""Where a value comes from that no file gives."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something in the file that is understood but not done, or not understood and passed over."""

    text: str
    origin: Origin
    matters: bool
    """True when the site may behave differently for it (a rule that is not applied); False for a section no
    Python site uses."""
    kind: str = ""
    """Names a mistake, which it is on every server; "" for what only this server does not do."""


@dataclass(frozen=True, slots=True)
class AppSetting:
    """One `key` (or `name`) and its `value`: of appSettings, or of environmentVariables."""

    key: str
    value: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Handler:
    """One `handlers/add`. pool: the key of its process pool: `fastcgi:<scriptProcessor>` or
    `platform:<folder>`, where folder is that of the httpPlatform section in force ("" for the root); None for
    handlers without processes."""

    name: str
    path: tuple[str, ...]
    verbs: tuple[str, ...]
    modules: str
    kind: HandlerKind
    origin: Origin
    script_processor: str = ""
    managed_type: str = ""
    resource_type: ResourceType = "unspecified"
    pool: str | None = None
    require_access: Access = "script"
    allow_path_info: bool = False
    response_buffer_limit: int = 4194304


@dataclass(frozen=True, slots=True)
class HttpPlatform:
    """`httpPlatform` (or `aspNetCore` out of process), as written. Times in seconds."""

    process_path: str
    arguments: str
    environment: tuple[AppSetting, ...]
    origin: Origin
    startup_seconds: float = 120.0
    request_seconds: float = 120.0
    startup_retries: int = 10
    rapid_fails_per_minute: int = 10
    processes: int = 1
    stdout_log: str | None = None
    """The path prefix of the log, when stdoutLogEnabled."""
    port_variable: Literal["HTTP_PLATFORM_PORT", "ASPNETCORE_PORT"] = "HTTP_PLATFORM_PORT"
    shutdown_seconds: float = 10.0
    recycle_on: tuple[str, ...] = ()
    """The files whose change restarts the process (recycleOnFileChange)."""
    startup_page: bool = True
    said: Mapping[str, Origin] = field(default_factory=dict, compare=False)
    """The attributes that some file writes, and where."""


@dataclass(frozen=True, slots=True)
class FastCgiApplication:
    """One `fastCgi/application`; full_path and arguments together are its key. Times in seconds.
    max_instances 0: automatic."""

    full_path: str
    arguments: str
    environment: tuple[AppSetting, ...]
    origin: Origin
    max_instances: int = 0
    idle_seconds: int = 300
    activity_seconds: int = 70
    request_seconds: int = 90
    instance_max_requests: int = 200
    queue_length: int = 1000
    rapid_fails_per_minute: int = 10
    monitor_changes_to: str = ""
    stderr_mode: StderrMode = "ReturnStdErrIn500"
    signal_before_terminate_seconds: int = 0
    said: Mapping[str, Origin] = field(default_factory=dict, compare=False)
    """The attributes that some file writes, and where."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the pipeline looks at. raw_target: as the client sent it, `/p%20q?x=1`. path: decoded and
    canonical. headers: lower-case names, latin-1 values; of repeated ones the first."""

    method: str
    raw_target: str
    path: str
    query: str
    scheme: Literal["http", "https"]
    host: str
    port: int
    remote_address: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response that needs no handler. sub_status: IIS's, 0 for none. location: for 3xx. status 0: drop the
    connection. fix: what to change in the configuration, where that is at fault. public: the reason is for
    every client, not only for those at this machine."""

    status: int
    sub_status: int = 0
    reason: str = ""
    location: str = ""
    body: str = ""
    fix: str = ""
    public: bool = False


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """`system.webServer/proxy`, as Application Request Routing has it. enabled: whether rules may lead to
    other servers at all. preserve_host: the other server gets the Host that the client sent. reverse_host: a
    redirect of its to itself becomes one to this site. seconds: it may take until its response begins."""

    enabled: bool = True
    preserve_host: bool = False
    reverse_host: bool = True
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Remote:
    """A URL of another server, which a rule passes the request to. host: without brackets. authority: as in
    the URL, which is what Host says there. path, query: escaped; the query in the latin-1 view of what the
    client sent."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    authority: str
    path: str
    query: str
    proxy: ProxySettings


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of how a URL found its handler."""

    stage: Literal["filter", "rewrite", "handler"]
    text: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes: exactly one of handler, answer and remote is set. path and query: after
    rewriting, and with the name of a default document. script: the part of path that the handler's pattern
    ends in, as `/shop/cart.php` of `/shop/cart.php/3`; empty where a handler of all paths answers and no file
    stands there. rewritten: whether a rule changed the URL (the app then finds the original in
    HTTP_X_ORIGINAL_URL and in PATH_INFO). variables: the server variables that rules have set, by upper-case
    name; `HTTP_*` are request headers, and an empty one is a header taken away. log_rewritten: the log says
    what the URL became."""

    handler: Handler | None
    answer: Answer | None
    path: str
    query: str
    script: str = ""
    rewritten: bool = False
    remote: Remote | None = None
    variables: tuple[tuple[str, bytes], ...] = ()
    log_rewritten: bool = False
