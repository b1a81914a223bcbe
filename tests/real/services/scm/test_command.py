"""Commands over the management."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.management import Management
from tests.package_index import wheel
from webstead.site.store.settings import write_settings


@pytest.fixture
def management(tmp_path: Path) -> Management:
    return Management(tmp_path)


def home_of(management: Management) -> Path:
    return management.server.site("shop").root


def run(management: Management, command: str, folder: str | None = None) -> dict[str, object]:
    body = {"command": command} | ({} if folder is None else {"dir": folder})
    answer = management.ask("POST", "/api/command", json=body)
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    assert list(found) == ["Output", "Error", "ExitCode"]
    return found


def test_a_command_runs_in_the_home_or_a_folder_of_it(management: Management) -> None:
    home = home_of(management)
    assert run(management, "pwd") == {"Output": f"{home}\n", "Error": "", "ExitCode": 0}
    assert run(management, "pwd", "data")["Output"] == f"{home}/data\n"
    assert run(management, "pwd", "%HOME%/data")["Output"] == f"{home}/data\n"
    assert run(management, "pwd", "/")["Output"] == "/\n"


def test_a_failure_is_told_in_the_body(management: Management) -> None:
    assert run(management, "echo no >&2; exit 4") == {"Output": "", "Error": "no\n", "ExitCode": 4}
    missing = run(management, "true", "none")
    assert missing["ExitCode"] == -1
    assert missing["Error"] == f"There is no folder {home_of(management)}/none.\n"


@pytest.mark.parametrize("content", [b"", b"{}", b"no json", b'{"command": ""}', b'{"command": 1}'])
def test_a_body_without_a_command_is_400(management: Management, content: bytes) -> None:
    assert management.ask("POST", "/api/command", content=content).status_code == 400


def test_the_content_type_does_not_matter(management: Management) -> None:
    headers = {"Content-Type": "multipart/form-data", "If-Match": "*"}
    answer = management.ask("POST", "/command", content=b'{"command": "echo 1", "dir": ""}', headers=headers)
    assert answer.json()["Output"] == "1\n"


def test_it_has_the_settings_and_the_folders_and_none_of_the_servers_secrets(
    management: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBSTEAD_SERVER_TOKEN", "of-the-server")
    write_settings(management.store, "shop", "app", {"COLOUR": "red", "SIZE": "s"})
    write_settings(management.store, "shop", "scm", {"SIZE": "l"})
    lines = str(run(management, "env")["Output"]).splitlines()
    home = home_of(management)
    assert {"COLOUR=red", "APPSETTING_COLOUR=red", "SIZE=l", f"HOME={home}"} <= set(lines)
    assert {f"WEBROOT_PATH={home}/site/wwwroot", f"DEPLOYMENT_TARGET={home}/site/wwwroot"} <= set(lines)
    assert not any("of-the-server" in line for line in lines)


def test_a_silent_command_is_ended_by_the_sites_setting(management: Management) -> None:
    write_settings(management.store, "shop", "scm", {"SCM_COMMAND_IDLE_TIMEOUT": "1"})
    result = run(management, "sleep 60")
    assert result["ExitCode"] == -1
    assert "SCM_COMMAND_IDLE_TIMEOUT" in str(result["Error"])


def test_pip_finds_the_sites_own_python_and_changes_this_site_alone(management: Management) -> None:
    """Nothing was deployed yet: scripts of old upload files and install first."""
    home = home_of(management)
    (home / "wheels").mkdir()
    made = wheel(home / "wheels", "added")
    (home / "requirements.txt").write_text(f"./wheels/{made.name}\n")
    installed = run(management, "python -m pip install --no-index -r requirements.txt")
    assert installed["ExitCode"] == 0, installed
    assert run(management, "python -c 'import added; print(added.VERSION)'")["Output"] == "1.0\n"
    (python,) = (home / "data" / "python").iterdir()
    assert list(python.glob("lib/*/site-packages/added.py"))
    removed = run(management, "pip uninstall -y added && uv pip install --no-index wheels/*.whl")
    assert removed["ExitCode"] == 0, removed
    assert list(python.glob("lib/*/site-packages/added.py"))


def test_a_token_without_the_scope_runs_nothing(management: Management) -> None:
    as_user = management.token("read", "deploy", "settings", "logs")
    answer = management.ask("POST", "/api/command", json={"command": "touch x"}, as_user=as_user)
    assert answer.status_code == 403
    assert not (home_of(management) / "x").exists()
