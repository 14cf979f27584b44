"""Freed memory is returned to the system."""

import subprocess
import sys

import pytest

from app.serving import memory

PROGRAM = """
import time
import psutil
from app.serving import memory

def resident():
    return psutil.Process().memory_info().rss / 2**20

kept = memory.bound_heap(interval=0.05, min_cpu_time=0.0)
before = resident()
# Blocks too small for a mapping of their own, and one at the end that is not freed: so none of
# them is at the end of the heap, where the C library would free them by itself.
blocks = [bytearray(b"1" * 60_000) for _ in range(4000)]
last = bytearray(b"1" * 60_000)
grown = resident() - before
blocks.clear()
end = time.monotonic() + 20
while resident() - before > 60 and time.monotonic() < end:
    time.sleep(0.02)

class Holder:
    released = 0
    def release(self):
        self.released += 1
        raise RuntimeError("logged, and the next check is made all the same")

holder, forgotten = Holder(), Holder()
memory.call_regularly(forgotten.release)
memory.call_regularly(holder.release)
del forgotten
while holder.released < 2 and time.monotonic() < end:
    time.sleep(0.1)
print(kept, grown > 200, resident() - before < 60, holder.released >= 2)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc returns memory on request")
def test_freed_memory_is_returned_and_registered_methods_are_called() -> None:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.split() == ["True"] * 4


def test_other_systems_are_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert memory.bound_heap() is False
