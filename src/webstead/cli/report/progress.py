"""The words and the bar for how far a step has come. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from webstead.events import StepProgress

__all__ = ["count_text", "elapsed_text", "progress_text", "size_text"]

BAR_WIDTH = 24


def progress_text(progress: Sequence[StepProgress]) -> str:
    """What a step counts, in one line: `Downloading ━━━─── 9.1 of 28.0 MB, 5.2 MB/s; 8 of 11 packages`."""
    parts = [count_text(each) for each in progress]
    first = next((each for each in progress if each.total), None)
    what = progress[-1].what if progress else ""
    return " ".join(filter(None, [what, _bar(first) if first else "", "; ".join(parts)]))


def count_text(progress: StepProgress) -> str:
    """`9.1 of 28.0 MB, 5.2 MB/s`, `8 of 11 packages`."""
    if progress.unit != "bytes":
        total = "" if progress.total is None else f" of {progress.total}"
        one = progress.unit[:-1] if (progress.total or progress.done) == 1 else progress.unit
        return f"{progress.done}{total} {one}"
    rate = f", {size_text(progress.rate)}/s" if progress.rate else ""
    if progress.total is None:
        return f"{size_text(progress.done)}{rate}"
    done, total = size_text(progress.done), size_text(progress.total)
    same = done.split()[1] == total.split()[1]
    return f"{done.split()[0] if same else done} of {total}{rate}"


def size_text(size: float) -> str:
    """Bytes as people read them, in powers of 1000: `912 B`, `15.9 MB`."""
    if size < 1000:
        return f"{size:.0f} B"
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if size < 999.95:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} TB"


def elapsed_text(seconds: float) -> str:
    """`0:03`, `1:02:03`."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def _bar(progress: StepProgress) -> str:
    share = min(progress.done / progress.total, 1.0) if progress.total else 0.0
    full = int(share * BAR_WIDTH)
    return "━" * full + "─" * (BAR_WIDTH - full)
