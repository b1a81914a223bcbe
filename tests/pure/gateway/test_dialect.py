"""What every web server calls the path, and what a client must not choose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.gateway.dialect import FORGED, Dialect

IIS = {
    "APPL_MD_PATH": "/LM/W3SVC/1/ROOT",
    "APPL_PHYSICAL_PATH": "C:\\site\\",
    "SERVER_SOFTWARE": "Microsoft-IIS/10.0",
}
IIS_APP = {**IIS, "APPL_MD_PATH": "/LM/W3SVC/1/ROOT/app"}
REWRITTEN = {"IIS_WasUrlRewritten": "1"}
NGINX = {"SERVER_SOFTWARE": "nginx/1.22.1", "DOCUMENT_ROOT": "/usr/share/nginx/html"}
APACHE = {"SERVER_SOFTWARE": "Apache/2.4.62 (Debian)"}
LIGHTTPD = {"SERVER_SOFTWARE": "lighttpd/1.4.69"}


def split(dialect: Dialect, *sent: dict[str, str], **params: str) -> tuple[str, str]:
    """(SCRIPT_NAME, PATH_INFO) as the app sees them."""
    values = {name: value for each in (*sent, params) for name, value in each.items()}
    dialect(values)
    return values["SCRIPT_NAME"], values["PATH_INFO"]


def test_a_split_that_is_right_stays() -> None:
    params = {**NGINX, "SCRIPT_NAME": "/app", "PATH_INFO": "/x%41?y", "REQUEST_URI": "/app/x%2541%3Fy?q"}
    before = dict(params)
    Dialect()(params)
    Dialect("/app")(params)
    assert params == before


# IIS


def test_the_whole_path_in_both_is_the_path() -> None:
    assert split(Dialect(), IIS, SCRIPT_NAME="/a/b", PATH_INFO="/a/b") == ("", "/a/b")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/app", ("/app", "")),
        ("/app/", ("/app", "/")),
        ("/app/x", ("/app", "/x")),
        ("/APP/x", ("/app", "/x")),
        ("/application/x", ("", "/application/x")),
        ("/ap", ("", "/ap")),
        ("/x/app", ("", "/x/app")),
        ("", ("", "")),
    ],
)
def test_the_application_of_iis_is_the_mount_by_whole_segments(path: str, expected: tuple[str, str]) -> None:
    """wfastcgi: to be set by hand, and /application/x became lication/x."""
    assert split(Dialect(), IIS_APP, SCRIPT_NAME=path, PATH_INFO=path) == expected
    assert split(Dialect("/app"), IIS, SCRIPT_NAME=path, PATH_INFO=path) == expected


@pytest.mark.parametrize(
    ("metabase_path", "mount"),
    [
        ("/LM/W3SVC/1/ROOT", ""),
        ("/LM/W3SVC/12/Root/a/b", "/a/b"),
        ("/lm/w3svc/1/root/a/", "/a"),
        ("/LM/W3SVC/1/ROOTS/a", ""),
        ("elsewhere", ""),
        ("", ""),
    ],
)
def test_the_application_is_read_from_its_metabase_path(metabase_path: str, mount: str) -> None:
    dialect = Dialect()
    for _ in range(2):
        params = {"APPL_MD_PATH": metabase_path, "PATH_INFO": "/a/b/c"}
        dialect(params)
        assert params["SCRIPT_NAME"] == mount
        assert params["SCRIPT_NAME"] + params["PATH_INFO"] == "/a/b/c"


def test_the_users_mount_beats_iis_and_the_root_shows_whole_paths() -> None:
    assert split(Dialect("/app/inner"), IIS_APP, PATH_INFO="/App/Inner/x") == ("/app/inner", "/x")
    assert split(Dialect("/"), IIS_APP, PATH_INFO="/app/x") == ("", "/app/x")


def test_letters_beyond_ascii_have_one_case() -> None:
    """Folding the bytes of UTF-8 as if they were latin-1 letters would take one letter for another."""
    assert split(Dialect("/é"), IIS, PATH_INFO="/\xc3\xa9/x") == ("/\xc3\xa9", "/x")
    assert split(Dialect("/é"), IIS, PATH_INFO="/\xe3\xa9/x") == ("", "/\xe3\xa9/x")


def test_a_clients_original_url_chooses_nothing() -> None:
    """wfastcgi: PATH_INFO was whatever the client said."""
    for sent in (IIS, {**IIS, "IIS_WasUrlRewritten": "0"}, {**IIS, "HTTP_IIS_WASURLREWRITTEN": "1"}):
        params = {**sent, "PATH_INFO": "/public", "HTTP_X_ORIGINAL_URL": "/admin"}
        Dialect()(params)
        assert params["PATH_INFO"] == "/public"
        assert "HTTP_X_ORIGINAL_URL" not in params


def test_after_a_rewrite_the_path_is_what_was_asked_for_decoded_and_without_its_query() -> None:
    """wfastcgi: apps saw %20 (PTVS#123)."""
    sent = {**IIS, **REWRITTEN, "PATH_INFO": "/handler.fcgi/x", "SCRIPT_NAME": "/handler.fcgi/x"}
    assert split(Dialect(), sent, HTTP_X_ORIGINAL_URL="/a%20b/%C3%A9?x=%3F") == ("", "/a b/\xc3\xa9")
    assert split(Dialect(), sent, UNENCODED_URL="/raw%2Fpath?q", HTTP_X_ORIGINAL_URL="/forged") == (
        "",
        "/raw/path",
    )
    assert split(Dialect("/app"), sent, UNENCODED_URL="/app/x") == ("/app", "/x")
    assert split(Dialect(path_info_for_script=True), sent, UNENCODED_URL="/x") == ("", "/x")


def test_a_rewrite_without_an_original_changes_nothing() -> None:
    assert split(Dialect(), IIS, REWRITTEN, PATH_INFO="/x") == ("", "/x")


def test_a_question_mark_of_the_path_itself_stays() -> None:
    """wfastcgi: the path, which IIS had decoded, was cut at %3F."""
    assert split(Dialect(), IIS, PATH_INFO="/what?/x") == ("", "/what?/x")


def test_a_missing_path_is_no_end_of_the_process() -> None:
    assert split(Dialect(), IIS, SCRIPT_NAME="/x") == ("", "/x")
    assert split(Dialect(), IIS, REQUEST_URI="/a%20b?q") == ("", "/a b")
    assert split(Dialect(path_info_for_script=True), IIS, SCRIPT_NAME="/x") == ("", "/x")
    assert split(Dialect(), IIS) == ("", "")


def test_path_info_for_script_mappings_keeps_the_split_of_iis() -> None:
    dialect = Dialect(path_info_for_script=True)
    assert split(dialect, IIS_APP, SCRIPT_NAME="/app/run.py", PATH_INFO="/x") == ("/app/run.py", "/x")
    assert split(dialect, IIS_APP, SCRIPT_NAME="/app/x", PATH_INFO="/app/x") == ("/app", "/x")
    mounted = Dialect("/app", path_info_for_script=True)
    assert split(mounted, IIS, SCRIPT_NAME="/run.py", PATH_INFO="/app/x") == ("/app", "/x")
    assert split(mounted, IIS, SCRIPT_NAME="/run.py", PATH_INFO="/y") == ("/run.py", "/y")


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ("/public/../admin", "/admin"),
        ("/public/%2e%2E/admin", "/admin"),
        ("/../../x", "/x"),
        ("/a/./b/..", "/a/"),
        ("/a/.", "/a/"),
        ("/..", "/"),
        ("/...", "/..."),
        ("/a..b/.c", "/a..b/.c"),
        ("/100%/%zz", "/100%/%zz"),
        ("/%00", "/\0"),
        ("https://host:8080/x?y", "/x"),
    ],
)
def test_a_path_as_sent_is_decoded_as_servers_do(sent: str, path: str) -> None:
    assert split(Dialect(), IIS, REWRITTEN, UNENCODED_URL=sent) == ("", path)


# Other servers


def test_nginxs_own_parameters_name_the_path_script_name() -> None:
    sent = {**NGINX, "SCRIPT_NAME": "/a b", "REQUEST_URI": "/a%20b?q=1", "DOCUMENT_URI": "/a b"}
    assert split(Dialect(), sent) == ("", "/a b")
    assert split(Dialect("/a b"), sent) == ("/a b", "")
    assert split(Dialect("/a"), sent) == ("", "/a b")


def test_a_path_behind_those_parameters_is_not_taken_twice() -> None:
    sent = {**NGINX, "REQUEST_URI": "/app/x?q", "PATH_INFO": "/app/x"}
    assert split(Dialect(), sent, SCRIPT_NAME="/app/x") == ("", "/app/x")
    assert split(Dialect(), sent, SCRIPT_NAME="/app") == ("/app", "/x")
    assert split(Dialect("/app"), sent, SCRIPT_NAME="/app/x") == ("/app", "/x")
    assert split(Dialect("/app"), sent, SCRIPT_NAME="/app") == ("/app", "/x")
    twice = {**NGINX, "REQUEST_URI": "/app/app/x", "SCRIPT_NAME": "/app", "PATH_INFO": "/app/x"}
    assert split(Dialect(), twice) == ("/app", "/app/x")
    longer = {**NGINX, "REQUEST_URI": "/application", "SCRIPT_NAME": "/app", "PATH_INFO": "/application"}
    assert split(Dialect(), longer) == ("/app", "/application")


@pytest.mark.parametrize(
    ("script", "path", "expected"),
    [
        ("/", "/x", ("", "/x")),
        ("/", "x", ("", "/x")),
        ("/", "", ("", "")),
        ("/app/", "/x", ("/app", "/x")),
        ("/app/", "x", ("/app", "/x")),
        ("/app/", "", ("/app", "")),
    ],
)
def test_a_slash_belongs_to_the_path(script: str, path: str, expected: tuple[str, str]) -> None:
    assert split(Dialect(), SCRIPT_NAME=script, PATH_INFO=path) == expected


def test_neither_of_both_is_the_url() -> None:
    assert split(Dialect(), REQUEST_URI="/a%20b?q=1") == ("", "/a b")
    assert split(Dialect(), REQUEST_URI="http://host/x") == ("", "/x")
    assert split(Dialect(), REQUEST_URI="*") == ("", "*")
    assert split(Dialect()) == ("", "")


@pytest.mark.parametrize(
    ("file", "script", "expected"),
    [
        ("proxy:fcgi://127.0.0.1:9000/x", "/x", ("", "/x")),
        ("proxy:fcgi://127.0.0.1:9000/", "/", ("", "/")),
        ("proxy:fcgi://127.0.0.1:9000/x", "/app/x", ("/app", "/x")),
        ("proxy:fcgi://localhost/a%20b", "/app/a b", ("/app", "/a b")),
        ("proxy:fcgi://localhost/app/x?q", "/app/x", ("", "/app/x")),
        ("proxy:fcgi://localhost", "/app", ("/app", "")),
        ("proxy:fcgi://localhost/", "/app", ("/app", "")),
        ("proxy:fcgi://localhost/var/www/html/x", "/x", ("", "/x")),
        ("/x", "/app/x", ("/app", "/x")),
        ("/usr/lib/cgi-bin/app.fcgi", "/app.fcgi", ("/app.fcgi", "")),
    ],
)
def test_apaches_file_tells_the_mount(file: str, script: str, expected: tuple[str, str]) -> None:
    """mod_proxy_fcgi sends no PATH_INFO; mod_fcgid none when it is empty."""
    assert split(Dialect(), APACHE, SCRIPT_FILENAME=file, SCRIPT_NAME=script) == expected


def test_lighttpd_leaves_out_a_path_that_is_empty() -> None:
    assert split(Dialect(), LIGHTTPD, SCRIPT_NAME="/app") == ("/app", "")
    assert split(Dialect("/"), LIGHTTPD, SCRIPT_NAME="/app") == ("", "/app")
    assert split(Dialect("/"), LIGHTTPD, SCRIPT_NAME="/a", PATH_INFO="/b") == ("", "/a/b")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/app", ("/app", "")),
        ("/app/x", ("/app", "/x")),
        ("/APP/x", ("", "/APP/x")),
        ("/application/x", ("", "/application/x")),
    ],
)
@pytest.mark.parametrize("written", ["/app", "app", "/app/", " //app "])
def test_a_mount_by_whole_segments(written: str, path: str, expected: tuple[str, str]) -> None:
    assert split(Dialect(written), NGINX, SCRIPT_NAME="", PATH_INFO=path) == expected


def test_what_is_not_under_the_mount_keeps_the_servers_split() -> None:
    assert split(Dialect("/app"), SCRIPT_NAME="/other", PATH_INFO="/x") == ("/other", "/x")
    assert split(Dialect("/a/b"), SCRIPT_NAME="/a", PATH_INFO="/b/c") == ("/a/b", "/c")


# What a client must not say


@pytest.mark.parametrize("server", [IIS, NGINX, {}])
def test_what_only_a_server_may_say_is_dropped(server: dict[str, str]) -> None:
    params = {**server, "PATH_INFO": "/", **dict.fromkeys(FORGED, "forged"), "HTTP_PROXY_CONNECTION": "x"}
    Dialect()(params)
    assert not params.keys() & set(FORGED)
    assert params["HTTP_PROXY_CONNECTION"] == "x"


def test_outside_iis_an_original_url_is_a_header_like_others() -> None:
    params = {**NGINX, **REWRITTEN, "PATH_INFO": "/x", "UNENCODED_URL": "/y", "HTTP_X_ORIGINAL_URL": "/z"}
    Dialect()(params)
    assert params["PATH_INFO"] == "/x"
    assert params["HTTP_X_ORIGINAL_URL"] == "/z"


NAMES = st.sampled_from(
    [
        "SCRIPT_NAME",
        "PATH_INFO",
        "REQUEST_URI",
        "SCRIPT_FILENAME",
        "SERVER_SOFTWARE",
        "APPL_MD_PATH",
        "UNENCODED_URL",
        "IIS_WasUrlRewritten",
        "HTTP_X_ORIGINAL_URL",
    ]
)
WORDS = st.sampled_from(
    [
        "/",
        "app",
        "x",
        "..",
        ".",
        "%2e",
        "%",
        "?",
        "1",
        "proxy:fcgi://h",
        "Apache",
        "lighttpd",
        "/LM/W3SVC/1/ROOT",
        "\xff",
    ]
)


@given(
    st.dictionaries(NAMES, st.lists(WORDS, max_size=5).map("".join)),
    st.sampled_from(["", "/", "/app", "/app/x"]),
    st.booleans(),
)
def test_any_parameters_become_a_split(params: dict[str, str], mount: str, for_script: bool) -> None:
    dialect = Dialect(mount, path_info_for_script=for_script)
    dialect(params)
    script, path = params["SCRIPT_NAME"], params["PATH_INFO"]
    assert (
        "HTTP_X_ORIGINAL_URL" not in params or "APPL_MD_PATH" not in params or "IIS_WasUrlRewritten" in params
    )
    if mount not in ("", "/") and script == mount:
        assert path == "" or path.startswith("/")
    if "APPL_MD_PATH" not in params:
        assert not script.endswith("/")


@given(st.text("/aé%?. ", max_size=12), st.sampled_from(["/a", "/a/a", "/é"]))
def test_a_mount_and_its_rest_are_the_whole(path: str, mount: str) -> None:
    tunnelled = "/" + path.encode().decode("latin-1")
    script, rest = split(Dialect(mount), SCRIPT_NAME="", PATH_INFO=tunnelled)
    assert script + rest == tunnelled
