"""appSettings, and the environmentVariables of processes."""

from __future__ import annotations

from webstead.formats.webconfig.model import AppSetting
from webstead.formats.webconfig.schema.kinds import Text
from webstead.formats.webconfig.schema.node import Node, empty
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape

__all__ = ["APP_SETTINGS", "VARIABLES", "variables"]

VARIABLES = Shape(
    items=Items(
        Shape({"name": Text(needed=True), "value": Text(needed=True, may_be_empty=True)}),
        ("name",),
        add="environmentVariable",
    )
)
"""`environmentVariables`, wherever it stands."""

_APP_SETTINGS = Shape(
    {"file": Text()},
    items=Items(
        Shape({"key": Text(needed=True), "value": Text()}),
        ("key",),
        repeated="later counts",
        keyless=True,
    ),
)


def variables(node: Node) -> tuple[AppSetting, ...]:
    return tuple(
        AppSetting(item.node.text("name").strip(), item.node.text("value"), item.node.origin)
        for item in node.items
    )


def _app_settings(node: Node) -> tuple[AppSetting, ...]:
    """Keys are stripped, values verbatim; an entry without a key is passed over and a later one wins, as in
    wfastcgi."""
    return tuple(
        AppSetting(item.node.text("key").strip(), item.node.text("value"), item.node.origin)
        for item in node.items
    )


APP_SETTINGS = Section("appSettings", empty(_APP_SETTINGS), _app_settings)
