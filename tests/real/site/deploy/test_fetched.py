"""What is fetched from another repository: deployed, deployed again, and reached with the site's own key."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.deployments import APP, Home
from tests.loads import eventually
from tests.management import Management
from tests.ports import free_port
from tests.pusher import Pusher, listening
from webstead.errors import BuildError
from webstead.host.confinement import FREE, as_user
from webstead.settings import Secret
from webstead.site.deploy.again import redeploy
from webstead.site.deploy.git import fetch
from webstead.site.deploy.model import Url
from webstead.site.deploy.not_here import NotHere
from webstead.site.deploy.repository import open_repository
from webstead.site.ssh_key import delete_key, ensure_key, public_key
from webstead.site.store.model import Status

pytestmark = pytest.mark.needs("git")
NOBODY = 65534


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.set(SCM_DO_BUILD_DURING_DEPLOYMENT="false")
    return home


@pytest.fixture
def pusher(tmp_path: Path) -> Iterator[Pusher]:
    """Another server, where the repository is that is fetched."""
    other = Management(tmp_path / "other")
    with listening(other) as port:
        yield Pusher(tmp_path / "work", other.store, port)


def again(home: Home, deployment: str) -> None:
    redeploy(home.server, home.store, home.host, "shop", deployment, clean=False, clock=home.clock)


def fetched(home: Home, pusher: Pusher, text: str) -> str:
    """A deployment of what is pushed now; its id."""
    pusher.commit(APP % text)
    assert pusher.push().returncode == 0
    return home.deploy(Url(Secret(pusher.url), "git", "main")).id


def test_what_was_fetched_is_deployed_again_as_it_was(home: Home, pusher: Pusher) -> None:
    first = fetched(home, pusher, "one")
    fetched(home, pusher, "two")
    assert home.text("app.py") == APP % "two"
    again(home, first)
    assert home.text("app.py") == APP % "one"
    again(home, first)
    assert home.record(first).status == Status.SUCCESS
    assert home.record(first).source == "git"


def test_what_cannot_be_deployed_again_is_said_before_its_record_changes(home: Home, pusher: Pusher) -> None:
    done = fetched(home, pusher, "one")
    known = home.site.deployments / done / "commit"
    commit = known.read_text().strip()
    known.unlink()
    before = home.record(done)
    with pytest.raises(NotHere, match="Nothing of this deployment is kept"):
        again(home, done)
    assert home.record(done) == before
    known.write_text(f"{'a' * 40}\n")
    with pytest.raises(NotHere, match="has no commit"):
        again(home, done)
    assert home.record(done) == before
    known.unlink()
    known.symlink_to("/etc/passwd")
    with pytest.raises(NotHere, match="Nothing of this deployment is kept"):
        again(home, done)
    known.unlink()
    known.write_text(commit)
    again(home, done)


@contextmanager
def ssh_server(folder: Path, authorized: str) -> Iterator[int]:
    """A real one on loopback, which lets the holder of one key in as ourselves; its port."""
    host, port = folder / "host_key", free_port()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(host)], check=True)
    keys = folder / "authorized_keys"
    keys.write_text(f"{authorized}\n")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where it locks itself in
    options = {
        "Port": str(port),
        "ListenAddress": "127.0.0.1",
        "HostKey": str(host),
        "AuthorizedKeysFile": str(keys),
        "PermitRootLogin": "yes",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "StrictModes": "no",
        "UsePAM": "no",
        "PidFile": "none",
    }
    configuration = folder / "sshd_config"
    configuration.write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    log = folder / "sshd.log"
    words = ["/usr/sbin/sshd", "-D", "-f", str(configuration), "-E", str(log)]
    with subprocess.Popen(words) as process:
        try:
            eventually(lambda: log.exists() and "Server listening" in log.read_text())
            yield port
        finally:
            process.terminate()


@pytest.fixture
def entered() -> Iterator[Home]:
    """In a folder that every user can enter."""
    with TemporaryDirectory(prefix="webstead-test-") as made:
        Path(made).chmod(0o755)
        yield Home(Path(made) / "home")


@pytest.mark.needs("/usr/sbin/sshd")
@pytest.mark.parametrize("user", ["", str(NOBODY)])
def test_a_repository_is_reached_with_the_sites_key(
    entered: Home, pusher: Pusher, tmp_path: Path, user: str
) -> None:
    """As the site's user, where we may be another."""
    site, folder = entered.site, entered.site.root / ".ssh"
    own = open_repository(site, as_user(user) if user and os.geteuid() == 0 else FREE)
    commit = pusher.commit("one")
    with ssh_server(tmp_path, ensure_key(site)) as port:
        name = pwd.getpwuid(os.geteuid()).pw_name
        url = Secret(f"ssh://{name}@127.0.0.1:{port}{pusher.folder}")
        assert fetch(own, url, "main") == commit
        _, shown, _ = (tmp_path / "host_key.pub").read_text().split()
        assert shown in (folder / "known_hosts").read_text()
        assert folder.stat().st_uid == os.geteuid(), "nobody else puts anything in the place of the key"
        assert (folder / "id_rsa").stat().st_mode & 0o777 == 0o600
        assert fetch(open_repository(site), url, "main") == commit, "also when the user is taken away"
        assert (folder / "id_rsa").stat().st_uid == os.geteuid()
        own = open_repository(site, own.confinement)
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public_key(site)}\n")
        with pytest.raises(BuildError, match="cannot be fetched") as raised:
            fetch(own, url, "main")
        assert "Host key verification failed" in raised.value.found, "it is another host than it was"
        (folder / "known_hosts").unlink()
        delete_key(site)
        ensure_key(site)
        with pytest.raises(BuildError, match="cannot be fetched") as raised:
            fetch(own, url, "main")
        assert "Permission denied" in raised.value.found, "of a new key it knows nothing"
