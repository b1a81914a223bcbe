"""Every record is read as it was written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webstead.errors import UsageError
from webstead.settings import Secret
from webstead.site.store import Store, open_store
from webstead.site.store.activations import activations, record_activation
from webstead.site.store.deployment_log import add_entries, add_entry, entries
from webstead.site.store.deployments import (
    delete_deployment,
    deployments_tag,
    find_deployment,
    latest_deployment,
    list_deployments,
    rename_deployment,
    save_deployment,
    tagged_deployments,
    unfinished,
)
from webstead.site.store.hooks import delete_hook, find_hook, list_hooks, save_hook
from webstead.site.store.model import (
    Activation,
    Deployment,
    EntryType,
    Hook,
    PushEvent,
    SiteOptions,
    Status,
)
from webstead.site.store.push_events import save_push_event, waiting_push_events
from webstead.site.store.settings import read_settings, write_settings
from webstead.site.store.sites import (
    create_site,
    delete_site,
    find_site,
    list_sites,
    new_password,
    set_hosts,
    set_options,
    set_stopped,
)
from webstead.site.store.tokens import delete_token, find_token, list_tokens, make_token

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
ANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

DEPLOYMENTS = st.builds(
    Deployment,
    site=st.just("shop"),
    id=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8),
    status=st.sampled_from(Status),
    source=st.sampled_from(["zip", "git", "record"]),
    received=TIMES,
    started=st.none() | TIMES,
    ended=st.none() | TIMES,
    last_success=st.none() | TIMES,
    status_text=TEXTS,
    progress=TEXTS,
    author=TEXTS,
    author_email=TEXTS,
    deployer=TEXTS,
    message=TEXTS,
    release=TEXTS,
    temporary=st.booleans(),
    read_only=st.booleans(),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "server.sqlite")
    create_site(store, "shop", now=NOW)
    yield store
    store.close()


def deployment(name: str, status: Status = Status.SUCCESS, minutes: int = 0) -> Deployment:
    at = NOW + timedelta(minutes=minutes)
    return Deployment("shop", name, status, "zip", at, ended=at if status >= Status.FAILED else None)


def test_a_site_with_all_that_may_change(store: Store) -> None:
    made = create_site(store, "blog", now=NOW, hosts=["blog.example"], options=SiteOptions(memory_mb=256))
    assert find_site(store, "blog") == made
    assert len(made.password.reveal()) == 60
    set_stopped(store, "blog", True)
    set_hosts(store, "blog", ["b.example", "a.example"])
    set_options(store, "blog", SiteOptions(always_on=True, user="www"))
    password = new_password(store, "blog")
    expected = replace(
        *(made,),
        hosts=("b.example", "a.example"),
        stopped=True,
        options=SiteOptions(always_on=True, user="www"),
        password=password,
    )
    assert password != made.password
    assert find_site(store, "blog") == expected
    assert [record.name for record in list_sites(store)] == ["blog", "shop"]


def test_a_name_is_taken_once(store: Store) -> None:
    with pytest.raises(UsageError, match="already"):
        create_site(store, "shop", now=NOW)


def test_a_site_that_is_not_there_is_not_changed(store: Store) -> None:
    with pytest.raises(UsageError, match="no site blog"):
        set_stopped(store, "blog", True)
    assert not delete_site(store, "blog")


def test_nothing_of_a_deleted_site_comes_back_with_the_next_of_its_name(store: Store) -> None:
    write_settings(store, "shop", "app", {"A": "1"})
    save_deployment(store, deployment("d"))
    add_entry(store, "shop", "d", "hello", now=NOW)
    record_activation(store, Activation("shop", "d", NOW, "deployment", "me"))
    save_hook(store, Hook("h", "shop", "PostDeployment", Secret("http://x")))
    _, text = make_token(store, "ci", now=NOW, site="shop")
    assert delete_site(store, "shop")
    create_site(store, "shop", now=NOW)
    save_deployment(store, deployment("d"))
    assert read_settings(store, "shop", "app") == {}
    assert entries(store, "shop", "d") == []
    assert activations(store, "shop") == ()
    assert list_hooks(store, "shop") == ()
    assert find_token(store, text, now=NOW) is None


def test_settings_of_both_kinds_whatever_the_case_of_their_names(store: Store) -> None:
    write_settings(store, "shop", "app", {"Debug": "1", "B": "2"})
    write_settings(store, "shop", "scm", {"debug": "scm"})
    write_settings(store, "shop", "app", {"DEBUG": "3", "b": None, "C": ""})
    assert read_settings(store, "shop", "app") == {"C": "", "DEBUG": "3"}
    assert read_settings(store, "shop", "scm") == {"debug": "scm"}


@ANY
@given(record=DEPLOYMENTS)
def test_a_deployment(store: Store, record: Deployment) -> None:
    save_deployment(store, record)
    assert find_deployment(store, "shop", record.id) == record
    assert delete_deployment(store, "shop", record.id)


def test_deployments_the_newest_first_and_latest_as_kudu_has_it(store: Store) -> None:
    for name, minutes in (("a", 0), ("b", 5), ("c", 3)):
        save_deployment(store, deployment(name, minutes=minutes))
    assert [each.id for each in list_deployments(store, "shop")] == ["b", "c", "a"]
    assert latest_deployment(store, "shop") == deployment("b", minutes=5)
    save_deployment(store, deployment("d", Status.BUILDING, minutes=-9))
    assert latest_deployment(store, "shop") == deployment("d", Status.BUILDING, minutes=-9)
    assert [each.id for each in unfinished(store)] == ["d"]
    assert latest_deployment(store, "blog") is None


@ANY
@given(commit=TEXTS, branch=TEXTS, url=TEXTS, revision=TEXTS)
def test_a_push_event(store: Store, commit: str, branch: str, url: str, revision: str) -> None:
    event = PushEvent("shop", "temp-1", commit, branch, Secret(url), revision)
    save_deployment(store, deployment("temp-1", Status.PENDING))
    save_push_event(store, event)
    assert waiting_push_events(store) == (event,)
    assert delete_deployment(store, "shop", "temp-1")
    assert waiting_push_events(store) == ()


def test_push_events_wait_until_their_deployments_begin_or_end(store: Store) -> None:
    """Until then nothing of them was cut off."""
    for number in (3, 2, 1):
        waits = replace(deployment(f"temp-{number}", Status.PENDING, minutes=number), temporary=True)
        save_deployment(store, waits)
        save_push_event(store, PushEvent("shop", waits.id, f"id-{number}", "main", Secret("https://x"), ""))
    assert [each.id for each in waiting_push_events(store)] == ["id-1", "id-2", "id-3"]
    assert unfinished(store) == ()
    rename_deployment(store, "shop", "temp-1", "id-1")
    save_deployment(store, replace(deployment("temp-2", Status.FAILED), temporary=True))
    assert [each.id for each in waiting_push_events(store)] == ["id-3"]
    assert [each.id for each in unfinished(store)] == ["id-1"]


def test_the_tag_changes_with_every_change_and_only_then(store: Store) -> None:
    tags = [deployments_tag(store, "shop")]
    save_deployment(store, deployment("a"))
    tags.append(deployments_tag(store, "shop"))
    save_deployment(store, deployment("a", Status.FAILED))
    tags.append(deployments_tag(store, "shop"))
    rename_deployment(store, "shop", "a", "b")
    tags.append(deployments_tag(store, "shop"))
    delete_deployment(store, "shop", "b")
    tags.append(deployments_tag(store, "shop"))
    assert len(set(tags)) == len(tags)
    save_deployment(store, deployment("c"))
    tags.append(deployments_tag(store, "shop"))
    save_deployment(store, deployment("c"))
    write_settings(store, "shop", "app", {"A": "1"})
    assert deployments_tag(store, "shop") == tags[-1]
    assert tagged_deployments(store, "shop") == (tags[-1], list_deployments(store, "shop"))
    delete_site(store, "shop")
    create_site(store, "shop", now=NOW)
    assert deployments_tag(store, "shop") not in tags, "the next site of its name has other deployments"


def test_a_temporary_deployment_keeps_its_log_when_it_gets_its_id(store: Store) -> None:
    save_deployment(store, replace(deployment("temp-1", Status.PENDING), temporary=True))
    add_entry(store, "shop", "temp-1", "Receiving changes.", now=NOW)
    rename_deployment(store, "shop", "temp-1", "real")
    assert [entry.message for entry in entries(store, "shop", "real")] == ["Receiving changes."]
    found = find_deployment(store, "shop", "real")
    assert found is not None
    assert not found.temporary


def test_a_log_with_entries_below_an_entry(store: Store) -> None:
    save_deployment(store, deployment("d"))
    first = add_entry(store, "shop", "d", "Build", now=NOW)
    add_entry(store, "shop", "d", "Done, a, b\nc", now=NOW + timedelta(seconds=1))
    lines = [(NOW, EntryType.MESSAGE, "ok"), (NOW, EntryType.ERROR, "no"), (NOW, EntryType.WARNING, "hm")]
    add_entries(store, "shop", "d", lines, parent=first)
    build, done = entries(store, "shop", "d")
    assert (build.message, build.type, build.has_children) == ("Build", EntryType.ERROR, True)
    assert (done.message, done.type, done.has_children) == ("Done, a, b\nc", EntryType.MESSAGE, False)
    assert [(e.message, e.type) for e in entries(store, "shop", "d", first)] == [
        ("ok", EntryType.MESSAGE),
        ("no", EntryType.ERROR),
        ("hm", EntryType.WARNING),
    ]


def test_texts_that_no_file_holds_are_recorded_as_far_as_they_can_be(store: Store) -> None:
    save_deployment(store, replace(deployment("d"), message="a\ud800b\0\udcffc"))
    add_entry(store, "shop", "d", "\udc80 caf\u00e9 \U0001f600", now=NOW)
    found = find_deployment(store, "shop", "d")
    assert found is not None
    assert found.message == "a\ufffdb\0\ufffdc"
    assert [each.message for each in entries(store, "shop", "d")] == ["\ufffd café \U0001f600"]


def test_a_log_of_a_deployment_that_is_gone_is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="not there any more"):
        add_entry(store, "shop", "gone", "hello", now=NOW)


@pytest.mark.alone
def test_thousands_of_entries_are_written_at_once_and_told_in_order(store: Store) -> None:
    save_deployment(store, deployment("d"))
    first = add_entry(store, "shop", "d", "Build", now=NOW)
    lines = [(NOW, EntryType.MESSAGE, f"line {number}") for number in range(20_000)]
    add_entries(store, "shop", "d", lines, parent=first)
    began = time.monotonic()
    (build,) = entries(store, "shop", "d")
    below = entries(store, "shop", "d", first)
    assert build.has_children
    assert [each.message for each in below] == [line[2] for line in lines]
    assert time.monotonic() - began < 5


def test_activations_the_newest_first(store: Store) -> None:
    history = [Activation("shop", name, NOW, "deployment", "me") for name in "abc"]
    for each in history:
        record_activation(store, each)
    assert activations(store, "shop") == tuple(reversed(history))


def test_hooks(store: Store) -> None:
    hook = Hook("1", "shop", "PostDeployment", Secret("https://u:p@x/"), True, 200, "OK", NOW, "{}")
    save_hook(store, hook)
    assert find_hook(store, "shop", "1") == hook
    assert list_hooks(store, "shop") == (hook,)
    save_hook(store, replace(hook, id="0", url=Secret("http://y/")))
    save_hook(store, replace(hook, last_status=500))
    assert [(each.id, each.last_status) for each in list_hooks(store, "shop")] == [("1", 500), ("0", 200)]
    assert find_hook(store, "blog", "1") is None
    assert delete_hook(store, "shop", "1")
    assert not delete_hook(store, "shop", "1")


def test_a_token_is_found_by_its_text_alone_until_it_ends(store: Store) -> None:
    day = timedelta(days=1)
    token, text = make_token(store, "ci", now=NOW, site="shop", scopes=["deploy", "read"], expires=NOW + day)
    assert find_token(store, text, now=NOW) == token
    assert find_token(store, Secret(text.reveal()[:-1] + "_"), now=NOW) is None
    assert find_token(store, text, now=NOW + day) is None
    (listed,) = list_tokens(store, "shop")
    assert listed.used == NOW
    assert listed.scopes == {"deploy", "read"}
    assert text.reveal().encode() not in store.path.read_bytes()
    assert delete_token(store, token.id)
    assert find_token(store, text, now=NOW) is None


@ANY
@given(TEXTS | st.sampled_from(["wst__", "wst_", "__", "wst_a_b_c"]))
def test_any_other_text_is_no_token(store: Store, text: str) -> None:
    assert find_token(store, Secret(text), now=NOW) is None
