"""How fast the shipped stylizer paints, beside the classic network for one style.

The classic one is that of Johnson et al. 2016 with instance normalisation, as PyTorch's
fast-neural-style example has it: 32, 64 and 128 channels, five residual blocks, 1.68 M parameters.
Its weights are random here, which changes nothing about its speed.
"""

import argparse
import io
import multiprocessing
import platform
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from export.assets import pictures
from export.benchmarks.app_start import PeakMemory
from export.benchmarks.timing import Candidate, median_milliseconds
from export.onnx.session import cpu_session
from export.onnx.stylizer import ServedStylizer
from training.common.preprocessing import STYLE_SIDE, prepare_style, resize
from training.common.shipped_files import ENCODER_FILE, STYLIZER_FILE
from training.networks.shipped import load_state
from training.networks.style_transfer import Stylizer

FOLDER = Path("onnx_models")
CLASSIC = "classic, one style, ONNX Runtime"


class ClassicBlock(nn.Module):
    """A residual block of the classic network."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        first, second = (classic_layer(channels, channels, 3) for _ in range(2))
        self.layers = nn.Sequential(*first, *second[:-1])

    def forward(self, x: Tensor) -> Tensor:
        """[N,C,H,W] -> [N,C,H,W]."""
        return x + self.layers(x)


def classic_layer(inputs: int, outputs: int, size: int, stride: int = 1) -> list[nn.Module]:
    """Reflection, convolution, instance normalisation, ReLU."""
    return [
        nn.ReflectionPad2d(size // 2),
        nn.Conv2d(inputs, outputs, size, stride),
        nn.InstanceNorm2d(outputs, affine=True),
        nn.ReLU(),
    ]


def classic_network() -> nn.Sequential:
    """The classic network, float32 [N,3,H,W] -> [N,3,H,W]."""
    down = [*classic_layer(3, 32, 9), *classic_layer(32, 64, 3, 2), *classic_layer(64, 128, 3, 2)]
    blocks = [ClassicBlock(128) for _ in range(5)]
    up: list[nn.Module] = []
    for inputs, outputs in ((128, 64), (64, 32)):
        up += [nn.Upsample(scale_factor=2, mode="nearest"), *classic_layer(inputs, outputs, 3)]
    return nn.Sequential(*down, *blocks, *up, nn.ReflectionPad2d(4), nn.Conv2d(32, 3, 9))


def classic_candidate(threads: int) -> Candidate:
    """The classic network in ONNX Runtime; its conversion from uint8 is timed, as ours is."""
    height, width = torch.export.Dim("height", min=64), torch.export.Dim("width", min=64)
    program = torch.onnx.export(
        classic_network().eval(),
        (torch.zeros(1, 3, 256, 256),),
        dynamic_shapes=({2: 4 * height, 3: 4 * width},),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    assert program is not None
    file = io.BytesIO()
    onnx.save(program.model_proto, file)
    session = cpu_session(file.getvalue(), threads)
    name = session.get_inputs()[0].name

    def run(image: np.ndarray) -> Any:
        planes = np.ascontiguousarray(image.transpose(0, 3, 1, 2), np.float32)
        (painted,) = session.run(None, {name: planes})
        return painted.clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1)

    return run


def our_candidates(style: np.ndarray, threads: int) -> dict[str, Candidate]:
    """The shipped stylizer, in ONNX Runtime and in PyTorch."""
    session = cpu_session(FOLDER / STYLIZER_FILE, threads)
    torch.set_num_threads(threads)
    stylizer = Stylizer()
    stylizer.load_state_dict(load_state(FOLDER / STYLIZER_FILE, stylizer))
    served = ServedStylizer(stylizer).eval()
    statistics = torch.zeros(1, session.get_outputs()[1].shape[1]), torch.zeros(1)

    @torch.inference_mode()
    def in_torch(image: np.ndarray) -> Any:
        return served(torch.from_numpy(image), torch.from_numpy(style), *statistics)[0]

    def in_onnx(image: np.ndarray) -> Any:
        return session.run(["picture"], {"image": image, "style": style})

    return {"ours, PyTorch eager": in_torch, "ours, ONNX Runtime": in_onnx}


def peak_megabytes(size: int, threads: int) -> float:
    """Peak resident memory of a fresh process that paints one picture of that size."""
    process = multiprocessing.get_context("spawn").Process(target=_paint, args=(size, threads))
    process.start()
    assert process.pid is not None
    # Watched from outside: the system's own record of a peak begins with that of the parent.
    memory = PeakMemory(process.pid)
    memory.start()
    process.join()
    memory.join()
    return memory.peak / 2**20


def _paint(size: int, threads: int) -> None:
    session = cpu_session(FOLDER / STYLIZER_FILE, threads)
    style = np.zeros((1, session.get_inputs()[1].shape[1]), np.float32)
    image = np.zeros((1, size, size, 3), np.uint8)
    session.run(["picture"], {"image": image, "style": style})


def benchmark_stylizer(arguments: argparse.Namespace) -> None:
    """Print one table of speeds, the time of a style vector, and peak memory."""
    threads, photograph = arguments.threads, pictures.bundled()[0]
    encoder = cpu_session(FOLDER / ENCODER_FILE, threads)
    seen = prepare_style(photograph)[None]
    (style,) = encoder.run(None, {"image": seen})
    candidates = {CLASSIC: classic_candidate(threads), **our_candidates(style, threads)}
    print(f"{platform.machine()}, {threads} threads, median of {arguments.runs}, in milliseconds")
    for size in arguments.sizes:
        image = resize(photograph, size, size)[None].copy()
        medians = median_milliseconds(candidates, image, arguments.runs)
        for name, median in medians.items():
            print(f"  {size:5} px  {name:34} {median:9.1f}  {medians[CLASSIC] / median:5.2f}x")
    vector = median_milliseconds(
        {"style": lambda image: encoder.run(None, {"image": image})}, seen, arguments.runs
    )
    print(f"  style vector of a painting at {STYLE_SIDE} px {vector['style']:9.1f}")
    for size in arguments.sizes[-1:]:
        print(f"  peak memory of a process at {size} px {peak_megabytes(size, threads):9.0f} MB")
