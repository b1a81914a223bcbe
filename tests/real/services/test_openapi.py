"""Both managements keep to what their OpenAPI documents say, whatever is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.management import NOW, RUN, Management, bearer
from webstead.effects import FakeClock
from webstead.services.assembly import Noun
from webstead.services.scm.nouns import NOUNS as OF_SITES
from webstead.services.server.nouns import NOUNS as OF_SERVER
from webstead.services.throttle import SECONDS
from webstead.site.store.settings import write_settings

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]


@schemathesis.serializer(
    "application/zip", "application/x-git-upload-pack-request", "application/x-git-receive-pack-request"
)
def as_it_is(_: object, value: object) -> bytes:
    """Schemathesis knows JSON, text and binary alone."""
    return value if isinstance(value, bytes) else str(value).encode()


EXAMPLES = 12
"""For each operation: a whole run takes seconds. The nightly run of a fuzzer is another thing."""


def operations(host: str, nouns: tuple[Noun, ...]) -> list[tuple[str, str, str]]:
    return [
        (host, route.path_of_schema.replace(":path}", "}"), method)
        for noun in nouns
        for route in noun.ROUTES
        for method in route.names
        if method != "WEBSOCKET"
    ]


@pytest.mark.parametrize(
    ("host", "path", "method"),
    [*operations("shop.scm.localhost", OF_SITES), *operations("scm.localhost", OF_SERVER)],
)
def test_an_operation_keeps_to_its_description(
    tmp_path: Path, host: str, path: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock(NOW)
    management = Management(tmp_path, clock=clock)
    monkeypatch.setattr("webstead.services.scm.command.shell_words", lambda command: ("echo", command))
    write_settings(management.store, "shop", "scm", {"SCM_LOGSTREAM_TIMEOUT": "0.05"})
    headers = {**bearer(RUN.reveal()), "Host": host}
    schema = schemathesis.openapi.from_asgi("/openapi.json", management.app, headers=headers)
    operation = schema[path][method]

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    def keeps(case: schemathesis.Case[Any]) -> None:
        """Of each case wrong credentials are tried, too: the next one comes when nobody waits any more."""
        clock.advance(SECONDS)
        case.call_and_validate(headers=headers, checks=CHECKS)

    keeps()
