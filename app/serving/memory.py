"""Returning freed memory to the system, so that a process does not keep its peak memory.

The C library keeps freed memory for later, in one heap for each of several threads. Here that adds
up to a gigabyte of little use, for no two pictures have the same size.
"""

import ctypes
import logging
import sys
import threading
from collections.abc import Callable
from weakref import WeakMethod

import psutil

INTERVAL, MIN_CPU_TIME = 4.0, 0.5
"""Seconds between two checks, and of processor time after which freed memory is returned."""

_HEAPS = 2
_ARENA_MAX = -8  # M_ARENA_MAX in glibc's malloc.h.

logger = logging.getLogger(__name__)

_releases: list[WeakMethod[Callable[[], bool]]] = []


def call_regularly(release: Callable[[], bool]) -> None:
    """Call a method every few seconds, once `bound_heap` was called.

    Args:
        release: frees what is no longer needed, and says whether there was any; it is referenced
            weakly.
    """
    _releases[:] = [each for each in _releases if each() is not None]
    _releases.append(WeakMethod(release))


def _release_all() -> bool:
    """Call all release methods; whether any of them freed something."""
    released = False
    for release in [found for each in _releases if (found := each())]:
        try:
            released |= release()
        except Exception:  # The thread must go on, whatever it is.
            logger.exception("memory could not be released")
    return released


def bound_heap(interval: float = INTERVAL, min_cpu_time: float = MIN_CPU_TIME) -> bool:
    """From now on use few heaps, and return freed memory to the system after each computation.

    Methods given to `call_regularly` are called at each check. This works with glibc only;
    elsewhere nothing is done. To be called before other threads start.

    Args:
        interval: seconds between two checks.
        min_cpu_time: seconds of processor time since the last trimming that make another one
            worth it: it walks through all heaps.

    Returns:
        Whether memory will be returned.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "malloc_trim"):  # musl
        return False
    library.mallopt(_ARENA_MAX, _HEAPS)

    def watch() -> None:
        process, waiting, trimmed = psutil.Process(), threading.Event(), 0.0
        while not waiting.wait(interval):
            times = process.cpu_times()
            used = times.user + times.system
            if _release_all() or used > trimmed + min_cpu_time:
                library.malloc_trim(0)
                trimmed = used

    threading.Thread(target=watch, name="memory", daemon=True).start()
    return True
