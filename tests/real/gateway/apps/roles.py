"""An app for each role of FastCGI: responder, authorizer, filter."""

import hashlib


def app(environ, start_response):
    return _ROLES[environ.get("FCGI_ROLE", "RESPONDER")](environ, start_response)


def _respond(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"responder"]


def _authorize(environ, start_response):
    unread = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/secret":
        start_response("403 Forbidden", [("Content-Type", "text/plain")])
        return [b"not for you"]
    start_response("200 OK", [("Variable-AUTH_USER", "ada"), ("Variable-BODY", repr(unread))])
    return []


def _filter(environ, start_response):
    """The query names the order in which the two streams are read."""
    digests = {}
    for word in environ["QUERY_STRING"].split(","):
        name, _, size = word.partition(":")
        digest = digests.setdefault(name, hashlib.sha256())
        left = int(size or 1 << 40)
        while left:
            part = environ[f"wsgi.{name}"].read(min(left, 65536))
            if not part:
                break
            digest.update(part)
            left -= len(part)
    told = [environ.get("FCGI_DATA_LENGTH", "-"), environ.get("FCGI_DATA_LAST_MOD", "-")]
    told += [digests[name].hexdigest() for name in sorted(digests)]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [" ".join(told).encode()]


_ROLES = {"RESPONDER": _respond, "AUTHORIZER": _authorize, "FILTER": _filter}
