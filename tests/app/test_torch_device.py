import pytest
import torch

from app.torch_device import choose_device
from training.networks.device import best_device

CPU = torch.device("cpu")


def test_a_gpu_is_used_only_if_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> torch.Tensor:
        raise RuntimeError("no kernel image is available for execution on the device")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", broken)
    assert best_device() == CPU


def test_the_provider_cpu_keeps_off_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.torch_device.best_device", lambda: torch.device("cuda"))
    assert choose_device("cpu") == CPU
    assert choose_device("auto") == torch.device("cuda")
