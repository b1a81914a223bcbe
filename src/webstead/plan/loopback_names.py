"""MCP servers of the `mcp` package that answer to this machine's own names only.

Since 1.23 it refuses every other Host with 421, as a guard against DNS rebinding, unless its code names the
site's. That is the code's to say; the plan tells it before a client does."""

from __future__ import annotations

import ast

from webstead.plan.model import PlanWarning
from webstead.project import Evidence, Project
from webstead.project.import_names import imports_package
from webstead.project.values import Module

__all__ = ["loopback_names"]

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def loopback_names(project: Project, path: str, line: int) -> tuple[PlanWarning, ...]:
    """path, line: where the server is made or started."""
    module = project.code.module(path)
    if module is None or not imports_package(module, "mcp") or _names_the_site(module):
        return ()
    where = Evidence(path, line, "an MCP server that names no site")
    text = (
        f"{where.where}: this MCP server answers to localhost only, and 421 to requests for any other name."
    )
    fix = (
        "For a site with a name: from mcp.server.transport_security import TransportSecuritySettings; give "
        'transport_security=TransportSecuritySettings(allowed_hosts=["www.example.org"], '
        'allowed_origins=["https://www.example.org"]) where the server is made or run.'
    )
    return (PlanWarning(text, fix, (where,)),)


def _names_the_site(module: Module) -> bool:
    nodes = (node for statement in module.source.body for node in ast.walk(statement))
    return any(_names(node) for node in nodes)


def _names(node: ast.AST) -> bool:
    match node:
        case ast.keyword(arg="transport_security") | ast.Attribute(attr="transport_security"):
            return True
        case ast.keyword(arg="host", value=ast.Constant(value=host)):
            return host not in _LOOPBACK
        case ast.keyword(arg="host"):
            return True
    return False
