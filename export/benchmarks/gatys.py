"""How fast pictures are painted slowly, beside PyTorch's tutorial on neural style transfer.

    python -m export.benchmarks gatys
    python -m export.benchmarks gatys --parts speed memory --sizes 256
    python -m export.benchmarks gatys --features VGG19_FRONT.safetensors VGG19_REST.safetensors

Speed does not depend on weights, so VGG19's are random for it. What a picture is worth is judged by
a teacher, whose weights are given with `--features`.
"""

import argparse
import math
import multiprocessing
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from app.examples import EXAMPLES
from app.imaging import read_picture
from app.optimize.__main__ import painted_at_once
from app.optimize.budget import fitted
from app.optimize.engine import Optimization
from app.optimize.features import FeatureNetwork
from app.optimize.objective import fit_style
from app.optimize.recipe import PRESETS
from app.optimize.spec import OptimizationSpec, StyleSpec
from app.optimize.tensors import to_picture, to_tensor
from export.assets import pictures
from export.benchmarks.app_start import PeakMemory
from export.benchmarks.pytorch_tutorial import (
    STEPS,
    LossesOf,
    random_vgg,
    tutorial,
    tutorial_losses,
)
from export.benchmarks.timing import Candidate, median_milliseconds
from training.common.preprocessing import resize
from training.common.shipped_files import TEXTURE_FILE
from training.networks.device import best_device
from training.networks.texture_encoder import load_texture_encoder
from training.networks.vgg import load_features
from training.style.objective import Target

BUDGETS = (20.0, 60.0)
"""Default time budgets in seconds, which are compared with the time taken."""

FIRST_BUDGET = 2.5
"""Seconds of the first attempt to equal the tutorial; each one has twice the time."""

PATIENCE = 2
"""Attempts in a row that may improve nothing."""

WARM_STEPS = (10, 25, 50, 100, 200)


RECIPE = PRESETS["deep-brush"]
OURS, OURS_VGG, TUTORIAL = "ours, texture encoder", "ours, VGG19", "tutorial, VGG19"
CANDIDATES = (TUTORIAL, OURS_VGG, OURS)


@dataclass(frozen=True, eq=False)
class BenchmarkCase:
    """What is painted: a photograph and a style, uint8 RGB [H,W,3], and what with."""

    content: np.ndarray
    style: np.ndarray
    encoder: Path
    device: torch.device

    @cached_property
    def texture(self) -> FeatureNetwork:
        """Our texture encoder, prepared as in the app."""
        return self._ready(load_texture_encoder(self.encoder)[0].requires_grad_(False))

    def tensors(self, side: int) -> tuple[Tensor, Tensor]:
        """Photograph and style at a size, RGB float32 [1,3,H,W] in [0,1]."""
        width, height = fitted(self.content.shape[1], self.content.shape[0], side)
        style = fit_style(self.style, width * height, RECIPE)
        content = resize(self.content, width, height)
        return to_tensor(content, self.device), to_tensor(style, self.device)

    def optimisation(
        self,
        side: int,
        network: FeatureNetwork | None = None,
        *,
        seconds: float | None = None,
        start: np.ndarray | None = None,
        **changes: int,
    ) -> Optimization:
        """Our default at one size, but for a recipe's `changes`, and a start if there is one."""
        styles, recipe = (StyleSpec(self.style),), replace(RECIPE, **changes)  # type: ignore[arg-type]
        if start is not None:
            recipe = replace(recipe, start="picture")
        spec = OptimizationSpec(self.content, styles, recipe, seconds, side, start, keep_size=True)
        return Optimization(spec, network or self.texture, self.device)

    def candidate(self, name: str, side: int) -> Iterator[object]:
        """Endless steps at one size."""
        if name == TUTORIAL:
            content, style = (x.contiguous() for x in self.tensors(side))
            losses = tutorial_losses(random_vgg().to(self.device), content, style)
            return tutorial(content, losses, RECIPE.beta)
        network: FeatureNetwork | None = None
        if name == OURS_VGG:
            network = self._ready(random_vgg("average", "replicate"))
        return self.optimisation(side, network, scales=1, steps=100_000).run()

    def _ready(self, network: Any) -> FeatureNetwork:
        """Where and in which layout the app has its networks."""
        ready: FeatureNetwork = network.to(self.device, memory_format=torch.channels_last)
        return ready


def benchmark_gatys(arguments: argparse.Namespace) -> None:
    """Run the parts that were asked for, one after the other."""
    torch.set_num_threads(arguments.threads)
    if not arguments.encoder.exists():
        raise SystemExit(f"there is no {arguments.encoder}; name one with --encoder")
    content = read_picture(arguments.content) if arguments.content else pictures.bundled()[0]
    style = read_picture(arguments.style) if arguments.style else EXAMPLES[1].read()
    case = BenchmarkCase(content, style, arguments.encoder, best_device())
    print(f"{platform.machine()}, {arguments.threads} threads, on the {case.device.type.upper()}")
    for name in arguments.parts:
        PARTS[name](case, arguments)


def report_speed(case: BenchmarkCase, arguments: argparse.Namespace) -> None:
    """Steps a second at each size."""
    print(f"steps a second at one size, median of {arguments.runs}")
    for side in arguments.sizes:
        runs = {name: case.candidate(name, side) for name in CANDIDATES}
        turns = {name: _turns(steps) for name, steps in runs.items()}
        medians = median_milliseconds(turns, case.content, arguments.runs)
        for name, median in medians.items():
            print(
                f"  {side:5} px  {name:22} {1e3 / median:8.2f}  {medians[TUTORIAL] / median:6.2f}x"
            )
        print(f"  {side:5} px  our encoder / VGG19 {medians[OURS_VGG] / medians[OURS]:20.2f}x")


def _turns(steps: Iterator[object]) -> Candidate:
    """One step each time."""
    return lambda picture: next(steps)


def report_quality(case: BenchmarkCase, arguments: argparse.Namespace) -> None:
    """How soon ours is as good as the tutorial's loop, by a teacher's losses."""
    if not arguments.features:
        print("time to a given loss: skipped, for there is no teacher; name one with --features")
        return
    side, teacher = arguments.sizes[-1], load_features(arguments.features).to(case.device)
    content, style = (x.contiguous() for x in case.tensors(side))
    target = Target(teacher, content, style)

    def judge(picture: Tensor) -> tuple[Tensor, Tensor]:
        of_content, of_style = target.losses(picture)
        return of_content.sum(), of_style.sum()

    print(f"content loss + {RECIPE.beta:g} x style loss by the teacher, {side} px")
    print(f"  the photograph {_verdict(judge, content):40.4f}")
    _, own = _tutored(content, tutorial_losses(teacher, content, style), arguments.steps)
    trace, picture = _tutored(content, judge, arguments.steps)
    slowest = trace[-1][0]
    for name, best in (("its own", own), ("these", picture)):
        label = f"tutorial, {name} losses, {arguments.steps} steps"
        print(f"  {label:36} {slowest:9.1f} s  {_verdict(judge, best):.4f}")
    least, idle = math.inf, 0
    for budget in (FIRST_BUDGET * 2**times for times in count()):
        begin = time.perf_counter()
        optimisation = case.optimisation(side, seconds=budget)
        *_, last = optimisation.run()
        took = time.perf_counter() - begin
        found = _verdict(judge, to_tensor(optimisation.picture, case.device))
        sooner = _sooner(trace, found, took)
        print(f"  {f'ours, {last.step} steps':36} {took:9.1f} s  {found:.4f}   {sooner}")
        least, idle = (found, 0) if found < least else (least, idle + 1)
        if idle == PATIENCE or took > slowest or found < trace[-1][1]:
            break


def _tutored(
    start: Tensor, losses: LossesOf, steps: int
) -> tuple[list[tuple[float, float]], Tensor]:
    """Seconds and least loss after each step of the tutorial's loop, and its best picture."""
    begin, best, least, trace = time.perf_counter(), start, math.inf, []
    for picture, loss in islice(tutorial(start, losses, RECIPE.beta), steps):
        best, least = (picture, loss) if loss < least else (best, least)
        trace.append((time.perf_counter() - begin, least))
    return trace, best


def _sooner(trace: list[tuple[float, float]], loss: float, took: float) -> str:
    """How many times as long the tutorial needs for a loss."""
    seconds = next((seconds for seconds, least in trace if least <= loss), None)
    if seconds is None:
        return "better than the tutorial ever was"
    return f"the tutorial needs {seconds:.1f} s, {seconds / took:.1f}x"


def _verdict(judge: LossesOf, picture: Tensor) -> float:
    """A teacher's losses of a picture, RGB float32 [1,3,H,W], which is rounded as in a file."""
    with torch.no_grad():
        content, style = judge(to_tensor(to_picture(picture), picture.device).contiguous())
    return float(content + RECIPE.beta * style)


def report_start(case: BenchmarkCase, arguments: argparse.Namespace) -> None:
    """What starting from the instant stylizer's picture saves, by our own total loss."""
    side = arguments.sizes[0]
    painted = painted_at_once(case.content, (StyleSpec(case.style),), side)
    print(f"total loss at {side} px from the content, from the stylizer's picture, and steps saved")
    counts = [steps for steps in WARM_STEPS if steps <= arguments.steps]
    cold: list[float] = []
    warm: list[float] = []
    for steps in counts:
        for start, found in ((None, cold), (painted, warm)):
            *_, last = case.optimisation(side, start=start, steps=steps).run()
            found.append(last.losses.total)
    for steps, slow, fast in zip(counts, cold, warm, strict=True):
        equal = _steps_to(fast, counts, cold)
        label = "more than all" if equal is None else f"{equal - steps:+.0f} steps"
        print(f"  {steps:5} steps  {slow:9.4f} {fast:9.4f}   {label}")


def _steps_to(loss: float, counts: list[int], losses: list[float]) -> float | None:
    """Steps after which a run's losses fall to one, between those that were taken."""
    falling = np.minimum.accumulate(losses)
    return None if loss < falling[-1] else float(np.interp(-loss, -falling, counts))


def report_memory(case: BenchmarkCase, arguments: argparse.Namespace) -> None:
    """Peak memory of a process of each candidate's own."""
    side = arguments.sizes[-1]
    print(f"peak resident memory of a process at {side} px, two steps")
    for name in CANDIDATES:
        process = multiprocessing.get_context("spawn").Process(
            target=_two_steps, args=(replace(case), name, side, arguments.threads)
        )
        process.start()
        assert process.pid is not None
        memory = PeakMemory(process.pid)
        memory.start()
        process.join()
        memory.join()
        print(f"  {name:22} {memory.peak / 2**20:8.0f} MB")


def _two_steps(case: BenchmarkCase, name: str, side: int, threads: int) -> None:
    torch.set_num_threads(threads)
    list(islice(case.candidate(name, side), 2))


def report_time(case: BenchmarkCase, arguments: argparse.Namespace) -> None:
    """Whether an optimisation takes the time that it was given."""
    print("seconds given, planned and taken")
    for given in arguments.budgets:
        begin = time.perf_counter()
        styles = (StyleSpec(case.style),)
        optimisation = Optimization(
            OptimizationSpec(case.content, styles, RECIPE, given), case.texture, case.device
        )
        planned = optimisation.plan.seconds
        *_, last = optimisation.run()
        taken, level = time.perf_counter() - begin, last.plan.levels[-1]
        print(
            f"  {given:6.1f} {planned:6.1f} {taken:6.1f}  {100 * (taken / given - 1):+5.1f} %"
            f"  {level.width} x {level.height}, {last.step} steps"
        )


PARTS = {
    "speed": report_speed,
    "quality": report_quality,
    "start": report_start,
    "memory": report_memory,
    "time": report_time,
}
"""What is measured, by name, in order."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `benchmark_gatys`."""
    add = parser.add_argument
    add("--sizes", type=int, nargs="+", default=[256, 512], help="longest sides in pixels")
    add("--steps", type=int, default=STEPS, help="of the tutorial's loop")
    add("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what to measure")
    add("--budgets", type=float, nargs="+", default=BUDGETS, help="seconds, for the part `time`")
    add("--encoder", type=Path, default=Path("onnx_models") / TEXTURE_FILE)
    add("--features", nargs="+", help="VGG19's weights that judge, see training.networks.vgg")
    add("--content", type=Path, help="photograph (one of scikit-image's)")
    add("--style", type=Path, help="painting (one of the app's examples)")
