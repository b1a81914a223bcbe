"""Bytes of a manifest → text, whatever editor wrote them."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

__all__ = ["Text", "decode"]

_MARKS = (
    # The UTF-32 marks begin with those of UTF-16, so they are looked at first.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """encoding: as Python names it; `utf-8` for plain files. lines: without their ends."""

    text: str
    encoding: str

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


def decode(data: bytes) -> Text:
    """The text of a file: by its byte-order mark, else UTF-16 when every second byte is zero, else UTF-8,
    else latin-1.

    PowerShell's `pip freeze > requirements.txt` writes UTF-16 with a mark. Never raises.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Text(data.decode(encoding, "replace").replace("\0", ""), encoding)
    for encoding, zeros in (("utf-16-le", data[1:64:2]), ("utf-16-be", data[0:64:2])):
        if len(data) >= 4 and zeros and not any(zeros):
            return Text(data.decode(encoding, "replace"), encoding)
    try:
        return Text(data.decode(), "utf-8")
    except UnicodeDecodeError:
        return Text(data.decode("latin-1"), "latin-1")
