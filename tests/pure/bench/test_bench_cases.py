"""The cases and their bars are those of the promise; every contender serves the same app."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from bench.building import COLD_BAR, UNCHANGED_BAR_SECONDS, WARM_BAR
from bench.cases import CASES, MEMORY_BAR_MB, STARTUP_BAR_SECONDS
from bench.compiling import COMPILE_BAR_MS, LINES
from bench.deploying import BYTES as DEPLOYED_BYTES
from bench.deploying import DEPLOY_BAR, REDEPLOY_BAR, ROLLBACK_BAR_SECONDS
from bench.deploying import FILES as DEPLOYED
from bench.growth import BAR_PERCENT, FIRST, LAST
from bench.idling import MEMORY_BAR_MB as SITES_BAR_MB
from bench.idling import SITES
from bench.nginx import FASTCGI_PARAMS
from bench.packing import PACK_BAR, SIZE_BAR
from bench.planning import FILES, PLAN_BAR_SECONDS
from bench.stdin import request
from bench.stream import STREAM_BYTES
from bench.workplace import FILE_BODY, HELLO_BODY, ROOT
from webstead.formats.fastcgi.server import Request, ServerConnection


def test_the_bars_are_the_promised_ones() -> None:
    bars = {case.name: [rival.bar for rival in case.rivals] for case in CASES}
    assert bars == {
        "gateway": [1.4, 6.0, None],
        "stdin": [2.5],
        "sleep": [1.0],
        "stream": [0.8],
        "stack": [3.5, 0.6],
        "rules": [1.0, 4.0],
        "matchless": [0.91],
        "static": [0.5],
        "download": [0.9],
        "websocket": [0.5],
    }
    assert (MEMORY_BAR_MB, STARTUP_BAR_SECONDS, BAR_PERCENT) == (150, 1.5, 5.0)
    assert (LINES, COMPILE_BAR_MS) == (1000, 50)
    assert (COLD_BAR, WARM_BAR, UNCHANGED_BAR_SECONDS) == (5.0, 15.0, 0.3)
    assert (PACK_BAR, SIZE_BAR) == (5.0, 1.0)
    assert (FILES, PLAN_BAR_SECONDS) == (10_000, 1.0)
    assert (DEPLOY_BAR, REDEPLOY_BAR, ROLLBACK_BAR_SECONDS) == (1.3, 0.3, 1.0)
    assert (DEPLOYED, DEPLOYED_BYTES) == (5_000, 200_000_000)
    assert (SITES, SITES_BAR_MB) == (500, 1000)
    assert (FIRST, LAST) == (10_000, 1_000_000)


def test_names_tell_contenders_of_a_case_apart() -> None:
    for case in CASES:
        names = [contender.name for contender in case.contenders]
        assert len(set(names)) == len(names)


def app_of_the_site(name: str) -> ModuleType:
    loader = SourceFileLoader(name, str(ROOT / "bench" / "site" / f"{name}.py"))
    spec = spec_from_loader(name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["hello", "sleepy"])
def test_the_readiness_check_compares_what_the_app_answers(name: str) -> None:
    app = app_of_the_site(name)
    began: list[object] = []
    assert b"".join(app.application({}, lambda *words: began.append(words))) == HELLO_BODY
    assert began == [("200 OK", app.HEADERS)]


def test_the_stream_is_as_long_as_it_says() -> None:
    app = app_of_the_site("stream")
    assert sum(map(len, app.application({}, lambda *words: None))) == STREAM_BYTES == app.SIZE


def test_a_request_on_standard_input_has_what_iis_sends(tmp_path: Path) -> None:
    [event] = ServerConnection({}).feed(request(tmp_path))
    assert isinstance(event, Request)
    assert len(event.params) == len(FASTCGI_PARAMS) + 1
    assert not [value for value in event.params.values() if "$" in value]


def test_the_file_is_27_kb() -> None:
    assert len(FILE_BODY) == 27 * 1024
