"""IIS: a `web.config`, and the command that registers the gateway with the server."""

from __future__ import annotations

from webstead.formats.servers.model import GatewaySite
from webstead.formats.servers.refusal import refuse
from webstead.formats.webconfig.words import windows_join

__all__ = ["configuration", "registration"]

APPCMD = r"%windir%\system32\inetsrv\appcmd.exe"

_SITE = """\
<?xml version="1.0" encoding="utf-8"?>
<!-- {target} behind IIS. Save as web.config in {directory}, the site's folder.
     Once, as administrator, in cmd.exe:
{steps} -->
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

_UNSAFE = ('"', "'", "%", "|", "--")
"""Quotes and percent signs have no escape in appcmd's and cmd.exe's grammar, `|` parts a scriptProcessor, and
two hyphens end the comment that holds the commands."""


def configuration(site: GatewaySite) -> str:
    """A whole `web.config`. Where the gateway listens is of no interest: IIS starts it."""
    for text in (site.python, site.gateway, site.directory, site.target, *sum(site.static, ())):
        refuse("IIS", "name", text, _UNSAFE)
    locations = "".join(
        _LOCATION.format(path=url.removeprefix(site.mount).strip("/")) for url, _ in site.folders
    )
    return _SITE.format(
        target=_escape(site.target),
        directory=_escape(site.directory),
        steps="\n".join(f"       {_escape(step)}" for step in _steps(site)),
        mount=f'    <add key="SCRIPT_NAME" value="{site.mount}" />\n' if site.mount else "",
        processor=_escape(f"{site.python}|{_arguments(site)}"),
        max_body=site.max_body,
        locations=locations,
    )


def registration(site: GatewaySite) -> tuple[str, ...]:
    """appcmd's words that let IIS start the gateway. They must say the same as `scriptProcessor`."""
    values = {
        "fullPath": site.python,
        "arguments": _arguments(site),
        "signalBeforeTerminateSeconds": "30",
        "instanceMaxRequests": "10000",
        "requestTimeout": "600",
        "activityTimeout": "600",
    }
    application = ",".join(f"{name}='{value}'" for name, value in values.items())
    words = ("set", "config", "/section:system.webServer/fastCgi", f"/+[{application}]", "/commit:apphost")
    return (APPCMD, *words)


def _steps(site: GatewaySite) -> list[str]:
    words = [registration(site)]
    for url, folder in site.static:
        where = ("/app.name:Default Web Site/", f"/path:{url.rstrip('/')}")
        words.append((APPCMD, "add", "vdir", *where, f"/physicalPath:{folder}"))
    return [windows_join(list(command)) for command in words]


def _arguments(site: GatewaySite) -> str:
    return windows_join([site.gateway])


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
