"""Memory does not grow with pictures of all sizes, and with visitors who come and go."""

import subprocess

import numpy as np
import psutil
import pytest

from export.benchmarks import soak
from export.benchmarks.soak import ALLOWED, Sizes, settled_megabytes, use, visit
from export.benchmarks.visitor import Page, Visitor


def test_pictures_of_all_sizes_do_not_leak_memory(
    app_process: tuple[subprocess.Popen[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak, "_SHARES", {"classify": 0.6, "stylize": 0.4})
    monkeypatch.setattr(soak, "_DOORS", ("image-input",))
    process, address = app_process
    page, sizes = Page.read(address), Sizes(np.random.default_rng(0), 2_000_000)
    with Visitor(page) as visitor:
        for endpoint in soak._SHARES:
            soak.call(visitor, Sizes(np.random.default_rng(0), 300_000), endpoint)
    watched = psutil.Process(process.pid)
    warm = watched.memory_info().rss / 2**20
    use(page, sizes, 12)
    for _ in range(3):
        visit(page, sizes)
    assert settled_megabytes(watched, 4.5) - warm < ALLOWED
