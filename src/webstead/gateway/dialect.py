"""What a web server calls things, made what PEP 3333 means: SCRIPT_NAME is where the app is mounted,
PATH_INFO the decoded rest of the path, and neither is chosen by the client.

IIS (it alone sends APPL_MD_PATH) gives the whole path in both. After a rewrite the path that the client asked
for is in UNENCODED_URL and in X-Original-URL, still encoded; the latter is a header that any client can send,
so it is believed only beside IIS_WasUrlRewritten, a server variable. Other servers leave PATH_INFO out:
nginx's fastcgi_params and mod_proxy_fcgi always do, lighttpd and mod_fcgid when it is empty.

Headers arrive as HTTP_*, `X_Foo` and `X-Foo` as the same variable: which of the two it was is not known here.
nginx, Apache, lighttpd and Caddy drop names with `_`, or can; IIS passes them.
"""

from __future__ import annotations

import re

__all__ = ["FORGED", "Dialect"]

FORGED = (
    "HTTP_PROXY",  # taken by libraries for their own setting (httpoxy, CVE-2016-5385)
    "HTTP_X_IIS_WINDOWSAUTHTOKEN",  # HttpPlatformHandler's handle of a Windows user
    "HTTP_MS_ASPNETCORE_WINAUTHTOKEN",  # the same, of the ASP.NET Core module
    "HTTP_MS_ASPNETCORE_TOKEN",  # its pairing with the server
    "HTTP_MS_ASPNETCORE_CLIENTCERT",  # a client certificate that the server has checked
)
"""What only a server may say, by a header. No server says any of it by FastCGI, so the client did."""

_ORIGINAL_URL = "HTTP_X_ORIGINAL_URL"
_PROXIED = "proxy:fcgi://"
_KEEPS_SCRIPT = ("lighttpd", "Apache")
"""Servers whose SCRIPT_NAME stands without PATH_INFO when the path is the script's own (RFC 3875, 4.1.5)."""

_METABASE = re.compile(r"/LM/W3SVC/[0-9]+/ROOT(/.*)?", re.IGNORECASE)
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")
_DOTS = re.compile(r"/\.{1,2}(?=/|$)")


class Dialect:
    """Puts the parameters of a request right, in place; built once.

    mount: the URL prefix that the app lives under, as the user wrote it; "/" when it lives at the root and is
    to see whole paths, whatever the server says; "" to believe the server. path_info_for_script: IIS's
    AllowPathInfoForScriptMappings is on, so that its SCRIPT_NAME is a script's name.
    """

    __slots__ = ("_applications", "_mount", "_path_info_for_script", "_root")

    def __init__(self, mount: str = "", path_info_for_script: bool = False) -> None:
        parts = [part for part in mount.strip().split("/") if part]
        self._mount = _tunnelled("".join(f"/{part}" for part in parts))
        self._root = bool(mount.strip()) and not parts
        self._path_info_for_script = path_info_for_script
        self._applications: dict[str, str] = {}

    def __call__(self, params: dict[str, str]) -> None:
        """params: decoded as latin-1. Afterwards SCRIPT_NAME and PATH_INFO are there."""
        if not params.keys().isdisjoint(FORGED):
            _drop(params)
        if "APPL_MD_PATH" in params:
            self._from_iis(params)
            return
        if "PATH_INFO" not in params:
            _find_path(params)
        if params.setdefault("SCRIPT_NAME", ""):
            _clean(params)
        if self._mount or self._root:
            self._remount(params)

    def _remount(self, params: dict[str, str]) -> None:
        """Split the whole path at the mount; leave what is not under it as the server gave it."""
        script = params["SCRIPT_NAME"]
        if self._mount and script == self._mount:
            return
        whole = script + params["PATH_INFO"]
        rest = _below(self._mount, whole, any_case=False)
        if rest is not None:
            params["SCRIPT_NAME"] = self._mount
            params["PATH_INFO"] = rest

    def _from_iis(self, params: dict[str, str]) -> None:
        """The whole path, split at the mount; a path that IIS has split itself keeps its parts."""
        path = _asked_for(params)
        whole = path is not None
        if path is None:
            params.pop(_ORIGINAL_URL, None)
            path = params.get("PATH_INFO")
            if path is None:
                path = params.get("SCRIPT_NAME") or _path_of(params.get("REQUEST_URI", ""))
                whole = True
        split = self._path_info_for_script and not whole and params.get("SCRIPT_NAME", path) != path
        mount = self._mount or ("" if split else self._application(params["APPL_MD_PATH"]))
        rest = _below(mount, path, any_case=True)
        if split and (rest is None or not mount):
            return
        params["SCRIPT_NAME"] = "" if rest is None else mount
        params["PATH_INFO"] = path if rest is None else rest

    def _application(self, metabase_path: str) -> str:
        """Where IIS has the application: `/LM/W3SVC/1/ROOT/app` is `/app`."""
        if self._root:
            return ""
        known = self._applications.get(metabase_path)
        if known is None:
            found = _METABASE.fullmatch(metabase_path)
            known = (found.group(1) or "").rstrip("/") if found else ""
            self._applications = {metabase_path: known}  # one process serves one application
        return known


def _drop(params: dict[str, str]) -> None:
    for name in FORGED:
        params.pop(name, None)


def _below(mount: str, path: str, *, any_case: bool) -> str | None:
    """What is left of path behind mount; None when it is not under it: `/application` is not under `/app`.
    any_case: for the letters of ASCII.
    """
    head, rest = path[: len(mount)], path[len(mount) :]
    if rest and rest[0] != "/":
        return None
    if head == mount or (any_case and head.encode("latin-1").lower() == mount.encode("latin-1").lower()):
        return rest
    return None


def _asked_for(params: dict[str, str]) -> str | None:
    """The path that the client asked for, when IIS has rewritten it."""
    if params.get("IIS_WasUrlRewritten") != "1":
        return None
    return _path_of(params.get("UNENCODED_URL") or params.get(_ORIGINAL_URL, "")) or None


def _find_path(params: dict[str, str]) -> None:
    """PATH_INFO, for a server that has left it out; SCRIPT_NAME may then be the whole path."""
    script = params.get("SCRIPT_NAME", "")
    software = params.get("SERVER_SOFTWARE", "")
    file = params.get("SCRIPT_FILENAME", "")
    proxied = file.startswith(_PROXIED)
    backend = "/" + _path_of(file[len(_PROXIED) :].partition("/")[2]) if proxied else file
    if script and (proxied or software.startswith("Apache")) and backend.startswith("/"):
        # mod_proxy_fcgi: the file's name is the path at the backend; what stands before it is the mount
        if script.endswith(backend):
            params["SCRIPT_NAME"], params["PATH_INFO"] = script[: -len(backend)], backend
            return
        if proxied and backend == "/":
            params["PATH_INFO"] = ""
            return
    if script and not proxied and software.startswith(_KEEPS_SCRIPT):
        params["PATH_INFO"] = ""
        return
    params["SCRIPT_NAME"] = ""
    params["PATH_INFO"] = script or _path_of(params.get("REQUEST_URI", ""))


def _clean(params: dict[str, str]) -> None:
    """SCRIPT_NAME without a slash at its end, and not once more at the start of PATH_INFO (nginx with
    `PATH_INFO $fastcgi_script_name` behind its own fastcgi_params).
    """
    script, path = params["SCRIPT_NAME"], params["PATH_INFO"]
    if script.endswith("/"):
        script = script.rstrip("/")
        path = path if path.startswith("/") or not path else f"/{path}"
        params["SCRIPT_NAME"], params["PATH_INFO"] = script, path
    if script and path.startswith(script) and path == _path_of(params.get("REQUEST_URI", "")):
        if path == script:
            params["SCRIPT_NAME"] = ""
        elif path[len(script)] == "/":
            params["PATH_INFO"] = path[len(script) :]


def _path_of(url: str) -> str:
    """The decoded path of a URL as it was sent."""
    path = url.partition("?")[0]
    if not path.startswith("/"):
        path = _ORIGIN.sub("", path, count=1)
    path = _ESCAPE.sub(_decoded, path)
    return _without_dots(path) if _DOTS.search(path) else path


def _decoded(escape: re.Match[str]) -> str:
    return chr(int(escape.group(1), 16))


def _without_dots(path: str) -> str:
    """Without `.` and `..`, as every server resolves them before its rules (RFC 3986, 5.2.4)."""
    parts: list[str] = []
    for part in path.split("/")[1:]:
        if part == "..":
            del parts[-1:]
        elif part != ".":
            parts.append(part)
    if path.rpartition("/")[2] in (".", ".."):
        parts.append("")
    return "".join(f"/{part}" for part in parts) or "/"


def _tunnelled(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("latin-1")
