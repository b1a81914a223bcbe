"""`python standalone --packages FOLDER [--static URL=FOLDER…] -- [gunicorn's options] module:object`."""

from __future__ import annotations

import os
import sys
from importlib import util
from typing import Callable

_HERE = os.path.dirname(os.path.realpath(__file__))
_PACKAGE = os.path.dirname(_HERE)


def _load() -> Callable[[list[str]], int]:
    """As the gateway does: by the folder, and out of the app's sight before it is loaded."""
    sys.modules.pop("webstead", None)
    spec = util.spec_from_file_location(
        "webstead", os.path.join(_PACKAGE, "__init__.py"), submodule_search_locations=[_PACKAGE]
    )
    if spec is None:
        raise ImportError(f"{_PACKAGE} is no package")
    sys.modules["webstead"] = util.module_from_spec(spec)
    from webstead.gateway.hiding import hide
    from webstead.standalone.main import main

    hide()
    return main


if __name__ == "__main__":
    sys.path[:] = [entry for entry in sys.path if not entry or os.path.realpath(entry) != _HERE]
    sys.exit(_load()(sys.argv[1:]))
