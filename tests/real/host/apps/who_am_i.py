"""A WSGI app that tells as whom it runs."""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path


def app(
    environ: dict[str, str], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    with Path("/dev/stdout").open("w") as out:
        print("opened anew", file=out)
    told = {"user": os.getresuid(), "group": os.getresgid(), "groups": os.getgroups(), "pid": os.getpid()}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]
