"""Benchmarks: speed of the shipped networks, start of the app, load and memory.

    python -m export.benchmarks classifier
    python -m export.benchmarks stylizer
    python -m export.benchmarks gatys
    python -m export.benchmarks gpu
    python -m export.benchmarks load
    python -m export.benchmarks soak

Candidates alternate, on the same pictures and with the same number of threads, so that a busy
machine affects all of them alike.
"""

import argparse
import platform
from pathlib import Path
from typing import Any

import numpy as np
import torch

from export.assets import pictures
from export.benchmarks import gpu, load, soak
from export.benchmarks.app_start import Start, measure_start
from export.benchmarks.gatys import add_arguments, benchmark_gatys
from export.benchmarks.stylizer import benchmark_stylizer
from export.benchmarks.timing import Candidate, median_milliseconds
from export.onnx.classifier import ServedClassifier
from export.onnx.session import cpu_session
from training import networks
from training.common.preprocessing import six_views

FOLDER = Path("onnx_models")
CLASSIFIER = FOLDER / "movement_classifier.onnx"
CLASSIFIER_INT8 = FOLDER / "movement_classifier_int8.onnx"


def onnx_candidate(path: Path, threads: int) -> Candidate:
    """ONNX Runtime on the CPU, all outputs."""
    session = cpu_session(path, threads)
    return lambda image: session.run(None, {"image": image})


def torch_candidate(path: Path, threads: int) -> Candidate:
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
    candidates = {
        "PyTorch eager fp32": torch_candidate(CLASSIFIER, threads),
        "ONNX Runtime fp32": onnx_candidate(CLASSIFIER, threads),
    }
    if CLASSIFIER_INT8.exists():
        candidates["ONNX Runtime int8"] = onnx_candidate(CLASSIFIER_INT8, threads)
    views = six_views(pictures.bundled()[0])[0]
    print(f"{platform.machine()}, {threads} threads, median of {arguments.runs}, in milliseconds")
    for batch in (1, 6):
        medians = median_milliseconds(candidates, views[:batch], arguments.runs)
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
    classifier.add_argument("--no-app", action="store_true", help="do not start the app")
    classifier.set_defaults(run=benchmark_classifier, runs=30)
    stylizer = commands.add_parser("stylizer", help="painting at once")
    stylizer.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024, 2048])
    stylizer.set_defaults(run=benchmark_stylizer, runs=10)
    gatys = commands.add_parser("gatys", help="painting slowly")
    add_arguments(gatys)
    gatys.set_defaults(run=benchmark_gatys, runs=5)
    gpu_command = commands.add_parser("gpu", help="all of it on a GPU, in three minutes")
    gpu.add_arguments(gpu_command)
    gpu_command.set_defaults(run=gpu.benchmark_gpu)
    load_command = commands.add_parser("load", help="many clients at once, and clients who leave")
    load.add_arguments(load_command)
    load_command.set_defaults(run=load.benchmark_load)
    soak_command = commands.add_parser("soak", help="how memory grows with use")
    soak.add_arguments(soak_command)
    soak_command.set_defaults(run=soak.benchmark_soak)
    for command in (classifier, stylizer, gatys):
        command.add_argument("--runs", type=int, help="timed turns of each candidate")
    for command in (classifier, stylizer, gatys, gpu_command):
        command.add_argument("--threads", type=int, default=torch.get_num_threads())
    for command in (load_command, soak_command):
        command.add_argument(
            "--running", nargs=2, metavar=("PID", "ADDRESS"), help="an app that runs already"
        )
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
