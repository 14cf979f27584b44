"""How large a picture the memory allows."""

from pathlib import Path

import psutil
import torch

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
