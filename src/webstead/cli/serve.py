"""`webstead serve`: many sites of one home, with their management."""

from __future__ import annotations

import sys

from webstead.cli import options

__all__ = ["serve"]


def serve(
    home: options.Home = None,
    host: options.Host = "127.0.0.1",
    port: options.Port = 8000,
    https_port: options.HttpsPort = None,
    certificate: options.CertificateFile = None,
    key: options.KeyFile = None,
    management_port: options.ManagementPort = None,
    domain: options.Domain = "localhost",
    json: options.Json = False,
    log_file: options.LogFile = None,
) -> None:
    """Serve the sites of a home, each by its host name, with the management that tools for Kudu speak to.
    Ctrl+C stops it.

    [bold]Examples[/bold]

      webstead serve                           the sites of this user, at http://NAME.localhost:8000
      webstead serve --home /srv/webstead      of another home
      webstead serve --https-port 8443         and at https://NAME.localhost:8443
      webstead serve --management-port 9000    the management at http://NAME.scm.localhost:9000
      webstead site create shop                in another terminal: a site,
      webstead deploy ./shop --site shop       and what it is to serve
    """
    from webstead.cli.report import reporter
    from webstead.errors import WebsteadError
    from webstead.events import Failed
    from webstead.site.homes import default_home
    from webstead.site.server.own_certificates import pairs_of
    from webstead.site.server.serve import ServeOptions
    from webstead.site.server.serve import serve as run

    with reporter(json=json, log_file=log_file) as emit:
        try:
            pairs = pairs_of(certificate or (), key or ())
            ports = (https_port, management_port)
            run(ServeOptions(home or default_home(), host, port, domain, json, *ports, pairs), emit)
        except WebsteadError as error:
            emit(Failed(error.as_json()))
            sys.exit(error.exit_code)
