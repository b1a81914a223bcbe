"""An output: a folder or archive with the project, its environment and its start, that runs where it is put.

`write_output` writes the whole. Its parts stand alone, too: items (`relocated_items`, `folder_items`) go into
a folder (`place`) or an archive (`write_archive`).
"""

from webstead.build.output.archive import ENDINGS, Archive, Format, write_archive
from webstead.build.output.digest import Entry, output_digest
from webstead.build.output.items import Item, folder_items
from webstead.build.output.place import Placed, place
from webstead.build.output.relocate import relocated_items
from webstead.build.output.start import repair_text
from webstead.build.output.write import Options, Output, bill_of_materials, check_destination, write_output

__all__ = [
    "Archive",
    "ENDINGS",
    "Entry",
    "Format",
    "Item",
    "Options",
    "Output",
    "Placed",
    "bill_of_materials",
    "check_destination",
    "folder_items",
    "output_digest",
    "place",
    "relocated_items",
    "repair_text",
    "write_archive",
    "write_output",
]
