"""Handing freed memory back to the system, so that a large picture leaves no large process behind.

The C library keeps what was freed for whoever asks next, in as many heaps as threads have asked at
the same time. Here that comes to a gigabyte of little use, for no two pictures have the same size.
"""

import ctypes
import logging
import sys
import threading
from collections.abc import Callable
from weakref import WeakMethod

import psutil

EVERY, AFTER = 4.0, 0.5
"""Seconds between two looks, and of computing after which freed memory is handed back."""

_HEAPS = 2
_ARENA_MAX = -8  # M_ARENA_MAX in glibc's malloc.h.

logger = logging.getLogger(__name__)

_releases: list[WeakMethod[Callable[[], bool]]] = []


def ask_to_release(release: Callable[[], bool]) -> None:
    """Call a method every few seconds, once `bound_heap` was called.

    Args:
        release: frees what is no longer needed, and says whether there was any; it is referred to
            weakly.
    """
    _releases[:] = [each for each in _releases if each() is not None]
    _releases.append(WeakMethod(release))


def _release_all() -> bool:
    """Whether there was anything to release."""
    released = False
    for release in [found for each in _releases if (found := each())]:
        try:
            released |= release()
        except Exception:  # Whatever it is, the next picture must not miss the heap's keeper.
            logger.exception("memory could not be handed back")
    return released


def bound_heap(every: float = EVERY, after: float = AFTER) -> bool:
    """From now on use few heaps, and hand freed memory back after whatever was computed.

    What was given to `ask_to_release` is called at each look.
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
        process, waiting, trimmed = psutil.Process(), threading.Event(), 0.0
        while not waiting.wait(every):
            times = process.cpu_times()
            used = times.user + times.system
            if _release_all() or used > trimmed + after:
                library.malloc_trim(0)
                trimmed = used

    threading.Thread(target=watch, name="memory", daemon=True).start()
    return True
