"""Memory does not grow with pictures of all sizes and with repeated visits."""

import subprocess

import numpy as np
import psutil
import pytest

from export.benchmarks import soak
from export.benchmarks.soak import MAX_GROWTH, RandomPictures, make_calls, settled_megabytes, visit
from export.benchmarks.visitor import Page, Visitor


def test_memory_does_not_grow_with_pictures_of_all_sizes(
    app_process: tuple[subprocess.Popen[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak, "_CALL_SHARES", {"classify": 0.6, "stylize": 0.4})
    monkeypatch.setattr(soak, "_IMAGE_INPUTS", ("image-input",))
    process, address = app_process
    page, pictures = Page.read(address), RandomPictures(np.random.default_rng(0), 1_000_000)
    with Visitor(page) as visitor:
        for endpoint in soak._CALL_SHARES:
            soak.call(visitor, RandomPictures(np.random.default_rng(0), 300_000), endpoint)
    app = psutil.Process(process.pid)
    warm = app.memory_info().rss / 2**20
    make_calls(page, pictures, 12)
    for _ in range(3):
        visit(page, pictures)
    assert settled_megabytes(app, 4.5) - warm < MAX_GROWTH
