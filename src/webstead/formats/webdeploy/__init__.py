"""The files of Web Deploy and of App Service's publishing, read and written. Pure."""

from webstead.formats.webdeploy.publish_profile import (
    Profile,
    management_of,
    read_profiles,
    write_profiles,
)

__all__ = ["Profile", "management_of", "read_profiles", "write_profiles"]
