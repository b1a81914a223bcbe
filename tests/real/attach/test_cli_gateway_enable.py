"""`webstead gateway enable` and `disable`, with a program in the place of appcmd that keeps IIS's list."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.live import WEBSTEAD

APPCMD = Path(__file__).parent / "appcmd.py"
PYTHON = r"C:\Program Files\Python312\python.exe"
GATEWAY = r"C:\sites\gateway.pyz"
NAMED = ("--python", PYTHON, "--gateway", GATEWAY)


def webstead(*words: str) -> subprocess.CompletedProcess[str]:
    command = [*WEBSTEAD, "gateway", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


class Iis:
    """The list of FastCGI applications, and what appcmd was told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        appcmd = (sys.executable, str(APPCMD), str(self.folder))
        verb, *rest = words
        return webstead(verb, *(text for word in appcmd for text in ("--appcmd", word)), *rest)

    @property
    def applications(self) -> object:
        return json.loads((self.folder / "applications.json").read_text())

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.folder / "calls.jsonl").read_text().splitlines()]


@pytest.fixture
def iis(tmp_path: Path) -> Iis:
    return Iis(tmp_path)


def test_it_registers_as_wfastcgi_enable_does(iis: Iis) -> None:
    done = iis("enable", *NAMED)
    assert done.returncode == 0, done.stderr
    assert iis.calls[-1] == [
        "set",
        "config",
        "/section:system.webServer/fastCGI",
        f"/+[fullPath='\"{PYTHON}\"', arguments='{GATEWAY}', signalBeforeTerminateSeconds='30']",
    ]
    assert iis.applications == [
        {"fullPath": f'"{PYTHON}"', "arguments": GATEWAY, "signalBeforeTerminateSeconds": "30"}
    ]
    assert f'Registered: "{PYTHON}"|{GATEWAY}' in done.stdout
    assert f'scriptProcessor="&quot;{PYTHON}&quot;|{GATEWAY}"' in done.stdout
    assert r'icacls "C:\Program Files\Python312" /grant "IIS_IUSRS:(OI)(CI)(RX)"' in done.stdout
    assert rf'icacls {GATEWAY} /grant "IIS_IUSRS:(RX)"' in done.stdout


def test_what_is_registered_stays_as_it_is(iis: Iis) -> None:
    iis("enable", *NAMED)
    told = len(iis.calls)
    done = iis("enable", "--python", PYTHON.upper(), "--gateway", GATEWAY)
    assert done.returncode == 0
    assert "Nothing to do" in done.stdout
    assert [words[0] for words in iis.calls[told:]] == ["list"]


def test_other_values_are_changed_in_place(iis: Iis) -> None:
    iis("enable", *NAMED)
    done = iis("enable", *NAMED, "--max-instances", "4", "--max-requests", "5000", "--json")
    assert json.loads(done.stdout)["done"] == "changed"
    assert iis.applications == [
        {
            "fullPath": f'"{PYTHON}"',
            "arguments": GATEWAY,
            "signalBeforeTerminateSeconds": "30",
            "maxInstances": "4",
            "instanceMaxRequests": "5000",
        }
    ]


def test_an_entry_that_the_listing_did_not_show_is_no_failure(iis: Iis) -> None:
    iis("enable", *NAMED)
    (iis.folder / "silent").touch()
    done = iis("enable", *NAMED)
    assert done.returncode == 0
    assert "Nothing to do" in done.stdout


def test_it_is_taken_out_again(iis: Iis) -> None:
    iis("enable", *NAMED, "--max-instances", "4")
    assert "No longer registered" in iis("disable", *NAMED).stdout
    assert iis.applications == []
    done = iis("disable", *NAMED)
    assert done.returncode == 0
    assert "Nothing to do" in done.stdout


def test_options_of_the_gateway_are_a_part_of_the_entry(iis: Iis) -> None:
    words = ("--", "--errors", "always")
    assert iis("enable", *NAMED, *words).returncode == 0
    assert f"'{GATEWAY} --errors always'" in iis.calls[-1][-1]
    assert "Nothing to do" in iis("disable", *NAMED).stdout
    assert "No longer registered" in iis("disable", *NAMED, *words).stdout
    refused = iis("enable", *NAMED, "--", "--errors", "sometimes")
    assert refused.returncode == 2
    assert "sometimes" in refused.stderr


def test_a_denial_is_told_with_appcmds_own_words(iis: Iis) -> None:
    (iis.folder / "denied").touch()
    done = iis("enable", *NAMED)
    assert done.returncode == 5
    assert "exit code 5" in done.stderr
    assert "administrator" in done.stderr
    assert "Cannot read configuration file" in done.stderr
    assert done.stdout == ""


def test_an_appcmd_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    done = webstead("enable", *NAMED, "--appcmd", str(tmp_path / "appcmd.exe"))
    assert done.returncode == 6
    assert "Web-CGI" in done.stderr


@pytest.mark.parametrize("verb", ["enable", "disable"])
def test_off_windows_there_is_no_iis_to_ask(verb: str) -> None:
    done = webstead(verb)
    assert done.returncode == 2
    assert "--dry-run" in done.stderr


def test_a_dry_run_prints_the_commands_on_any_system() -> None:
    done = webstead("enable", *NAMED, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert (
        "  %SystemRoot%\\System32\\inetsrv\\appcmd.exe set config /section:system.webServer/fastCGI "
        '"/+[fullPath=\'\\"C:\\Program Files\\Python312\\python.exe\\"\', '
        "arguments='C:\\sites\\gateway.pyz', signalBeforeTerminateSeconds='30']\"\n"
    ) in done.stdout
    removed = webstead("disable", *NAMED, "--dry-run").stdout
    assert "/-[fullPath='" in removed


def test_paths_that_no_server_with_iis_has_are_pointed_out() -> None:
    for words in (("enable", "--dry-run"), ("config", "iis", "shop:app")):
        for named, told in ((("--gateway", GATEWAY), True), (NAMED, False)):
            done = webstead(*words, *named)
            assert done.returncode == 0, done.stderr
            assert ("Name the server's" in done.stderr) is told


def test_without_paths_it_is_what_runs_now() -> None:
    found = json.loads(webstead("enable", "--dry-run", "--json").stdout)
    python, _, gateway = found["script_processor"].partition("|")
    assert python == sys.executable
    assert Path(gateway, "__main__.py").is_file()
    assert str(Path(sys.prefix)) in [words[1] for words in found["grants"]]


def test_a_whole_web_config_names_the_same_program() -> None:
    assert " " in PYTHON
    found = json.loads(webstead("enable", *NAMED, "--dry-run", "--json", "--site-config", "shop:app").stdout)
    root = ElementTree.fromstring(found["web_config"])  # noqa: S314 (our own text)
    handlers = [add.get("scriptProcessor") for add in root.iter("add") if add.get("name") == "Python"]
    assert handlers == [found["script_processor"]]
    assert [add.get("value") for settings in root.iter("appSettings") for add in settings] == ["shop:app"]


def test_a_whole_web_config_with_options_of_the_gateway_is_refused() -> None:
    done = webstead("enable", *NAMED, "--dry-run", "--site-config", "shop:app", "--", "--multiplex", "2")
    assert done.returncode == 2
    assert "--multiplex 2" in done.stderr


@pytest.mark.parametrize("option", ["--python", "--gateway"])
def test_a_path_that_is_not_there_is_refused(option: str) -> None:
    done = webstead("enable", "--dry-run", option, "no/such/file")
    assert done.returncode == 2
    assert option in done.stderr
