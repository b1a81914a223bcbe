"""Reference 1.7: the settings of deployments."""

from __future__ import annotations

import pytest

from tests.management import Management
from webstead.site.store.settings import read_settings, write_settings

DEFAULTS = {
    "deployment_branch": "master",
    "SCM_TRACE_LEVEL": "1",
    "SCM_COMMAND_IDLE_TIMEOUT": "60",
    "SCM_LOGSTREAM_TIMEOUT": "7200",
    "SCM_BUILD_ARGS": "",
}


def test_all_are_merged_and_the_sites_own_win(management: Management) -> None:
    assert management.ask("GET", "/api/settings").json() == DEFAULTS
    write_settings(management.store, "shop", "app", {"COMMAND": "a", "scm_trace_level": "2", "X": "1"})
    management.ask("POST", "/api/settings", json={"command": "b"})
    merged = management.ask("GET", "/settings").json()
    assert {name: merged[name] for name in ("command", "scm_trace_level", "X")} == {
        "command": "b",
        "scm_trace_level": "2",
        "X": "1",
    }
    assert "COMMAND" not in merged


def test_one_is_a_json_string_and_a_missing_one_is_404(management: Management) -> None:
    assert management.ask("GET", "/settings/scm_trace_level").json() == "1"
    missing = management.ask("GET", "/api/settings/NONE")
    assert missing.status_code == 404
    assert missing.json()["Message"] == "The setting 'NONE' does not exist."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_TOKEN", "s3cret"),
        ("BROKER", "amqp://u:s3cret@h"),
        ("WEBSITE_RUN_FROM_PACKAGE", "https://a.example/p.zip?sig=s3cret"),
        ("AzureWebJobsStorage", "AccountName=a;AccountKey=s3cret"),
        ("SQLAZURECONNSTR_Main", "Server=h;Password=s3cret"),
    ],
)
def test_a_list_masks_what_looks_secret_and_one_is_told_in_clear(
    management: Management, name: str, value: str
) -> None:
    management.ask("POST", "/settings", json={name: value})
    assert management.ask("GET", "/settings").json()[name] == "***"
    assert management.ask("GET", f"/settings/{name}").json() == value


def test_what_clients_read_of_the_list_is_in_clear(management: Management) -> None:
    """azure-cli looks there for what it has set."""
    read = {"SCM_DO_BUILD_DURING_DEPLOYMENT": "true", "ENABLE_ORYX_BUILD": "true", "ScmType": "None"}
    management.ask("POST", "/settings", json=read)
    assert read.items() <= management.ask("GET", "/settings").json().items()


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ({"A": "1", "B": "2"}, {"A": "1", "B": "2"}),
        ({"key": "A", "value": "1"}, {"A": "1"}),
        ({"key": "A", "value": "1", "more": "2"}, {"key": "A", "value": "1", "more": "2"}),
        ({"A": True, "B": 5}, {"A": "True", "B": "5"}),
    ],
)
def test_they_are_written_in_both_forms(
    management: Management, body: dict[str, object], written: dict[str, str]
) -> None:
    answer = management.ask("POST", "/api/settings", json=body, headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert read_settings(management.store, "shop", "scm") == written
    assert management.deployer.waited == 5


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'"a"', b'{"A":{}}', b'{"A=":"1"}', b'{"":"1"}', b'{"A":null}', b"{"]
)
def test_what_cannot_be_a_setting_is_400(management: Management, content: bytes) -> None:
    assert management.ask("POST", "/settings", content=content).status_code == 400


def test_one_is_deleted_without_waiting(management: Management) -> None:
    management.ask("POST", "/settings", json={"SCM_TRACE_LEVEL": "4"})
    assert management.ask("DELETE", "/settings/scm_trace_level").status_code == 204
    assert management.ask("GET", "/settings/SCM_TRACE_LEVEL").json() == "1"
    assert management.deployer.waited == 0


def test_while_the_lock_is_held_nothing_is_written(management: Management) -> None:
    with management.deployer.hold("shop", "A deployment", "x"):
        assert management.ask("POST", "/settings", json={"A": "1"}).status_code == 409
        assert management.ask("DELETE", "/settings/A").status_code == 409
    assert read_settings(management.store, "shop", "scm") == {}


def test_the_settings_of_logs_are_these_six(management: Management) -> None:
    first = management.ask("GET", "/api/diagnostics/settings").json()
    assert first == {
        "AzureDriveEnabled": False,
        "AzureDriveTraceLevel": "Error",
        "AzureTableEnabled": False,
        "AzureTableTraceLevel": "Error",
        "AzureBlobEnabled": False,
        "AzureBlobTraceLevel": "Error",
    }
    answer = management.ask("POST", "/diagnostics/settings", json={"AzureDriveEnabled": True})
    assert answer.status_code == 204
    assert management.ask("GET", "/diagnostics/settings/azuredriveenabled").json() is True
    assert management.ask("DELETE", "/diagnostics/settings/AzureDriveEnabled").status_code == 204
    assert management.ask("GET", "/diagnostics/settings").json() == first


def test_an_unknown_setting_of_logs_is_404_and_a_wrong_value_400(management: Management) -> None:
    assert management.ask("GET", "/diagnostics/settings/None").status_code == 404
    assert management.ask("DELETE", "/diagnostics/settings/None").status_code == 404
    assert management.ask("POST", "/diagnostics/settings", json={"None": True}).status_code == 400
    wrong = management.ask("POST", "/diagnostics/settings", json={"AzureDriveEnabled": "yes"})
    assert wrong.status_code == 400
    assert "AzureDriveEnabled is true or false" in wrong.json()["found"]
    assert management.ask("POST", "/diagnostics/settings", content=b"[]").status_code == 400


def test_the_runtime_names_the_system_that_clients_look_for(management: Management) -> None:
    runtime = management.ask("GET", "/diagnostics/runtime?allversions=true").json()
    assert set(runtime) == {
        *("nodejs", "dotnetcore32", "dotnetcore64", "aspnetcoremodule", "python", "system"),
    }
    assert runtime["system"]["os_name"].startswith("Linux")
    assert runtime["system"]["cores"] >= 1
