"""A minimal, commented `web.config`: what the plan puts in effect for a project that has none.

The text works on IIS as well, once its scriptProcessor or processPath names a program of that machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from webstead.formats.webconfig.script import GATEWAY
from webstead.formats.webconfig.words import windows_join

__all__ = ["PlatformSection", "fastcgi_config", "platform_config", "platform_handler_config"]

PlatformSection = Literal["httpPlatform", "aspNetCore"]
_MODULES: dict[PlatformSection, str] = {
    "httpPlatform": "httpPlatformHandler",
    "aspNetCore": "AspNetCoreModuleV2",
}
_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_FASTCGI = """\
<?xml version="1.0" encoding="utf-8"?>
{comment}<configuration>
  <!-- What the app finds in its environment. WSGI_HANDLER names the app itself. -->
  <appSettings>
{settings}
  </appSettings>
  <system.webServer>
    <!-- All URLs go to the app, run by Python behind FastCGI. -->
    <handlers>
      <add name="Python" path="*" verb="*" modules="FastCgiModule" scriptProcessor="{processor}"
           resourceType="Unspecified" requireAccess="Script" />
    </handlers>
{limits}  </system.webServer>
{locations}</configuration>
"""

_PLATFORM = """\
<?xml version="1.0" encoding="utf-8"?>
{comment}<configuration>
  <system.webServer>
    <!-- All URLs go to the process below, which listens on the port that it is given. -->
    <handlers>
      <add name="Python" path="*" verb="*" modules="{module}" resourceType="Unspecified"
           requireAccess="Script" />
    </handlers>
    <{section} processPath="{program}" arguments="{arguments}"
    {indent}  startupTimeLimit="{startup}" processesPerApplication="{processes}">
{variables}    </{section}>
{limits}  </system.webServer>
{locations}</configuration>
"""

_LIMITS = """\
    <!-- How much the app takes is for the app to say: IIS's own limits, lifted. -->
    <security>
      <requestFiltering allowDoubleEscaping="true">
        <requestLimits maxAllowedContentLength="4294967295" maxUrl="65536" maxQueryString="65536" />
      </requestFiltering>
    </security>
"""

_PLATFORM_HANDLER = """\
<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <system.webServer>
    <handlers>
      <add name="Python" path="*" verb="*" modules="httpPlatformHandler" resourceType="Unspecified"
           requireAccess="Script" />
    </handlers>
  </system.webServer>
</configuration>
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
      <!-- Of any kind: else a file whose extension the server does not know is 404.3. -->
      <staticContent>
        <remove fileExtension=".*" />
        <mimeMap fileExtension=".*" mimeType="application/octet-stream" />
      </staticContent>
    </system.webServer>
  </location>
"""


def fastcgi_config(
    target: str, settings: Mapping[str, str], *, static: Sequence[str] = (), comment: str = ""
) -> str:
    """Our gateway runs target (`package.module:object`).

    settings: more appSettings. static: folders, relative to the site, whose files the server sends itself.
    comment: stands at the top. Raises ValueError for text that no XML file can hold (control characters).
    """
    all_settings = {"WSGI_HANDLER": "", **settings} | {"WSGI_HANDLER": target}  # first, and not to be changed
    return _FASTCGI.format(
        comment=_comment(comment),
        settings="\n".join(
            f'    <add key="{_escape(key)}" value="{_escape(value)}" />'
            for key, value in all_settings.items()
        ),
        processor=_escape(GATEWAY),
        limits=_LIMITS,
        locations=_locations(static),
    )


def platform_config(
    words: Sequence[str],
    variables: Mapping[str, str],
    *,
    static: Sequence[str] = (),
    startup_seconds: int = 60,
    processes: int = 1,
    comment: str = "",
    section: PlatformSection = "httpPlatform",
) -> str:
    """A process that serves HTTP itself. words: the program and its arguments, with `%HTTP_PLATFORM_PORT%`
    for the port (`%ASPNETCORE_PORT%` for aspNetCore). variables: its environment, which may hold that too.
    Raises ValueError as `fastcgi_config` does."""
    program, *arguments = words
    return _PLATFORM.format(
        comment=_comment(comment),
        section=section,
        module=_MODULES[section],
        indent=" " * len(section),
        program=_escape(program),
        arguments=_escape(windows_join(arguments)),
        startup=startup_seconds,
        processes=processes,
        variables=_variables(variables),
        limits=_LIMITS,
        locations=_locations(static),
    )


def platform_handler_config() -> str:
    """A file that only maps all URLs to the `httpPlatform` section of the file that is laid over it."""
    return _PLATFORM_HANDLER


def _comment(text: str) -> str:
    """Two hyphens would end it."""
    return f"<!-- {_escape(text).replace('--', '- -')} -->\n" if text else ""


def _variables(variables: Mapping[str, str]) -> str:
    if not variables:
        return ""
    lines = (
        f'        <environmentVariable name="{_escape(name)}" value="{_escape(value)}" />\n'
        for name, value in variables.items()
    )
    return f"      <environmentVariables>\n{''.join(lines)}      </environmentVariables>\n"


def _locations(folders: Sequence[str]) -> str:
    return "".join(
        _LOCATION.format(path=_escape(folder.strip("/").replace("%", "%25"))) for folder in folders
    )


def _escape(text: str) -> str:
    """As an attribute's value: white space too, which XML would else make blanks of."""
    bad = _NOT_XML.search(text)
    if bad is not None:
        raise ValueError(f"the character {bad[0]!r} cannot be written in XML")
    return "".join(_ESCAPES.get(char, char) for char in text)
