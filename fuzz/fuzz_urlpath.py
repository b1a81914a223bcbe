"""Fuzz URL paths: `python fuzz/fuzz_urlpath.py [corpus folder] [libFuzzer options]`.

A raw path is refused, or has a canonical form that stays in the site and means itself.
"""

from __future__ import annotations

import sys
from urllib.parse import quote

from webstead.formats.webconfig.urlpath import BadPath, canonical, resolve

__all__ = ["one"]


def one(data: bytes) -> None:
    for allow_double_escaping in (False, True):
        try:
            path = canonical(data, allow_double_escaping=allow_double_escaping)
        except BadPath:
            continue
        segments = path.split("/")
        if segments[0] or {".", ".."} & set(segments) or "" in segments[1:-1] or "\\" in path or "\0" in path:
            raise AssertionError(f"not canonical: {path!r}")
        if resolve(path) != path:
            raise AssertionError(f"not its own canonical form: {path!r}")
        if canonical(data.decode("latin-1"), allow_double_escaping=allow_double_escaping) != path:
            raise AssertionError(f"bytes and their latin-1 view differ: {path!r}")
        quoted = quote(path)
        if len(quoted) <= 4096 and canonical(quoted, allow_double_escaping=True) != path:
            raise AssertionError(f"quoted it means something else: {path!r}")


def main() -> None:
    import atheris  # not part of the development environment: the `fuzz` group

    atheris.instrument_all()
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
