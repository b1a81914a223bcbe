"""gunicorn's own program, but for how the app is found: by the gateway's loader, which says whose fault it is
when there is none.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, Callable

from webstead.gateway.failure import StartFailure
from webstead.gateway.loading.loader import load_app

__all__ = ["main"]

App = Callable[..., Any]


def main(words: Sequence[str]) -> int:
    at = words.index("--") if "--" in words else len(words)
    given = _parser().parse_args(list(words[:at]))
    sys.path.extend(folder for folder in given.packages if folder not in sys.path)
    sys.argv[:] = ["gunicorn", *words[at + 1 :]]
    program: Any = importlib.import_module("gunicorn.app.wsgiapp")
    errors: Any = importlib.import_module("gunicorn.errors")

    class Program(program.WSGIApplication):  # type: ignore[misc]  # the app's own gunicorn, of any version
        def load_wsgiapp(self) -> App:
            """A failure stops gunicorn: it would start its workers anew for ever."""
            try:
                loaded = load_app(self.app_uri, os.environ, "wsgi")
            except StartFailure as failure:
                raise errors.AppImportError(failure.as_text()) from None
            return _with_static(loaded.app, given.static)

    Program("%(prog)s [options] module:object").run()
    return 0


def _with_static(app: App, folders: Sequence[str]) -> App:
    for text in folders:
        url, _, folder = text.partition("=")
        whitenoise: Any = importlib.import_module("whitenoise")
        app = whitenoise.WhiteNoise(app, root=folder, prefix=url)
    return app


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("standalone", description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "--packages", action="append", default=[], help="a folder of packages, behind all others"
    )
    parser.add_argument("--static", action="append", default=[], metavar="URL=FOLDER")
    return parser
