"""Handing freed memory back to the system, so that a large picture leaves no large process behind.

The C library keeps what was freed for whoever asks next, in as many heaps as threads have asked at
the same time. Here that comes to a gigabyte of little use, for no two pictures have the same size.
"""

import ctypes
import sys
import threading

import psutil

EVERY, AFTER = 4.0, 0.5
"""Seconds between two looks, and of computing after which freed memory is handed back."""

_HEAPS = 2
_ARENA_MAX = -8  # M_ARENA_MAX in glibc's malloc.h.


def keep_small(every: float = EVERY, after: float = AFTER) -> bool:
    """From now on use few heaps, and hand freed memory back after whatever was computed.

    Only glibc has what it takes; elsewhere nothing is done. To be called before threads begin.

    Args:
        every: seconds between two looks.
        after: seconds of computing that are worth it: all heaps are walked through.

    Returns:
        Whether it is done.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "malloc_trim"):  # musl
        return False
    library.mallopt(_ARENA_MAX, _HEAPS)

    def watch() -> None:
        process, waiting, seen = psutil.Process(), threading.Event(), 0.0
        while not waiting.wait(every):
            times = process.cpu_times()
            if times.user + times.system > seen + after:
                library.malloc_trim(0)
                seen = times.user + times.system

    threading.Thread(target=watch, name="memory", daemon=True).start()
    return True
