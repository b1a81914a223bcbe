"""The published Kudu clients of npm against `webstead serve`, over TLS: what GitHub's deploy action and
the editor's extension call, and what they print when it fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.live import REPOSITORY, Up, fetch
from webstead.effects import SystemClock
from webstead.site.deploy.lock import hold
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.store import open_store
from webstead.site.store.sites import find_site

pytestmark = pytest.mark.needs("npm", "node")

PACKAGES = {
    "private": True,
    "dependencies": {"azure-actions-appservice-rest": "1.3.34", "vscode-azurekudu": "0.2.3"},
    "overrides": {
        "fs": "npm:is-number@7.0.0"
    },  # an empty placeholder, which not every registry has; node has its own
}
DRIVER = REPOSITORY / "tests/fixtures/clients/published.js"
APP = """\
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%s"]
"""

Call = tuple[str, str, list[object]]

EDITOR = [200] * 13 + [204, 200, 200, 204, 200, 200, 201, 200, 200, 200, 200, 200]
"""The statuses of the editor's calls. It takes the 204 of a changed setting, Kudu's too, for an error."""


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of node's modules with the clients."""
    folder = tmp_path_factory.mktemp("npm")
    (folder / "package.json").write_text(json.dumps(PACKAGES))
    words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(words, cwd=folder, check=True, timeout=100, stdin=subprocess.DEVNULL)
    return folder / "node_modules"


@dataclass(frozen=True, slots=True)
class Told:
    """What a client made of its calls: each one's outcome, and all that it printed."""

    outcomes: list[dict[str, object]]
    printed: str

    def values(self) -> list[object]:
        assert not [each["error"] for each in self.outcomes if "error" in each], self
        return [each["value"] for each in self.outcomes]

    def error(self) -> str:
        (only,) = self.outcomes
        return str(only["error"])


@dataclass(frozen=True, slots=True)
class Site:
    """home: of the site. base: of its management. url: where its pages are."""

    home: SiteHome
    base: str
    url: str
    user: str
    password: str = field(repr=False)
    variables: Mapping[str, str]
    folder: Path

    def call(self, client: str, *calls: Call) -> Told:
        results = self.folder / "results.json"
        asked = {"base": self.base, "user": self.user, "password": self.password, "calls": calls}
        ran = subprocess.run(
            ["node", str(DRIVER), client, str(results)],
            input=json.dumps(asked),
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert ran.returncode == 0, ran
        return Told(json.loads(results.read_text()), ran.stdout)

    def page(self) -> tuple[int, str]:
        answer = fetch(self.url, headers={"Host": "shop.localhost"})
        return answer.status, answer.text

    def zip(self, files: Mapping[str, str]) -> str:
        path = self.folder / "package.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return str(path)


@pytest.fixture(scope="module")
def site(modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = ServerHome(tmp_path_factory.mktemp("server") / "home")
    words = ("--home", home.root, "--port", "0", "--https-port", "0")
    with Up(words, cwd=home.root.parent, env={}, verb=("serve",)) as server:
        url = server.wait_for(lambda line: line.startswith("Serving: ")).split()[1]
        base = server.wait_for(lambda line: line.startswith("TLS: https://")).split()[1]
        server.wait_for(lambda line: line.startswith("Management: "))
        webstead(home, "site", "create", "shop")
        record = find_site(open_store(home.database), "shop")
        assert record is not None
        variables = {
            **os.environ,
            "NODE_PATH": str(modules),
            "NODE_EXTRA_CA_CERTS": str(home.tls / "authority.pem"),
            "GITHUB_SHA": "0123456789abcdef",
            "GITHUB_REPOSITORY": "ann/shop",
            "GITHUB_ACTOR": "ann",
        }
        base = base.replace("127.0.0.1", "shop.scm.localhost")
        password = record.password.reveal()
        yield Site(home.site("shop"), base, url, "$shop", password, variables, home.root.parent)


def webstead(home: ServerHome, *words: str) -> None:
    command = [sys.executable, "-m", "webstead", *words, "--home", str(home.root)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def test_the_action_deploys_a_zip_and_records_it(site: Site) -> None:
    package = site.zip({"app.py": APP % "first"})
    told = site.call(
        "action",
        ("utility", "warmpUp", []),
        ("kudu", "getAppSettings", []),
        ("kudu", "getAppRuntime", []),
        ("utility", "deployUsingZipDeploy", [package, {"slotName": "production"}]),
        ("utility", "updateDeploymentStatus", [True, "0123456789abcdef1", {"type": "deployment"}]),
        ("kudu", "getDeploymentDetails", ["0123456789abcdef1"]),
    )
    _, settings, runtime, deployed, recorded, details = told.values()
    assert isinstance(settings, dict)
    assert settings["SCM_COMMAND_IDLE_TIMEOUT"] == "60"
    assert isinstance(runtime, dict)
    assert runtime["system"]["os_name"].startswith("Linux")
    assert deployed
    assert recorded == "0123456789abcdef1"
    assert isinstance(details, dict)
    assert (details["status"], details["deployer"]) == (4, "GitHub")
    assert f"Deploy logs can be viewed at {site.base}/api/deployments/{deployed}/log" in told.printed
    assert site.page() == (200, "first")


def test_the_action_reads_and_writes_files(site: Site) -> None:
    package = site.zip({"in.txt": "unpacked"})
    note = site.folder / "note.txt"
    note.write_text("by the action")
    told = site.call(
        "action",
        ("kudu", "uploadFile", ["/data/notes", "note.txt", str(note)]),
        ("kudu", "getFileContent", ["data/notes", "note.txt"]),
        ("kudu", "getFileContent", ["data/notes", "none.txt"]),
        ("kudu", "deleteFile", ["data/notes", "note.txt"]),
        ("kudu", "deleteFile", ["data/notes", "note.txt"]),
        ("kudu", "extractZIP", [package, "data/notes"]),
        ("kudu", "runCommand", ["data/notes", "cp in.txt out.txt"]),
    )
    assert told.values()[1:3] == ["by the action", None]
    notes = site.home.data / "notes"
    assert sorted(each.name for each in notes.iterdir()) == ["in.txt", "out.txt"]
    assert (notes / "out.txt").read_text() == "unpacked"


def test_the_action_publishes_a_file_and_a_zip_below_a_path(site: Site) -> None:
    robots = site.folder / "robots.txt"
    robots.write_text("User-agent: *")
    package = site.zip({"page.html": "page"})
    told = site.call(
        "action",
        ("utility", "deployUsingOneDeploy", [package, None, "pages", "zip", "false", "true"]),
        ("utility", "deployUsingOneDeploy", [str(robots), None, "robots.txt", "static", "false", "true"]),
    )
    assert all(told.values())
    assert (site.home.wwwroot / "robots.txt").read_text() == "User-agent: *"
    assert (site.home.wwwroot / "pages/page.html").read_text() == "page"


def test_the_action_prints_why_a_deployment_failed_and_the_site_serves_on(site: Site) -> None:
    deploy: Call = ("utility", "deployUsingZipDeploy", [site.zip({"app.py": APP % "second"}), {}])
    assert all(site.call("action", deploy).values())
    site.zip({"app.py": "def app(:\n"})
    told = site.call("action", deploy)
    assert "Refer logs for more details" in told.error()
    assert "does not parse" in told.printed
    assert site.page() == (200, "second")


def test_the_action_says_that_a_password_is_wrong_and_that_another_deploys(site: Site) -> None:
    deploy: Call = ("utility", "deployUsingZipDeploy", [site.zip({"app.py": APP % "third"}), {}])
    told = replace(site, password="wrong").call("action", deploy)
    assert "Unauthorized (CODE: 401)" in told.error()
    with hold(site.home, "deployment", "ann", deployment="abcdef", clock=SystemClock()):
        told = site.call("action", deploy)
    assert "Conflict (CODE: 409)" in told.error()
    assert told.outcomes[0]["status"] == 409


def test_the_action_deploys_to_a_site_that_is_stopped(site: Site) -> None:
    home = ServerHome(site.home.root.parents[1])
    webstead(home, "site", "stop", "shop")
    deploy: Call = ("utility", "deployUsingZipDeploy", [site.zip({"app.py": APP % "fourth"}), {}])
    assert all(site.call("action", deploy).values())
    assert site.page()[0] == 403
    webstead(home, "site", "start", "shop")
    assert site.page() == (200, "fourth")


def test_the_editors_groups_are_answered(site: Site) -> None:
    package = site.zip({"app.py": APP % "fifth"})
    told = site.call(
        "editor",
        ("pushDeployment", "zipPushDeploy", [{"file": package}, {"isAsync": False}]),
        ("command", "executeCommand", [{"command": "echo hello", "dir": ""}]),
        ("deployment", "getDeployResults", []),
        ("deployment", "getResult", ["latest"]),
        ("deployment", "getLogEntry", ["latest"]),
        ("diagnostics", "getAll", []),
        ("environment", "get", []),
        ("environment", "get1", []),
        ("jobs", "listAllJobs", []),
        ("jobs", "listTriggeredJobs", []),
        ("liveScm", "getRepositoryInfo", [""]),
        ("process", "getAllProcesses", []),
        ("process", "getProcess", [0]),
        ("settings", "set", [{"COLOUR": "red"}]),
        ("settings", "getAll", []),
        ("settings", "get", ["COLOUR"]),
        ("settings", "deleteMethod", ["COLOUR"]),
        ("siteExtension", "getLocalExtensions", []),
        ("sSHKey", "getPublicKey", []),
        ("vfs", "putItem", ["text", "data/a file.txt"]),
        ("vfs", "getItem", ["data/"]),
        ("vfs", "deleteItem", ["data/a file.txt", {"customHeaders": {"If-Match": "*"}}]),
        ("webHooks", "getWebHooks", []),
        ("zip", "putItem", [{"file": package}, "data/unpacked/"]),
        ("zip", "getItem", ["data/unpacked/"]),
    )
    assert [each["status"] for each in told.outcomes] == EDITOR, told
    values = [each.get("value") for each in told.outcomes]
    assert values[1] == {"output": "hello\n", "error": "", "exitCode": 0}
    assert values[15] == "red"
    assert sorted(each.name for each in (site.home.data / "unpacked").iterdir()) == ["app.py"]
    assert site.page() == (200, "fifth")
