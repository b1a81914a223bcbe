"""`webstead gateway config`: what it makes of its words; the servers themselves run in tests/real/servers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import WEBSTEAD
from webstead.formats.servers import SERVERS


def config(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [*WEBSTEAD, "gateway", "config", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("server", SERVERS)
def test_it_prints_a_configuration_for_each_server(server: str, tmp_path: Path) -> None:
    done = config(tmp_path, server, "shop.web:app", "--mount", "/shop")
    assert done.returncode == 0, done.stderr
    assert "shop.web:app" in done.stdout
    assert "/shop" in done.stdout


def test_it_fits_what_run_does_without_words(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    text = config(tmp_path, "nginx", "shop:app", "--directory", "site").stdout
    assert f"unix:{folder}/gateway.sock" in text
    assert f"{sys.executable} " in text


def test_each_word_reaches_the_file(tmp_path: Path) -> None:
    words = ("--bind", "unix:own.sock", "--listen", "*:8099", "--server-name", "shop.example.org")
    text = config(tmp_path, "nginx", "shop:app", *words, "--static", "/media=files").stdout
    assert f"unix:{tmp_path}/own.sock" in text
    assert "8099" in text
    assert "shop.example.org" in text
    assert f"{tmp_path}/files/" in text


def test_the_environment_of_the_app_is_found(tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    assert f" {python} " in config(tmp_path, "nginx", "shop:app").stdout


def test_windows_paths_are_left_as_they_are(tmp_path: Path) -> None:
    words = ("--python", r"C:\Python312\python.exe", "--gateway", "C:/sites/gateway.pyz")
    text = config(tmp_path, "iis", "shop:app", *words).stdout
    assert r'scriptProcessor="C:\Python312\python.exe|C:\sites\gateway.pyz"' in text


def test_it_writes_a_whole_file(tmp_path: Path) -> None:
    done = config(tmp_path, "iis", "shop:app", "-o", "web.config")
    assert done.stdout == "Written: web.config\n"
    assert (tmp_path / "web.config").read_text().startswith("<?xml")
    assert [path.name for path in tmp_path.iterdir()] == ["web.config"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("netscape", "shop:app"), "netscape"),
        (("nginx",), "No app is named"),
        (("nginx", "shop:app", "--static", "/media"), "--static"),
        (("nginx", "shop:app", "--mount", "no slash"), "no slash"),
        (("nginx", "shop:app", "--bind", "fd:0"), "fd:0"),
        (("nginx", "shop:app", "--gateway", "nowhere.pyz"), "nowhere.pyz"),
        (("nginx", "shop:app", "-o", "no/such/folder/file"), "No such file"),
    ],
)
def test_what_cannot_be_said_is_refused(words: tuple[str, ...], found: str, tmp_path: Path) -> None:
    done = config(tmp_path, *words)
    assert done.returncode == 2
    assert found in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []
