"""The table of options is honest: what it says of each option is what parse_options does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.gateway.failure import BAD_USAGE, StartFailure
from webstead.gateway.options import (
    MAX_NUMBER,
    MAX_THREADS,
    MAX_WORKERS,
    OPTIONS,
    TARGET_VARIABLE,
    Option,
    Options,
    help_text,
    parse_options,
)

SWITCHES = [option for option in OPTIONS if not option.metavar]
VALUED = [option for option in OPTIONS if option.metavar and option.name != "-c"]
NUMBERS = [option for option in VALUED if option.high]
SECONDS = [option for option in VALUED if option.metavar == "SECONDS"]
CHOICES = [option for option in VALUED if option.choices]
VARIABLES = [option for option in VALUED if option.variable]
NAMES = {option.name: option for option in OPTIONS}


def by_name(option: Option) -> str:
    return option.name


def field_of(option: Option) -> str:
    return option.name.lstrip("-").replace("-", "_")


def other_than_default(option: Option) -> str:
    """A value that it takes and that is not its default."""
    if option.choices:
        return next(choice for choice in option.choices if choice != option.default)
    if option.high:
        return str(option.low + 2)
    return "2.5" if option.metavar == "SECONDS" else "unix:/other"


def read(option: Option, text: str) -> object:
    """What parse_options makes of it."""
    return getattr(parse_options([option.name, text], {}), field_of(option))


def value_of(option: Option, text: str) -> object:
    """What it should make of it."""
    if option.many:
        return (text,)
    if option.metavar == "SECONDS":
        return float(text)
    return int(text) if option.high else text


# The table


def test_every_option_is_described() -> None:
    for option in OPTIONS:
        assert option.doc.endswith(".")
        assert option.doc[0].isupper()
        assert "  " not in option.doc


def test_names_and_variables_are_single() -> None:
    assert len(NAMES) == len(OPTIONS)
    variables = [option.variable for option in OPTIONS if option.variable]
    assert len(set(variables)) == len(variables)
    assert TARGET_VARIABLE not in variables


def test_every_field_has_its_option_and_every_option_its_field() -> None:
    fields = set(Options._fields) - {"target", "is_paste"}
    assert fields == {field_of(option) for option in OPTIONS if option.name != "-c"}


def test_the_defaults_of_the_table_are_those_of_options() -> None:
    assert parse_options(["a:b"], {}) == Options("a:b")


@pytest.mark.parametrize("option", CHOICES, ids=by_name)
def test_a_default_is_among_the_choices(option: Option) -> None:
    assert option.default in option.choices


@pytest.mark.parametrize("option", NUMBERS, ids=by_name)
def test_a_default_is_within_the_bounds(option: Option) -> None:
    assert option.low < option.high <= MAX_NUMBER
    assert not option.default or option.low <= int(option.default) <= option.high


def test_the_help_names_everything() -> None:
    text = " ".join(help_text("gateway").split())
    for option in OPTIONS:
        assert f" {option.name} {option.metavar}".rstrip() in text
        assert option.doc in text
        for note in (option.variable, *option.choices):
            assert note in text
        if option.default:
            assert f"default {option.default}" in text


def test_the_help_fits_a_terminal() -> None:
    assert max(map(len, help_text("gateway").splitlines())) <= 100


# Values


@pytest.mark.parametrize("option", VALUED, ids=by_name)
def test_an_option_is_read_in_both_spellings(option: Option) -> None:
    text = other_than_default(option)
    assert read(option, text) == value_of(option, text)
    spelled = parse_options([f"{option.name}={text}"], {})
    assert getattr(spelled, field_of(option)) == value_of(option, text)


@pytest.mark.parametrize("option", VARIABLES, ids=by_name)
def test_a_variable_beats_the_default_and_a_word_the_variable(option: Option) -> None:
    text = other_than_default(option)
    field = field_of(option)
    by_variable = parse_options([], {option.variable: text})
    assert getattr(by_variable, field) == value_of(option, text)
    default = option.default or str(option.low + 1) if option.high else option.default or "unix:/word"
    by_word = parse_options([option.name, default], {option.variable: text})
    assert getattr(by_word, field) == value_of(option, default)


@pytest.mark.parametrize("option", VARIABLES, ids=by_name)
def test_an_empty_variable_is_none_at_all(option: Option) -> None:
    for text in ("", "  "):
        if option.name == "--restart-on":  # empty: never
            continue
        assert parse_options([], {option.variable: text}) == Options("")


def test_an_empty_expression_is_never() -> None:
    assert parse_options([], {"WSGI_RESTART_FILE_REGEX": ""}).restart_on == ""
    assert parse_options(["--restart-on="], {"WSGI_RESTART_FILE_REGEX": "x"}).restart_on == ""
    assert parse_options([], {}).restart_on is None


@pytest.mark.parametrize("option", SWITCHES, ids=by_name)
def test_a_switch_is_on_by_its_word_or_a_true_variable(option: Option) -> None:
    field = field_of(option)
    assert getattr(parse_options([option.name], {}), field) is True
    words = {"1": True, "TRUE": True, "yes": True, "on": True, "0": False, "no": False, "": False}
    for text, on in words.items() if option.variable else ():
        assert getattr(parse_options([], {option.variable: text}), field) is on
    with pytest.raises(StartFailure, match="takes no value"):
        parse_options([f"{option.name}=1"], {})


@pytest.mark.parametrize("option", NUMBERS, ids=by_name)
def test_a_number_is_taken_up_to_its_bounds(option: Option) -> None:
    for number in (option.low, option.high):
        assert read(option, str(number)) == number
    wrong = [str(option.high + 1), "-1", "+1", "1.5", "1e3", "0x1", "four", "²", "٣", "1 2", "9" * 5000]
    for text in [*wrong, str(option.low - 1)]:
        with pytest.raises(StartFailure, match=option.name) as caught:
            read(option, text)
        assert caught.value.code == BAD_USAGE
        assert f"from {option.low} to {option.high}" in caught.value.fix


@pytest.mark.parametrize("option", SECONDS, ids=by_name)
def test_seconds_have_parts(option: Option) -> None:
    for text, seconds in {"0": 0.0, "30": 30.0, "2.5": 2.5, "0.125": 0.125, " 7 ": 7.0}.items():
        assert read(option, text) == seconds
    for text in ("-1", "1e3", "inf", "nan", ".5", "5.", "1,5", "10s", "٣", "1.2345", "9" * 10):
        with pytest.raises(StartFailure, match="is no time") as caught:
            read(option, text)
        assert caught.value.found == text


@pytest.mark.parametrize("option", CHOICES, ids=by_name)
def test_only_the_choices_are_taken(option: Option) -> None:
    for choice in option.choices:
        assert read(option, choice) == choice
    for text in ("other", option.choices[0].upper(), f"{option.choices[0]}x"):
        with pytest.raises(StartFailure, match=option.name) as caught:
            read(option, text)
        assert all(choice in caught.value.fix for choice in option.choices)


@pytest.mark.parametrize(
    "option", [option for option in (*NUMBERS, *CHOICES, *SECONDS) if option.variable], ids=by_name
)
def test_a_wrong_variable_is_named(option: Option) -> None:
    with pytest.raises(StartFailure, match=option.variable):
        parse_options([], {option.variable: "nonsense"})


@pytest.mark.parametrize("option", [*VALUED, NAMES["-c"]], ids=by_name)
def test_a_value_must_follow(option: Option) -> None:
    with pytest.raises(StartFailure, match="needs a value"):
        parse_options(["a:b", option.name], {})


@pytest.mark.parametrize("option", VALUED, ids=by_name)
def test_of_two_words_the_last_counts_unless_all_do(option: Option) -> None:
    text = other_than_default(option)
    first = option.default or text
    said = parse_options([option.name, first, option.name, text], {})
    expected = (first, text) if option.many else value_of(option, text)
    assert getattr(said, field_of(option)) == expected


def test_paste_deploys_word_names_the_app() -> None:
    options = parse_options(["-c", "app.ini"], {TARGET_VARIABLE: "x:y"})
    assert (options.target, options.is_paste) == ("app.ini", True)
    with pytest.raises(StartFailure, match="More than one app"):
        parse_options(["-c", "app.ini", "a:b"], {})


def test_the_bounds_are_the_named_ones() -> None:
    assert NAMES["--threads"].high == MAX_THREADS
    assert NAMES["--workers"].high == MAX_WORKERS


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ([], 0),
        (["--bind", "fd:3"], 0),
        (["--bind", "unix:/s"], 1),
        (["--bind", "tcp:127.0.0.1:1"], 1),
        (["--bind", "unix:/s", "--workers", "0"], 0),
        (["--workers", "3"], 3),
    ],
)
def test_a_master_is_there_for_what_it_opens_itself(words: list[str], count: int) -> None:
    options = parse_options(words, {})
    assert (options.count_of_workers, options.has_master) == (count, count > 0)


# Any words


WORDS = st.lists(
    st.one_of(
        st.sampled_from([option.name for option in OPTIONS]),
        st.builds("{}={}".format, st.sampled_from([option.name for option in OPTIONS]), st.text(max_size=5)),
        st.sampled_from(["a:b", "1", "wsgi", "fd:0", "0.5", "--", "-", "", "--no-such", "="]),
        st.text(max_size=8),
    ),
    max_size=8,
)
ENVIRON = st.dictionaries(
    st.sampled_from([TARGET_VARIABLE, *(option.variable for option in VARIABLES)]), st.text(max_size=6)
)


def outcome(words: list[str], environ: dict[str, str]) -> Options | StartFailure:
    try:
        return parse_options(words, environ)
    except StartFailure as failure:
        return failure


@given(WORDS, ENVIRON)
def test_any_words_are_options_or_the_one_failure(words: list[str], environ: dict[str, str]) -> None:
    options = outcome(words, environ)
    if isinstance(options, StartFailure):
        assert (options.code, bool(options.what), bool(options.fix)) == (BAD_USAGE, True, True)
        return
    for option in NUMBERS:
        number = getattr(options, field_of(option))
        assert number is None or option.low <= number <= option.high
    for option in CHOICES:
        assert getattr(options, field_of(option)) in option.choices
    assert options.grace >= 0
    assert options.request_timeout >= 0


@given(
    st.permutations([("--bind", "unix:/s"), ("--threads", "2"), ("--grace", "3"), ("a:b",)]), st.booleans()
)
def test_the_order_of_words_says_nothing(parts: list[tuple[str, ...]], joined: bool) -> None:
    words = [word for part in parts for word in (["=".join(part)] if joined else part)]
    assert parse_options(words, {}) == Options("a:b", bind="unix:/s", threads=2, grace=3.0)
