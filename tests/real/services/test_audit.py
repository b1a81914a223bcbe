"""The files of the audit."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

from webstead.services.audit import KEPT, Audit
from webstead.services.audit_line import AuditLine


def line(number: int, who: str = "$shop") -> AuditLine:
    return AuditLine("2026-11-26T12:00:00", "192.0.2.1", who, "shop", "POST", f"/{number}", 204)


def test_old_files_are_kept_and_the_oldest_goes(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    with patch("webstead.services.audit.LARGEST", 1):
        for number in range(KEPT + 3):
            audit.write(line(number), 0)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"audit.{number}.jsonl" for number in range(1, KEPT + 1)}
    assert f'"/{KEPT + 2}"' in (tmp_path / "audit.1.jsonl").read_text()
    assert '"/3"' in (tmp_path / f"audit.{KEPT}.jsonl").read_text()


def test_what_was_only_counted_is_written_at_the_end(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    for number in range(5):
        audit.write(line(number, who=""), number)
    audit.close()
    first, rest = (tmp_path / "strangers.jsonl").read_text().splitlines()
    assert '"count":1' in first
    assert '"count":4' in rest
    assert not (tmp_path / "audit.jsonl").exists()
