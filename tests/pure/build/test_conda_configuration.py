"""What conda's variables and files mean for the channels that are asked."""

from __future__ import annotations

import pytest

from webstead.build.conda.configuration import (
    Configuration,
    configuration_files,
    read_configuration,
    without_tokens,
)

RC = """\
channels: [conda-forge, defaults]
channel_alias: https://mirror.example/conda/
default_channels: [https://mirror.example/main]
custom_channels:
  company: https://$TOKEN@packages.example/channels
custom_multichannels:
  both: [company, defaults]
channel_priority: strict
offline: true
"""


def condarc(text: str, **environ: str) -> Configuration:
    return read_configuration(environ, [("/etc/conda/.condarc", text.encode())])


def test_a_machine_without_configuration_has_condas_own() -> None:
    found = read_configuration({})
    assert found == Configuration()
    assert found.resolve(()) == ("main", "r")
    assert found.resolve(("conda-forge", "nodefaults")) == ("conda-forge",)


def test_a_file_says_where_channels_are() -> None:
    found = condarc(RC, TOKEN="secret")
    assert found.alias == "https://mirror.example/conda"
    assert found.resolve(()) == ("conda-forge", "https://mirror.example/main")
    assert found.resolve(("company", "conda-forge", "company")) == (
        "https://secret@packages.example/channels/company",
        "conda-forge",
    )
    assert found.resolve(("both",)) == (
        "https://secret@packages.example/channels/company",
        "https://mirror.example/main",
    )
    assert (found.priority, found.offline) == ("strict", True)


def test_a_variable_wins_over_the_files_and_the_first_file_over_the_next() -> None:
    files = [("a", b"channels: [one]\n"), ("b", b"channels: [two]\nsubdir: osx-64\n")]
    assert read_configuration({}, files).channels == ("one",)
    found = read_configuration(
        {
            "CONDA_CHANNELS": "three, four",
            "CONDA_SUBDIR": "linux-aarch64",
            "CONDA_CHANNEL_ALIAS": "http://127.0.0.1/",
            "CONDA_DEFAULT_CHANNELS": "http://127.0.0.1/main",
            "CONDA_CHANNEL_PRIORITY": "disabled",
        },
        files,
    )
    assert (found.channels, found.subdir) == (("three", "four"), "linux-aarch64")
    assert found.alias == "http://127.0.0.1"
    assert found.priority == "disabled"
    assert found.resolve(("defaults",)) == ("http://127.0.0.1/main",)


@pytest.mark.parametrize("name", ["CONDA_OFFLINE", "UV_OFFLINE"])
@pytest.mark.parametrize(("value", "offline"), [("1", True), ("true", True), ("0", False), ("", False)])
def test_the_network_is_switched_off_by_either_name(name: str, value: str, offline: bool) -> None:
    assert read_configuration({name: value}).offline is offline


def test_names_that_mean_themselves_end() -> None:
    found = condarc("custom_multichannels: {a: [b], b: [a]}\ndefault_channels: [defaults]\n")
    assert len(found.resolve(("a", "defaults"))) <= 2


@pytest.mark.parametrize("text", ["- a", "a: [", "a: b: c", "\x00"])
def test_a_file_that_is_none_is_refused_with_its_name(text: str) -> None:
    with pytest.raises(ValueError, match=r"^/etc/conda/\.condarc: "):
        condarc(text)


@pytest.mark.parametrize("text", ["", "# nothing\n", "channels: 3\ncustom_channels: x\n"])
def test_what_says_nothing_changes_nothing(text: str) -> None:
    assert condarc(text) == Configuration()


def test_files_are_looked_for_where_conda_does() -> None:
    assert configuration_files({"HOME": "/home/a", "CONDARC": "/srv/rc"}) == (
        "/srv/rc",
        "/home/a/.condarc",
        "/home/a/.conda/.condarc",
        "/home/a/.config/conda/.condarc",
        "/etc/conda/.condarc",
    )


def test_facts_change_with_all_that_decides() -> None:
    plain = tuple(Configuration().facts(("a",)))
    others = [
        Configuration(alias="http://127.0.0.1"),
        Configuration(priority="strict"),
        Configuration(subdir="osx-64"),
        Configuration(overrides=(("CONDA_OVERRIDE_CUDA", "12"),)),
        Configuration(custom=(("a", "http://127.0.0.1"),)),
    ]
    assert len({plain, *(tuple(other.facts(("a",))) for other in others)}) == 6
    assert plain == tuple(Configuration(offline=True).facts(("a",)))


def test_tokens_are_masked() -> None:
    text = "https://me:pw@packages.example/t/tk-123/channel and https://packages.example/t/x/y"
    assert (
        without_tokens(text)
        == "https://***@packages.example/t/***/channel and https://packages.example/t/***/y"
    )
