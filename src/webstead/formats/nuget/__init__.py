"""NuGet's packages (`.nupkg`): what they are, by their nuspec; what their entries are called; their versions.

Pure: who reads the zip itself hands over names and bytes.
"""

from webstead.formats.nuget.identity import id_fault, present_id, same_id
from webstead.formats.nuget.names import BadName, content_of, entry_path, nuspec_among
from webstead.formats.nuget.nuspec import License, Nuspec, PackageType, read_nuspec
from webstead.formats.nuget.versions import BadVersion, Version, read_version

__all__ = [
    "BadName",
    "BadVersion",
    "License",
    "Nuspec",
    "PackageType",
    "Version",
    "content_of",
    "entry_path",
    "id_fault",
    "nuspec_among",
    "present_id",
    "read_nuspec",
    "read_version",
    "same_id",
]
