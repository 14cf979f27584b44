"""The shipped classifier in int8, written only if it is worth having.

    python -m export.onnx.quantize FLOAT32.onnx INT8.onnx runs/manifest.csv

Static quantisation, QDQ, one scale per output channel, calibrated on paintings of the training
split. The int8 file must give the verdict of the original on 99 % of the test split and be 1.5
times faster side by side; otherwise the numbers are printed and nothing is written. The heads stay
float32, so the class activation maps stay exact.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from tqdm import tqdm

from export.assets import pictures
from export.benchmarks.__main__ import onnx_candidate
from export.benchmarks.timing import median_milliseconds
from training.common.preprocessing import average_views, six_views
from training.data import Record, load_picture, read_manifest

AGREEMENT = 0.99
SPEED_UP = 1.5


@dataclass(frozen=True)
class Verdict:
    """How the int8 file compares with its original.

    Attributes:
        agreement: share of paintings on which both name the same movement, from six views.
        paintings: how many there were.
        speed_up: how many times faster six views are read.
    """

    agreement: float
    paintings: int
    speed_up: float

    @property
    def worth_it(self) -> bool:
        """Whether to ship it."""
        return self.agreement >= AGREEMENT and self.speed_up >= SPEED_UP


class Calibration(CalibrationDataReader):
    """Six views of each painting, one painting at a time.

    Args:
        records: the paintings.
    """

    def __init__(self, records: list[Record]) -> None:
        self._views = ({"image": views} for views in _views(records, "calibrating"))

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next batch, or None at the end."""
        return next(self._views, None)


def quantize(source: Path, target: Path, calibration: list[Record]) -> None:
    """Write a shipped classifier in int8.

    Args:
        source: the float32 file.
        target: where to write.
        calibration: paintings that fix the range of each feature map.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "plain.onnx")
        quant_pre_process(source, plain, skip_symbolic_shape=True)  # unfolds float16, fuses norms
        model = onnx.load(plain)
        _norms_to_convolutions(model)
        quantize_static(
            model,
            target,
            Calibration(calibration),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=_heads(model),
            extra_options={"CalibMovingAverage": True},
        )
    _copy_metadata(source, target)


def _norms_to_convolutions(model: onnx.ModelProto) -> None:
    """Write batch norms that no convolution could swallow as depthwise 1x1 convolutions.

    DenseNet normalises concatenations before it convolves them. As batch norms they would be
    computed in float32, between a dequantisation and a quantisation of every feature map.
    """
    graph = model.graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type != "BatchNormalization" or not node.input[1].startswith("features."):
            continue
        scale, bias, mean, variance = (numpy_helper.to_array(stored[n]) for n in node.input[1:5])
        (epsilon,) = (a.f for a in node.attribute if a.name == "epsilon")
        scale = scale / np.sqrt(variance + epsilon)
        names = [f"{node.name}.kernel", f"{node.name}.bias"]
        arrays = [scale.reshape(-1, 1, 1, 1), bias - mean * scale]
        graph.initializer.extend(
            numpy_helper.from_array(a.astype(np.float32), n)
            for a, n in zip(arrays, names, strict=True)
        )
        inputs, outputs = [node.input[0], *names], list(node.output)
        depthwise = helper.make_node("Conv", inputs, outputs, node.name, group=len(scale))
        node.CopyFrom(depthwise)
    used = {name for node in graph.node for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _heads(model: onnx.ModelProto) -> list[str]:
    """Names of the nodes that read the last feature map: small, and better exact."""
    return [
        node.name
        for node in model.graph.node
        if node.op_type in ("BatchNormalization", "Gemm", "ReduceMean") or "cam" in node.output
    ]


def _copy_metadata(source: Path, target: Path) -> None:
    original, quantized = onnx.load(source), onnx.load(target)
    del quantized.metadata_props[:]
    quantized.metadata_props.extend(original.metadata_props)
    onnx.checker.check_model(quantized)
    onnx.save(quantized, target)


def compare(
    original: Path, quantized: Path, test: list[Record], threads: int, runs: int = 30
) -> Verdict:
    """Measure agreement on test paintings, and speed side by side.

    Args:
        original: the float32 file.
        quantized: the int8 file.
        test: paintings neither was made with.
        threads: that each may use.
        runs: timed turns of each, on one picture.
    """
    candidates = {
        "fp32": onnx_candidate(original, threads),
        "int8": onnx_candidate(quantized, threads),
    }
    same = 0
    for views in _views(test, "comparing"):
        predicted = [
            average_views(candidate(views)[0]).argmax() for candidate in candidates.values()
        ]
        same += int(predicted[0] == predicted[1])
    medians = median_milliseconds(candidates, six_views(pictures.bundled()[0])[0], runs)
    return Verdict(same / len(test), len(test), medians["fp32"] / medians["int8"])


def _views(records: list[Record], doing: str) -> Iterator[np.ndarray]:
    for record in tqdm(records, doing, unit="painting"):
        yield six_views(load_picture(record.path))[0]


def _drawn(records: list[Record], split: str, count: int | None) -> list[Record]:
    """Paintings of the five movements in a split: all, or some drawn at random."""
    found = [record for record in records if record.split == split and record.label >= 0]
    return [found[i] for i in np.random.default_rng(0).permutation(len(found))[:count]]


def main() -> None:
    """Read the command line, quantise, compare, and keep the int8 file only if it is worth it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the float32 .onnx file")
    parser.add_argument("target", type=Path, help="the int8 .onnx file to write")
    parser.add_argument("manifest", type=Path, help="CSV of training.data, with its splits")
    parser.add_argument(
        "--calibrate-on", type=int, default=200, help="paintings of the train split"
    )
    parser.add_argument("--test-on", type=int, help="paintings of the test split; all by default")
    arguments = parser.parse_args()
    records = read_manifest(arguments.manifest)
    partial = arguments.target.with_suffix(".partial")
    try:
        quantize(arguments.source, partial, _drawn(records, "train", arguments.calibrate_on))
        test = _drawn(records, "test", arguments.test_on)
        verdict = compare(arguments.source, partial, test, torch.get_num_threads())
        print(f"same verdict on {verdict.agreement:.1%} of {verdict.paintings} test paintings")
        print(f"{verdict.speed_up:.2f} times as fast as float32 on six views")
        if verdict.worth_it:
            os.replace(partial, arguments.target)
            print(f"written: {arguments.target}")
        else:
            print(f"not written: {AGREEMENT:.0%} and {SPEED_UP} times are asked for")
    finally:
        partial.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
