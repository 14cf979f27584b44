"""How fast the networks and the slow painter are on an NVIDIA GPU, beside this machine's CPU.

    python -m export.benchmark gpu --out runs/gpu.json
    python -m export.benchmark gpu --size 128 --batches 1 4 --each 0.5

All of it takes three minutes at most, and is written as one JSON. "bound" has inputs and outputs
in the GPU's memory (ONNX Runtime's IO binding): the network alone. "copied" is with the way there
and back. Where CUDA does not run, the same code measures the CPU, and says so.
"""

import argparse
import json
import logging
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import islice, product, takewhile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnxruntime.transformers.float16 import convert_float_to_float16

from app.examples import EXAMPLES
from app.gradients.features import best_device
from app.serving.runtime import Network, cpu_threads, load_network
from export import pictures
from export.gatys_scene import OURS, OURS_VGG, Scene
from export.session import cpu_session
from training.preprocessing import letterbox, resize
from training.style.preparation import prepare_style
from training.style.shipped import ENCODER_FILE, STYLIZER_FILE, TEXTURE_FILE

READER, PAINTER = "reader", "stylizer"
FILES = {READER: "movement_classifier.onnx", PAINTER: STYLIZER_FILE}
ANSWERS = {READER: "logits", PAINTER: "picture"}
"""The output that must not change much in half precision."""

LIMIT = 165.0
"""Seconds for everything: what is begun last may take a little longer than it was expected to."""

HALVED = {
    *("Conv", "BatchNormalization", "Relu", "MaxPool", "AveragePool"),
    *("Concat", "Pad", "DepthToSpace"),
}
"""Operators that compute in float16; statistics of normalisations would overflow."""

WARM_STEPS = 3


@dataclass(frozen=True)
class Case:
    """One thing to measure of a network."""

    network: str
    device: str
    precision: str
    transfer: str
    batch: int


@dataclass(frozen=True)
class Painted:
    """One thing to measure of the slow painter."""

    painter: str
    device: str


@dataclass
class Record:
    """What is written in the end.

    Attributes:
        cuda: whether ONNX Runtime ran on CUDA.
        notice: why it did not, in a sentence; else empty.
        machine: what all of it was measured on.
        size: side of the pictures in pixels; the reader sees them letterboxed, in one look each.
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


class Bench:
    """Networks and pictures, made when they are first needed.

    Args:
        folder: with the shipped networks.
        scratch: for those in half precision.
        size: side of the pictures in pixels.
    """

    def __init__(self, folder: Path, scratch: Path, size: int) -> None:
        self.folder, self.scratch, self.size = folder, scratch, size
        self.network = cache(self._network)
        self.inputs = cache(self._inputs)

    def runner(self, case: Case) -> Callable[[], object]:
        """Does once what is to be timed, and waits for its end."""
        network = self.network(case.network, case.precision, case.device)
        if network.provider.lower() != case.device:
            raise RuntimeError(network.notice or f"it runs on {network.provider}")
        session = network.session
        inputs = self.inputs(case.network, case.batch)
        if case.transfer == "copied":
            return lambda: session.run(None, inputs)
        return bound(session, inputs, case.device)

    def difference(self, network: str, device: str) -> dict[str, Any]:
        """How far a network's answer in float16 is from that in float32."""
        full, half = (
            self.network(network, precision, device).run(**self.inputs(network, 1))
            for precision in ("float32", "float16")
        )
        name = ANSWERS[network]
        apart = np.abs(full[name].astype(np.float64) - half[name])
        found = {"mean": float(apart.mean()), "most": float(apart.max())}
        return {"network": network, "device": device, "output": name, **found}

    def _network(self, name: str, precision: str, device: str) -> Network:
        path = self.folder / FILES[name]
        if precision == "float16":
            path = in_half_precision(path, self.scratch / f"{name}.onnx")
        provider = "cuda" if device == "cuda" else "cpu"
        return load_network(path, provider=provider, fixed_shapes=True)

    def _inputs(self, name: str, batch: int) -> dict[str, np.ndarray]:
        """What a network is given: uint8 RGB [N,H,W,3], and for the stylizer float32 [N,D]."""
        some = [resize(p, self.size, self.size) for p in pictures.bundled()]
        some = [some[i % len(some)] for i in range(batch)]
        if name == READER:
            return {"image": np.stack([letterbox(picture)[0] for picture in some])}
        encoder = cpu_session(self.folder / ENCODER_FILE)
        (style,) = encoder.run(None, {"image": prepare_style(EXAMPLES[1].read())[None]})
        return {"image": np.stack(some), "style": np.repeat(style, batch, axis=0)}


def bound(
    session: ort.InferenceSession, inputs: dict[str, np.ndarray], device: str
) -> Callable[[], object]:
    """Run a session with all it takes and gives in a device's own memory."""
    binding = session.io_binding()
    for name, array in inputs.items():
        binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(array, device, 0))
    for output in session.get_outputs():
        binding.bind_output(output.name, device)

    def run() -> None:
        session.run_with_iobinding(binding)
        binding.synchronize_outputs()

    return run


def in_half_precision(path: Path, out: Path) -> Path:
    """Write a copy of a network that computes its `HALVED` operators in float16."""
    model = onnx.load(path)
    kept = {node.op_type for node in model.graph.node} - HALVED
    onnx.save(convert_float_to_float16(model, keep_io_types=True, op_block_list=sorted(kept)), out)
    return out


def cases(cuda: bool, batches: list[int]) -> Iterator[Case]:
    """What to measure, the most telling first.

    Beside CUDA the CPU is a yardstick, as the app would use it; alone it is measured in all ways.
    """
    device = "cuda" if cuda else "cpu"
    for transfer, precision in product(("bound", "copied"), ("float32", "float16")):
        for network, batch in product(FILES, batches):
            yield Case(network, device, precision, transfer, batch)
        if cuda and (transfer, precision) == ("bound", "float16"):
            for network, batch in product(FILES, batches):
                yield Case(network, "cpu", "float32", "bound", batch)


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


def steps_per_second(scene: Scene, painter: str, side: int, seconds: float) -> float:
    """Of a slow painter, at one size."""
    steps = scene.contestant(painter, side)
    list(islice(steps, WARM_STEPS))
    begin = time.perf_counter()
    taken = sum(1 for _ in takewhile(lambda _: time.perf_counter() < begin + seconds, steps))
    if scene.device.type == "cuda":
        torch.cuda.synchronize()
    return (taken + 1) / (time.perf_counter() - begin)


class Measurement:
    """Measures one thing after the other, and keeps what came of it.

    Args:
        bench: the networks.
        record: where results are kept.
        each: seconds for each thing.
        limit: seconds for everything, from now on.
    """

    def __init__(self, bench: Bench, record: Record, each: float, limit: float) -> None:
        self.bench, self.record, self.each = bench, record, each
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
            found = times(self.bench.runner(case), self.each)
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
            found = self.bench.difference(network, device)
            self.record.half_precision.append(found)
            print(
                f"  {network} in float16: {found['output']} differ by {found['mean']:.4f} on"
                f" average, {found['most']:.4f} at most"
            )

        self.attempt(f"{network} in float16 compared", work, self.each)

    def painted(self, painted: Painted, device: torch.device) -> None:
        """Time the slow painter."""
        scene = Scene(
            pictures.bundled()[0], EXAMPLES[1].read(), self.bench.folder / TEXTURE_FILE, device
        )

        def work() -> None:
            speed = steps_per_second(scene, painted.painter, self.bench.size, self.each)
            self.record.gatys.append({**asdict(painted), "steps_per_second": speed})
            print(f"  {label(painted):44} {speed:9.2f} steps/s")

        self.attempt(label(painted), work, 2 * self.each)


def label(what: Case | Painted) -> str:
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
        bench = Bench(arguments.networks, Path(scratch), arguments.size)
        reader = bench.network(READER, "float32", "cuda")
        cuda = reader.provider == "CUDA"
        record = Record(cuda, reader.notice, machine(), arguments.size)
        print(record.notice or f"CUDA runs on {record.machine.get('gpu', 'a GPU')}.")
        spent = time.perf_counter() - begin
        measure(Measurement(bench, record, arguments.each, arguments.limit - spent), arguments)
    record.seconds = time.perf_counter() - begin
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")
    print(f"{arguments.out}, after {record.seconds:.0f} s")
    if record.failed:
        raise SystemExit(1)


def measure(measurement: Measurement, arguments: argparse.Namespace) -> None:
    """All of it: the networks bound, the slow painter, and what is left."""
    cuda = measurement.record.cuda
    planned = list(cases(cuda, arguments.batches))
    for case in planned:
        if case.transfer == "bound":
            measurement.case(case)
    for network in FILES:
        measurement.difference(network, "cuda" if cuda else "cpu")
    for device in dict.fromkeys((best_device(), torch.device("cpu"))):
        for painter in (OURS, OURS_VGG):
            measurement.painted(Painted(painter, device.type), device)
    for case in planned:
        if case.transfer == "copied":
            measurement.case(case)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `benchmark_gpu` wants to know."""
    add = parser.add_argument
    add("--out", type=Path, default=Path("runs/gpu.json"), help="the JSON [%(default)s]")
    add("--size", type=int, default=512, help="side of the pictures in pixels [%(default)s]")
    add("--batches", type=int, nargs="+", default=[1, 32], help="pictures at a time [1 32]")
    add("--each", type=float, default=3.0, help="seconds for each measurement [%(default)s]")
    add("--limit", type=float, default=LIMIT, help="seconds for everything [%(default)s]")
    add("--networks", type=Path, default=Path("onnx_models"), help="[%(default)s]")
