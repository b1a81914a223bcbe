"""Load the gateway's own modules without `sys.path`, and leave no sign of them to the app."""

from __future__ import annotations

import os
import sys
from importlib import util

_HERE = os.path.dirname(os.path.realpath(__file__))


def _load_own_package() -> None:
    """Put the `webstead` that this file belongs to into `sys.modules`, whatever other one there may be on the
    path.
    """
    folder = os.path.dirname(_HERE)
    init = os.path.join(folder, "__init__.py")
    spec = util.spec_from_file_location("webstead", init, submodule_search_locations=[folder])
    if spec is None or spec.loader is None:
        raise ImportError(f"{init} cannot be loaded")
    module = util.module_from_spec(spec)
    sys.modules["webstead"] = module
    spec.loader.exec_module(module)


def _main() -> int:
    sys.path[:] = [entry for entry in sys.path if not entry or os.path.realpath(entry) != _HERE]
    _load_own_package()
    from webstead.gateway.main import main

    for name in [name for name in sys.modules if name == "webstead" or name.startswith("webstead.")]:
        del sys.modules[name]  # the modules live on in each other; an app may have a `webstead` of its own
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(_main())
