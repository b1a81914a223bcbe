"""Handler mapping: patterns, verbs, what stands there, access; and the folders of a site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import ConfigError
from webstead.formats.webconfig import GATEWAY, Request, Route, Site, TraceStep
from webstead.formats.webconfig.mapping import compile_mapping, find_handler
from webstead.formats.webconfig.model import Handler, Origin

SiteOf = Callable[[Mapping[str, str]], Site]
PYTHON = 'modules="FastCgiModule" scriptProcessor="python.exe|wfastcgi.py"'
STATIC = 'modules="StaticFileModule" requireAccess="Read"'


class Visit(Protocol):
    def __call__(
        self,
        site: Site,
        url: str,
        method: str = "GET",
        *,
        files: Mapping[str, str] = {},
        trace: list[TraceStep] | None = None,
    ) -> Route: ...


def handlers(body: str, attributes: str = "") -> str:
    return f"<system.webServer><handlers{attributes}>{body}</handlers></system.webServer>"


def python(path: str = "*", name: str = "Py", more: str = "") -> str:
    return f'<add name="{name}" path="{path}" verb="*" {PYTHON} {more}/>'


def name_of(route: Route) -> str:
    if route.handler is not None:
        assert route.answer is None
        return route.handler.name
    assert route.answer is not None
    return f"{route.answer.status}.{route.answer.sub_status}"


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*", "/", True),
        ("*", "/any/thing", True),
        ("*.py", "/a.py", True),
        ("*.py", "/d/A.PY", True),
        ("*.py", "/a.pyc", False),
        ("*.py", "/a.py/path/info", True),
        ("*.py", "/apy", False),
        ("handler.fcgi", "/handler.fcgi", True),
        ("handler.fcgi", "/handler.fcgi/some/where", True),
        ("handler.fcgi", "/Handler.FCGI/", True),
        ("handler.fcgi", "/sub/handler.fcgi/x", True),
        ("handler.fcgi", "/handlerxfcgi", False),
        ("handler.fcgi", "/my-handler.fcgi", False),
        ("api/*", "/api/x", True),
        ("api/*", "/api/", True),
        ("api/*", "/api", False),
        ("api/*", "/sub/api/x", False),
        ("/api/*", "/api/x/y", True),
        ("/api/v?/*", "/api/v1/y", True),
        ("/api/*/end", "/api/a/end", True),
        ("/api/*/end", "/api/a/b/end", False),
        ("/api/run.py", "/api/run.py/info", True),
        ("*.a,*.b", "/x.b", True),
        ("*.a,*.b", "/x.c", False),
        ("a*b*c", "/a-b-b-c", True),
        ("a*b*c", "/a-c", False),
        ("a*b", "/a/b", False),
    ],
)
def test_path_patterns(site: SiteOf, visit: Visit, pattern: str, path: str, matches: bool) -> None:
    found = visit(site({"": handlers(python(pattern))}), path)
    assert name_of(found) == ("Py" if matches else "404.0")


@given(
    st.text(st.sampled_from("ab*"), min_size=1, max_size=6).filter(lambda text: set(text) != {"*"}),
    st.text(st.sampled_from("ab"), max_size=8),
)
def test_wildcards_agree_with_an_obvious_matcher(pattern: str, name: str) -> None:
    def obvious(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(obvious(pattern[1:], text[n:]) for n in range(len(text) + 1))
        return text[:1] == pattern[0] and obvious(pattern[1:], text[1:])

    handler = Handler("H", (pattern,), ("*",), "FastCgiModule", "fastcgi", Origin("w", 1))
    compiled = compile_mapping(handler, "", None).pattern
    assert compiled is not None
    assert (compiled.search("/" + name) is not None) == obvious(pattern, name)


def test_a_pattern_of_many_wildcards_does_not_grow_with_a_power_of_the_path() -> None:
    handler = Handler("H", ("*a*a*a*a*a*a*a*b",), ("*",), "FastCgiModule", "fastcgi", Origin("w", 1))
    compiled = compile_mapping(handler, "", None).pattern
    assert compiled is not None
    assert compiled.search("/" + "a" * 4000) is None


def test_relative_patterns_count_from_the_folder_of_their_file(site: SiteOf, visit: Visit) -> None:
    nested = site({"": handlers(""), "sub": handlers(python("api/*") + python("/abs/*", "Abs"))})
    assert name_of(visit(nested, "/sub/api/x")) == "Py"
    assert name_of(visit(nested, "/sub/x/api/x")) == "404.0"
    assert name_of(visit(nested, "/api/x")) == "404.0"


def test_the_first_match_wins_and_verbs_select(site: SiteOf, visit: Visit) -> None:
    body = (
        f'<add name="Get" path="*" verb="get, HEAD" {PYTHON}/>'
        f'<add name="Post" path="*" verb="POST" {PYTHON}/>'
        f'<add name="Never" path="*" verb="GET" {PYTHON}/>'
    )
    table = site({"": handlers(body)})
    assert [name_of(visit(table, "/", method)) for method in ("GET", "HEAD", "POST")] == [
        "Get",
        "Get",
        "Post",
    ]
    assert name_of(visit(table, "/", "OPTIONS")) == "OPTIONSVerbHandler"
    assert name_of(visit(table, "/", "TRACE")) == "TRACEVerbHandler"
    assert name_of(visit(table, "/", "DELETE")) == "404.0"


@pytest.mark.parametrize(
    ("resource_type", "stands", "name"),
    [
        ("Unspecified", "none", "H"),
        ("File", "file", "H"),
        ("File", "folder", "StaticFile"),
        ("File", "none", "404.0"),
        ("Directory", "folder", "H"),
        ("Directory", "file", "StaticFile"),
        ("Either", "file", "H"),
        ("Either", "folder", "H"),
        ("Either", "none", "404.0"),
    ],
)
def test_resource_type_asks_what_stands_there(
    site: SiteOf, visit: Visit, resource_type: str, stands: str, name: str
) -> None:
    table = site({"": handlers(python("*", "H", f'resourceType="{resource_type}"'))})
    assert name_of(visit(table, "/x", files={"/x": stands})) == name


def test_with_path_info_the_script_must_stand_there(site: SiteOf, visit: Visit) -> None:
    table = site({"": handlers(python("run.py", "H", 'resourceType="File"'))})
    assert name_of(visit(table, "/run.py/info", files={"/run.py": "file"})) == "H"
    assert name_of(visit(table, "/run.py/info")) == "404.0"


def test_no_handler_is_404_with_the_sub_status_of_iis(site: SiteOf, visit: Visit) -> None:
    assert name_of(visit(site({"": handlers("<clear/>")}), "/x")) == "404.4"
    assert name_of(visit(site({}), "/x")) == "404.0"
    assert name_of(visit(site({}), "/x", files={"/x": "file"})) == "StaticFile"


def test_a_module_that_is_not_here_answers_500_and_says_why(site: SiteOf, visit: Visit) -> None:
    table = site(
        {
            "": handlers(
                '<add name="Asp" path="*.asp" verb="*" modules="IsapiModule" scriptProcessor="asp.dll"/>'
            )
        }
    )
    answer = visit(table, "/x.asp").answer
    assert answer is not None
    assert (answer.status, answer.sub_status) == (500, 21)
    assert (
        answer.reason == "handler Asp (web.config:1) needs module IsapiModule with asp.dll, which is not here"
    )


@pytest.mark.parametrize(
    ("attributes", "what"),
    [
        (
            'type="System.Web.UI.PageHandlerFactory"',
            "ManagedPipelineHandler with System.Web.UI.PageHandlerFactory",
        ),
        ('modules="iisnode"', "iisnode"),
        ('modules="CgiModule" scriptProcessor="C:\\perl.exe"', "CgiModule with C:\\perl.exe"),
        ('modules="FastCgiModule" scriptProcessor="&quot;&quot;|x"', 'FastCgiModule with ""|x'),
        ('modules="WebDAVModule"', "WebDAVModule"),
    ],
)
def test_each_module_that_is_not_here_is_named(
    site: SiteOf, visit: Visit, attributes: str, what: str
) -> None:
    table = site({"": handlers(f'\n<add name="H" path="*" verb="*" {attributes}/>')})
    answer = visit(table, "/x").answer
    assert answer is not None
    assert (answer.status, answer.sub_status) == (500, 21)
    assert answer.reason == f"handler H (web.config:2) needs module {what}, which is not here"
    text = f"handler H needs module {what}, which is not here"
    assert [(note.text, str(note.origin)) for note in table.notes] == [(text, "web.config:2")]


@pytest.mark.parametrize("allowed", ["true", "false"])
def test_what_follows_a_script_is_given_with_and_without_allow_path_info(
    site: SiteOf, visit: Visit, allowed: str
) -> None:
    table = site({"": handlers(php(more=f'resourceType="File" allowPathInfo="{allowed}"'))})
    route = visit(table, "/a.php/x/y", files={"/a.php": "file"})
    assert (route.script, route.path) == ("/a.php", "/a.php/x/y")


def test_a_platform_handler_without_its_section_answers_500(site: SiteOf, visit: Visit) -> None:
    table = site({"": handlers('<add name="P" path="*" verb="*" modules="httpPlatformHandler"/>')})
    assert name_of(visit(table, "/")) == "500.19"


@pytest.mark.parametrize(
    ("policy", "access", "answer"),
    [
        ("Read", "Script", "403.1"),
        ("Read, Script", "Execute", "403.1"),
        ("Script", "Read", "403.2"),
        ("Read", "Write", "403.3"),
        ("None", "None", "H"),
        ("Read,Script", "Script", "H"),
        ("Execute", "Execute", "H"),
    ],
)
def test_require_access_is_held_against_access_policy(
    site: SiteOf, visit: Visit, policy: str, access: str, answer: str
) -> None:
    table = site({"": handlers(python("*", "H", f'requireAccess="{access}"'), f' accessPolicy="{policy}"')})
    assert name_of(visit(table, "/")) == answer


# Folders


def test_a_nested_file_that_clears_serves_files(site: SiteOf, visit: Visit) -> None:
    nested = site(
        {
            "": handlers(python()),
            "static": handlers(
                f'<clear/><add name="Files" path="*" verb="*" {STATIC} resourceType="Either"/>'
            ),
        }
    )
    assert name_of(visit(nested, "/")) == "Py"
    assert name_of(visit(nested, "/static/a.css", files={"/static/a.css": "file"})) == "Files"
    assert name_of(visit(nested, "/Static/a.css", files={"/Static/a.css": "file"})) == "Files"
    assert name_of(visit(nested, "/static/none")) == "404.0"
    assert name_of(visit(nested, "/static")) == "404.0"
    assert name_of(visit(nested, "/statics/a.css")) == "Py"


def test_a_nested_file_that_removes_the_handler_serves_files(site: SiteOf, visit: Visit) -> None:
    nested = site({"": handlers(python()), "static": handlers('<remove name="PY"/>')})
    assert name_of(visit(nested, "/static/a.css", files={"/static/a.css": "file"})) == "StaticFile"
    assert name_of(visit(nested, "/a.css")) == "Py"


def test_handlers_of_a_child_come_before_those_of_its_parent(site: SiteOf, visit: Visit) -> None:
    nested = site({"": handlers(python()), "sub": handlers(python("*.x", "Sub") + python("*.y", "Second"))})
    assert name_of(visit(nested, "/sub/a.x")) == "Sub"
    assert name_of(visit(nested, "/sub/a.z")) == "Py"
    assert [(folder, handler.name) for folder, handler in nested.handlers()] == [
        ("", "Py"),
        ("sub", "Sub"),
        ("sub", "Second"),
    ]


def test_the_order_of_the_files_does_not_matter(site: SiteOf, visit: Visit) -> None:
    deep = {"a/b": handlers('<remove name="Py"/>'), "a": handlers(python("*.x", "A")), "": handlers(python())}
    nested = site(deep)
    assert name_of(visit(nested, "/a/b/c")) == "404.0"
    assert name_of(visit(nested, "/a/b/c.x")) == "A"
    assert name_of(visit(nested, "/a/c")) == "Py"


def test_a_handler_that_is_in_the_parent_too_counts_once_and_is_noted(site: SiteOf, visit: Visit) -> None:
    nested = site({"": handlers(python()), "sub": handlers(f'<add name="Py" path="*" verb="*" {STATIC}/>')})
    assert visit(nested, "/sub/x").handler != visit(nested, "/x").handler
    (note,) = nested.notes
    assert note.matters
    assert note.text == "handlers 'Py' is in a folder above too; this one counts (IIS answers 500.19)"
    assert site({"": handlers(python()), "sub": handlers('<remove name="Py"/>' + python())}).notes == ()


def test_a_location_is_a_folder_of_its_own(site: SiteOf, visit: Visit) -> None:
    removed = handlers('<remove name="Py"/>')
    body = handlers(python()) + f'<location path="media\\files">{removed}</location>'
    nested = site({"": body})
    assert name_of(visit(nested, "/media/files/x", files={"/media/files/x": "file"})) == "StaticFile"
    assert name_of(visit(nested, "/media/x")) == "Py"


def test_a_location_of_a_single_file(site: SiteOf, visit: Visit) -> None:
    nested = site({"": handlers(python()) + f'<location path="robots.txt">{handlers("<clear/>")}</location>'})
    assert name_of(visit(nested, "/robots.txt")) == "404.4"
    assert name_of(visit(nested, "/robots.txt2")) == "Py"


@pytest.mark.parametrize("path", ["", ".", "/", "./"])
def test_a_location_of_the_own_folder_is_the_files_body(site: SiteOf, visit: Visit, path: str) -> None:
    body = f'<location path="{path}" inheritInChildApplications="false">{handlers(python())}</location>'
    assert name_of(visit(site({"": body}), "/x")) == "Py"


def test_a_section_inside_and_outside_of_the_own_location_is_refused(site: SiteOf) -> None:
    with pytest.raises(ConfigError, match="there twice"):
        site({"": handlers(python()) + f"<location>{handlers('')}</location>"})


def test_locations_of_a_nested_file_count_from_its_folder(site: SiteOf, visit: Visit) -> None:
    nested = site({"": handlers(python()), "a": f'<location path="b">{handlers("<clear/>")}</location>'})
    assert name_of(visit(nested, "/a/b/x")) == "404.4"
    assert name_of(visit(nested, "/b/x")) == "Py"


def test_a_file_in_a_folder_lies_over_the_parents_location_for_it(site: SiteOf) -> None:
    setting = '<appSettings><add key="a" value="{}"/></appSettings>'
    nested = site(
        {
            "": f'<location path="sub">{setting.format("location")}</location>',
            "sub": setting.format("file"),
        }
    )
    assert [add.value for add in nested.app_settings("sub")] == ["file"]
    assert nested.app_settings() == ()


def test_settings_types_and_documents_are_inherited(site: SiteOf) -> None:
    nested = site(
        {
            "": '<appSettings><add key="a" value="1"/><add key="b"'
            ' value="1"/></appSettings><system.webServer>'
            '<staticContent><mimeMap fileExtension=".x" mimeType="t/x"/></staticContent>'
            '<defaultDocument><files><add value="root.html"/></files></defaultDocument></system.webServer>',
            "sub": '<appSettings><remove key="a"/><add key="c" value="2"/></appSettings><system.webServer>'
            '<staticContent><mimeMap fileExtension=".y" mimeType="t/y"/></staticContent>'
            '<defaultDocument><files><add value="sub.html"/></files></defaultDocument></system.webServer>',
        }
    )
    assert {add.key: add.value for add in nested.app_settings("sub/deeper")} == {"b": "1", "c": "2"}
    assert (nested.mime_type("/sub/f.x"), nested.mime_type("/sub/f.y"), nested.mime_type("/f.y")) == (
        "t/x",
        "t/y",
        None,
    )
    assert nested.default_documents("sub")[:3] == ("sub.html", "root.html", "Default.htm")


# Platforms and pools


def platform(attributes: str, module: str = "httpPlatformHandler", element: str = "httpPlatform") -> str:
    return (
        f'<system.webServer><handlers><add name="{element}" path="*" verb="*" modules="{module}"/></handlers>'
        f"<{element} {attributes}/></system.webServer>"
    )


def test_a_platforms_pool_is_that_of_the_folder_of_its_section(site: SiteOf, visit: Visit) -> None:
    nested = site(
        {
            "": platform('processPath="root.exe" startupTimeLimit="5"'),
            "sub": '<system.webServer><httpPlatform processPath="sub.exe"/></system.webServer>',
            "other": '<appSettings><add key="a" value="b"/></appSettings>',
        }
    )
    assert [(folder, handler.pool) for folder, handler in nested.handlers()] == [
        ("", "platform:"),
        ("sub", "platform:sub"),
    ]
    sub = nested.http_platform("sub/x")
    assert sub is not None
    assert (sub.process_path, sub.startup_seconds) == ("sub.exe", 5.0)
    found = visit(nested, "/sub/x").handler
    assert found is not None
    assert found.pool == "platform:sub"
    assert nested.http_platform("other") == nested.http_platform()


def test_the_platform_of_a_folder_is_that_of_its_handlers(site: SiteOf) -> None:
    both = '<system.webServer><httpPlatform processPath="h.exe"/></system.webServer>'
    nested = site({"": platform('processPath="a.exe"', "AspNetCoreModuleV2", "aspNetCore"), "sub": both})
    root = nested.http_platform()
    assert root is not None
    assert (root.process_path, root.port_variable) == ("a.exe", "ASPNETCORE_PORT")
    sub = nested.http_platform("sub")
    assert sub is not None
    assert sub.process_path == "a.exe"
    assert site({}).http_platform() is None


def test_fastcgi_handlers_of_one_program_share_a_pool(site: SiteOf) -> None:
    pools = {handler.pool for _, handler in site({"": handlers(python("a") + python("b", "B"))}).handlers()}
    assert pools == {"fastcgi:python.exe|wfastcgi.py"}


# WSGI_HANDLER without a mapping

WSGI = '<appSettings>\n<add key="WSGI_HANDLER" value="app.app"/></appSettings>'


def test_a_setting_alone_maps_python_where_the_servers_configuration_did(site: SiteOf, visit: Visit) -> None:
    table = site(
        {
            "": WSGI + handlers('<remove name="Python27_via_FastCGI"/>'),
            "static": handlers('<remove name="Python_via_FastCGI"/>'),
        }
    )
    ((folder, handler),) = table.handlers()
    assert (folder, handler.name, handler.path, handler.verbs) == ("", "Python_via_FastCGI", ("*",), ("*",))
    assert (handler.kind, handler.script_processor, handler.pool) == (
        "fastcgi",
        GATEWAY,
        f"fastcgi:{GATEWAY}",
    )
    assert str(handler.origin) == "web.config:2"
    for method in ("GET", "OPTIONS", "POST"):
        assert name_of(visit(table, "/x", method)) == "Python_via_FastCGI"
    assert name_of(visit(table, "/static/x", files={"/static/x": "file"})) == "StaticFile"


@pytest.mark.parametrize(
    "body",
    [
        WSGI + handlers(python("handler.fcgi")),
        WSGI + platform('processPath="x"'),
        WSGI + handlers("<clear/>"),
        '<appSettings><add key="OTHER" value="x"/></appSettings>',
        f'<location path="sub">{WSGI}</location>',
    ],
)
def test_nothing_is_mapped_where_the_file_maps_itself(site: SiteOf, body: str) -> None:
    assert "Python_via_FastCGI" not in [handler.name for _, handler in site({"": body}).handlers()]


def test_own_handlers_come_before_the_implied_one(site: SiteOf, visit: Visit) -> None:
    table = site({"": WSGI + handlers(f'<add name="Css" path="*.css" verb="*" {STATIC}/>')})
    assert name_of(visit(table, "/a.css")) == "Css"
    assert name_of(visit(table, "/a")) == "Python_via_FastCGI"


# Trace, and what a caller may keep


def test_the_trace_says_who_was_passed_over_and_who_answers(site: SiteOf, visit: Visit) -> None:
    trace: list[TraceStep] = []
    visit(
        site({"": handlers(python("*", "F", 'resourceType="File"') + python("*", "Py"))}), "/x", trace=trace
    )
    assert [(step.stage, step.text) for step in trace] == [
        ("handler", "F (path *, verb *): passed over: no file stands at /x"),
        ("handler", "Py (path *, verb *): answers"),
    ]
    assert str(trace[0].origin) == "web.config:1"


@pytest.mark.parametrize(
    ("body", "keeps"),
    [
        (handlers(python()), True),
        (handlers(python("*.py")), False),
        (handlers(python("*", "P", 'resourceType="File"')), False),
        (handlers(f'<add name="G" path="*" verb="GET" {PYTHON}/>'), False),
        (handlers("<clear/>"), True),
        ("", False),
    ],
)
def test_a_route_depends_only_on_the_path_when_no_file_is_asked_for(
    site: SiteOf, body: str, keeps: bool
) -> None:
    assert site({"": body}).depends_only_on_path is keeps


# Programs that are not ours

PHP = 'modules="FastCgiModule" scriptProcessor="C:\\PHP\\php-cgi.exe"'


def php(path: str = "*.php", more: str = 'resourceType="Either"') -> str:
    return f'<add name="PHP" path="{path}" verb="*" {PHP} {more}/>'


def test_a_fastcgi_program_that_is_not_python_has_a_pool_of_its_own(site: SiteOf) -> None:
    table = site({"": handlers(php() + python())})
    assert [(handler.kind, handler.pool) for _, handler in table.handlers()] == [
        ("foreign", "fastcgi:C:\\PHP\\php-cgi.exe"),
        ("fastcgi", "fastcgi:python.exe|wfastcgi.py"),
    ]


def test_a_fastcgi_handler_without_a_program_answers_500_and_says_where(site: SiteOf, visit: Visit) -> None:
    table = site({"": handlers('<add name="H" path="*" verb="*" modules="FastCgiModule"/>')})
    answer = visit(table, "/").answer
    assert answer is not None
    assert (answer.status, answer.sub_status) == (500, 21)
    assert "H (web.config:1) needs module FastCgiModule" in answer.reason


@pytest.mark.parametrize(
    ("pattern", "more", "url", "files", "found"),
    [
        ("*.php", 'resourceType="Either"', "/a.php", {"/a.php": "file"}, "/a.php"),
        ("*.php", 'resourceType="File"', "/a.php/x/y", {"/a.php": "file"}, "/a.php"),
        ("*.php", "", "/a.php/x.php", {"/a.php": "file"}, "/a.php"),
        ("*.php", "", "/d.php/x.php/i", {"/d.php": "folder", "/d.php/x.php": "file"}, "/d.php/x.php"),
        ("*.php", 'resourceType="File"', "/d.php/x.php", {"/d.php": "folder"}, "404.0"),
        ("*.php", 'resourceType="File"', "/up/evil.jpg/x.php", {"/up/evil.jpg": "file"}, "404.0"),
        ("*.php", 'resourceType="File"', "/d.php/note.txt", {"/d.php/note.txt": "file"}, "StaticFile"),
        ("*.php", "", "/none.php/x", {}, "/none.php"),
        ("*", "", "/any/where", {}, ""),
        ("*", "", "/run", {"/run": "file"}, "/run"),
        ("cgi/*", "", "/cgi/any", {}, ""),
        ("hello.fcgi", "", "/hello.fcgi/any", {}, "/hello.fcgi"),
        ("*.php", "", "/a.php/\n", {"/a.php": "file"}, "/a.php"),
    ],
)
def test_the_script_ends_where_a_file_stands(
    site: SiteOf, visit: Visit, pattern: str, more: str, url: str, files: Mapping[str, str], found: str
) -> None:
    route = visit(site({"": handlers(php(pattern, more))}), url, files=files)
    handler = route.handler
    assert (route.script if handler is not None and handler.name == "PHP" else name_of(route)) == found


def test_few_of_a_path_s_segments_are_looked_for_on_the_disk() -> None:
    asked: list[str] = []
    handler = Handler("H", ("*.php",), ("*",), "FastCgiModule", "foreign", Origin("w", 1))

    def kind(path: str) -> Literal["none"]:
        asked.append(path)
        return "none"

    find_handler((compile_mapping(handler, "", None),), "GET", "/a.php" * 500, kind, None)
    assert len(asked) == 8


DOCUMENTS = (
    '<system.webServer><defaultDocument><files><add value="index.php"/></files></defaultDocument>'
    "<handlers>{}</handlers></system.webServer>"
)


def test_a_default_document_has_its_own_handler(site: SiteOf, visit: Visit) -> None:
    table = site({"": DOCUMENTS.format(php())})
    trace: list[TraceStep] = []
    files = {"/": "folder", "/shop/": "folder", "/shop/index.php": "file", "/shop/index.html": "file"}
    for method in ("GET", "POST"):
        route = visit(table, "/shop/?a=1", method, files=files, trace=trace)
        assert (name_of(route), route.path, route.script, route.query) == (
            "PHP",
            "/shop/index.php",
            "/shop/index.php",
            "a=1",
        )
    assert "the default document /shop/index.php stands there" in [step.text for step in trace]
    assert name_of(visit(table, "/", files=files)) == "StaticFile"
    assert name_of(visit(table, "/shop/", files={**files, "/shop/index.php": "none"})) == "StaticFile"


def test_a_default_document_whose_module_is_not_here_is_not_sent_as_a_file(
    site: SiteOf, visit: Visit
) -> None:
    asp = '<add name="Asp" path="*.php" verb="*" modules="IsapiModule"/>'
    found = visit(site({"": DOCUMENTS.format(asp)}), "/", files={"/": "folder", "/index.php": "file"})
    assert name_of(found) == "500.21"


def test_php_alone_leaves_the_implied_python_mapping(site: SiteOf, visit: Visit) -> None:
    table = site({"": WSGI + handlers(php())})
    assert name_of(visit(table, "/a.php", files={"/a.php": "file"})) == "PHP"
    assert name_of(visit(table, "/a")) == "Python_via_FastCGI"


@pytest.mark.parametrize(
    ("policy", "access", "remote", "forwarded", "answer"),
    [
        ("Read, Script, NoRemoteScript", "Script", "192.0.2.7", "", "403.1"),
        ("Read, Script, NoRemoteScript", "Script", "127.0.0.1", "", "H"),
        ("Read, Script, NoRemoteScript", "Script", "::1", "", "H"),
        ("Read, Script, NoRemoteScript", "Script", "::ffff:127.0.0.1", "", "H"),
        ("Read, Script, NoRemoteScript", "Script", "127.0.0.1", "192.0.2.7", "403.1"),
        ("Read, Script, NoRemoteScript", "Script", "unix:", "", "403.1"),
        ("Read, Script, NoRemoteRead", "Script", "192.0.2.7", "", "H"),
        ("Read, NoRemoteRead", "Read", "192.0.2.7", "", "403.2"),
        ("Execute, NoRemoteExecute", "Execute", "192.0.2.7", "", "403.1"),
        ("Write, noremotewrite", "Write", "192.0.2.7", "", "403.3"),
        ("Script, NoRemoteScript, Source", "None", "192.0.2.7", "", "H"),
    ],
)
def test_access_that_only_this_machine_has(
    site: SiteOf, policy: str, access: str, remote: str, forwarded: str, answer: str
) -> None:
    table = site({"": handlers(python("*", "H", f'requireAccess="{access}"'), f' accessPolicy="{policy}"')})
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    request = Request("GET", "/", "/", "", "http", "a", 80, remote, headers)
    assert name_of(table.route(request, lambda path: "none")) == answer
    assert not table.depends_only_on_path


def test_handlers_of_the_old_pipeline_are_left_out(site: SiteOf, visit: Visit) -> None:
    classic = '<add name="C" path="*" verb="*" modules="IsapiModule" preCondition="classicMode,bitness64"/>'
    integrated = python("*", "H", 'preCondition="integratedMode"')
    assert name_of(visit(site({"": handlers(classic + integrated)}), "/")) == "H"


@pytest.mark.parametrize("limit", ["0", "4194304", "4294967295"])
def test_a_buffer_s_limit_is_read_and_changes_no_route(site: SiteOf, visit: Visit, limit: str) -> None:
    handler = visit(site({"": handlers(php(more=f'responseBufferLimit="{limit}"'))}), "/a.php").handler
    assert handler is not None
    assert handler.response_buffer_limit == int(limit)


@pytest.mark.parametrize(
    ("inside", "answer"),
    [
        ('<security><requestFiltering><verbs allowUnlisted="false"/></requestFiltering></security>', "404.6"),
        ("<security><authorization><clear/></authorization></security>", "401.2"),
        ('<handlers accessPolicy="Read"/>', "403.1"),
        ('<httpRedirect enabled="true" destination="/elsewhere"/>', "302.0"),
        ('<handlers><remove name="PHP"/></handlers>', "StaticFile"),
    ],
)
def test_a_default_document_is_guarded_by_the_location_of_its_own(
    site: SiteOf, visit: Visit, inside: str, answer: str
) -> None:
    location = f'<location path="index.php"><system.webServer>{inside}</system.webServer></location>'
    table = site({"": DOCUMENTS.format(php()) + location})
    files = {"/": "folder", "/index.php": "file"}
    assert name_of(visit(table, "/index.php", files=files)) == answer
    assert name_of(visit(table, "/", files=files)) == answer
