"""What rattler tells while it installs, as whole numbers: it calls from threads of its own, and somebody else
looks at them."""

from __future__ import annotations

from rattler.install import InstallerReporter

__all__ = ["Counts"]


class Counts(InstallerReporter):
    """done, totals: bytes by download. linked: packages that are in the prefix. The others of rattler's calls
    are of no interest."""

    def __init__(self) -> None:
        self.done: dict[int, int] = {}
        self.totals: dict[int, int] = {}
        self.linked = 0

    def on_download_start(self, cache_entry: int) -> int:
        return cache_entry

    def on_download_progress(self, download_idx: int, progress: int, total: int | None) -> None:
        self.done[download_idx] = progress
        self.totals[download_idx] = max(total or 0, progress)

    def on_link_complete(self, index: int) -> None:
        self.linked += 1

    def on_transaction_start(self, total_operations: int) -> None:
        return

    def on_transaction_operation_start(self, operation: int) -> None:
        return

    def on_validate_complete(self, validate_idx: int) -> None:
        return

    def on_download_completed(self, download_idx: int) -> None:
        return

    def on_populate_cache_complete(self, cache_entry: int) -> None:
        return

    def on_unlink_complete(self, index: int) -> None:
        return

    def on_transaction_operation_complete(self, operation: int) -> None:
        return

    def on_transaction_complete(self) -> None:
        return

    def on_post_link_complete(self, index: int, success: bool) -> None:
        return

    def on_pre_unlink_complete(self, index: int, success: bool) -> None:
        return
