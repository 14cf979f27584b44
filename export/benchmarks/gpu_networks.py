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

from app.examples import EXAMPLES
from app.serving.runtime import Network, Provider, load_network
from export.assets import pictures
from export.onnx.session import cpu_session
from training.common.preprocessing import letterbox, prepare_style, resize
from training.common.shipped_files import ENCODER_FILE, STYLIZER_FILE

CLASSIFIER, STYLIZER = "classifier", "stylizer"
FILES = {CLASSIFIER: "movement_classifier.onnx", STYLIZER: STYLIZER_FILE}
ANSWERS = {CLASSIFIER: "logits", STYLIZER: "picture"}
"""The output that must not change much in half precision."""

HALVED = ("Conv", "BatchNormalization", "Relu", "MaxPool", "AveragePool")
"""Operators that compute in float16; all else, such as normalisations' statistics, overflows."""

CARRIED = ("Concat", "Pad", "DepthToSpace")
"""Those that compute nothing, and keep the precision of what they are given."""


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
        provider: Provider = "cuda" if device == "cuda" else "cpu"
        return load_network(path, provider=provider, fixed_shapes=True)

    def _inputs(self, name: str, batch: int) -> dict[str, np.ndarray]:
        """What a network is given: uint8 RGB [N,H,W,3], and for the stylizer float32 [N,D]."""
        some = [resize(p, self.size, self.size) for p in pictures.bundled()]
        some = [some[i % len(some)] for i in range(batch)]
        if name == CLASSIFIER:
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
    """Write a copy of a network that computes its `HALVED` operators in float16.

    ONNX Runtime's own converter is of no use here: it rounds what passes between operators that
    stay in float32, too.
    """
    model = onnx.load(path)
    halves: dict[str, str] = {}
    carried: set[str] = set()
    nodes: list[onnx.NodeProto] = []

    def half(name: str) -> str:
        if name not in halves:
            halves[name] = f"{name}_half"
            nodes.append(cast(name, halves[name], onnx.TensorProto.FLOAT16))
        return halves[name]

    for node in model.graph.node:
        carries = node.op_type in CARRIED and node.input[0] in carried
        if not carries and node.op_type not in HALVED:
            nodes.append(node)
            continue
        for i, name in enumerate(node.input):
            if name and not (node.op_type == "Pad" and i in (1, 3)):  # whole numbers
                node.input[i] = half(name)
        (full,) = node.output
        node.output[0] = halves[full] = f"{full}_half"
        carried.add(full)
        nodes += [node, cast(halves[full], full, onnx.TensorProto.FLOAT)]
    used = {name for node in nodes for name in node.input}
    used |= {output.name for output in model.graph.output}
    del model.graph.node[:]
    model.graph.node.extend(node for node in nodes if used & set(node.output))
    onnx.save(model, out)
    return out


def cast(given: str, made: str, kind: int) -> onnx.NodeProto:
    """A node that converts a tensor."""
    return onnx.helper.make_node("Cast", [given], [made], to=kind)


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
