"""The nginx configuration of a contender, as text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FASTCGI_PARAMS", "FastCgi", "Http", "Static", "configuration"]

# What IIS sends to a FastCGI application: 36 variables with the load generator's one header (HTTP_HOST).
FASTCGI_PARAMS: tuple[tuple[str, str], ...] = (
    ("APPL_MD_PATH", "/LM/W3SVC/1/ROOT"),
    ("APPL_PHYSICAL_PATH", "D:/home/site/wwwroot/"),
    ("APP_POOL_ID", "DefaultAppPool"),
    ("AUTH_TYPE", ""),
    ("AUTH_USER", ""),
    ("CERT_COOKIE", ""),
    ("CERT_FLAGS", ""),
    ("CONTENT_LENGTH", "$content_length"),
    ("CONTENT_TYPE", "$content_type"),
    ("DOCUMENT_ROOT", "D:/home/site/wwwroot"),
    ("GATEWAY_INTERFACE", "CGI/1.1"),
    ("HTTPS", "off"),
    ("HTTPS_KEYSIZE", ""),
    ("INSTANCE_ID", "1"),
    ("INSTANCE_META_PATH", "/LM/W3SVC/1"),
    ("INSTANCE_NAME", "DEFAULT WEB SITE"),
    ("LOCAL_ADDR", "$server_addr"),
    ("LOGON_USER", ""),
    ("PATH_INFO", "$uri"),
    ("PATH_TRANSLATED", "D:/home/site/wwwroot$uri"),
    ("QUERY_STRING", "$query_string"),
    ("REMOTE_ADDR", "$remote_addr"),
    ("REMOTE_HOST", "$remote_addr"),
    ("REMOTE_PORT", "$remote_port"),
    ("REMOTE_USER", ""),
    ("REQUEST_METHOD", "$request_method"),
    ("REQUEST_URI", "$request_uri"),
    ("SCRIPT_FILENAME", "D:/home/site/wwwroot/handler.fcgi"),
    ("SCRIPT_NAME", ""),
    ("SERVER_NAME", "$server_name"),
    ("SERVER_PORT", "$server_port"),
    ("SERVER_PORT_SECURE", "0"),
    ("SERVER_PROTOCOL", "$server_protocol"),
    ("SERVER_SOFTWARE", "Microsoft-IIS/10.0"),
    ("URL", "$uri"),
)

UPSTREAM_CONNECTIONS = 64  # kept to the app: above the 32 of the load generator, so that none is opened anew


@dataclass(frozen=True, slots=True)
class FastCgi:
    """keep: whether the application can keep connections."""

    socket: Path
    keep: bool

    def location(self) -> list[str]:
        params = [f'fastcgi_param {name} "{value}";' for name, value in FASTCGI_PARAMS]
        unspooled = "fastcgi_max_temp_file_size 0;"
        return ["fastcgi_pass app;", unspooled, f"fastcgi_keep_conn {'on' if self.keep else 'off'};", *params]


@dataclass(frozen=True, slots=True)
class Http:
    """A reverse proxy with the headers that the makers of gunicorn advise."""

    socket: Path
    keep: bool = True

    def location(self) -> list[str]:
        return [
            "proxy_pass http://app;",
            "proxy_http_version 1.1;",
            'proxy_set_header Connection "";',
            "proxy_set_header Host $http_host;",
            "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
            "proxy_set_header X-Forwarded-Proto $scheme;",
        ]


@dataclass(frozen=True, slots=True)
class Static:
    """Files from a folder, sent as a packaged nginx is set up to send them."""

    folder: Path

    def location(self) -> list[str]:
        return [f'root "{self.folder}";']


def configuration(source: FastCgi | Http | Static, port: int, folder: Path) -> str:
    """One worker, no access log (which spares nginx work), everything it writes below `folder`."""
    lines = [
        *([] if os.geteuid() else ["user root;"]),  # so that the worker may open the sockets of this run
        "worker_processes 1;",
        "daemon off;",
        f'pid "{folder}/nginx.pid";',
        f'error_log "{folder}/nginx.error" error;',
        "events { worker_connections 1024; }",
        "http {",
        *_http(source, port, folder),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _http(source: FastCgi | Http | Static, port: int, folder: Path) -> list[str]:
    temporary = [
        f'{name}_temp_path "{folder}/{name}";'
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    ]
    return [
        "access_log off;",
        "sendfile on;",
        "tcp_nopush on;",
        "types { text/css css; }",
        "keepalive_requests 1000000000;",
        *temporary,
        *_upstream(source),
        *_block("server", [f"listen 127.0.0.1:{port};", *_block("location /", source.location())]),
    ]


def _upstream(source: FastCgi | Http | Static) -> list[str]:
    if isinstance(source, Static):
        return []
    kept = (f"keepalive {UPSTREAM_CONNECTIONS};", "keepalive_requests 1000000000;") if source.keep else ()
    return _block("upstream app", [f"server unix:{source.socket};", *kept])


def _block(head: str, lines: Sequence[str]) -> list[str]:
    return [f"{head} {{", *lines, "}"]
