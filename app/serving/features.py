"""The classifier's inner feature maps, by ONNX Runtime: exact, and without gradients.

Every dense layer ends in one Concat node, so the last one of each block is that block's output.
A network is cut off after the deepest layer that is asked for, which computes no more than that.
"""

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from app.errors import UserError
from app.serving.runtime import Network, Provider, check_shipped, load_network
from app.translation import gettext as _
from training.common.depths import CHANNELS, LAYERS

_BLOCKS = (6, 18, 42, 58)  # Dense layers up to the end of each block, so many Concat nodes.


class FeatureExtractor:
    """The shipped classifier with the outputs of its dense blocks instead of its own.

    Safe to use from several threads.

    Args:
        model: the classifier as ONNX, with the shapes of its values; an `onnx.ModelProto`.
        provider: what runs it.

    Raises:
        UserError: it is no DenseNet-121.
    """

    def __init__(self, model: Any, provider: Provider = "auto") -> None:
        self._model = model
        self._provider: Provider = provider
        self._values = dict(zip(LAYERS, _block_outputs(model), strict=True))
        self._networks: dict[str, Network] = {}
        self._loading = threading.Lock()

    @classmethod
    def load(cls, path: Path, *, provider: Provider = "auto") -> Self:
        """Load the classifier; UserError if it is missing, damaged or no DenseNet-121."""
        import onnx  # Takes a while, and is needed by those alone who look at feature maps.
        from google.protobuf.message import DecodeError

        check_shipped(path)
        try:
            model = onnx.load(path)
        except DecodeError as error:
            reason = _("The network {path} is damaged or cut short; fetch it again.")
            raise UserError(reason.format(path=path)) from error
        return cls(model, provider)

    def extract(self, squares: np.ndarray, layers: Sequence[str] = LAYERS) -> dict[str, np.ndarray]:
        """Feature maps of letterboxed pictures, before normalisation and ReLU.

        Args:
            squares: uint8 RGB [N,SIZE,SIZE,3].
            layers: which of LAYERS; what lies deeper is not computed.

        Returns:
            float32 [N,C,h,w] by name of the layer.

        Raises:
            ValueError: no layer, or one that is none of LAYERS.
        """
        if not layers or not set(layers) <= set(LAYERS):
            raise ValueError(f"expected some of {LAYERS}, got {tuple(layers)}")
        network = self._cut_after(max(layers, key=LAYERS.index))
        values = [self._values[layer] for layer in layers]
        return dict(zip(layers, network.session.run(values, {"image": squares}), strict=True))

    def _cut_after(self, layer: str) -> Network:
        """The network up to one of LAYERS, loaded when first asked for."""
        with self._loading:
            if layer not in self._networks:
                self._networks[layer] = self._load_cut(layer)
            return self._networks[layer]

    def _load_cut(self, layer: str) -> Network:
        from onnx.utils import Extractor

        wanted = LAYERS[: LAYERS.index(layer) + 1]
        cut = Extractor(self._model).extract_model(
            ["image"], [self._values[name] for name in wanted]
        )
        # `load_network` takes files, as all other networks are.
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"classifier up to {layer}.onnx")
            path.write_bytes(cut.SerializeToString())
            return load_network(path, provider=self._provider, fixed_shapes=True)


def _block_outputs(model: Any) -> list[str]:
    """Names of the values that are the dense blocks' outputs.

    Raises:
        UserError: they are not where they are in DenseNet-121.
    """
    nodes = [node.output[0] for node in model.graph.node if node.op_type == "Concat"]
    names = [nodes[number - 1] for number in _BLOCKS if number <= len(nodes)]
    shapes = {value.name: value.type.tensor_type.shape.dim for value in model.graph.value_info}
    channels = [shapes[name][1].dim_value for name in names if name in shapes]
    if len(nodes) != _BLOCKS[-1] or channels != list(CHANNELS.values()):
        raise UserError(_("Only DenseNet-121 can be looked into, and this classifier is another."))
    return names
