"""Prometheus' text format, read back by a strict parser of its grammar."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.prometheus_text import Broken, read
from webstead.gateway.observe.prometheus import Family, Sample, exposition, histogram


def test_a_counter_with_labels() -> None:
    family = Family("a_total", "counter", "What it is.", [Sample(3, (("kind", "x"),)), Sample(0)])
    assert exposition([family]) == (
        '# HELP a_total What it is.\n# TYPE a_total counter\na_total{kind="x"} 3\na_total 0\n'
    )


def test_a_histogram_counts_what_is_up_to_each_bound() -> None:
    samples = histogram((0.005, 2.5, 10.0), (1, 0, 4, 2), 12.25)
    text = exposition([Family("t", "histogram", "Seconds.", samples)])
    assert text.splitlines()[2:] == [
        't_bucket{le="0.005"} 1',
        't_bucket{le="2.5"} 1',
        't_bucket{le="10"} 5',
        't_bucket{le="+Inf"} 7',
        "t_sum 12.25",
        "t_count 7",
    ]


def test_nothing_is_no_text() -> None:
    assert exposition([]) == ""


LABELS = st.lists(st.tuples(st.from_regex(r"[a-z_][a-z0-9_]*", fullmatch=True), st.text()), max_size=3)
VALUES = st.one_of(st.integers(0, 2**63), st.floats(0, 1e15, allow_nan=False))


@given(
    st.from_regex(r"[a-z_][a-z0-9_]*", fullmatch=True),
    st.text(),
    st.lists(st.builds(Sample, VALUES, LABELS.map(tuple), st.just("")), max_size=5),
)
def test_whatever_is_written_is_read_back(name: str, doc: str, samples: list[Sample]) -> None:
    [(read_name, found)] = read(exposition([Family(name, "gauge", doc, samples)])).items()
    assert read_name == name
    assert found.doc == doc
    assert found.kind == "gauge"
    assert [(suffix, labels) for suffix, labels, _ in found.samples] == [
        (name, each.labels) for each in samples
    ]
    for (_, _, value), sample in zip(found.samples, samples, strict=True):
        assert math.isclose(value, sample.value, rel_tol=1e-12, abs_tol=1e-9)


@given(st.lists(st.integers(0, 1000), min_size=4, max_size=4))
def test_a_histogram_is_one_that_a_reader_accepts(counts: list[int]) -> None:
    text = exposition([Family("t", "histogram", "", histogram((0.1, 1.0, 5.0), counts, 1.5))])
    assert read(text)["t"].samples[-1][2] == sum(counts)


@pytest.mark.parametrize(
    "text",
    [
        "a 1",
        "a 1\n",
        "# TYPE a counter\na 1\n",
        "# HELP a x\n# TYPE a counter\nb 1\n",
        "# HELP a x\n# TYPE a count\na 1\n",
        '# HELP a x\n# TYPE a counter\na{b="\\x"} 1\n',
        '# HELP a x\n# TYPE a counter\na{b="1" } 1\n',
        "# HELP a x\n# TYPE a counter\na one\n",
        "# HELP a x\n# TYPE a counter\na 1\n# HELP a x\n# TYPE a counter\n",
        '# HELP a x\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
        '# HELP a x\n# TYPE a histogram\na_bucket{le="1"} 2\na_sum 1\na_count 2\n',
    ],
)
def test_the_reader_of_these_tests_is_strict(text: str) -> None:
    with pytest.raises(Broken):
        read(text)


def test_words_for_people_are_one_line() -> None:
    text = exposition([Family("a", "gauge", "one\ntwo\\", [])])
    assert re.fullmatch(r"# HELP a one\\ntwo\\\\\n# TYPE a gauge\n", text)
