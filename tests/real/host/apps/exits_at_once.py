"""Its import fails, as that of an app whose requirement is missing."""

import importlib

print("about to import")
importlib.import_module("no_such_framework")
