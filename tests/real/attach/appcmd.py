"""A stand-in for IIS's appcmd: `python appcmd.py FOLDER …words`.

It keeps its list in FOLDER/applications.json, writes the words of each call to FOLDER/calls.jsonl, and prints
and exits as appcmd is documented to. While FOLDER/denied is there it denies everything.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from xml.sax.saxutils import quoteattr

ADD = re.compile(r"/([+-])\[(.*)\]")
CHANGE = re.compile(r"/\[(.*)\]\.(\w+):(.*)")
PAIR = re.compile(r"(\w+)='([^']*)'(?:, ?|\Z)")
ACCESS_DENIED = 5
NOT_FOUND = 4312
ALREADY_EXISTS = 183

Attributes = dict[str, str]


def attributes(text: str) -> Attributes:
    found = PAIR.findall(text)
    assert "".join(f"{name}='{value}', " for name, value in found).removesuffix(", ") == text, text
    return {name: re.sub("%u([0-9a-f]{4})", lambda n: chr(int(n[1], 16)), value) for name, value in found}


def same(entry: Attributes, key: Attributes) -> bool:
    return all(entry.get(name, "").lower() == key[name].lower() for name in ("fullPath", "arguments"))


def listing(entries: list[Attributes]) -> str:
    rows = (" ".join(f"{name}={quoteattr(value)}" for name, value in entry.items()) for entry in entries)
    body = "".join(f"    <application {row}>\r\n    </application>\r\n" for row in rows)
    return f"<system.webServer>\r\n  <fastCgi>\r\n{body}  </fastCgi>\r\n</system.webServer>\r\n"


def perform(word: str, entries: list[Attributes]) -> int:
    changed = CHANGE.fullmatch(word)
    if changed:
        found = [entry for entry in entries if same(entry, attributes(changed[1]))]
        for entry in found:
            entry[changed[2]] = changed[3]
        return 0 if found else NOT_FOUND
    told = ADD.fullmatch(word)
    assert told, word
    key = attributes(told[2])
    found = [entry for entry in entries if same(entry, key)]
    if told[1] == "+":
        entries.append(key)
        return ALREADY_EXISTS if found else 0
    for entry in found:
        entries.remove(entry)
    return 0 if found else NOT_FOUND


def main(folder: Path, words: list[str]) -> int:
    with (folder / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps(words) + "\n")
    if (folder / "denied").exists():
        print("ERROR ( message:Configuration error: Cannot read configuration file )")
        return ACCESS_DENIED
    state = folder / "applications.json"
    entries: list[Attributes] = json.loads(state.read_text()) if state.exists() else []
    assert words[1:3] == ["config", "/section:system.webServer/fastCGI"], words
    if words[0] == "list":
        print("" if (folder / "silent").exists() else listing(entries))
        return 0
    code = next((code for word in words[3:] if (code := perform(word, entries))), 0)
    if code:
        print("ERROR ( message:Cannot add duplicate collection entry, or there is none. )")
        return code
    print('Applied configuration changes to section "system.webServer/fastCgi" for "MACHINE/WEBROOT/APPHOST"')
    state.write_text(json.dumps(entries))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
