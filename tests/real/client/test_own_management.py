"""The client's nouns against Webstead's own management, in this process, with deployments of the records."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.management import RUN, Management
from webstead.client import Api, of_server
from webstead.client.deployments import (
    Line,
    Wanted,
    cancel,
    check_ready,
    find_deployment,
    holder,
    list_deployments,
    upload,
)
from webstead.client.in_process import InProcess
from webstead.client.own import is_own
from webstead.client.releases import list_releases, roll_back
from webstead.client.scm_settings import change_scm_settings, read_scm_settings
from webstead.client.sites import create_site, list_sites, show_site
from webstead.client.watching import followed
from webstead.errors import BuildError, RemoteError, WebsteadError


@pytest.fixture
def management(tmp_path: Path) -> Management:
    return Management(tmp_path, "shop")


@pytest.fixture
def server(management: Management) -> Iterator[Api]:
    transport = InProcess(management.app)
    yield Api(of_server("http://127.0.0.1", "localhost", RUN, "the server"), transport=transport)
    transport.close()


@pytest.fixture
def site(server: Api) -> Api:
    return server.of_site("shop")


def package() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), "print(1)")
    return target.getvalue()


def deployed(site: Api, wanted: Wanted | None = None) -> tuple[str, list[Line]]:
    data, lines = package(), list[Line]()
    accepted = upload(site, wanted or Wanted(), [data[:10], data[10:]], len(data))
    assert accepted.id
    ended = followed(site, accepted, lines.append, lambda text: None)
    assert ended.id == accepted.id
    return ended.state, lines


def test_sites_are_made_and_listed(server: Api) -> None:
    made = create_site(server, "other", ["other.example"], {"always_on": True})
    assert made.hosts == ("other.example",)
    assert made.options["always_on"] is True
    assert [each.name for each in list_sites(server)] == ["other", "shop"]


def test_a_deployment_is_followed_from_its_upload_to_its_end(site: Api, management: Management) -> None:
    state, lines = deployed(site, Wanted(message="first", clean=True, build=False))
    assert state == "success"
    assert [(line.depth, line.text) for line in lines] == [(0, "Building and deploying."), (1, "Copied.")]
    (request,) = management.deployer.requests
    assert (request.message, request.clean, request.build) == ("first", True, False)
    assert management.deployer.packages == [package()]
    assert is_own(site)


def test_a_failure_has_its_last_error_line(site: Api, management: Management) -> None:
    management.deployer.error = BuildError("No matching distribution.")
    state, lines = deployed(site)
    assert state == "failed"
    assert lines[-1].type == "error"
    assert list_deployments(site)[0].status_text == "No matching distribution."


def test_releases_are_listed_and_gone_back_to(site: Api) -> None:
    deployed(site, Wanted(message="one"))
    deployed(site, Wanted(message="two"))
    now, before = sorted(list_releases(site), key=lambda each: not each.current)
    assert (now.message, before.message, before.current) == ("two", "one", False)
    assert roll_back(site, None).id == before.id
    assert show_site(site).release == before.id
    assert roll_back(site, now.id).id == now.id
    with pytest.raises(WebsteadError):
        roll_back(site, "nothing")


def test_a_site_that_is_not_there_is_told_before_an_upload(server: Api) -> None:
    with pytest.raises(RemoteError) as raised:
        check_ready(server.of_site("none"))
    assert raised.value.what == "There is no site none."


def test_a_lock_is_told_before_an_upload_and_can_be_broken(site: Api, management: Management) -> None:
    check_ready(site)
    assert holder(site) is None
    with management.deployer.hold("shop", "A push", "octocat"):
        who = holder(site)
        assert who is not None
        assert (who.what, who.by) == ("A push", "octocat")
        with pytest.raises(RemoteError) as raised:
            check_ready(site)
        assert "octocat" in raised.value.found
        cancel(site)
    assert management.deployer.cancelled == 1
    with pytest.raises(RemoteError) as nobody:
        cancel(site)
    assert nobody.value.status == 404


def test_a_running_deployment_is_followed_while_it_grows(site: Api, management: Management) -> None:
    management.deployer.gate.clear()
    data = package()
    accepted = upload(site, Wanted(), [data], len(data))
    assert not find_deployment(site, accepted.id).complete
    site.pause = lambda seconds: management.deployer.gate.set()
    assert followed(site, accepted, lambda line: None, lambda text: None).state == "success"


def test_settings_of_deployments_are_written_and_removed(site: Api) -> None:
    change_scm_settings(site, {"SCM_TRACE_LEVEL": "4", "A": "b c"})
    assert read_scm_settings(site)["A"] == "b c"
    change_scm_settings(site, {"A": None})
    assert "A" not in read_scm_settings(site)


def test_a_masked_setting_of_deployments_is_asked_for_by_its_name(site: Api, management: Management) -> None:
    change_scm_settings(site, {"API_TOKEN": "s3cret", "odd/KEY_TOKEN": "s3cret", "A": "1"})
    masked, revealed = read_scm_settings(site), read_scm_settings(site, reveal=True)
    assert (masked["API_TOKEN"], masked["odd/KEY_TOKEN"], masked["A"]) == ("***", "***", "1")
    assert (revealed["API_TOKEN"], revealed["odd/KEY_TOKEN"], revealed["A"]) == ("s3cret", "***", "1")
