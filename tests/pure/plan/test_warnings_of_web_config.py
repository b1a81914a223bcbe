"""What a web.config asks for and does not happen is said by the plan, with file and line."""

from __future__ import annotations

import pytest

from webstead.plan import Overrides, as_text, make_plan
from webstead.project import MemoryTree

OFF = '<anonymousAuthentication enabled="false"/>'
SIGN_IN = '<windowsAuthentication enabled="true"/>'


@pytest.mark.parametrize(
    ("section", "told"),
    [
        (f"<authentication>{OFF}</authentication>", "every request is answered with 401.2"),
        (f"<authentication>{SIGN_IN}</authentication>", "windowsAuthentication is not offered"),
        ('<access sslFlags="SslRequireCert"/>', "every request gets 403.7"),
        ('<authorization><add accessType="Allow" users="fred"/></authorization>', "fred never holds"),
    ],
)
def test_access_that_nobody_can_get(section: str, told: str) -> None:
    security = f"<system.webServer><security>\n{section}</security></system.webServer>"
    config = f"<configuration>{security}</configuration>"
    tree = MemoryTree({"app.py": "import flask\napp = flask.Flask(__name__)\n", "web.config": config})
    plan = make_plan(tree, Overrides())
    (warning,) = [warning for warning in plan.warnings if told in warning.text]
    assert warning.text.startswith("web.config:2: ")
    assert told in " ".join(as_text(plan).split())
