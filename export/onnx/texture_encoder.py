"""Turn a trained texture encoder into the file that the app loads.

    python -m export.onnx.texture_encoder runs/NAME/model.safetensors onnx_models

`texture_encoder.onnx` takes uint8 pictures of any size and gives five feature maps. The app
optimises pictures by it, which needs gradients, and reads its weights back into PyTorch.
"""

import argparse
import functools
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from torch import Tensor, nn

from export.assets import pictures
from export.onnx.graph import (
    OPSET,
    SIZES,
    any_size,
    example_pictures,
    file_metadata,
    make_graph,
    round_weights,
)
from export.onnx.session import cpu_session, require_parity
from training.common.files import save_atomically
from training.common.shipped_files import TEXTURE_FILE
from training.networks import unit_range
from training.networks.texture_encoder import HEADS, TextureEncoder, load_texture_encoder

VERSION = "0.2"
"""Statistics of paintings that one version made mean nothing to another one: raise it with each."""

TOLERANCE = 1e-3
"""How far maps, whose mean square is about 1, may be apart at any position."""


class ServedTextureEncoder(nn.Module):
    """What is exported."""

    def __init__(self, encoder: TextureEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """uint8 [N,H,W,3] -> a float32 map [N,C,h,w] of each of HEADS, in that order."""
        maps = self.encoder(unit_range(image))
        return tuple(maps[name] for name in HEADS)


def graph(encoder: TextureEncoder, metadata: dict[str, str]) -> onnx.ModelProto:
    """The encoder, rounded already, as ONNX.

    Raises:
        ValueError: a weight has lost its name on the way, as biases that are all zero do.
    """
    shapes: dict[str, list[int | str]] = {
        name: ["batch", channels, f"height_{stage}", f"width_{stage}"]
        for stage, (name, channels) in enumerate(HEADS.items(), 1)
    }
    model = make_graph(
        ServedTextureEncoder(encoder).eval(),
        {"image": example_pictures()},
        {"image": any_size()},
        list(HEADS),
        metadata,
        prefix="encoder.",
        output_shapes=shapes,
    )
    lost = set(encoder.state_dict()) - {tensor.name for tensor in model.graph.initializer}
    if lost:
        raise ValueError(f"the graph holds no {', '.join(sorted(lost))}; was the encoder trained?")
    return model


def check(encoder: TextureEncoder, file: bytes, photo: np.ndarray) -> dict[str, float]:
    """How far ONNX Runtime is from PyTorch, at several sizes, by layer.

    Raises:
        ParityError: too far.
    """
    scenes = [{"image": photo[None, :height, :width]} for height, width in SIZES]
    served = ServedTextureEncoder(encoder).eval()
    return require_parity(served, cpu_session(file), scenes, TOLERANCE)


def export(encoder: TextureEncoder, card: dict[str, Any], folder: Path) -> dict[str, float]:
    """Write the file, atomically, once it has proved to compute what the encoder computes.

    Args:
        encoder: its kernels are rounded, in place, to what the file holds.
        card: what is known of it.
        folder: where to write.
    """
    encoder = encoder.eval()
    round_weights(encoder, least_dimensions=4)
    metadata = file_metadata("Deep Brush texture encoder", VERSION, card)
    file = graph(encoder, metadata).SerializeToString()
    found = check(encoder, file, pictures.bundled()[0])
    save_atomically(folder / TEXTURE_FILE, functools.partial(Path.write_bytes, data=file))
    return found


def main() -> None:
    """Read the command line, export, print what parity was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="the network of a run, model.safetensors")
    parser.add_argument("folder", type=Path, help="where to write the .onnx file")
    arguments = parser.parse_args()
    found = export(*load_texture_encoder(arguments.source), arguments.folder)
    size = (arguments.folder / TEXTURE_FILE).stat().st_size
    print(f"{TEXTURE_FILE}: {size / 1e6:.1f} MB, opset {OPSET}")
    for name, difference in found.items():
        print(f"  {name} differs from PyTorch by {difference:.1e} at most")


if __name__ == "__main__":
    main()
