"""On which device PyTorch computes, how precisely, and with how many threads."""

import torch

from app.optimize.recipe import Optimiser
from app.serving.hardware import cpu_threads
from training.networks.device import best_device


def choose_device(provider: str) -> torch.device:
    """The device for one of the providers in the app's settings; "cpu" does not use the GPU."""
    return torch.device("cpu") if provider == "cpu" else best_device()


def use_bfloat16(device: torch.device, optimiser: Optimiser) -> bool:
    """Whether the network computes in bfloat16: where the processor does so by itself.

    A CPU that only imitates it is slower than in float32. L-BFGS compares losses of pictures that
    hardly differ, and needs all digits.
    """
    if optimiser == "lbfgs":
        return False
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    abilities = torch.cpu.get_capabilities()
    return any(abilities.get(name, False) for name in ("avx512_bf16", "amx_bf16"))


def prepare_processor() -> None:
    """Use the processors that this process may have, and no denormal numbers.

    These are a hundred times slower than others, and feature maps that fade out are full of them.
    """
    torch.set_flush_denormal(True)
    if torch.get_num_threads() > cpu_threads():
        torch.set_num_threads(cpu_threads())
