import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from export.benchmarks import __main__, app_start
from export.benchmarks.timing import median_milliseconds
from tests.export.conftest import SHIPPED
from training.common.preprocessing import SIZE


def test_candidates_alternate_on_the_same_picture() -> None:
    turns: list[tuple[str, int]] = []
    candidates = {name: lambda given, name=name: turns.append((name, id(given))) for name in "ab"}
    picture = np.zeros((1, 2, 2, 3), np.uint8)
    medians = median_milliseconds(candidates, picture, runs=2)
    assert [name for name, _ in turns] == list("ababab")
    assert {given for _, given in turns} == {id(picture)}
    assert medians.keys() == {"a", "b"}


def test_both_engines_compute_the_same() -> None:
    image = np.random.default_rng(0).integers(0, 256, (1, SIZE, SIZE, 3), dtype=np.uint8)
    served = __main__.onnx_candidate(SHIPPED, threads=1)(image)
    trained = __main__.torch_candidate(SHIPPED, threads=1)(image)
    for ours, theirs in zip(served, trained, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-4)


def test_an_app_that_ends_at_once_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "main.py"
    script.write_text("raise SystemExit(3)")
    monkeypatch.setattr(app_start, "MAIN", script)
    with pytest.raises(RuntimeError, match="ended with status 3"):
        app_start.measure_start(np.zeros((8, 8, 3), np.uint8))


def test_memory_is_watched_until_the_process_ends() -> None:
    # It holds 64 MB, long enough for several samples.
    program = "import time; held = b'1' * 2**26; time.sleep(0.5)"
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        memory = app_start.PeakMemory(process.pid)
        memory.start()
        process.wait()
    memory.join(timeout=10)
    assert memory.peak > 2**26
