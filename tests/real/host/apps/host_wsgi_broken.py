"""Does not import."""

import importlib

importlib.import_module("no_such_framework")

app = None
