import pytest
import torch

from app.optimize import probe
from app.optimize.probe import free_memory, out_of_memory

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to"), True),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to"), True),
        (MemoryError(), True),
        (RuntimeError("sizes do not fit"), False),
    ],
)
def test_out_of_memory_errors_are_recognised(error, expected):
    assert out_of_memory(error) is expected


def test_the_memory_limit_of_a_container_is_respected(tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "CGROUP", tmp_path)
    whole = free_memory(CPU)
    assert whole > 0
    (tmp_path / "memory.current").write_text("1000\n")
    (tmp_path / "memory.max").write_text("5000\n")
    assert free_memory(CPU) == 4000
    (tmp_path / "memory.max").write_text("max\n")
    assert free_memory(CPU) > 4000
