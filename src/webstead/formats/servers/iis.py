"""IIS: a `web.config`, and the commands that register the gateway with the server.

What the entry of IIS's list says, and how it is quoted, is `formats.appcmd`'s: a handler runs a program only
when both texts are the same.
"""

from __future__ import annotations

from dataclasses import replace

from webstead.formats.appcmd import Application, add_words, command_text, make_application
from webstead.formats.servers.model import GatewaySite
from webstead.formats.servers.refusal import refuse

__all__ = ["configuration", "registration"]

APPCMD = r"%SystemRoot%\System32\inetsrv\appcmd.exe"

MOST_REQUESTS = 10_000
"""Until IIS replaces a process; 200 by itself, which is a start of Python every few seconds."""

MOST_SECONDS = ("600", "600")
"""In which the app must send something (activityTimeout, 70 by itself) and be done (requestTimeout, 90).
Precedent: iiswsgi's entries."""

_COMMENT = """\
<!-- {target} behind IIS. Save as web.config in {directory}, the site's folder.
     Once, as administrator, in cmd.exe:
{steps} -->"""

_SITE = """\
<?xml version="1.0" encoding="utf-8"?>
{comment}
<configuration>
  <appSettings>
    <add key="WSGI_HANDLER" value="{target}" />
{mount}\
  </appSettings>
  <system.webServer>
    <handlers>
      <!-- responseBufferLimit 0: what the app sends goes out at once. -->
      <add name="Python" path="*" verb="*" modules="FastCgiModule" scriptProcessor="{processor}"
           resourceType="Unspecified" requireAccess="Script" responseBufferLimit="0" />
    </handlers>
    <!-- The app's own error pages reach the browser. -->
    <httpErrors existingResponse="PassThrough" />
    <security>
      <requestFiltering allowDoubleEscaping="true">
        <requestLimits maxAllowedContentLength="{max_body}" />
      </requestFiltering>
    </security>
  </system.webServer>
{locations}</configuration>
"""

_LOCATION = """\
  <!-- Files of this folder are sent as they are; the app does not see their URLs. -->
  <location path="{path}">
    <system.webServer>
      <handlers>
        <clear />
        <add name="StaticFile" path="*" verb="*" modules="StaticFileModule,DefaultDocumentModule"
             resourceType="Either" requireAccess="Read" />
      </handlers>
    </system.webServer>
  </location>
"""

_COMMENT_END = ("--",)
"""Two hyphens end the comment that holds the commands."""

_UNSAFE = ('"', "%", *_COMMENT_END)
"""In a folder's name, which the commands hold as it is: cmd.exe would put variables in."""


def configuration(site: GatewaySite) -> str:
    """A whole `web.config`. Where the gateway listens is of no interest: IIS starts it. Raises UsageError for
    what a command or the comment around it cannot hold."""
    for text in (site.python, site.gateway, site.directory, site.target):
        refuse("IIS", "name", text, _COMMENT_END)
    for text in (site.python, site.gateway):
        refuse("IIS", "path", text, ("|",))
    for _, folder in site.static:
        refuse("IIS", "folder", folder, _UNSAFE)
    locations = "".join(
        _LOCATION.format(path=url.removeprefix(site.mount).strip("/")) for url, _ in site.folders
    )
    return _SITE.format(
        comment=_comment(site),
        target=_escape(site.target),
        mount=f'    <add key="SCRIPT_NAME" value="{site.mount}" />\n' if site.mount else "",
        processor=_escape(registration(site).script_processor),
        max_body=site.max_body,
        locations=locations,
    )


def registration(site: GatewaySite) -> Application:
    """The entry of IIS's list that lets it start the gateway."""
    entry = make_application(site.python, site.gateway, max_requests=MOST_REQUESTS)
    times = zip(("activityTimeout", "requestTimeout"), MOST_SECONDS, strict=True)
    return replace(entry, settings=(*entry.settings, *times))


def _comment(site: GatewaySite) -> str:
    """Nothing in it is escaped: it is copied to the prompt as it is."""
    steps = "\n".join(f"       {step}" for step in _steps(site))
    return _COMMENT.format(target=site.target, directory=site.directory, steps=steps)


def _steps(site: GatewaySite) -> list[str]:
    commands = [add_words(registration(site))]
    for url, folder in site.static:
        where = ("/app.name:Default Web Site/", f"/path:{url.rstrip('/')}")
        commands.append(("add", "vdir", *where, f"/physicalPath:{folder}"))
    return [command_text((APPCMD, *words)) for words in commands]


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
