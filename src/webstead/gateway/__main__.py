"""Load the gateway's own modules without `sys.path`, from a folder or out of a zipapp, and leave no sign of
them to the app.

Python 2.7 can read this file, too, so that one that is too old says so: hence comments for types. In a zipapp
it stands at the top, beside `webstead/`.
"""

import os
import sys
from importlib import import_module

_OLDEST = (3, 9)
_BAD_USAGE = 64  # as failure.BAD_USAGE, which an older Python cannot import

_HERE = os.path.dirname(os.path.realpath(__file__))


def _load_own_package():
    # type: () -> None
    """Put the `webstead` that this file belongs to into `sys.modules`, whatever other one there may be on the
    path.
    """
    sys.modules.pop("webstead", None)
    if os.path.isdir(_HERE):
        _load_from_folder(os.path.dirname(_HERE))
        return
    sys.path.insert(0, _HERE)  # zipimport has no other way in that Python 3.9 knows, too
    try:
        import_module("webstead")
    finally:
        sys.path.remove(_HERE)


def _load_from_folder(folder):
    # type: (str) -> None
    from importlib import util

    init = os.path.join(folder, "__init__.py")
    spec = util.spec_from_file_location("webstead", init, submodule_search_locations=[folder])
    if spec is None or spec.loader is None:
        raise ImportError(init + " cannot be loaded")
    module = util.module_from_spec(spec)
    sys.modules["webstead"] = module
    spec.loader.exec_module(module)


def _too_old():
    # type: () -> int
    oldest = ".".join(map(str, _OLDEST))
    found = sys.version.split()[0] + ", " + sys.executable
    sys.stderr.write("error: The gateway needs Python " + oldest + " or later.\n")
    sys.stderr.write("found: Python " + found + "\nfix:   Start it with a newer python.\n")
    return _BAD_USAGE


def _main():
    # type: () -> int
    if sys.version_info < _OLDEST:
        return _too_old()
    sys.path[:] = [entry for entry in sys.path if not entry or os.path.realpath(entry) != _HERE]
    _load_own_package()
    from webstead.gateway.hiding import hide
    from webstead.gateway.main import main

    hide()
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(_main())
