from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target
from webstead.errors import ConfigError
from webstead.formats.webdeploy import Profile, management_of, read_profiles, write_profiles
from webstead.settings import Secret

FILE = "shop.PublishSettings"
one = fuzz_target("fuzz_publish_profile")

PORTAL = b"""\
<publishData>
  <publishProfile profileName="shop - Web Deploy" publishMethod="MSDeploy"
    publishUrl="shop-h4sh.scm.region-01.azurewebsites.net:443" msdeploySite="shop" userName="$shop"
    userPWD="p4ss" destinationAppUrl="http://shop.azurewebsites.net"><databases /></publishProfile>
  <publishProfile profileName="shop - FTP" publishMethod="FTP" ftpPassiveMode="True" userName="REDACTED"
    publishUrl="ftps://waws-prod-000.ftp.azurewebsites.windows.net/site/wwwroot" userPWD="REDACTED" />
  <publishProfile profileName="shop - Zip Deploy" publishMethod="ZipDeploy" userName="$shop" userPWD="p4ss"
    publishUrl="shop-h4sh.scm.region-01.azurewebsites.net:443" unheardOf="1" />
  <publishProfile profileName="shop - ReadOnly - FTP" publishMethod="FTP" userName="shop\\$shop"
    userPWD="p4ss" publishUrl="ftps://waws-prod-000dr.ftp.azurewebsites.windows.net/site/wwwroot" />
</publishData>
"""
IIS = b"""\
<?xml version="1.0" encoding="utf-8"?>
<PublishData><PUBLISHPROFILE UserPWD="p4ss" USERNAME="deployer" msdeploySite="Default Web Site"
  publishURL="https://web01.example:8172/msdeploy.axd" publishmethod="msdeploy" /></PublishData>
"""


def test_the_portals_file_is_read_whole() -> None:
    profiles = read_profiles(PORTAL, FILE)
    assert [each.method for each in profiles] == ["MSDeploy", "FTP", "ZipDeploy", "FTP"]
    assert [each.read_only for each in profiles] == [False, False, False, True]
    assert [each.redacted for each in profiles] == [False, True, False, False]
    assert profiles[0] == Profile(
        *("shop - Web Deploy", "MSDeploy", "shop-h4sh.scm.region-01.azurewebsites.net:443", "$shop"),
        *(Secret("p4ss"), "shop", "http://shop.azurewebsites.net", 2),
    )
    assert "p4ss" not in repr(profiles)


def test_the_management_is_that_of_zip_deployments() -> None:
    profile, address = management_of(read_profiles(PORTAL, FILE), FILE)
    assert address == "https://shop-h4sh.scm.region-01.azurewebsites.net"
    assert (profile.name, profile.user) == ("shop - Zip Deploy", "$shop")


def test_the_management_is_that_of_web_deploy_where_no_zip_deployments_are() -> None:
    profiles = read_profiles(PORTAL, FILE)[:2]
    assert management_of(profiles, FILE)[1] == "https://shop-h4sh.scm.region-01.azurewebsites.net"


def test_names_of_elements_and_attributes_have_no_case() -> None:
    (profile,) = read_profiles(IIS, FILE)
    assert (profile.method, profile.user, profile.site) == ("MSDeploy", "deployer", "Default Web Site")


def test_web_deploy_of_iis_is_no_management() -> None:
    with pytest.raises(ConfigError) as raised:
        management_of(read_profiles(IIS, FILE), FILE)
    assert "msdeploy.axd" in raised.value.found


def test_redacted_credentials_are_told_as_a_method_that_is_off() -> None:
    data = PORTAL.replace(b'"$shop"', b'"REDACTED"').replace(b'"p4ss"', b'"REDACTED"')
    with pytest.raises(ConfigError) as raised:
        management_of(read_profiles(data, FILE), FILE)
    assert "switched off" in raised.value.found
    assert raised.value.line > 0


def test_a_profile_without_a_password_is_refused() -> None:
    profile = b'<publishProfile publishMethod="ZipDeploy" publishUrl="a.scm.b" userName="$a"/>'
    data = b"<publishData>" + profile + b"</publishData>"
    with pytest.raises(ConfigError, match="no credentials"):
        management_of(read_profiles(data, FILE), FILE)


@pytest.mark.parametrize(
    ("data", "line", "found"),
    [
        (b"", 1, ""),
        (b"<publishData>\n<publishProfile></publishData>", 2, ""),
        (b"<configuration/>", 1, "<configuration>"),
        (b"<publishData/>", 1, "without one"),
        (b"<publishData>\n<publishProfile publishMethod='FTP'/></publishData>", 2, "publishUrl"),
        (
            b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><publishData>&b;</publishData>",
            1,
            "DOCTYPE",
        ),
        (b"<publishData>" + b"<publishProfile publishUrl='a'/>" * 101 + b"</publishData>", 1, "101"),
    ],
)
def test_what_is_no_profile_is_refused_with_its_place(data: bytes, line: int, found: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read_profiles(data, FILE)
    assert raised.value.line == line
    assert found in raised.value.found
    assert raised.value.fix


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("a.scm.b:443", "https://a.scm.b"),
        ("a.scm.b:8443", "https://a.scm.b:8443"),
        ("https://a.scm.b/", "https://a.scm.b"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_an_address_has_a_scheme_and_no_default_port(url: str, address: str) -> None:
    profile = Profile("a", "ZipDeploy", url, "$a", Secret("p"))
    assert management_of([profile], FILE)[1] == address


@pytest.mark.parametrize(
    "url", ["https://a:b@c.scm.d", "https://", "ftp://a.scm.b", "https://a:99999999", "https://["]
)
def test_an_address_that_is_none_is_passed_over(url: str) -> None:
    with pytest.raises(ConfigError):
        management_of([Profile("a", "ZipDeploy", url, "$a", Secret("p"))], FILE)


def test_what_is_written_is_what_the_github_action_wants() -> None:
    text = write_profiles(
        "shop", "https://shop.scm.example.org", "https://shop.example.org", "$shop", Secret('p"<&')
    )
    first = read_profiles(text.encode(), FILE)[0]
    assert first.url == "shop.scm.example.org:443"
    assert "scm" in first.url
    assert (first.method, first.user, first.password) == ("ZipDeploy", "$shop", Secret('p"<&'))
    assert first.url_of_app == "https://shop.example.org"


NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)


@given(
    NAMES,
    st.sampled_from(["http", "https"]),
    st.integers(1, 65535).filter(lambda port: port not in (80, 443)) | st.none(),
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1),
)
def test_what_is_written_is_read_again(site: str, scheme: str, port: int | None, password: str) -> None:
    scm = f"{scheme}://{site}.scm.example.org" + (f":{port}" if port else "")
    text = write_profiles(site, scm, f"{scheme}://{site}.example.org", f"${site}", Secret(password))
    profiles = read_profiles(text.encode(), FILE)
    profile, address = management_of(profiles, FILE)
    assert address == scm
    assert (profile.user, profile.password, profile.site) == (f"${site}", Secret(password), "")
    assert [each.method for each in profiles] == ["ZipDeploy", "MSDeploy"]


PIECES = st.sampled_from(
    [
        *(
            b"<publishProfile ",
            b"/>",
            b">",
            b"</publishProfile>",
            b"<publishData>",
            b"</publishData>",
            b"\xff",
        ),
        *(b'publishMethod="ZipDeploy" ', b'publishUrl="a.scm.b" ', b'userName="$a" ', b'userPWD="p" ', b"\0"),
        *(b'publishUrl="', b'"', b"&amp;", b"&x;", b"<!DOCTYPE a>", b"<!--", b"-->", b'userPWD="REDACTED" '),
    ]
)


@given(st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=14).map(b"".join)))
def test_any_bytes_are_profiles_or_an_error_that_helps(data: bytes) -> None:
    one(data)
