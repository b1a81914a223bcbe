"""azure-cli itself, over TLS, when it has been told a site's address and credentials: what `az webapp exec`,
`ssh`, `create-remote-connection`, `deployment source config-zip` and `log deployment` do.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import uv

from tests.deployments import APP, zip_of
from tests.live import REPOSITORY, Up
from tests.loads import eventually
from tests.management import basic
from tests.real.site.commands.test_interactive import heard
from webstead.effects import SystemClock
from webstead.site.commands.interactive import Interactive, Size, start_interactive
from webstead.site.deploy.lock import hold
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.store import open_store
from webstead.site.store.sites import find_site

pytestmark = pytest.mark.needs("ssh")

AZ = ("azure-cli-core", "azure-mgmt-applicationinsights", "azure-mgmt-storage", "azure-mgmt-web")
"""What these functions load of it: the whole takes a gigabyte."""
DRIVER = REPOSITORY / "tests/fixtures/clients/az_webapp.py"


@pytest.fixture(scope="module")
def az(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with azure-cli."""
    folder = tmp_path_factory.mktemp("az")
    program = uv.find_uv_bin()
    python = folder / "bin/python"
    install = (program, "pip", "install", "--quiet", "--python", str(python))
    for words in (
        (program, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(folder)),
        (*install, *AZ, "fabric", "websocket-client", "certifi"),
        (*install, "--no-deps", "azure-cli==2.91.0"),
    ):
        subprocess.run(words, check=True, timeout=100)
    return python


@dataclass(frozen=True, slots=True)
class Site:
    """home: of the site. variables: of the driver."""

    home: SiteHome
    variables: Mapping[str, str]
    az: Path

    def run(self, *words: str, sent: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        asked = [str(self.az), str(DRIVER), *words]
        return subprocess.run(asked, env=self.variables, input=sent, capture_output=True, timeout=60)

    async def at_terminal(self, what: str) -> Interactive:
        words = (str(self.az), str(DRIVER), what)
        return await start_interactive(words, cwd=self.home.root, env=self.variables, size=Size(101, 31))


@pytest.fixture(scope="module")
def site(az: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = ServerHome(tmp_path_factory.mktemp("server") / "home")
    words = ("--home", home.root, "--port", "0", "--https-port", "0")
    with Up(words, cwd=home.root.parent, env={}, verb=("serve",)) as server:
        base = server.wait_for(lambda line: line.startswith("TLS: https://")).split()[1]
        server.wait_for(lambda line: line.startswith("Management: "))
        create = ("site", "create", "shop", "--home", str(home.root))
        subprocess.run([sys.executable, "-m", "webstead", *create], check=True, capture_output=True)
        record = find_site(open_store(home.database), "shop")
        assert record is not None
        variables = {
            **os.environ,
            "AUTHORITY": str(home.tls / "authority.pem"),
            "AUTHORIZATION": basic("$shop", record.password.reveal())["Authorization"],
            "AZURE_CONFIG_DIR": str(home.root.parent / "az"),
            "BASE": base.replace("127.0.0.1", "shop.scm.localhost"),
            "HOME": str(home.root.parent),
            "TERM": "xterm",
        }
        yield Site(home.site("shop"), variables, az)


def test_a_command_is_executed(site: Site) -> None:
    ran = site.run("execute", "echo $WEBSITE_SITE_NAME; exit 3")
    assert b"'status': 'accepted'" in ran.stdout, ran
    name = re.search(rb"LogFiles/execute/\S+\.log", ran.stdout)
    assert name is not None
    file = site.home.root / name[0].decode()
    eventually(file.exists)
    assert file.read_text() == "$ /bin/bash -c 'echo $WEBSITE_SITE_NAME; exit 3'\nshop\nExit code 3\n"


def test_a_zip_is_deployed_and_its_log_shown(site: Site, tmp_path: Path) -> None:
    """`az webapp deployment source config-zip`, and `az webapp log deployment list` and `show`."""
    deployed = site.run("zip", str(zip_of(tmp_path / "a.zip", {"app.py": APP % "by az"})))
    assert deployed.returncode == 0, deployed
    assert json.loads(deployed.stdout)["status"] == 4
    assert "by az" in (site.home.wwwroot / "app.py").read_text()
    told = json.loads(site.run("log").stdout)
    assert told["listed"][0]["active"]
    assert told["log"][-1]["message"] == "Deployment successful."


def test_a_zip_that_cannot_be_built_is_told_with_its_cause(site: Site, tmp_path: Path) -> None:
    broken = site.run("zip", str(zip_of(tmp_path / "a.zip", {"app.py": "import nothing_there\n" + APP % ""})))
    assert broken.returncode == 1
    assert b"Zip deployment failed" in broken.stderr
    assert b"nothing_there" in broken.stderr
    with hold(site.home, "deployment", "ann", deployment="abcdef", clock=SystemClock()):
        held = site.run("zip", str(zip_of(tmp_path / "b.zip", {"app.py": APP % ""})))
    assert held.returncode == 1
    assert b"ongoing" in held.stderr or b"409" in held.stderr, held


def test_ssh_through_the_tunnel_runs_commands_as_they_are(site: Site) -> None:
    """Bytes, both streams, and the exit code."""
    sent = os.urandom(3 << 20)
    ran = site.run("openssh", "cat; echo $WEBSITE_SITE_NAME >&2; exit 5", sent=sent)
    assert ran.stdout.endswith(sent)
    assert ran.stderr.endswith(b"shop\n")
    assert ran.returncode == 5


def test_ssh_leads_to_no_files_and_no_other_ports(site: Site) -> None:
    assert b"subsystem request failed" in site.run("openssh", "-s", "sftp").stderr
    assert b"There is no netconf here" in site.run("openssh", "-s", "netconf").stderr
    forwarding = site.run("openssh", "-W", "127.0.0.1:1")
    assert b"stdio forwarding failed" in forwarding.stderr
    assert forwarding.returncode == 255


async def prompted(client: Interactive) -> None:
    """What is typed now reaches the site. az shows the first prompt before it has made its own terminal raw,
    and drops what was typed until then; what is typed during the greeting can end its `ssh`. A prompt that is
    shown again is no sign: a shell does so when it hears of its size."""
    await heard(client, r"[#$] $")
    answered = asyncio.ensure_future(heard(client, r"R2\r[\s\S]*[#$] $"))
    while not answered.done():
        client.input.put(b"echo R$((1 + 1))\n")
        await asyncio.wait([answered], timeout=0.5)
    await answered


@pytest.mark.parametrize("what", ["shell", "ssh", "openssh"])
def test_a_terminal_is_the_sites_own(site: Site, what: str) -> None:
    async def talk() -> str:
        client = await site.at_terminal(what)
        try:
            await prompted(client)
            client.input.put(b"stty size; command -v python; echo $WEBSITE_SITE_NAME A$((1 + 1))\n")
            told = await heard(client, r"A2\r[\s\S]*[#$] $")
            client.input.put(b"sh -c 'echo S$((1 + 1)); exec sleep 300'\n")
            await heard(client, r"S2\r")
            client.input.put(b"\x03")
            await heard(client, r"[#$] $")
            client.input.put(b"echo B$?; exit\n")
            await heard(client, "B130")
            async with asyncio.timeout(60):
                while await client.output.read():
                    pass  # it ends when all that it shows is taken
            return told
        finally:
            await client.end()

    told = asyncio.run(talk())
    assert "31 101" in told
    assert f"{site.home.data}/python/" in told
    assert "shop A2" in told


@pytest.mark.parametrize("what", ["shell", "ssh"])
def test_a_killed_client_leaves_nothing(site: Site, what: str) -> None:
    async def talk() -> int:
        client = await site.at_terminal(what)
        try:
            await prompted(client)
            client.input.put(b"echo P$$.; nohup sleep 300\n")
            told = await heard(client, r"P\d+\.")
        finally:
            await client.end()
        found = re.search(r"P(\d+)\.", told)
        assert found is not None
        return int(found[1])

    shell = asyncio.run(talk())
    eventually(lambda: not Path(f"/proc/{shell}").exists())
