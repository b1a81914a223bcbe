"""flup's threaded FastCGI server with its defaults (it has no command line): flup_server.py FOLDER SOCKET."""

from __future__ import annotations

import sys
from importlib import import_module

folder, socket = sys.argv[1:]
sys.path.insert(0, folder)
import_module("flup.server.fcgi").WSGIServer(import_module("hello").application, bindAddress=socket).run()
