"""Real web servers, each with a minimal main file around the text that Webstead writes for a site."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from webstead.formats.servers import GatewaySite, configuration

__all__ = ["KINDS", "SECONDS", "Kind", "WebServer", "eventually", "program_of"]

SECONDS = 20
PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])

Main = Callable[[Path, Sequence[Path], Sequence[int]], str]
"""(folder for all that the server writes, site files, their ports) → the main file."""


def eventually(condition: Callable[[], bool], what: Callable[[], str]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.01)


def program_of(name: str) -> str:
    found = shutil.which(name, path=PATH)
    assert found is not None, f"{name} is not installed (see scripts/servers)"
    return found


def _nginx(folder: Path, sites: Sequence[Path], ports: Sequence[int]) -> str:
    temporary = "\n".join(
        f'{name}_temp_path "{folder}/{name}";'
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    included = "\n".join(f'include "{site}";' for site in sites)
    return f"""\
{user}
daemon off;
worker_processes 1;
pid "{folder}/nginx.pid";
error_log "{folder}/log";
events {{}}
http {{
access_log off;
include /etc/nginx/mime.types;
{temporary}
{included}
}}
"""


def _lighttpd(folder: Path, sites: Sequence[Path], ports: Sequence[int]) -> str:
    """The parse options are those of Debian's lighttpd.conf."""
    included = "\n".join(f'include "{site}"' for site in sites)
    return f"""\
server.modules = ( "mod_alias", "mod_fastcgi" )
server.document-root = "{folder}"
server.upload-dirs = ( "{folder}" )
server.errorlog = "{folder}/log"
server.bind = "127.0.0.1"
server.port = {ports[0]}
server.http-parseopts = (
  "header-strict" => "enable",
  "host-strict" => "enable",
  "host-normalize" => "enable",
  "url-normalize-unreserved" => "enable",
  "url-normalize-required" => "enable",
  "url-ctrls-reject" => "enable",
  "url-path-2f-decode" => "enable",
  "url-path-dotseg-remove" => "enable",
)
mimetype.assign = ( ".css" => "text/css" )
{included}
"""


def _apache(modules: Sequence[str]) -> Main:
    loaded = ("mpm_event", "authz_core", "alias", "env", "mime", *modules)

    def main(folder: Path, sites: Sequence[Path], ports: Sequence[int]) -> str:
        lines = [f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in loaded]
        included = "\n".join(f'Include "{site}"' for site in sites)
        own = f'FcgidIPCDir "{folder}"\nFcgidProcessTableFile "{folder}/table"' if "fcgid" in modules else ""
        return (
            "\n".join(lines)
            + f"""
ServerName localhost
ServerRoot "{folder}"
DefaultRuntimeDir "{folder}"
PidFile "{folder}/apache.pid"
ErrorLog "{folder}/log"
TypesConfig /etc/mime.types
StartServers 1
ServerLimit 4
MaxRequestWorkers 100
<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
{own}
{included}
"""
        )

    return main


def _caddy(folder: Path, sites: Sequence[Path], ports: Sequence[int]) -> str:
    included = "\n".join(f"import {site}" for site in sites)
    return f"""\
{{
    admin off
    auto_https off
    storage file_system {folder}
    log {{
        output file {folder}/log
    }}
}}
{included}
"""


def _haproxy(folder: Path, sites: Sequence[Path], ports: Sequence[int]) -> str:
    included = "\n".join(site.read_text() for site in sites)
    return f"global\n    log stderr local0\n\ndefaults\n    log global\n\n{included}"


UNPRIVILEGED = (
    *("setpriv", "--reuid", "www-data", "--regid", "www-data", "--clear-groups"),
    *("--inh-caps", "+dac_override", "--ambient-caps", "+dac_override", "--"),
)
"""Apache serves no page as root. It runs as its own user, who may open what the tests' user may open."""


@dataclass(frozen=True, slots=True)
class Kind:
    """server: its word for `configuration`. spawns: it starts the gateway itself. words: how the program runs
    in the foreground with a main file."""

    server: str
    program: str
    main: Main
    words: tuple[str, ...]
    check: tuple[str, ...]
    spawns: bool = False

    def command(self, words: Sequence[str], folder: Path) -> list[str]:
        before = UNPRIVILEGED if self.program == "apache2" and os.geteuid() == 0 else ()
        return [*before, program_of(self.program), *(word.format(folder=folder) for word in words)]


KINDS = {
    kind.server: kind
    for kind in (
        Kind(
            "nginx",
            "nginx",
            _nginx,
            ("-c", "{folder}/main", "-e", "{folder}/log"),
            ("-t", "-c", "{folder}/main", "-e", "{folder}/log"),
        ),
        Kind(
            "lighttpd",
            "lighttpd",
            _lighttpd,
            ("-D", "-f", "{folder}/main"),
            ("-tt", "-f", "{folder}/main"),
        ),
        Kind(
            "apache",
            "apache2",
            _apache(("proxy", "proxy_fcgi")),
            ("-D", "FOREGROUND", "-f", "{folder}/main"),
            ("-t", "-f", "{folder}/main"),
        ),
        Kind(
            "apache-fcgid",
            "apache2",
            _apache(("fcgid",)),
            ("-D", "FOREGROUND", "-f", "{folder}/main"),
            ("-t", "-f", "{folder}/main"),
            spawns=True,
        ),
        Kind(
            "caddy",
            "caddy",
            _caddy,
            ("run", "--adapter", "caddyfile", "--config", "{folder}/main"),
            ("validate", "--adapter", "caddyfile", "--config", "{folder}/main"),
        ),
        Kind(
            "haproxy",
            "haproxy",
            _haproxy,
            ("-db", "-f", "{folder}/main"),
            ("-c", "-f", "{folder}/main"),
        ),
    )
}


def write_files(kind: Kind, folder: Path, sites: Sequence[GatewaySite]) -> None:
    """The main file and what it includes. Whoever runs the server may write into the folder."""
    folder.chmod(0o777)
    files = [folder / f"site{number}.conf" for number in range(len(sites))]
    for file, site in zip(files, sites, strict=True):
        file.write_text(configuration(kind.server, site))
    (folder / "main").write_text(kind.main(folder, files, [site.server.port for site in sites]))


class WebServer:
    """A server in the foreground, ready when every site's port accepts. Fails with the server's own words."""

    def __init__(self, kind: Kind, folder: Path, sites: Sequence[GatewaySite]) -> None:
        self.kind = kind
        self.folder = folder
        write_files(kind, folder, sites)
        with (folder / "output").open("wb") as output:
            self.process = subprocess.Popen(
                kind.command(kind.words, folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "HOME": str(folder)},
            )
        try:
            for site in sites:
                self._await(site.server.port)
        except AssertionError:
            self.stop()
            raise

    @property
    def log(self) -> str:
        """What the server said, in its log and on its standard streams."""
        files = [self.folder / name for name in ("output", "log")]
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    def _await(self, port: int) -> None:
        eventually(lambda: self._accepts(port), lambda: f"never ready:\n{self.log}")

    def _accepts(self, port: int) -> bool:
        assert self.process.poll() is None, f"{self.kind.server} ended:\n{self.log}"
        try:
            socket.create_connection(("127.0.0.1", port), SECONDS).close()
        except ConnectionRefusedError:
            return False
        return True

    def __enter__(self) -> WebServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        if self.process.poll() is not None:
            return
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.terminate()
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(SECONDS)
        _, alive = psutil.wait_procs(family, timeout=SECONDS)
        for process in alive:
            process.kill()
