"""How fast the networks and the optimisation are on an NVIDIA GPU, beside this machine's CPU.

    python -m export.benchmarks gpu --out runs/gpu.json
    python -m export.benchmarks gpu --size 128 --batches 1 4 --each 0.5

All of it takes three minutes at most, and is written as one JSON. "bound" has inputs and outputs
in the GPU's memory (ONNX Runtime's IO binding): the network alone. "copied" includes copying to the
GPU and back. Where CUDA does not run, the same code measures the CPU, and says so.
"""

import argparse
import json
import logging
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

import onnxruntime as ort
import torch

from app.examples import EXAMPLES
from app.serving.runtime import cpu_threads
from export.assets import pictures
from export.benchmarks.gatys import OURS, OURS_VGG, BenchmarkCase
from export.benchmarks.gpu_networks import CLASSIFIER, FILES, Case, Networks, cases
from training.common.shipped_files import TEXTURE_FILE
from training.networks.device import best_device

LIMIT = 165.0
"""Seconds for everything: what is begun last may take a little longer than it was expected to."""

WARM_STEPS = 3


@dataclass(frozen=True)
class OptimisationCase:
    """One thing to measure of the optimisation."""

    optimiser: str
    device: str


@dataclass
class Record:
    """What is written in the end.

    Attributes:
        cuda: whether ONNX Runtime ran on CUDA.
        notice: why it did not, in a sentence; else empty.
        machine: what all of it was measured on.
        size: side of the pictures in pixels; the classifier sees them letterboxed, one view each.
        networks: the cases, with the median in milliseconds and pictures a second.
        half_precision: how far answers in float16 are from those in float32.
        gatys: steps a second, at that size.
        left_out: what there was no time for.
        failed: what failed, and how.
        seconds: that all of it took.
    """

    cuda: bool
    notice: str
    machine: dict[str, Any]
    size: int
    networks: list[dict[str, Any]] = field(default_factory=list)
    half_precision: list[dict[str, Any]] = field(default_factory=list)
    gatys: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def times(run: Callable[[], object], seconds: float) -> list[float]:
    """Seconds that each run takes: once to warm up, and then for so long, at least once."""
    run()
    end = time.perf_counter() + seconds
    found: list[float] = []
    while not found or time.perf_counter() < end:
        begin = time.perf_counter()
        run()
        found.append(time.perf_counter() - begin)
    return found


def steps_per_second(case: BenchmarkCase, optimiser: str, side: int, seconds: float) -> float:
    """Steps of an optimisation a second, at one size."""
    steps = case.candidate(optimiser, side)
    list(islice(steps, WARM_STEPS))
    begin = time.perf_counter()
    taken = sum(1 for _ in takewhile(lambda _: time.perf_counter() < begin + seconds, steps))
    if case.device.type == "cuda":
        torch.cuda.synchronize()
    return (taken + 1) / (time.perf_counter() - begin)


class Measurement:
    """Runs measurements one after the other, and keeps their results.

    Args:
        networks: what is measured.
        record: where results are kept.
        each: seconds for each thing.
        limit: seconds for everything, from now on.
    """

    def __init__(self, networks: Networks, record: Record, each: float, limit: float) -> None:
        self.networks, self.record, self.each = networks, record, each
        self.begin = time.perf_counter()
        self.end = self.begin + limit
        self._single: dict[tuple[str, str, str], float] = {}

    def attempt(self, name: str, work: Callable[[], None], expected: float) -> None:
        """Do something if there is time; on a machine that nobody has seen, it may fail."""
        if time.perf_counter() + expected > self.end:
            self.record.left_out.append(name)
            print(f"  {name}: left out, for there is no time")
            return
        try:
            work()
        except Exception as error:  # What was measured before must not be lost.
            self.record.failed[name] = f"{type(error).__name__}: {error}"
            print(f"  {name}: failed, {self.record.failed[name]}")

    def case(self, case: Case) -> None:
        """Time a network."""
        key = (case.network, case.device, case.precision)
        expected = self.each + 2 * case.batch * self._single.get(key, 0.0)

        def work() -> None:
            found = times(self.networks.runner(case), self.each)
            median = statistics.median(found)
            self._single.setdefault(key, median / case.batch)
            speed = {"milliseconds": 1e3 * median, "pictures_per_second": case.batch / median}
            self.record.networks.append({**asdict(case), "runs": len(found), **speed})
            print(
                f"  {label(case):44} {1e3 * median:9.1f} ms {case.batch / median:9.1f} pictures/s"
            )

        self.attempt(label(case), work, expected)

    def difference(self, network: str, device: str) -> None:
        """Compare precisions."""

        def work() -> None:
            found = self.networks.difference(network, device)
            self.record.half_precision.append(found)
            print(
                f"  {network} in float16: {found['output']} differ by {found['mean']:.4f} on"
                f" average, {found['most']:.4f} at most"
            )

        self.attempt(f"{network} in float16 compared", work, self.each)

    def optimisation(self, optimisation: OptimisationCase, device: torch.device) -> None:
        """Time the optimisation."""
        case = BenchmarkCase(
            pictures.bundled()[0], EXAMPLES[1].read(), self.networks.folder / TEXTURE_FILE, device
        )

        def work() -> None:
            speed = steps_per_second(case, optimisation.optimiser, self.networks.size, self.each)
            self.record.gatys.append({**asdict(optimisation), "steps_per_second": speed})
            print(f"  {label(optimisation):44} {speed:9.2f} steps/s")

        self.attempt(label(optimisation), work, 2 * self.each)


def label(what: Case | OptimisationCase) -> str:
    """What is measured, in words."""
    return ", ".join(f"batch {v}" if isinstance(v, int) else v for v in asdict(what).values())


def machine() -> dict[str, Any]:
    """What it is measured on."""
    found = {
        "processor": platform.machine(),
        "threads": cpu_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "onnxruntime": ort.__version__,
        "cuda_of_torch": torch.version.cuda,
    }
    if torch.cuda.is_available():
        gpu = torch.cuda.get_device_properties(0)
        found |= {"gpu": gpu.name, "gpu_megabytes": gpu.total_memory // 2**20}
        found |= {"compute_capability": f"{gpu.major}.{gpu.minor}"}
    return found


def benchmark_gpu(arguments: argparse.Namespace) -> None:
    """Measure, print, and write the JSON.

    Raises:
        SystemExit: with 1 if anything failed.
    """
    begin = time.perf_counter()
    torch.set_num_threads(arguments.threads)
    logging.getLogger("app.serving.runtime").setLevel(logging.ERROR)  # The notice is printed here.
    with tempfile.TemporaryDirectory() as scratch:
        networks = Networks(arguments.networks, Path(scratch), arguments.size)
        network = networks.network(CLASSIFIER, "float32", "cuda")
        cuda = network.provider == "CUDA"
        record = Record(cuda, network.notice, machine(), arguments.size)
        print(record.notice or f"CUDA runs on {record.machine.get('gpu', 'a GPU')}.")
        spent = time.perf_counter() - begin
        measure(Measurement(networks, record, arguments.each, arguments.limit - spent), arguments)
    record.seconds = time.perf_counter() - begin
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")
    print(f"{arguments.out}, after {record.seconds:.0f} s")
    if record.failed:
        raise SystemExit(1)


def measure(measurement: Measurement, arguments: argparse.Namespace) -> None:
    """All of it: the networks bound, the optimisation, and what is left."""
    cuda = measurement.record.cuda
    planned = list(cases(cuda, arguments.batches))
    for case in planned:
        if case.transfer == "bound":
            measurement.case(case)
    for network in FILES:
        measurement.difference(network, "cuda" if cuda else "cpu")
    for device in dict.fromkeys((best_device(), torch.device("cpu"))):
        for optimiser in (OURS, OURS_VGG):
            measurement.optimisation(OptimisationCase(optimiser, device.type), device)
    for case in planned:
        if case.transfer == "copied":
            measurement.case(case)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `benchmark_gpu`."""
    add = parser.add_argument
    add("--out", type=Path, default=Path("runs/gpu.json"), help="the JSON [%(default)s]")
    add("--size", type=int, default=512, help="side of the pictures in pixels [%(default)s]")
    add("--batches", type=int, nargs="+", default=[1, 32], help="pictures at a time [1 32]")
    add("--each", type=float, default=3.0, help="seconds for each measurement [%(default)s]")
    add("--limit", type=float, default=LIMIT, help="seconds for everything [%(default)s]")
    add("--networks", type=Path, default=Path("onnx_models"), help="[%(default)s]")
