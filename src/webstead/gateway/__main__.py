"""Make the gateway's own modules importable, import them all, and leave no sign of them to the app."""

from __future__ import annotations

import os
import sys


def _without(path: list[str], *folders: str) -> list[str]:
    """path without the given folders, which are absolute and real."""
    return [entry for entry in path if not entry or os.path.realpath(entry) not in folders]


def _main() -> int:
    here = os.path.dirname(os.path.realpath(__file__))
    source = os.path.dirname(os.path.dirname(here))
    installed = [entry for entry in sys.path if os.path.realpath(entry) == source]
    sys.path[:] = [source, *_without(sys.path, here, source)]
    from webstead.gateway.main import main

    sys.path[:] = [*sys.path[1:], *installed]
    for name in [name for name in sys.modules if name == "webstead" or name.startswith("webstead.")]:
        del sys.modules[name]  # the modules live on in each other; an app may have a `webstead` of its own
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(_main())
