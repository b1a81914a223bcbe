"""nginx: a file for sites-available.

Answers and uploads stay buffered, as nginx does by itself: a slow client then costs nginx a buffer, and the
app nothing. A response that streams says so with the header `X-Accel-Buffering: no`, which nginx keeps to
itself. All parameters are written here, because the `fastcgi_params` of a distribution give the app a
REMOTE_USER that nobody has checked, and on Debian a Host without its port.
"""

from __future__ import annotations

from webstead.formats.servers.model import GatewaySite

__all__ = ["configuration"]

KEPT_CONNECTIONS = 16  # idle ones, for each worker process of nginx

_SITE = """\
# {target} behind nginx.
# Save as /etc/nginx/sites-available/{name}, link it into sites-enabled, then: nginx -t && nginx -s reload
# Start the gateway: {command}
# The user of nginx (www-data) must be allowed to open its socket: --bind unix:PATH,mode=660,group=GROUP

{dollar}\
# The port that the client named: $host has none, and $http_host need not agree with the URL.
map $http_host $webstead_port {{
    "~(?<webstead_digits>:[0-9]+)$" $webstead_digits;
    default "";
}}

upstream {name} {{
    server {upstream};
    keepalive {kept};
}}

server {{
    listen {listen};
    server_name {server_name};
    client_max_body_size {max_body};

{static}\
{locations}\

    fastcgi_keep_conn on;
    fastcgi_buffer_size 16k;  # the headers of a response have to fit
    fastcgi_buffers 16 16k;
    fastcgi_split_path_info "^({mount})((?s:/.*)?)\\\\z";

    fastcgi_param REQUEST_METHOD $request_method;
    fastcgi_param SCRIPT_NAME "{prefix}";
    fastcgi_param PATH_INFO $fastcgi_path_info;
    fastcgi_param QUERY_STRING $query_string;
    fastcgi_param REQUEST_URI $request_uri;
    fastcgi_param CONTENT_TYPE $content_type;
    fastcgi_param CONTENT_LENGTH $content_length;
    fastcgi_param SERVER_NAME {said_name};
    fastcgi_param SERVER_PORT $server_port;
    fastcgi_param SERVER_PROTOCOL $server_protocol;
    fastcgi_param SERVER_SOFTWARE nginx/$nginx_version;
    fastcgi_param GATEWAY_INTERFACE CGI/1.1;
    fastcgi_param REQUEST_SCHEME $scheme;
    fastcgi_param HTTPS $https if_not_empty;
    fastcgi_param SERVER_ADDR $server_addr;
    fastcgi_param REMOTE_ADDR $remote_addr;
    fastcgi_param REMOTE_PORT $remote_port;
    fastcgi_param HTTP_HOST $host$webstead_port if_not_empty;
    fastcgi_param HTTP_PROXY "" if_not_empty;  # httpoxy: a client's Proxy header is no setting
    # With auth_basic add: fastcgi_param REMOTE_USER $remote_user;
    # Without it that would be whoever the client says it is.
}}
"""

_STATIC = """\
    location ^~ {url} {{
        alias {folder};
    }}

"""

_DOLLAR = """\
# nginx has no other way to write a dollar sign in the name of a folder.
geo $webstead_dollar {
    default "$";
}

"""


def configuration(site: GatewaySite) -> str:
    """A whole file."""
    return _SITE.format(
        target=site.target,
        name=f"webstead_{site.name}",
        command=site.command,
        dollar=_DOLLAR if any("$" in folder for _, folder in site.folders) else "",
        upstream=_upstream(site),
        kept=KEPT_CONNECTIONS,
        listen=site.server,
        server_name=site.server_name or '""',
        said_name=site.server_name or "$server_addr",
        max_body=site.max_body,
        static="".join(_STATIC.format(url=url, folder=_variable(folder)) for url, folder in site.folders),
        locations=_locations(site),
        prefix=site.mount,
        mount=site.mount.replace(".", "[.]"),
    )


def _upstream(site: GatewaySite) -> str:
    to = site.upstream
    return _quoted(f"unix:{to}") if isinstance(to, str) else str(to)


def _locations(site: GatewaySite) -> str:
    """Without one of its own, `/app` would be sent on to `/app/`."""
    ours = f"fastcgi_pass webstead_{site.name};"
    places = {"/": ours}
    if site.mount:
        places = {f"= {site.mount}": ours, f"{site.mount}/": ours, "/": "return 404;"}
    return "".join(f"    location {place} {{\n        {what}\n    }}\n" for place, what in places.items())


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _variable(text: str) -> str:
    """Where nginx looks for variables."""
    return _quoted(text).replace("$", "${webstead_dollar}")
