"""What `WSGI_HANDLER` in web.config names: `hello.wsgi.application`."""

from __future__ import annotations

from hello.pages import app

application = app
