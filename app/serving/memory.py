"""Handing freed memory back to the system, so that a large picture leaves no large process behind.

The C library keeps what was freed for whoever asks next, in as many heaps as threads have asked at
the same time. Here that comes to a gigabyte of little use, for no two pictures have the same size.
"""

import ctypes
import sys
import threading
from collections.abc import Callable

import psutil

EVERY = 2.0
"""Seconds between two looks at the size of the process."""

_HEAPS = 2
_ARENA_MAX = -8  # M_ARENA_MAX in glibc's malloc.h.
_WORTH = 32 * 2**20  # Bytes; less is not worth walking through all heaps.


def keep_small(every: float = EVERY) -> bool:
    """From now on use few heaps, and hand freed memory back whenever the process has grown.

    Only glibc has what it takes; elsewhere nothing is done. To be called before threads begin.

    Returns:
        Whether it is done.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "malloc_trim"):  # musl
        return False
    library.mallopt(_ARENA_MAX, _HEAPS)
    watch = threading.Thread(
        target=_watch, args=(lambda: library.malloc_trim(0), every), name="memory", daemon=True
    )
    watch.start()
    return True


def _watch(trim: Callable[[], object], every: float) -> None:
    process, waiting = psutil.Process(), threading.Event()
    smallest = process.memory_info().rss
    while not waiting.wait(every):
        if process.memory_info().rss > smallest + _WORTH:
            trim()
            smallest = process.memory_info().rss
        smallest = min(smallest, process.memory_info().rss)
