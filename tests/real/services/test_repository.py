"""Reference 1.8 and the deployment script of 1.6."""

from __future__ import annotations

import io
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.management import Management
from webstead.services.application import make_app
from webstead.site.server.orders import SupervisorClient
from webstead.site.store.settings import write_settings

ZIP = b"PK\x05\x06" + b"\0" * 18


def test_the_repository_is_told_of(management: Management) -> None:
    info = management.ask("GET", "/api/scm/info").json()
    assert info == {"Type": 0, "GitUrl": "http://shop.scm.localhost/shop.git"}
    repository = management.server.site("shop").repository
    subprocess.run(["git", "init", "-q", "--bare", repository], check=True)
    assert management.ask("GET", "/scm/info").json()["Type"] == 1


def test_it_is_cleaned_but_not_while_the_lock_is_held(management: Management) -> None:
    assert management.ask("POST", "/api/scm/clean").status_code == 204
    with management.deployer.hold("shop", "A deployment", "x"):
        assert management.ask("POST", "/scm/clean").status_code == 409
        assert management.ask("DELETE", "/scm").status_code == 409


@pytest.mark.parametrize("web_root", ["0", "1"])
def test_it_is_deleted_with_its_key_and_the_records(management: Management, web_root: str) -> None:
    home = management.server.site("shop")
    management.ask("POST", "/zipdeploy", content=ZIP)
    management.ask("GET", "/sshkey?ensurePublicKey=1")
    home.repository.mkdir()
    release = home.release
    assert release is not None
    answer = management.ask("DELETE", f"/api/scm?deleteWebRoot={web_root}&ignoreErrors=1")
    assert answer.status_code == 204
    assert not home.repository.exists()
    assert management.ask("GET", "/sshkey").json() == ""
    assert management.ask("GET", "/deployments").json() == []
    assert home.release == (None if web_root == "1" else release)
    assert home.folder_of(release).exists() == (web_root == "0")


def test_a_site_whose_host_does_not_answer_is_emptied_all_the_same(management: Management) -> None:
    home = management.server.site("shop")
    management.ask("POST", "/zipdeploy", content=ZIP)
    (home.kept / "notes.txt").write_text("kept")
    management.context = replace(management.context, host=SupervisorClient(home.root / "nobody.sock"))
    management.app = make_app(management.context)
    assert management.ask("DELETE", "/api/scm?deleteWebRoot=1").status_code == 500
    assert home.release is None
    assert list(home.releases.iterdir()) == list(home.kept.iterdir()) == []


def test_the_script_is_there_after_a_deployment_unless_there_is_an_own_one(
    management: Management, tmp_path: Path
) -> None:
    missing = management.ask("GET", "/api/deploymentscript")
    assert missing.status_code == 404
    assert missing.json()["Message"] == "Need to deploy website to get deployment script."
    assert management.ask("GET", "/deploymentscript").status_code == 404
    management.ask("POST", "/zipdeploy", content=ZIP)
    packed = management.ask("GET", "/api/deploymentscript")
    assert packed.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.namelist() == [".deployment", "deploy.sh"]
        (tmp_path / "deploy.sh").write_bytes(archive.read("deploy.sh"))
    subprocess.run(["bash", "deploy.sh"], cwd=tmp_path, check=True)  # nothing there asks for anything
    write_settings(management.store, "shop", "app", {"COMMAND": "./build"})
    assert management.ask("GET", "/api/deploymentscript").status_code == 404
