"""Each section that is done: its values, defaults and refusals."""

from __future__ import annotations

import pytest

from webstead.errors import ConfigError
from webstead.formats.webconfig import Configuration, Handler, HttpPlatform, Origin, compile_site, parse
from webstead.formats.webconfig.schema.browse import DIRECTORY_BROWSE, Browse
from webstead.formats.webconfig.schema.content import STATIC_CONTENT


def read(body: str) -> Configuration:
    return parse(f"<configuration>\n{body}\n</configuration>".encode(), "web.config")


def server(body: str) -> Configuration:
    return read(f"<system.webServer>{body}</system.webServer>")


def handlers(configuration: Configuration) -> list[Handler]:
    return [handler for _, handler in compile_site([("", configuration)]).handlers()]


def platform(configuration: Configuration) -> HttpPlatform:
    found = compile_site([("", configuration)]).http_platform()
    assert found is not None
    return found


def matters(configuration: Configuration) -> list[str]:
    return [note.text for note in configuration.notes if note.matters]


# appSettings


def test_app_settings_keep_their_order_and_origin() -> None:
    first, second = read(
        '<appSettings><add key=" A " value=" x "/>\n<add key="B"/></appSettings>'
    ).app_settings
    assert (first.key, first.value, first.origin) == ("A", " x ", Origin("web.config", 2))
    assert (second.key, second.value, str(second.origin)) == ("B", "", "web.config:3")


@pytest.mark.parametrize(
    ("edits", "left"),
    [
        ('<add key="a" value="1"/><remove key="A"/>', {}),
        ('<add key="a" value="1"/><clear/><add key="b" value="2"/>', {"b": "2"}),
        ('<remove key="absent"/><add key="a" value="1"/>', {"a": "1"}),
        ('<add key="" value="1"/><add value="2"/>', {}),
    ],
)
def test_app_settings_are_added_removed_and_cleared(edits: str, left: dict[str, str]) -> None:
    found = read(f"<appSettings>{edits}</appSettings>").app_settings
    assert {setting.key: setting.value for setting in found} == left


def test_a_repeated_app_setting_is_noted_and_the_later_one_wins() -> None:
    found = read('<appSettings><add key="a" value="1"/><add key="A" value="2"/></appSettings>')
    assert [setting.value for setting in found.app_settings] == ["2"]
    assert matters(found) == ["appSettings has A twice; the later one wins"]


def beside(body: str, **files: str) -> Configuration:
    """files: by name without `.config`."""
    data = f"<configuration>\n{body}\n</configuration>".encode()
    texts = {f"{name}.config": text.encode() for name, text in files.items()}
    return parse(data, "sub/web.config", texts.get)


def test_app_settings_of_another_file_lie_over_its_own() -> None:
    own = '<appSettings file="local.config"><add key="A" value="1"/><add key="B" value="2"/></appSettings>'
    other = '<appSettings>\n<add key="b" value="3"/><remove key="a"/><add key="C" value="4"/></appSettings>'
    found = beside(own, local=other)
    assert [(setting.key, setting.value, str(setting.origin)) for setting in found.app_settings] == [
        ("b", "3", "sub/local.config:2"),
        ("C", "4", "sub/local.config:2"),
    ]
    assert matters(found) == []


def test_the_other_file_of_app_settings_need_not_be_there() -> None:
    found = beside('<appSettings file="local.config"><add key="A" value="1"/></appSettings>')
    assert [setting.key for setting in found.app_settings] == ["A"]
    assert [note.text for note in found.notes] == ["appSettings file='local.config' is not there"]


def test_a_section_may_be_in_a_file_of_its_own() -> None:
    body = '<system.webServer><handlers configSource=".\\h.config"/></system.webServer>'
    found = beside(body, h='<handlers><add name="H" path="*" verb="*"/></handlers>')
    assert [str(handler.origin) for handler in handlers(found)] == ["sub/h.config:1"]


@pytest.mark.parametrize(
    ("body", "files", "what", "found"),
    [
        ('<appSettings configSource="a.config"/>', {}, "is not there", "0x80070002"),
        ('<appSettings configSource="../a.config"/>', {}, "out of the folder", "../a.config"),
        ('<appSettings configSource="C:\\a.config"/>', {}, "out of the folder", "C:/a.config"),
        ('<appSettings file="/etc/passwd"/>', {}, "out of the folder", "/etc/passwd"),
        (
            '<appSettings configSource="a.config"><add key="A"/></appSettings>',
            {"a": "<appSettings/>"},
            "here and in another file",
            "beside other contents",
        ),
        ('<appSettings configSource="a.config"/>', {"a": "<handlers/>"}, "does not hold", "<handlers>"),
        (
            '<appSettings configSource="a.config"/>',
            {"a": '<appSettings configSource="a.config"/>'},
            "does not hold",
            "<appSettings>",
        ),
        ('<appSettings configSource="a.config"/>', {"a": "<appSettings>"}, "not well-formed", ""),
    ],
)
def test_another_file_that_cannot_be_used_is_refused(
    body: str, files: dict[str, str], what: str, found: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        beside(body, **files)
    assert what in refused.value.what
    assert found in refused.value.found
    assert refused.value.fix


def test_an_encrypted_section_is_noted() -> None:
    assert matters(read('<appSettings configProtectionProvider="RsaProtectedConfigurationProvider"/>')) == [
        "appSettings is encrypted (configProtectionProvider): its contents are not read"
    ]


# handlers


def test_a_handler_has_the_defaults_of_the_schema() -> None:
    (handler,) = handlers(server('<handlers><add name="P" path="*.x, y/*" verb="GET, POST"/></handlers>'))
    assert handler.path == ("*.x", "y/*")
    assert handler.verbs == ("GET", "POST")
    assert handler.modules == "ManagedPipelineHandler"
    assert (handler.kind, handler.pool) == ("unsupported", None)
    assert (handler.resource_type, handler.require_access) == ("unspecified", "script")
    assert (handler.allow_path_info, handler.response_buffer_limit) == (False, 4194304)


@pytest.mark.parametrize(
    ("modules", "kind"),
    [
        ("FastCgiModule", "fastcgi"),
        ("fastcgimodule", "fastcgi"),
        ("httpPlatformHandler", "platform"),
        ("httpPlatformHandlerV2", "platform"),
        ("AspNetCoreModule", "platform"),
        ("AspNetCoreModuleV2", "platform"),
        ("StaticFileModule,DefaultDocumentModule,DirectoryListingModule", "static"),
        ("ProtocolSupportModule", "protocol"),
        ("IsapiModule", "unsupported"),
        ("iisnode", "unsupported"),
    ],
)
def test_the_module_says_what_answers(modules: str, kind: str) -> None:
    (handler,) = handlers(
        server(
            f'<handlers><add name="H" path="*" verb="*" modules="{modules}"'
            f' scriptProcessor="python"/></handlers>'
        )
    )
    assert handler.kind == kind


def test_a_module_that_is_not_here_is_noted_with_its_origin() -> None:
    body = (
        '<handlers><add name="Node" path="*.js" verb="*" modules="iisnode"/>'
        '<add name="PHP" path="*.php" verb="*" modules="FastCgiModule" scriptProcessor="php-cgi"/></handlers>'
    )
    site = compile_site([("", server(body))])
    (note,) = [note for note in site.notes if note.matters]
    assert note.text == "handler Node needs module iisnode, which is not here"
    assert note.origin == Origin("web.config", 2)


def test_values_of_lists_and_flags_are_read_in_any_case() -> None:
    (handler,) = handlers(
        server(
            '<handlers accessPolicy="read, SCRIPT,Execute"><add name="H" path="*" verb="*"'
            ' modules="FastCgiModule"'
            ' scriptProcessor="python" resourceType="EITHER" requireAccess="execute" allowPathInfo="TRUE"'
            ' responseBufferLimit="0" preCondition="bitness64"/></handlers>'
        )
    )
    assert (handler.resource_type, handler.require_access) == ("either", "execute")
    assert (handler.allow_path_info, handler.response_buffer_limit) == (True, 0)


# fastCgi, httpPlatform, aspNetCore


def test_a_fastcgi_application_is_found_by_its_program() -> None:
    site = compile_site(
        [
            (
                "",
                server(
                    '<fastCgi><application fullPath="C:\\P F\\python.exe" arguments="C:\\w.py"'
                    ' maxInstances="4"'
                    ' idleTimeout="600" stderrMode="returngeneric500" protocol="tcp" flushNamedPipe="true"'
                    ' signalBeforeTerminateSeconds="30" monitorChangesTo="x.txt"><environmentVariables>'
                    '<environmentVariable name="WSGI_HANDLER" value="app.app"/></environmentVariables>'
                    "</application></fastCgi><handlers>"
                    '<add name="H" path="*" verb="*" modules="FastCgiModule"'
                    ' scriptProcessor="C:\\P F\\python.exe|&quot;C:\\w.py&quot;"/></handlers>'
                ),
            )
        ]
    )
    ((_, handler),) = site.handlers()
    application = site.fastcgi_application(handler.script_processor)
    assert application is not None
    assert (application.max_instances, application.idle_seconds, application.activity_seconds) == (4, 600, 70)
    assert (application.request_seconds, application.instance_max_requests) == (90, 200)
    assert (application.queue_length, application.rapid_fails_per_minute) == (1000, 10)
    assert (application.stderr_mode, application.signal_before_terminate_seconds) == ("ReturnGeneric500", 30)
    assert application.monitor_changes_to == "x.txt"
    (variable,) = site.fastcgi_environment(handler)
    assert (variable.key, variable.value, variable.origin.line) == ("WSGI_HANDLER", "app.app", 2)
    assert site.fastcgi_application("php-cgi.exe") is None


PLATFORM = '<add name="H" path="*" verb="*" modules="{}"/>'


def test_http_platform_has_the_defaults_of_the_schema() -> None:
    found = platform(server('<httpPlatform processPath="py.exe"/>'))
    assert found == HttpPlatform("py.exe", "", (), Origin("web.config", 2))
    assert (found.startup_seconds, found.request_seconds, found.startup_retries) == (120.0, 120.0, 10)
    assert (found.rapid_fails_per_minute, found.processes, found.stdout_log) == (10, 1, None)


def test_http_platform_is_read_whole() -> None:
    found = platform(
        server(
            '<httpPlatform processPath=".\\env\\python.exe" arguments="-m x --port %HTTP_PLATFORM_PORT%"'
            ' startupTimeLimit="20" startupRetryCount="3" requestTimeout="00:04:30" rapidFailsPerMinute="5"'
            ' processesPerApplication="2" stdoutLogEnabled="True" stdoutLogFile=".\\logs\\out"'
            ' forwardWindowsAuthToken="false"><environmentVariables><environmentVariable name="A"'
            ' value="1"/><clear/>'
            '<environmentVariable name="B" value=""/></environmentVariables>'
            '<recycleOnFileChange><file path="a.py"/></recycleOnFileChange></httpPlatform>'
        )
    )
    assert (found.process_path, found.arguments) == (".\\env\\python.exe", "-m x --port %HTTP_PLATFORM_PORT%")
    assert (found.startup_seconds, found.startup_retries, found.request_seconds) == (20.0, 3, 270.0)
    assert (found.rapid_fails_per_minute, found.processes, found.stdout_log) == (5, 2, ".\\logs\\out")
    assert [(variable.key, variable.value) for variable in found.environment] == [("B", "")]
    assert found.recycle_on == ("a.py",)
    assert found.port_variable == "HTTP_PLATFORM_PORT"


def test_asp_net_core_runs_out_of_process_and_says_so() -> None:
    configuration = server(
        '<aspNetCore processPath="dotnet" hostingModel="InProcess" shutdownTimeLimit="20"'
        ' stdoutLogEnabled="true"/>'
    )
    found = platform(configuration)
    assert (found.port_variable, found.shutdown_seconds) == ("ASPNETCORE_PORT", 20.0)
    assert found.stdout_log == "aspnetcore-stdout"
    assert matters(configuration) == ["hostingModel inprocess is not possible here; it runs out of process"]


@pytest.mark.parametrize(
    ("span", "seconds"),
    [
        ("00:02:00", 120.0),
        ("1.00:00:00", 86400.0),
        ("00:00:01.5", 1.5),
        ("04:00", 14400.0),
        (" 00:00:10 ", 10.0),
    ],
)
def test_a_time_span_is_in_seconds(span: str, seconds: float) -> None:
    assert (
        platform(server(f'<httpPlatform processPath="x" requestTimeout="{span}"/>')).request_seconds
        == seconds
    )


def test_a_platform_without_handler_and_a_handler_without_platform_are_noted() -> None:
    alone = compile_site([("", server('<httpPlatform processPath="x"/>'))])
    assert [note.text for note in alone.notes if note.matters] == [
        "<httpPlatform> is there, but no handler with modules='httpPlatformHandler' is mapped to it"
    ]
    without = compile_site([("", server(f"<handlers>{PLATFORM.format('httpPlatformHandler')}</handlers>"))])
    assert [note.text for note in without.notes if note.matters] == [
        "handler H needs the section <httpPlatform>, which is not there"
    ]


# staticContent, defaultDocument, requestFiltering


def test_mime_maps_are_added_removed_and_cleared() -> None:
    site = compile_site(
        [
            (
                "",
                server(
                    '<staticContent><remove fileExtension=".json"/><mimeMap fileExtension=".json"'
                    ' mimeType="a/json"/>'
                    '<mimeMap fileExtension=".X" mimeType="a/x"/><mimeMap fileExtension="."'
                    ' mimeType="a/none"/>'
                    "</staticContent>"
                ),
            )
        ]
    )
    assert site.mime_type("/d/f.JSON") == "a/json"
    assert site.mime_type("/f.x") == "a/x"
    assert site.mime_type("/d.x/file") == "a/none"
    assert site.mime_type("/f.css") == "text/css"
    assert site.mime_type("/f.unknown") is None


def mime_types(body: str, *names: str) -> list[str | None]:
    site = compile_site([("", server(f"<staticContent>{body}</staticContent>"))])
    return [site.mime_type(f"/d/{name}") for name in names]


def test_a_mime_map_for_all_names() -> None:
    every = '<mimeMap fileExtension=".*" mimeType="a/b"/>'
    assert mime_types(every, "a.b", "a", "a.html") == ["a/b", "a/b", "text/html"]


def test_a_type_that_the_server_knows_can_be_taken_away() -> None:
    assert mime_types('<remove fileExtension=".PDF"/>', "a.pdf", "a.txt") == [None, "text/plain"]
    assert mime_types("<clear/>", "a.html", "a") == [None, None]
    only = '<clear/><mimeMap fileExtension=".html" mimeType="text/html"/>'
    assert mime_types(only, "a.html", "a.css") == ["text/html", None]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.html", "text/html"),
        ("A.CSS", "text/css"),
        ("a.js", "text/javascript"),
        ("a.mjs", "text/javascript"),
        ("a.json", "application/json"),
        ("a.map", "application/json"),
        ("a.svg", "image/svg+xml"),
        ("a.webp", "image/webp"),
        ("a.woff2", "font/woff2"),
        ("a.wasm", "application/wasm"),
        ("a.webmanifest", "application/manifest+json"),
        ("a.pdf", "application/pdf"),
        ("a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.tar.gz", "application/gzip"),
        ("a.unknown", None),
        ("a", None),
        ("b.html/a", None),
    ],
)
def test_the_types_that_the_server_knows(name: str, kind: str | None) -> None:
    assert compile_site(()).mime_type(f"/{name}") == kind


def test_the_server_s_own_types_are_not_listed_one_by_one() -> None:
    body = '<staticContent><mimeMap fileExtension=".own" mimeType="a/b"/></staticContent>'
    lines = compile_site([("", server(body))]).listing("/")
    assert [(line.place, line.value) for line in lines if "staticContent" in line.section] == [
        ("mimeMap[.own]", "a/b")
    ]


@pytest.mark.parametrize(
    ("body", "browse"),
    [
        ("<directoryBrowse/>", None),
        ('<directoryBrowse enabled="false" showFlags="Date"/>', None),
        ('<directoryBrowse enabled="true"/>', Browse()),
        ('<directoryBrowse enabled="true" showFlags="None"/>', Browse(False, False, False, False, False)),
        (
            '<directoryBrowse enabled="True" showFlags="longDate, Size" virtualDirectoryTimeout="9"/>',
            Browse(date=False, long_date=True, time=False, size=True, extension=False),
        ),
    ],
)
def test_directory_browsing(body: str, browse: Browse | None) -> None:
    assert compile_site([("", server(body))]).of(DIRECTORY_BROWSE, "/") == browse


@pytest.mark.parametrize(
    ("cache", "headers"),
    [
        ("", ()),
        ('cacheControlMode="NoControl"', ()),
        ('cacheControlMode="DisableCache"', (("cache-control", "no-cache"),)),
        ('cacheControlMode="UseMaxAge"', (("cache-control", "max-age=86400"),)),
        (
            'cacheControlMode="UseMaxAge" cacheControlMaxAge="7.00:00:00" cacheControlCustom="public"',
            (("cache-control", "max-age=604800, public"),),
        ),
        ('cacheControlCustom="private"', (("cache-control", "private"),)),
        (
            'cacheControlMode="UseExpires" httpExpires="Fri, 01 Jan 2027 00:00:00 GMT"',
            (("expires", "Fri, 01 Jan 2027 00:00:00 GMT"),),
        ),
        ('cacheControlMode="UseExpires"', ()),
    ],
)
def test_what_browsers_are_told_of_keeping_files(cache: str, headers: tuple[tuple[str, str], ...]) -> None:
    text = f'<staticContent><clientCache {cache} setEtag="false"/></staticContent>'
    found = compile_site([("", server(text))]).of(STATIC_CONTENT, "/")
    assert (found.caching, found.sets_etag) == (headers, False)
    assert compile_site([]).of(STATIC_CONTENT, "/").sets_etag


@pytest.mark.parametrize(
    ("body", "first"),
    [
        ("", ("Default.htm", "Default.asp", "index.htm", "index.html", "iisstart.htm")),
        ('<defaultDocument enabled="false"/>', ()),
        (
            '<defaultDocument><files><clear/><add value="home.html"/></files></defaultDocument>',
            ("home.html",),
        ),
        (
            '<defaultDocument><files><remove value="DEFAULT.asp"/><add'
            ' value="home.html"/></files></defaultDocument>',
            ("home.html", "Default.htm", "index.htm", "index.html", "iisstart.htm"),
        ),
    ],
)
def test_default_documents(body: str, first: tuple[str, ...]) -> None:
    assert compile_site([("", server(body))]).default_documents() == first


# What is not done


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('<staticContent enableDocFooter="true"/>', "enableDocFooter"),
        ('<httpPlatform processPath="x" forwardWindowsAuthToken="true"/>', "token"),
        (
            '<security><dynamicIpSecurity><denyByRequestRate enabled="True" maxRequests="9"/>'
            "</dynamicIpSecurity></security>",
            "are not counted",
        ),
        ("<iisnode/>", "Node.js"),
    ],
)
def test_what_would_change_the_site_is_noted_as_mattering(body: str, text: str) -> None:
    (note,) = matters(server(body))
    assert text in note


@pytest.mark.parametrize(
    "body",
    [
        "<system.web><compilation debug='true'/></system.web>",
        "<system.diagnostics/>",
        "<configSections><section name='x'/></configSections>",
        "<connectionStrings/>",
        "<system.webServer><modules"
        " runAllManagedModulesForAllRequests='true'/><urlCompression/></system.webServer>",
        "<system.webServer><httpRedirect enabled='False'/><directoryBrowse"
        " enabled='false'/></system.webServer>",
        "<system.webServer><rewrite><rewriteMaps/></rewrite></system.webServer>",
        "<system.webServer><security><dynamicIpSecurity><denyByRequestRate enabled='false'/>"
        "<denyByConcurrentRequests enabled='false'/></dynamicIpSecurity></security></system.webServer>",
        "<runtime><assemblyBinding xmlns='urn:x'/></runtime>",
    ],
)
def test_what_no_python_site_needs_is_passed_over_quietly(body: str) -> None:
    assert matters(read(body)) == []


def test_lock_syntax_is_understood() -> None:
    configuration = server(
        '<handlers lockAttributes="accessPolicy" lockElements="clear"><add name="H" path="*" verb="*"'
        ' lockItem="true"/>'
        "</handlers>"
    )
    assert [handler.name for handler in handlers(configuration)] == ["H"]


# Refusals: (what is between <system.webServer>, line within it, column, found, fix)

REFUSED = [
    ('<handlers><add path="*" verb="*"/></handlers>', 2, 29, "without name", 'name="…"'),
    ('<handlers><add name="" path="*" verb="*"/></handlers>', 2, 34, 'name=""', 'name="…"'),
    ('<handlers><add name="H" verb="*"/></handlers>', 2, 29, "without path", 'path="…"'),
    (
        '<handlers><add name="H" path="*" verb="*" resourceType="any"/></handlers>',
        2,
        61,
        "'any'",
        "unspecified or file",
    ),
    (
        '<handlers><add name="H" path="*" verb="*" allowPathInfo="yes"/></handlers>',
        2,
        61,
        "'yes'",
        "true or false",
    ),
    (
        '<handlers><add name="H" path="*" verb="*" Modules="x"/></handlers>',
        2,
        61,
        "Modules='x'",
        "Write modules",
    ),
    ('<handlers><add name="H" path="*" verb="*" colour="x"/></handlers>', 2, 61, "colour='x'", "known here"),
    ('<handlers accessPolicy="Read,Sing"/>', 2, 29, "'Read,Sing'", "Execute"),
    ("<handlers><Add/></handlers>", 2, 29, "<Add>", "Write add"),
    (
        '<handlers>\n<add name="H" path="*" verb="*"/>\n<add name="h" path="*" verb="*"/></handlers>',
        4,
        1,
        "0x800700B7",
        "Remove",
    ),
    ("<handlers/>\n<handlers/>", 3, 1, "0x800700B7", "one element"),
    (
        '<staticContent><mimeMap fileExtension=".a" mimeType="b"/><mimeMap fileExtension=".A"'
        ' mimeType="b"/></staticContent>',
        2,
        76,
        "0x800700B7",
        "Remove",
    ),
    ('<httpPlatform processPath="x" startupTimeLimit="3601"/>', 2, 49, "'3601'", "0 to 3600"),
    ('<httpPlatform processPath="x" startupTimeLimit="soon"/>', 2, 49, "'soon'", "whole number"),
    ('<httpPlatform processPath="x" processesPerApplication="0"/>', 2, 49, "'0'", "1 to 100"),
    ('<httpPlatform processPath="x" requestTimeout="90"/>', 2, 49, "'90'", "hh:mm:ss"),
    ('<httpPlatform processPath="x" requestTimeout="00:99:00"/>', 2, 49, "'00:99:00'", "hh:mm:ss"),
    ('<httpPlatform processPath="x" requestTimeout="400.00:00:00"/>', 2, 49, "'400.", "from 0 to"),
    ('<httpPlatform processpath="x"/>', 2, 33, "processpath='x'", "Write processPath"),
    ('<httpPlatform processPath=" "/>', 2, 33, 'processPath=""', "processPath"),
    (
        '<httpPlatform processPath="x"><environmentVariables><environmentVariable'
        ' name="A"/></environmentVariables></httpPlatform>',
        2,
        71,
        "without value",
        'value="…"',
    ),
    (
        '<httpPlatform processPath="x"><environmentVariables><add name="A"'
        ' value=""/></environmentVariables></httpPlatform>',
        2,
        71,
        "<add>",
        "environmentVariable",
    ),
    (
        '<aspNetCore processPath="x" hostingModel="elsewhere"/>',
        2,
        47,
        "'elsewhere'",
        "inprocess or OutOfProcess",
    ),
    ('<fastCgi><application arguments="x"/></fastCgi>', 2, 28, "without fullPath", "fullPath"),
    ('<fastCgi><application fullPath="x" idleTimeout="9"/></fastCgi>', 2, 54, "'9'", "10 to 604800"),
    ('<fastCgi><application fullPath="x" protocol="udp"/></fastCgi>', 2, 54, "'udp'", "NamedPipe or Tcp"),
    (
        '<fastCgi><application fullPath="x"/><application fullPath="X"/></fastCgi>',
        2,
        55,
        "0x800700B7",
        "Remove",
    ),
    (
        '<staticContent><clientCache cacheControlCustom="a&#10;b"/></staticContent>',
        2,
        47,
        "a\\nb",
        "Take out",
    ),
    ('<defaultDocument enabled="maybe"/>', 2, 36, "'maybe'", "true or false"),
    ('<rewrite><rules><rule name="a"><match url="(" /></rule></rules></rewrite>', 2, 57, "'('", "ECMAScript"),
    ('<rewrite><rules><rule name="a"><match/></rule></rules></rewrite>', 2, 50, "without url", "url"),
    (
        '<rewrite><rules><rule name="a"><conditions><add input="{X"'
        ' pattern=""/></conditions></rule></rules></rewrite>',
        2,
        67,
        "'{X'",
        "{R:1}",
    ),
    (
        '<rewrite><rules><rule name="a"><action type="Rewrite"/></rule></rules></rewrite>',
        2,
        50,
        "without url",
        "url",
    ),
    (
        '<rewrite><rules><rule name="a"><action type="Rewrite" url="{R:1"/></rule></rules></rewrite>',
        2,
        73,
        "'{R:1'",
        "{R:1}",
    ),
    (
        '<rewrite><rules><rule name="a"><action type="Redirect" url=""'
        ' redirectType="308"/></rule></rules></rewrite>',
        2,
        81,
        "'308'",
        "Permanent or Found",
    ),
    (
        '<rewrite><rules><rule name="a"><action type="CustomResponse"/></rule></rules></rewrite>',
        2,
        50,
        "statusCode=None",
        "200 to 999",
    ),
    ('<rewrite><rules><rule name="a"/><rule name="A"/></rules></rewrite>', 2, 51, "0x800700B7", "Remove"),
    ('<rewrite><rules><rule name="a" patternSyntax="Perl"/></rules></rewrite>', 2, 50, "'Perl'", "Wildcard"),
    (
        '<rewrite><rules><rule name="a"><conditions><add input="x"/><add'
        ' input="x"/></conditions></rule></rules></rewrite>',
        2,
        78,
        "0x800700B7",
        "Remove",
    ),
]


@pytest.mark.parametrize(("body", "line", "column", "found", "fix"), REFUSED)
def test_a_mistake_is_refused_at_its_place(body: str, line: int, column: int, found: str, fix: str) -> None:
    with pytest.raises(ConfigError) as refused:
        server(body)
    error = refused.value
    assert (error.line, error.column) == (line, column)
    assert found in error.found
    assert fix in error.fix
    assert error.what


def test_a_platform_without_its_program_is_refused_once_the_files_are_taken_together() -> None:
    configuration = server('<httpPlatform arguments="x"/>')
    with pytest.raises(ConfigError) as refused:
        compile_site([("", configuration)])
    assert (refused.value.line, refused.value.column) == (2, 19)
    assert "processPath" in refused.value.fix
