"""What this machine can do: its speed, measured by a few small steps, and its free memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch
from torch import Tensor

from app.optimize.budget import Size, Speed, fitted
from app.optimize.optimizers import Adam, Objective

SIDES = {"cuda": (512, 1024), "cpu": (112, 192)}
"""Longest sides of the two pictures: a GPU shows what it can do only on large ones."""

PEAK = 2.25
"""Bytes at the peak for each byte that a forward pass keeps for the way back.

Measured on two cores: 1.7 (texture encoder) and 1.9 (VGG19) in float32, 2.0 and 2.2 in bfloat16.
"""


@dataclass(frozen=True)
class Measure:
    """Of one step: seconds, and bytes of memory for each pixel."""

    speed: Speed
    bytes_per_pixel: float


def measure(
    objective: Callable[[Size], Objective], width: int, height: int, device: torch.device
) -> Measure:
    """Take one step at each of two small sizes, after one that warms up.

    Args:
        objective: gives the objective of a size.
        width: of the content.
        height: of the content.
        device: where the network is.
    """
    sizes = [fitted(width, height, side) for side in SIDES[device.type]]
    (small, seconds_small, kept_small), (large, seconds_large, kept_large) = (
        _probe(objective(size), size, device) for size in sizes
    )
    if small == large:  # so narrow that both were enlarged
        return Measure(Speed(0.0, seconds_large / large), PEAK * kept_large / large)
    pixels = large - small
    pixel = (seconds_large - seconds_small) / pixels
    if not 0.3 <= pixel * large / seconds_large <= 1:  # two short times are noisy
        pixel = seconds_large / large
    fixed = max(0.0, seconds_large - pixel * large)
    return Measure(Speed(fixed, pixel), PEAK * (kept_large - kept_small) / pixels)


def _probe(objective: Objective, size: Size, device: torch.device) -> tuple[int, float, int]:
    """Pixels; seconds of a step; bytes that its forward pass keeps."""
    width, height = size
    optimizer = Adam(torch.full((1, 3, height, width), 0.5, device=device), 0.01, 0.9)
    kept = _Kept()
    with kept:
        optimizer.step(objective)
    begin = time.perf_counter()
    optimizer.step(objective)
    optimizer.picture.sum().item()  # waits for the GPU
    return width * height, time.perf_counter() - begin, kept.bytes


class _Kept(torch.autograd.graph.saved_tensors_hooks):
    """Counts what autograd keeps: activations, and weights, which do not grow with a picture."""

    def __init__(self) -> None:
        self.sizes: dict[int, int] = {}
        super().__init__(self._count, lambda tensor: tensor)

    @property
    def bytes(self) -> int:
        return sum(self.sizes.values())

    def _count(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        self.sizes[storage.data_ptr()] = storage.nbytes()
        return tensor


CGROUP = Path("/sys/fs/cgroup")

SAFETY = 0.8
"""How much of the free memory a run may plan with."""


def free_memory(device: torch.device) -> int:
    """Bytes that this process may still take where it computes."""
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + unused
    free: int = psutil.virtual_memory().available
    try:
        limit = int((CGROUP / "memory.max").read_text())
        used = int((CGROUP / "memory.current").read_text())
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return free
    return max(0, min(free, limit - used))


def out_of_memory(error: Exception) -> bool:
    """Whether an error says so; PyTorch's allocator on the CPU has no type of its own for it."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error).lower()
    return "can't allocate memory" in text or "not enough memory" in text
