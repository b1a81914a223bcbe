"""One gigabyte as fast as it comes: how it is fetched, and checked."""

from __future__ import annotations

from bench.processes import ContenderError, Running, run_to_end, wait_until
from bench.serving import Serving

__all__ = ["STREAM_BYTES", "streamed"]

STREAM_BYTES = 1 << 30
"""What bench/site/stream.py answers."""


def streamed(server: Running, url: str) -> Serving:
    """Measured in MB (of 10^6 bytes): one whole download, however long it takes."""

    def measure(seconds: int) -> float:
        return _download(url)

    wait_until(server, lambda: _answers(url), f"answer at {url}")
    return Serving(server, measure)


def _answers(url: str) -> bool:
    try:
        return _curl("--head", "--write-out", "%{http_code}", url).endswith("200")
    except ContenderError:
        return False


def _download(url: str) -> float:
    size, speed, status = _curl("--write-out", "%{size_download} %{speed_download} %{http_code}", url).split()
    if (int(size), status) != (STREAM_BYTES, "200"):
        raise ContenderError(f"{url} gave {size} bytes, status {status}")
    return float(speed) / 1e6


def _curl(*words: str) -> str:
    return run_to_end(("curl", "--silent", "--show-error", "--output", "/dev/null", *words), limit=120)
