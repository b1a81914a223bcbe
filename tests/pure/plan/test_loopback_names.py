"""MCP servers that answer to this machine's own names only, and say so before a client is refused."""

from __future__ import annotations

import pytest

from webstead.plan import Plan, make_plan
from webstead.project import MemoryTree

SERVER = "from mcp.server.mcpserver import MCPServer\nmcp = MCPServer('x')\n"
OF_FASTMCP = "from fastmcp import FastMCP\nmcp = FastMCP('x')\n"
RUN = "mcp.run(transport='streamable-http'{})\n"


def plan_of(code: str) -> Plan:
    return make_plan(MemoryTree({"server.py": code, "requirements.txt": "mcp\nfastmcp\n"}))


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (SERVER + RUN.format(""), 3),
        (SERVER + RUN.format(", host='localhost'"), 3),
        (SERVER + "if __name__ == '__main__':\n    mcp.run()\n", 2),
    ],
)
def test_a_server_that_names_no_site_is_told(code: str, line: int) -> None:
    (warning,) = plan_of(code).warnings
    assert warning.text.startswith(f"server.py:{line}: this MCP server answers to localhost only")
    assert "allowed_hosts" in warning.fix


@pytest.mark.parametrize(
    "code",
    [
        SERVER + RUN.format(", host='0.0.0.0'"),
        SERVER + RUN.format(", host=settings.host"),
        SERVER + RUN.format(", transport_security=site"),
        SERVER + "mcp.settings.transport_security = site\n" + RUN.format(""),
        OF_FASTMCP + RUN.format(""),
        OF_FASTMCP,
    ],
)
def test_a_server_that_names_it_or_does_not_ask_is_left_alone(code: str) -> None:
    assert plan_of(code).warnings == ()
