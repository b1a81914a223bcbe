from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webstead.site_table import Endpoint, FailureText, PoolEntry, SiteFiles, SiteTable

texts = st.text(max_size=30)
failures = st.builds(FailureText, st.sampled_from([500, 502, 503]), texts, texts, texts, texts)
entries = st.builds(
    PoolEntry,
    texts,
    st.sampled_from(["fastcgi", "http"]),
    st.sampled_from(["ready", "starting", "failed"]),
    st.lists(st.builds(Endpoint, texts, texts)).map(tuple),
    st.none() | failures,
)
pairs = st.lists(st.tuples(texts, texts)).map(tuple)
tables = st.builds(SiteTable, st.integers(0), texts, pairs, st.lists(entries).map(tuple), pairs, pairs, texts)


@given(tables)
def test_a_table_survives_its_json_which_is_one_line(table: SiteTable) -> None:
    text = table.to_json()
    assert "\n" not in text
    assert SiteTable.from_json(text) == table


def test_the_files_and_the_pools_make_the_table() -> None:
    beside = (("local.config", "<appSettings/>"),)
    virtual = (("/static", "/build/static"),)
    files = SiteFiles("/site", (("", "<configuration/>"),), virtual, beside, "/logs", kept="/kept")
    entry = PoolEntry("p", "http", "starting")
    assert files.table(7, (entry,)) == SiteTable(
        *(7, "/site", files.configs, (entry,), virtual, beside, "/logs"),
        kept="/kept",
    )
