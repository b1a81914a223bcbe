"""What `WSGI_HANDLER` in web.config names: `hello.wsgi.application`. The log goes where `WSGI_LOG` says."""

from __future__ import annotations

import logging

from hello.pages import app

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")

application = app
