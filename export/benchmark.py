"""How fast the shipped networks are here, and how fast the app is up.

    python -m export.benchmark classifier

Contestants take turns, on the same pictures and with the same number of threads, so that a busy
machine is unfair to all of them alike.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch

from export import pictures
from export.app_start import Start, measure_start
from export.classifier import ServedClassifier
from training import networks
from training.preprocessing import six_views

FOLDER = Path("onnx_models")
CLASSIFIER = FOLDER / "movement_classifier.onnx"
CLASSIFIER_INT8 = FOLDER / "movement_classifier_int8.onnx"

Contestant = Callable[[np.ndarray], Any]


def median_milliseconds(
    contestants: Mapping[str, Contestant], picture: np.ndarray, runs: int
) -> dict[str, float]:
    """Median time of each contestant, taking turns, after one turn to warm up.

    Args:
        contestants: functions of the picture by name.
        picture: what they are all given.
        runs: turns that count.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(runs + 1):
        for name, contestant in contestants.items():
            start = time.perf_counter()
            contestant(picture)
            times[name].append(1e3 * (time.perf_counter() - start))
    return {name: statistics.median(each[1:]) for name, each in times.items()}


def onnx_contestant(path: Path, threads: int) -> Contestant:
    """ONNX Runtime on the CPU, all outputs."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda image: session.run(None, {"image": image})


def torch_contestant(path: Path, threads: int) -> Contestant:
    """PyTorch eager on the CPU with the weights of a shipped file, all outputs."""
    torch.set_num_threads(threads)
    network = ServedClassifier(networks.load(path)[0]).eval()

    @torch.inference_mode()
    def run(image: np.ndarray) -> Any:
        return network(torch.from_numpy(image))

    return run


def benchmark_classifier(arguments: argparse.Namespace) -> None:
    """Print one table of speeds, and what it takes to get the first verdict from the app."""
    threads = arguments.threads
    contestants = {
        "PyTorch eager fp32": torch_contestant(CLASSIFIER, threads),
        "ONNX Runtime fp32": onnx_contestant(CLASSIFIER, threads),
    }
    if CLASSIFIER_INT8.exists():
        contestants["ONNX Runtime int8"] = onnx_contestant(CLASSIFIER_INT8, threads)
    views = six_views(pictures.bundled()[0])[0]
    print(f"{platform.machine()}, {threads} threads, median of {arguments.runs}, in milliseconds")
    for batch in (1, 6):
        medians = median_milliseconds(contestants, views[:batch], arguments.runs)
        slowest = medians["PyTorch eager fp32"]
        for name, median in medians.items():
            print(f"  batch {batch}  {name:20} {median:8.1f}  {slowest / median:5.2f}x")
    if not arguments.no_app:
        report_start(measure_start(pictures.bundled()[0]))


def report_start(start: Start) -> None:
    """Print how the app started."""
    print("python app/main.py")
    print(f"  page answers after    {start.page:8.1f} s")
    print(f"  first verdict after   {start.verdict:8.1f} s")
    print(f"  peak resident memory  {start.peak_megabytes:8.0f} MB")


def main() -> None:
    """Read the command line and run one benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    classifier = commands.add_parser("classifier", help="reading a painting")
    classifier.add_argument("--runs", type=int, default=30, help="timed turns of each contestant")
    classifier.add_argument("--threads", type=int, default=torch.get_num_threads())
    classifier.add_argument("--no-app", action="store_true", help="do not start the app")
    classifier.set_defaults(run=benchmark_classifier)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
