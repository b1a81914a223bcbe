"""Which route a path means."""

from __future__ import annotations

import pytest

from webstead.services.routes import Route, Table


def nothing() -> None:
    """An endpoint."""


def route(path: str, methods: str = "GET", **more: object) -> Route:
    at = more.get("at", "both")
    assert at in ("both", "api", "root")
    aliases = more.get("aliases", ())
    assert isinstance(aliases, tuple)
    return Route(methods, path, nothing, "read", "A line", at=at, aliases=aliases)


TABLE = Table(
    [
        route("/deployments"),
        route("/deployments/latest"),
        route("/deployments/{id}", "GET PUT"),
        route("/deployments/{id}", "DELETE"),
        route("/vfs/{path:path}"),
        route("/deploymentscript", at="api"),
        route("/deploy", "POST", at="root"),
        route("/triggeredwebjobs/{name}", aliases=("/jobs/triggered/{name}",)),
    ]
)


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("/api/deployments", "/api/deployments"),
        ("/deployments", "/api/deployments"),
        ("/deployments/", "/api/deployments"),
        ("/API/Deployments/", "/api/deployments"),
        ("/deployments/latest", "/api/deployments/latest"),
        ("/deployments/Ab1", "/api/deployments/Ab1"),
        ("/vfs/site/wwwroot/", "/api/vfs/site/wwwroot/"),
        ("/vfs/", "/api/vfs/"),
        ("/vfs/A/b", "/api/vfs/A/b"),
        ("/vfs/a\nb", "/api/vfs/a\nb"),
        ("/api/deploymentscript", "/api/deploymentscript"),
        ("/jobs/triggered/clean", "/api/triggeredwebjobs/clean"),
    ],
)
def test_every_form_of_a_path_leads_to_the_one_that_is_known(asked: str, known: str) -> None:
    found = TABLE.find(asked, "GET")
    assert found is not None
    assert found.route is not None
    assert found.path == known


@pytest.mark.parametrize(
    "path",
    ["/", "/api", "/deploymentscript", "/api/deploy", "/deployments/a/b", "/xdeployments", "/api/api/deploy"],
)
def test_other_paths_are_unknown(path: str) -> None:
    assert TABLE.find(path, "GET") is None


def test_a_method_that_no_route_of_the_path_takes_is_told_with_those_that_are() -> None:
    found = TABLE.find("/deployments/5f", "POST")
    assert found is not None
    assert found.route is None
    assert found.allowed == ("GET", "PUT", "DELETE")


def test_braces_in_a_name_are_a_name() -> None:
    found = TABLE.find("/deployments/{id}", "GET")
    assert found is not None
    assert found.path == "/api/deployments/{id}"
