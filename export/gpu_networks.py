"""The networks as they are timed on a GPU: in two precisions, with inputs in its memory or not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.transformers.float16 import convert_float_to_float16

from app.examples import EXAMPLES
from app.serving.runtime import Network, load_network
from export import pictures
from export.session import cpu_session
from training.preprocessing import letterbox, resize
from training.style.preparation import prepare_style
from training.style.shipped import ENCODER_FILE, STYLIZER_FILE

READER, PAINTER = "reader", "stylizer"
FILES = {READER: "movement_classifier.onnx", PAINTER: STYLIZER_FILE}
ANSWERS = {READER: "logits", PAINTER: "picture"}
"""The output that must not change much in half precision."""

HALVED = {
    *("Conv", "BatchNormalization", "Relu", "MaxPool", "AveragePool"),
    *("Concat", "Pad", "DepthToSpace"),
}
"""Operators that compute in float16; statistics of normalisations would overflow."""


@dataclass(frozen=True)
class Case:
    """One thing to measure of a network."""

    network: str
    device: str
    precision: str
    transfer: str
    batch: int


class Networks:
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
    model = convert_float_to_float16(model, keep_io_types=True, op_block_list=sorted(kept))
    # Where several nodes need the same tensor in float32, the converter casts it anew for each, by
    # the same name.
    once = {tuple(node.output): node for node in model.graph.node}
    del model.graph.node[:], model.graph.value_info[:]
    model.graph.node.extend(once.values())
    onnx.save(model, out)
    return out


def cases(cuda: bool, batches: list[int]) -> Iterator[Case]:
    """What to measure, the most telling first.

    Beside CUDA the CPU is the baseline, as the app would use it; alone it is measured in all ways.
    """
    device = "cuda" if cuda else "cpu"
    for transfer, precision in product(("bound", "copied"), ("float32", "float16")):
        for network, batch in product(FILES, batches):
            yield Case(network, device, precision, transfer, batch)
        if cuda and (transfer, precision) == ("bound", "float16"):
            for network, batch in product(FILES, batches):
                yield Case(network, "cpu", "float32", "bound", batch)
