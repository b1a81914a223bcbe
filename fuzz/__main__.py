"""Fuzz one target: `python fuzz NAME [corpus folder] [libFuzzer options]`, where fuzz/fuzz_NAME.py has `one`,
which takes the data and raises for what must not be."""

from __future__ import annotations

import importlib
import sys


def main() -> None:
    import atheris  # not part of the development environment: the `fuzz` group

    name = sys.argv.pop(1)
    target = importlib.import_module(f"fuzz_{name}")
    atheris.instrument_all()
    atheris.Setup(sys.argv, target.one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
