"""`python -m webstead.front --listen-fd N --control-fd M [--access text|json|off]`: started by the
supervisor."""

from __future__ import annotations

import argparse
from typing import NoReturn

from webstead.front.run import run

__all__: list[str] = []


def main() -> NoReturn:
    parser = argparse.ArgumentParser(prog="webstead.front", description="The HTTP side of a site.")
    parser.add_argument("--listen-fd", type=int, required=True, help="the listening socket to serve")
    parser.add_argument("--control-fd", type=int, required=True, help="the socket to the supervisor")
    parser.add_argument(
        "--access", choices=("text", "json", "off"), default="text", help="access log on stdout"
    )
    options = parser.parse_args()
    run(options.listen_fd, options.control_fd, options.access)


if __name__ == "__main__":
    main()
