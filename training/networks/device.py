"""The device that networks run on, and its name."""

import torch


def best_device() -> torch.device:
    """A GPU if there is one that works, else the CPU."""
    if torch.cuda.is_available():
        try:
            # A driver may be found, and yet this build of PyTorch have no kernels for the GPU.
            weight = torch.ones(1, 1, 3, 3, device="cuda")
            torch.nn.functional.conv2d(torch.ones(1, 1, 8, 8, device="cuda"), weight).sum().item()
            return torch.device("cuda")
        except RuntimeError:
            pass
    return torch.device("cpu")


def device_name(device: torch.device) -> str:
    """The GPU's name as its driver has it, or "CPU"."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
