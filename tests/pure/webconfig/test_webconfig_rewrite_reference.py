"""What the URL Rewrite 2 configuration reference says of rules, sentence by sentence, where no table of the
other tests has it by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.pure.webconfig.conftest import Visit
from webstead.errors import ConfigError
from webstead.formats.webconfig import Answer, Site
from webstead.formats.webconfig.outbound import TAGS

SiteOf = Callable[[Mapping[str, str]], Site]
RulesOf = Callable[[str], Site]


def _rule(url: str, *adds: str, match: str = 'url="(.*)"', conditions: str = "", more: str = "") -> str:
    added = "".join(f"<add {add}/>" for add in adds)
    return (
        f'<rule name="r" {more}><match {match}/><conditions {conditions}>{added}</conditions>'
        f'<action type="Rewrite" url="{url}"/></rule>'
    )


def _answer(site: Site, visit: Visit, url: str) -> Answer:
    answer = visit(site, url).answer
    assert answer is not None
    return answer


TWO_PARTS = 'input="article-23" pattern="(\\w+)-(\\d+)"'
ONE_PART = 'input="abc" pattern="(abc)"'
UNKNOWN = 'input="{NoMap:x}" pattern="x"'


def test_match_any_stops_at_the_first_condition_that_holds(rules: RulesOf, visit: Visit) -> None:
    table = rules(_rule("{C:1}", TWO_PARTS, UNKNOWN, conditions='logicalGrouping="MatchAny"'))
    assert visit(table, "/x").path == "/article"  # else the map that is not there would be a 500.52


def test_match_all_stops_at_the_first_condition_that_does_not_hold(rules: RulesOf, visit: Visit) -> None:
    assert not visit(rules(_rule("y", 'input="a" pattern="b"', UNKNOWN)), "/x").rewritten


def test_track_all_captures_numbers_the_groups_of_all_conditions(rules: RulesOf, visit: Visit) -> None:
    table = rules(_rule("{C:1}/{C:2}/{C:3}", TWO_PARTS, ONE_PART, conditions='trackAllCaptures="true"'))
    assert visit(table, "/x").path == "/article/23/abc"


def test_without_it_captures_are_of_the_last_condition_that_matched(rules: RulesOf, visit: Visit) -> None:
    assert visit(rules(_rule("{C:0}-{C:1}-{C:2}", TWO_PARTS, ONE_PART)), "/x").path == "/abc-abc-"


def test_a_negated_condition_captures_nothing(rules: RulesOf, visit: Visit) -> None:
    negated = 'input="abc" pattern="(x)" negate="true"'
    assert visit(rules(_rule("{C:1}", TWO_PARTS, negated)), "/x").path == "/article"
    assert visit(rules(_rule("a{C:0}{C:1}", negated)), "/x").path == "/a"


def test_a_negated_match_captures_nothing(rules: RulesOf, visit: Visit) -> None:
    assert visit(rules(_rule("a{R:0}{R:1}", match='url="^(no)$" negate="true"')), "/x").path == "/a"


def test_a_group_that_took_no_part_is_empty(rules: RulesOf, visit: Visit) -> None:
    assert visit(rules(_rule("a-{R:1}-{R:2}", match='url="^(b)?(x)"')), "/x").path == "/a--x"


def test_captures_of_a_rule_before_are_gone(rules: RulesOf, visit: Visit) -> None:
    first = _rule("{R:1}", ONE_PART, match='url="^(a)$"').replace('"r"', '"first"')
    assert visit(rules(first + _rule("b{C:1}{R:1}", match='url="a"')), "/a").path == "/b"


def test_an_ecmascript_pattern_is_looked_for_anywhere(rules: RulesOf, visit: Visit) -> None:
    assert visit(rules(_rule("y", match='url="static"')), "/my/statics").rewritten


def test_a_wildcard_pattern_is_the_whole_url_and_its_stars_capture(rules: RulesOf, visit: Visit) -> None:
    table = rules(_rule("{R:2}-{R:1}", match='url="a/*/b?*"', more='patternSyntax="Wildcard"'))
    assert visit(table, "/a/one/two/b1three").path == "/three-one/two"
    assert not visit(table, "/x/a/one/b1").rewritten


def test_an_exact_pattern_is_the_whole_url(rules: RulesOf, visit: Visit) -> None:
    table = rules(_rule("y", match='url="a.(b)*"', more='patternSyntax="ExactMatch"'))
    assert visit(table, "/A.(b)*").rewritten
    assert not visit(table, "/a.(b)*c").rewritten


def test_conditions_that_differ_in_one_attribute_are_two(rules: RulesOf, visit: Visit) -> None:
    same = 'input="{URL}" pattern="x"'
    assert not visit(rules(_rule("y", same, same + ' negate="true"')), "/x").rewritten
    with pytest.raises(ConfigError, match="two entries of the same key"):
        rules(_rule("y", same, same))


def test_the_redirect_type_308_is_not_known(rules: RulesOf) -> None:
    text = (
        '<rule name="r"><match url="a"/><action type="Redirect" url="/b" redirectType="PermRedirect"/></rule>'
    )
    with pytest.raises(ConfigError) as refused:
        rules(text)
    assert "Permanent or Found or SeeOther or Temporary" in refused.value.fix


@pytest.mark.parametrize(("append", "location"), [("true", "/b?y=1&x=2"), ("false", "/b?y=1")])
def test_append_query_string(rules: RulesOf, visit: Visit, append: str, location: str) -> None:
    action = f'type="Redirect" url="/b?y=1" appendQueryString="{append}"'
    table = rules(f'<rule name="r"><match url="a"/><action {action}/></rule>')
    assert _answer(table, visit, "/a?x=2").location == location


def test_an_empty_capture_is_the_root(rules: RulesOf, visit: Visit) -> None:
    assert visit(rules(_rule("{R:1}")), "/").path == "/"
    redirect = '<rule name="r"><match url="(.*)"/><action type="Redirect" url="{R:1}"/></rule>'
    assert _answer(rules(redirect), visit, "/").location == "/"


def test_the_url_as_it_was_sent_is_kept_after_a_rewrite(rules: RulesOf, visit: Visit) -> None:
    first = _rule("b").replace('"r"', '"first"')
    then = _rule("c?o={HTTP_X_ORIGINAL_URL}&amp;u={UNENCODED_URL}")
    table = rules(first + then)
    found = visit(table, "/a%20b", path="/a b")
    assert found.query == "o=/a%20b&u=/a%20b"
    assert visit(rules(then), "/a%20b", path="/a b").query == "o=&u=/a%20b"


def test_the_cache_s_url_is_the_whole_one(rules: RulesOf, visit: Visit) -> None:
    table = rules(_rule("b", 'input="{CACHE_URL}" pattern="^http://example.org:8000/a\\?x=1$"'))
    assert visit(table, "/a?x=1").rewritten


def test_functions_nest(rules: RulesOf, visit: Visit) -> None:
    table = rules(_rule("{ToLower:{UrlDecode:{UrlEncode:{R:1}}}}"))
    assert visit(table, "/A-B").path == "/a-b"


def test_a_variable_that_is_not_listed_is_a_500_50_when_the_rule_fires(site: SiteOf, visit: Visit) -> None:
    sets = '<serverVariables><set name="HTTP_X" value="1"/></serverVariables>'
    text = f'<rule name="r"><match url="^a"/>{sets}</rule>'
    table = site({"": f"<system.webServer><rewrite><rules>{text}</rules></rewrite></system.webServer>"})
    refused = _answer(table, visit, "/a")
    assert (refused.status, refused.sub_status) == (500, 50)
    assert not visit(table, "/b").rewritten
    assert [note.matters for note in table.notes] == [True]


_TAGS = [(name, *each) for name, attributes in TAGS.items() for each in attributes]


def test_the_tags_that_can_be_named() -> None:
    assert ",".join(TAGS) == "A,Area,Base,Form,Frame,Head,IFrame,Img,Input,Link,Script"
    assert {attribute for _, _, attribute in _TAGS} == {
        "href",
        "action",
        "src",
        "longdesc",
        "profile",
        "usemap",
    }


@pytest.mark.parametrize("value", ["true", "false"])
def test_rewrite_before_cache_is_read(site: SiteOf, value: str) -> None:
    rules = f'<rewrite><outboundRules rewriteBeforeCache="{value}"/></rewrite>'
    assert site({"": f"<system.webServer>{rules}</system.webServer>"}).notes == ()
