"""Load the modules of this folder without `sys.path`, take them out of `sys.modules`, and run the script."""

from __future__ import annotations

import os
import sys
from importlib import util
from typing import Callable

_HERE = os.path.dirname(os.path.realpath(__file__))
_PACKAGE = os.path.dirname(_HERE)


def _load() -> Callable[[list[str]], int]:
    """The door of this package. A `webstead` of the app's own is neither taken nor hidden."""
    sys.modules.pop("webstead", None)
    spec = util.spec_from_file_location(
        "webstead", os.path.join(_PACKAGE, "__init__.py"), submodule_search_locations=[_PACKAGE]
    )
    if spec is None:
        raise ImportError(f"{_PACKAGE} is no package")
    sys.modules["webstead"] = util.module_from_spec(spec)
    from webstead.portbind.main import main

    for name in [name for name in sys.modules if name.partition(".")[0] == "webstead"]:
        del sys.modules[name]
    return main


if __name__ == "__main__":
    sys.path[:] = [entry for entry in sys.path if not entry or os.path.realpath(entry) != _HERE]
    sys.exit(_load()(sys.argv[1:]))
