"""`python -m webstead.front --listen-fd N[,tls][,VIEW]… --control-fd M [--access text|json|off]`: started by
the supervisor."""

from __future__ import annotations

import argparse
from typing import NoReturn

from webstead.front.listening import read_listening
from webstead.front.run import run

__all__: list[str] = []


def main() -> NoReturn:
    parser = argparse.ArgumentParser(prog="webstead.front", description="The HTTP side of sites.")
    parser.add_argument(
        "--listen-fd",
        type=read_listening,
        action="append",
        required=True,
        help="a listening socket to serve; `,tls` where clients speak it; `,management` for its routes",
    )
    parser.add_argument("--control-fd", type=int, required=True, help="the socket to the supervisor")
    parser.add_argument(
        "--access", choices=("text", "json", "off"), default="text", help="access log on stdout"
    )
    options = parser.parse_args()
    run(options.listen_fd, options.control_fd, options.access)


if __name__ == "__main__":
    main()
