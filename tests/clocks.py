"""A clock that jumps while a program runs, and all that it starts: a library before the C library, which adds
to the date what a file says now. What only goes forward (CLOCK_MONOTONIC), and the times of files, are left
alone, as they are by jumps of a real clock.

Debian's libfaketime, which does the same and more, makes sleeps of CPython 3.11 fail.
"""

from __future__ import annotations

import mmap
import struct
import subprocess
from pathlib import Path

__all__ = ["JumpingClock"]

_LIBRARY = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile long *offset;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("JUMPING_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *seen = mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    if (seen != MAP_FAILED) offset = seen;
    close(file);
}

int clock_gettime(clockid_t which, struct timespec *time) {
    int failed = syscall(SYS_clock_gettime, which, time);
    if (!failed && offset && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        time->tv_sec += *offset;
    return failed;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *told) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (told) *told = now.tv_sec;
    return now.tv_sec;
}
"""


class JumpingClock:
    """folder: for the library, and the file that says how far the clock is off."""

    def __init__(self, folder: Path) -> None:
        source, self._library = folder / "jumping_clock.c", folder / "jumping_clock.so"
        source.write_text(_LIBRARY)
        words = ["gcc", "-shared", "-fPIC", "-O1", "-o", str(self._library), str(source)]
        subprocess.run(words, check=True, timeout=60)
        self._file = folder / "jumping_clock.offset"
        self._file.write_bytes(bytes(8))

    @property
    def env(self) -> dict[str, str]:
        """Of a program that it tells the time."""
        return {"LD_PRELOAD": str(self._library), "JUMPING_CLOCK": str(self._file)}

    def jump(self, hours: float) -> None:
        """It is so far from the true time now."""
        with self._file.open("r+b") as file, mmap.mmap(file.fileno(), 8) as seen:
            seen[:8] = struct.pack("@l", round(hours * 3600))
