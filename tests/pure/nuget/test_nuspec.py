"""A nuspec: read in every form that is found, and refused in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target
from tests.packages import NAMESPACES, nuspec_text
from webstead.errors import ConfigError
from webstead.formats.nuget import License, Nuspec, PackageType, read_nuspec
from webstead.formats.nuget.nuspec import LARGEST_NUSPEC

one = fuzz_target("fuzz_nupkg")


def read(text: str) -> Nuspec:
    return read_nuspec(text.encode(), "hello.nuspec")


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_a_nuspec_is_read_in_every_namespace(namespace: str) -> None:
    found = read(nuspec_text("Hello.World", "1.02", namespace=namespace))
    assert (found.id, found.written, str(found.version)) == ("Hello.World", "1.02", "1.2.0")
    assert found.authors == ("Ada", "Grace")
    assert found.description == "Says hello & goodbye"
    assert found.name == "Hello.World"


def test_the_newer_elements_are_read() -> None:
    found = read(
        nuspec_text(
            more="""
            <title>Hello</title><summary>Short</summary><tags>python, AzureSiteExtension web</tags>
            <packageTypes><packageType name="AzureSiteExtension"/><packageType name="T" version="2"/><other/>
            </packageTypes>
            <license type="expression">MIT OR Apache-2.0</license><licenseUrl>https://x/y</licenseUrl>
            <icon>images\\icon.png</icon><iconUrl>https://example.org/i.png</iconUrl><readme>README.md</readme>
            <projectUrl>https://example.org/</projectUrl>
            <repository type="git" url="https://example.org/hello.git"/>
            """
        )
    )
    assert (found.title, found.name, found.summary) == ("Hello", "Hello", "Short")
    assert found.tags == ("python", "AzureSiteExtension", "web")
    assert found.types == (PackageType("AzureSiteExtension"), PackageType("T", "2"))
    assert found.is_site_extension
    assert found.license == License(expression="MIT OR Apache-2.0")
    assert found.license.page == "https://licenses.nuget.org/MIT%20OR%20Apache-2.0"
    assert (found.icon, found.readme) == ("images\\icon.png", "README.md")
    assert found.icon_url == "https://example.org/i.png"
    assert found.project_url == "https://example.org/"
    assert found.repository_url == "https://example.org/hello.git"


def test_a_license_is_a_file_of_the_package_or_an_address() -> None:
    inside = read(
        nuspec_text(more='<license type="file">LICENSE.txt</license><licenseUrl>https://a/b</licenseUrl>')
    )
    assert inside.license == License(file="LICENSE.txt")
    assert inside.license.page == ""
    assert read(nuspec_text(more="<licenseUrl>http://a/b</licenseUrl>")).license.page == "http://a/b"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//x", "http://", "http://[", "x"]
)
def test_only_addresses_of_the_web_are_shown_as_links(address: str) -> None:
    found = read(nuspec_text(more=f"<projectUrl>{address}</projectUrl><iconUrl>{address}</iconUrl>"))
    assert (found.project_url, found.icon_url) == ("", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not well-formed"),
        ("<package/>", "is no nuspec"),
        ("<html><metadata/></html>", "is no nuspec"),
        ("<package><metadata/></package>", "no id"),
        (nuspec_text("../up"), "no id"),
        (nuspec_text("$id$"), "no id"),
        (nuspec_text(version="$version$"), "no version"),
        (nuspec_text(version=""), "no version"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><package/>', "document type"),
        (nuspec_text("&undeclared;"), "not well-formed"),
    ],
)
def test_what_is_no_nuspec_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        read(text)
    assert refused.value.found
    assert refused.value.fix


def test_a_nuspec_has_a_largest_size() -> None:
    with pytest.raises(ConfigError, match="too large"):
        read_nuspec(b" " * (LARGEST_NUSPEC + 1), "hello.nuspec")


PIECES = st.sampled_from(
    [
        b"<id>",
        b"</id>",
        b"<version>",
        b"</version>",
        b"1.0",
        b"a",
        b"../",
        b"<license type='file'>",
        b"</license>",
        b"<packageTypes>",
        b"</packageTypes>",
        b"<packageType name='x'/>",
        b"&amp;",
        b"&x;",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"\xff",
        b"<!DOCTYPE a>",
        b"%2e%2e/",
        b"content/",
        b"content/con",
        b"\\",
        b"\n",
    ]
)


@given(st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=14).map(b"".join)))
def test_any_bytes_are_a_nuspec_or_an_error_that_helps(data: bytes) -> None:
    one(data)
