"""httpRedirect: where each request of a folder is sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import ConfigError
from webstead.formats.webconfig import Site

from .conftest import site_of
from .conftest import visit_url as visit

SiteOf = Callable[[Mapping[str, str]], Site]


def redirect(attributes: str, items: str = "", enabled: str = "true") -> str:
    section = f'<httpRedirect enabled="{enabled}" {attributes}>{items}</httpRedirect>'
    return f"<system.webServer>{section}</system.webServer>"


@pytest.mark.parametrize(
    ("attributes", "url", "location"),
    [
        ('destination="https://new.test"', "/a/b?x=1", "https://new.test/a/b?x=1"),
        ('destination="https://new.test/"', "/", "https://new.test/"),
        ('destination="https://new.test/in?y=2"', "/a?x=1", "https://new.test/in?y=2/a&x=1"),
        ('destination="/home" exactDestination="true"', "/a/b?x=1", "/home"),
        ('destination="https://new.test$S$Q" exactDestination="true"', "/a?x=1", "https://new.test/a?x=1"),
        (
            'destination="https://new.test$V?old=$P" exactDestination="true"',
            "/a?x=1",
            "https://new.test/a?old=x=1",
        ),
        ('destination="/home" childOnly="true"', "/a", "/home/a"),
        ('destination="/home" childOnly="true"', "/a/b", ""),
        ('destination="/home/" ', "/\u00e4 b", "/home/%C3%A4%20b"),
        ('destination="/h"', "/a?x=%41%2f+%zz", "/h/a?x=%41%2f+%zz"),
        ('destination="/h"', "/a?x=\u00c3\u00a4", "/h/a?x=%C3%A4"),  # bytes, as the latin-1 view shows them
        ('destination="/h$Q" exactDestination="true"', "/a", "/h"),
        ('destination="/h?$P" exactDestination="true"', "/a?x=%20", "/h?x=%20"),
        ('destination="/\u00e4" exactDestination="true"', "/a", "/%C3%A4"),
    ],
)
def test_where_requests_go(site: SiteOf, attributes: str, url: str, location: str) -> None:
    answer = visit(site({"": redirect(attributes)}), url).answer
    assert (answer.location if answer else "") == location


@pytest.mark.parametrize(
    ("attributes", "path", "location"),
    [
        ('destination="/h"', "/100%", "/h/100%25"),
        ('destination="/h"', "/a%41", "/h/a%2541"),
        ('destination="/h"', "/what?", "/h/what%3F"),
        ('destination="/h"', "/c#", "/h/c%23"),
        ('destination="/h$S" exactDestination="true"', "/a?b#c%41", "/h/a%3Fb%23c%2541"),
        ('destination="/h$V" exactDestination="true"', "/a?b", "/h/a%3Fb"),
        ('destination="/h?old=$V" exactDestination="true"', "/a&amp;b=c+d", "/h?old=/a%26amp%3Bb%3Dc%2Bd"),
    ],
)
def test_a_decoded_path_is_escaped_again(site: SiteOf, attributes: str, path: str, location: str) -> None:
    answer = visit(site({"": redirect(attributes)}), "/x", path=path).answer
    assert answer is not None
    assert answer.location == location


@pytest.mark.parametrize(
    ("url", "location"),
    [("/old/a/b", "/new/a/b"), ("/old", "/new"), ("/old/", "/new/"), ("/OLD/a", "/new/a")],
)
def test_the_suffix_is_what_follows_the_folder(site: SiteOf, url: str, location: str) -> None:
    found = site({"": "", "old": redirect('destination="/new$S" exactDestination="true"')})
    answer = visit(found, url).answer
    assert answer is not None
    assert answer.location == location


def test_wildcards_are_for_want_of_a_destination(site: SiteOf) -> None:
    """Blank here or above: a destination that is inherited counts as well."""
    found = site({"": redirect('destination="/all" exactDestination="true"', WILDCARDS)})
    answer = visit(found, "/a.php").answer
    assert answer is not None
    assert answer.location == "/all"
    assert [note.matters for note in found.notes] == [True]
    below = site({"": redirect('destination="/all"'), "sub": redirect('destination=""', WILDCARDS)})
    answer = visit(below, "/sub/a.php").answer
    assert answer is not None
    assert answer.location == "/a.html"


def test_a_wildcard_may_keep_requests_where_they_are(site: SiteOf) -> None:
    kept = '<add wildcard="keep/*" destination="!"/><add wildcard="*" destination="/new/$0"/>'
    found = site({"": redirect("", kept)})
    assert getattr(visit(found, "/keep/a").answer, "location", "") == ""
    answer = visit(found, "/a").answer
    assert answer is not None
    assert answer.location == "/new/a"


@pytest.mark.parametrize(
    ("name", "status"), [("Permanent", 301), ("found", 302), ("Temporary", 307), ("PermRedirect", 308)]
)
def test_the_status(site: SiteOf, name: str, status: int) -> None:
    answer = visit(site({"": redirect(f'destination="/x" httpResponseStatus="{name}"')}), "/").answer
    assert answer is not None
    assert answer.status == status


WILDCARDS = """<add wildcard="*.php" destination="/$0.html"/>
<add wildcard="/old/*/*" destination="/new/$1/$0"/>
<add wildcard="go*" destination="/$0"/>"""


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("/a/b.PHP", "/a/b.html"),
        ("/old/x/y", "/new/y/x"),
        ("/other", ""),
        ("/a.php/b", ""),
        ("/go/evil.test", "/evil.test"),
        ("/old/x/y?q=1", "/new/y/x"),
    ],
)
def test_wildcards(site: SiteOf, url: str, location: str) -> None:
    answer = visit(site({"": redirect("", WILDCARDS)}), url).answer
    assert (answer.location if answer else "") == location


def test_a_folder_is_told_apart_from_the_rest(site: SiteOf) -> None:
    found = site(
        {"": "", "old": redirect('destination="https://new.test/x"'), "old/kept": redirect("", "", "false")}
    )
    answer = visit(found, "/old/a?b").answer
    assert answer is not None
    assert answer.location == "https://new.test/x/a?b"
    for path in ("/other", "/old/kept/x"):
        answer = visit(found, path).answer
        assert answer is not None
        assert answer.status == 404


@pytest.mark.parametrize(
    "destination",
    ["", "//evil.test", "/\\evil.test", "$S", "https://$S", "home", "javascript:x", "https://a.test$P"],
)
def test_what_could_lead_anywhere_is_refused(site: SiteOf, destination: str) -> None:
    with pytest.raises(ConfigError) as refused:
        site({"": redirect(f'destination="{destination}"')})
    assert refused.value.fix


@given(st.text(st.characters(exclude_characters="?", exclude_categories=["Cs"]), max_size=40))
def test_no_path_leads_to_another_host_or_splits_the_header(path: str) -> None:

    answer = visit(
        site_of({"": redirect('destination="https://new.test"')}), "/", path="/" + path.lstrip("/")
    ).answer
    assert answer is not None
    assert answer.location.startswith("https://new.test")
    assert answer.location[len("https://new.test") :][:1] in ("", "/", "?")
    assert answer.location.isascii()
    assert answer.location.isprintable()


@pytest.mark.alone
def test_wildcards_take_no_time_that_grows_without_bound(site: SiteOf) -> None:
    found = site({"": redirect("", '<add wildcard="*a*a*a*a*b" destination="/x"/>')})
    began = time.perf_counter()
    visit(found, "/" + "a" * 4000)
    assert time.perf_counter() - began < 2
