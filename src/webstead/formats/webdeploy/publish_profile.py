"""Publish profiles (`NAME.PublishSettings`): where a site is published to, and with which credentials.

    <publishData>
      <publishProfile publishMethod="ZipDeploy" publishUrl="shop.scm.example.org:443" userName="$shop" …/>
    </publishData>

Reading takes what Visual Studio, Azure's portal and hosters write: members in any order and case, and more
than are known. Writing has the look of App Service's file: the GitHub deploy action takes the first profile,
and wants `scm` in its publishUrl; other tools look for a publishMethod.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from webstead.errors import ConfigError
from webstead.formats.webconfig.document import Element, read_document
from webstead.settings import Secret

__all__ = ["Profile", "management_of", "read_profiles", "write_profiles"]

MOST = 100
"""Profiles of one file: App Service writes four; a hoster one for each way in."""

WEB_DEPLOY, ZIP_DEPLOY, FTP = "MSDeploy", "ZipDeploy", "FTP"

_REDACTED = "REDACTED"
"""What the portal writes in place of credentials where basic authentication is off."""

_DOWNLOAD = "Download the profile anew from whoever runs the site (here: webstead site publish-profile NAME)."


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to publish. method: `MSDeploy`, `ZipDeploy`, `FTP`, or what the file says. url: as it stands,
    often without a scheme. site: Web Deploy's name of the site. user: as `$shop`, or `shop\\$shop`.
    url_of_app: where the site is visited. line: where it stands in the file, from 1."""

    name: str
    method: str
    url: str
    user: str
    password: Secret
    site: str = ""
    url_of_app: str = ""
    line: int = 0

    @property
    def read_only(self) -> bool:
        """Told by its name alone, as `shop - ReadOnly - FTP`."""
        return "readonly" in self.name.lower()

    @property
    def redacted(self) -> bool:
        return _REDACTED in (self.user, self.password.reveal())


def read_profiles(data: bytes, path: str) -> tuple[Profile, ...]:
    """All profiles, in the order of the file. path: for errors. Raises ConfigError for a file that is none:
    not XML, with a document type, without profiles, or with a profile without a publishUrl."""
    root = read_document(data, path)
    if root.name.lower() != "publishdata":
        raise root.error(f"{path} is no publish profile.", found=f"<{root.name}>", fix=_DOWNLOAD)
    elements = [child for child in root.children if child.name.lower() == "publishprofile"]
    if not elements:
        raise root.error(f"{path} holds no profile.", found="<publishData> without one", fix=_DOWNLOAD)
    if len(elements) > MOST:
        raise root.error(f"{path} holds too many profiles.", found=f"{len(elements)}", fix=_DOWNLOAD)
    return tuple(map(_profile, elements))


def _profile(element: Element) -> Profile:
    values = {name.lower(): attribute.value.strip() for name, attribute in element.attributes.items()}
    if not values.get("publishurl"):
        raise element.error("A profile does not say where to.", found="no publishUrl", fix=_DOWNLOAD)
    method = values.get("publishmethod", "")
    known = next((each for each in (WEB_DEPLOY, ZIP_DEPLOY, FTP) if each.lower() == method.lower()), method)
    return Profile(
        name=values.get("profilename", ""),
        method=known,
        url=values["publishurl"],
        user=values.get("username", ""),
        password=Secret(values.get("userpwd", "")),
        site=values.get("msdeploysite", ""),
        url_of_app=values.get("destinationappurl", ""),
        line=element.line,
    )


def management_of(profiles: Sequence[Profile], path: str) -> tuple[Profile, str]:
    """The profile to speak to Kudu's API with, and the address of that: `https://host[:port]`. The one of zip
    deployments, else that of Web Deploy, whose host is the same on App Service. Raises ConfigError when there
    is none, or it has no credentials, and says which method is off."""
    usable = [
        (profile, address)
        for method in (ZIP_DEPLOY, WEB_DEPLOY)
        for profile in profiles
        if profile.method == method and (address := _address(profile))
    ]
    if not usable:
        found = ", ".join(f"{each.method or 'no method'} at {each.url[:100]}" for each in profiles)
        what = f"{path} has no profile for the management API."
        fix = "Take one with the method ZipDeploy: FTP and Web Deploy of IIS are other ways in."
        raise ConfigError(what, path=path, found=found, fix=fix)
    profile, address = next(((each, to) for each, to in usable if each.user and not each.redacted), usable[0])
    if profile.redacted or not (profile.user and profile.password.reveal()):
        raise ConfigError(
            "The profile has no credentials.",
            path=path,
            line=profile.line,
            found="REDACTED: basic authentication is switched off for this site"
            if profile.redacted
            else "no userName, or no userPWD",
            fix="Set WEBSTEAD_TOKEN to a bearer token and name the address with --url, or switch basic "
            "authentication on and download the profile anew.",
        )
    return profile, address


def _address(profile: Profile) -> str:
    """ "" for one that is no management: IIS's own Web Deploy (`https://host:8172/msdeploy.axd`)."""
    url = profile.url if "://" in profile.url else f"https://{profile.url}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return ""
    if profile.method == WEB_DEPLOY and ("scm" not in host or parts.path.strip("/")):
        return ""
    shown = f"[{host}]" if ":" in host else host
    is_default = port in (None, 443 if scheme == "https" else 80)
    return f"{scheme}://{shown}" if is_default else f"{scheme}://{shown}:{port}"


def write_profiles(site: str, scm_url: str, site_url: str, user: str, password: Secret) -> str:
    """The file for a site. scm_url, site_url: as `https://shop.scm.example.org:8443`. user: as `$shop`.

    The zip deployment comes first, as that is what this server does; an address without TLS keeps its scheme,
    which the GitHub action does not understand: it always speaks TLS."""
    where = _published(scm_url)
    common = {"userName": user, "userPWD": password.reveal(), "destinationAppUrl": site_url}
    root = etree.Element("publishData")
    for title, method, own in _ways(site):
        values = {"profileName": f"{site} - {title}", "publishMethod": method, "publishUrl": where, **own}
        profile = etree.SubElement(root, "publishProfile", {**values, **common, **_REST})
        etree.SubElement(profile, "databases")
    etree.indent(root)
    return etree.tostring(root, encoding="unicode") + "\n"


def _ways(site: str) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    yield "Zip Deploy", ZIP_DEPLOY, {}
    yield "Web Deploy", WEB_DEPLOY, {"msdeploySite": site}


_REST = {
    "SQLServerDBConnectionString": "",
    "mySQLDBConnectionString": "",
    "hostingProviderForumLink": "",
    "controlPanelLink": "",
    "webSystem": "WebSites",
}
"""What tools expect to find, though it is empty."""


def _published(scm_url: str) -> str:
    """As the portal writes it: host and port, no scheme, where that is https."""
    parts = urlsplit(scm_url)
    if parts.scheme != "https":
        return scm_url.rstrip("/")
    return parts.netloc if parts.port else f"{parts.netloc}:443"
