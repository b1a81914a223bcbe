"""The `web.config` files that are measured: rules of the shapes that people write, none made for the engine.

The shapes (not the texts) are those of published files: old pages of fixed names, old blogs with dates,
probes for other software anywhere in the path, other hosts, old queries, languages, endings of files, and
rewrites of everything with conditions on what is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["REAL", "long_file", "many_rules", "real_rules", "without_rules"]

_FILE = """<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <appSettings>
    <add key="WSGI_HANDLER" value="hello.application" />
  </appSettings>
  <system.webServer>
    <handlers>
      <add name="Python FastCGI" path="*" verb="*" modules="FastCgiModule"
           scriptProcessor="C:\\Python311\\python.exe|C:\\Python311\\wfastcgi.py"
           resourceType="Unspecified" requireAccess="Script" />
    </handlers>
{more}  </system.webServer>
</configuration>
"""

REAL = 20
"""Rules of `real_rules`."""

_REWRITE = """    <rewrite>
{before}      <rules>
{rules}
      </rules>
    </rewrite>
"""


def _rule(
    name: str, match: str, action: str, conditions: Sequence[str] = (), grouping: str = "MatchAll"
) -> str:
    lines = [f'        <rule name="{name}" stopProcessing="true">', f"          <match {match} />"]
    if conditions:
        lines.append(f'          <conditions logicalGrouping="{grouping}">')
        lines += [f"            <add {condition} />" for condition in conditions]
        lines.append("          </conditions>")
    return "\n".join([*lines, f"          <action {action} />", "        </rule>"])


def without_rules() -> str:
    return _FILE.format(more="")


# Twenty rules as one site has them


def real_rules() -> str:
    """The requests of the bench pass all rules but the last, which gives them to the app."""
    return _FILE.format(more=_REWRITE.format(before=_MAPS, rules="\n".join(_TWENTY)))


_MAPS = """      <rewriteMaps>
        <rewriteMap name="Moved">
          <add key="/products.html" value="/shop" />
          <add key="/contact-us.html" value="/contact" />
          <add key="/news/2009.html" value="/news/archive" />
        </rewriteMap>
      </rewriteMaps>
"""
_MISSING = (
    'input="{REQUEST_FILENAME}" matchType="IsFile" negate="true"',
    'input="{REQUEST_FILENAME}" matchType="IsDirectory" negate="true"',
)
_TWENTY = (
    _rule(
        "HTTPS",
        'url="(.*)"',
        'type="Redirect" url="https://{HTTP_HOST}/{R:1}" redirectType="Permanent"',
        (
            'input="{HTTPS}" pattern="^OFF$"',
            'input="{HTTP_HOST}" pattern="^(localhost|127\\.)" negate="true"',
        ),
    ),
    _rule(
        "One name",
        'url="(.*)"',
        'type="Redirect" url="https://www.example.com/{R:1}"',
        ('input="{HTTP_HOST}" pattern="^example\\.(com|net|org)$"',),
    ),
    _rule(
        "Old name",
        'url="^(.*)$"',
        'type="Redirect" url="https://www.example.com/{R:1}"',
        ('input="{HTTP_HOST}" pattern="^(www\\.)?old-example\\.com$"',),
    ),
    _rule(
        "Other software",
        'url="(wp-admin|wp-login|xmlrpc\\.php|phpmyadmin|cgi-bin)"',
        'type="CustomResponse" statusCode="404" statusReason="Not Found" statusDescription="Nothing here"',
    ),
    _rule("Hidden files", 'url="(^|/)\\.(git|svn|hg|env|ht)"', 'type="CustomResponse" statusCode="404"'),
    _rule(
        "Queries that attack",
        'url=".*"',
        'type="CustomResponse" statusCode="403" statusReason="Forbidden" statusDescription="Forbidden"',
        (
            'input="{QUERY_STRING}" pattern="(&lt;|%3C)script"',
            'input="{QUERY_STRING}" pattern="union.+select"',
            'input="{QUERY_STRING}" pattern="\\.\\./"',
        ),
        "MatchAny",
    ),
    _rule(
        "Robots that ask too much",
        'url=".*"',
        'type="CustomResponse" statusCode="403" statusReason="Forbidden" statusDescription="Forbidden"',
        ('input="{HTTP_USER_AGENT}" pattern="(AhrefsBot|MJ12bot|SemrushBot|DotBot)"',),
    ),
    _rule(
        "Small letters",
        'url="[A-Z]" ignoreCase="false"',
        'type="Redirect" url="{ToLower:{URL}}"',
        ('input="{REQUEST_METHOD}" pattern="GET"', 'input="{URL}" pattern="^/static/" negate="true"'),
    ),
    _rule("No slash at the end", 'url="(.+)/$"', 'type="Redirect" url="{R:1}"', _MISSING),
    _rule(
        "Moved pages",
        'url=".*"',
        'type="Redirect" url="{C:1}" appendQueryString="false"',
        ('input="{Moved:{REQUEST_URI}}" pattern="(.+)"',),
    ),
    _rule("Start page", 'url="^(index|default)\\.(html?|php|aspx?)$"', 'type="Redirect" url="/"'),
    _rule("Feed", 'url="^feed/?$"', 'type="Redirect" url="news/feed.xml"'),
    _rule(
        "Blog by date",
        'url="^blog/([0-9]{4})/([0-9]{2})/([a-z0-9-]+)/?$"',
        'type="Redirect" url="news/{R:3}"',
    ),
    _rule(
        "Articles by number",
        'url="^article\\.aspx$"',
        'type="Redirect" url="news/{C:1}" appendQueryString="false"',
        ('input="{QUERY_STRING}" pattern="^id=([0-9]+)$"',),
    ),
    _rule("Icon", 'url="^favicon\\.ico$"', 'type="Rewrite" url="static/favicon.ico"'),
    _rule("Robots", 'url="^robots\\.txt$"', 'type="Rewrite" url="static/robots.txt"'),
    _rule("Files", 'url="^(static|media)/.*"', 'type="None"'),
    _rule("Old interface", 'url="^api/v1/(.*)"', 'type="Rewrite" url="api/v2/{R:1}"'),
    _rule(
        "Pictures on other sites",
        'url="\\.(gif|jpe?g|png|webp)$"',
        'type="CustomResponse" statusCode="403" statusReason="Forbidden" statusDescription="Forbidden"',
        (
            'input="{HTTP_REFERER}" pattern="^$" negate="true"',
            'input="{HTTP_REFERER}" pattern="^https?://(www\\.)?example\\.com/" negate="true"',
        ),
    ),
    _rule("To the app", 'url="(.*)"', 'type="Rewrite" url="handler.fcgi/{R:1}"', _MISSING),
)


# Many rules, of which none matches


def many_rules(count: int) -> str:
    """count rules, of which none fires for the paths of the bench (`/articles/…`)."""
    rules = "\n".join(_SHAPES[number % len(_SHAPES)](number) for number in range(count))
    return _FILE.format(more=_REWRITE.format(before="", rules=rules))


def _page(number: int) -> str:
    return _rule(
        f"Page {number}", f'url="^pages/{number}/about\\.html$"', f'type="Redirect" url="/about/{number}"'
    )


def _exact(number: int) -> str:
    action = f'type="Redirect" url="/shop/item-{number}" redirectType="Found"'
    return _rule(f"Item {number}", f'url="^shop/old-{number}\\.aspx$"', action)


def _blog(number: int) -> str:
    match = f'url="^blog/([0-9]{{4}})/([0-9]{{2}})/title-{number}/(.*)$"'
    return _rule(f"Blog {number}", match, f'type="Rewrite" url="news/{number}/{{R:1}}/{{R:3}}"')


def _probe(number: int) -> str:
    return _rule(f"Probe {number}", f'url="wp-admin/tool-{number}"', 'type="CustomResponse" statusCode="404"')


def _host(number: int) -> str:
    conditions = (f'input="{{HTTP_HOST}}" pattern="^(www\\.)?shop-{number}\\.example\\.com$"',)
    return _rule(
        f"Host {number}", 'url="(.*)"', 'type="Redirect" url="https://example.com/{R:1}"', conditions
    )


def _query(number: int) -> str:
    conditions = (f'input="{{QUERY_STRING}}" pattern="(^|&amp;)id={number}(&amp;|$)"',)
    match = f'url="^catalog/section{number % 7}\\.aspx$"'
    return _rule(f"Query {number}", match, f'type="Redirect" url="/catalog/{number}"', conditions)


def _language(number: int) -> str:
    match = f'url="^(en|de|fr|it)/department-{number}(/.*)?$"'
    return _rule(f"Language {number}", match, f'type="Redirect" url="/{{R:1}}/team/{number}{{R:2}}"')


def _address(number: int) -> str:
    conditions = (f'input="{{REQUEST_URI}}" pattern="^/files/{number}/"',)
    return _rule(
        f"Address {number}", 'url=".*"', f'type="Rewrite" url="archive/{number}/{{R:0}}"', conditions
    )


def _ending(number: int) -> str:
    """Without letters that must occur, once in a hundred."""
    match = r'url="^[0-9]+$"' if number % 100 == 8 else f'url="\\.(cfm|jsp|pl{number})$"'
    return _rule(f"Ending {number}", match, 'type="CustomResponse" statusCode="410"')


def _folder(number: int) -> str:
    return _rule(
        f"Folder {number}", f'url="^team-{number}/(.*)"', f'type="Rewrite" url="teams/{number}/{{R:1}}"'
    )


_SHAPES = (_page, _exact, _blog, _probe, _host, _query, _language, _address, _ending, _folder)


# A long file


def long_file(lines: int) -> str:
    """A file of so many lines, or a few more: types, a map, parts for folders with headers, and rules."""
    types = "".join(
        f'      <mimeMap fileExtension=".x{number}" mimeType="application/x-{number}" />\n'
        for number in range(lines // 20)
    )
    moved = "".join(
        f'          <add key="/old/page-{number}.html" value="/new/{number}" />\n'
        for number in range(lines // 5)
    )
    folders = "".join(_LOCATION.format(number=number) for number in range(lines // 100))
    length = (without_rules() + types + moved + folders).count("\n")
    rules: list[str] = []
    while length < lines:
        rules.append(_SHAPES[len(rules) % len(_SHAPES)](len(rules)))
        length += rules[-1].count("\n") + 1
    rewrite = _REWRITE.format(before=_MAP.format(entries=moved), rules="\n".join(rules))
    text = _FILE.format(more=f"    <staticContent>\n{types}    </staticContent>\n{rewrite}")
    return text.replace("</configuration>\n", f"{folders}</configuration>\n")


_MAP = """      <rewriteMaps>
        <rewriteMap name="Moved">
{entries}        </rewriteMap>
      </rewriteMaps>
"""
_LOCATION = """  <location path="area-{number}">
    <system.webServer>
      <httpProtocol>
        <customHeaders>
          <add name="X-Area" value="{number}" />
        </customHeaders>
      </httpProtocol>
    </system.webServer>
  </location>
"""
