"""The processors and graphics cards that this process may use."""

import contextlib
import ctypes
import math
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")


@cache
def count_gpus() -> int:
    """Number of GPUs that NVIDIA's driver offers to this process.

    The driver is asked directly: this needs no CUDA libraries and takes no time without a GPU.
    `onnxruntime.get_available_providers()` only says what was compiled in.
    """
    if os.environ.get("SPACES_ZERO_GPU"):  # Its forked processes fail if CUDA was initialized.
        return 0
    try:
        driver = ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    found = driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0
    return count.value if found else 0


def cpu_threads() -> int:
    """Number of processors that this process may use: its affinity mask and a container's quota.

    The host's count is wrong in a container, and too many threads wait for each other.
    """
    if hasattr(os, "sched_getaffinity"):
        threads = len(os.sched_getaffinity(0))
    else:  # macOS and Windows
        threads = os.cpu_count() or 1
    return max(1, math.ceil(min([threads, *_cpu_quotas()])))


def _cpu_quotas() -> Iterator[float]:
    """The quotas of this process's control groups, in processors.

    Version 2 has one tree of groups, version 1 one for each resource; the quotas of a group and of
    all its parents apply. See the kernel's cgroup-v2.rst and sched-bwc.rst.
    """
    try:
        lines = OWN_CGROUPS.read_text().splitlines()  # such as "4:cpu,cpuacct:/docker/1f"
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            root, files = CGROUPS, ["cpu.max"]
        elif "cpu" in controllers.split(","):
            root, files = CGROUPS / "cpu", ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
        else:
            continue
        group_of_process = root / path.strip("/")
        for group in (group_of_process, *group_of_process.parents):
            # In a container the group may be mounted as the root, and not under its own name.
            with contextlib.suppress(OSError, ValueError):
                quota, period = "".join((group / file).read_text() for file in files).split()
                if quota not in ("max", "-1"):
                    yield int(quota) / int(period)
            if group == root:
                break
