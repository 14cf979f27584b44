"""Turn a trained style encoder and stylizer into the two files that the app loads.

    python -m export.onnx.stylizer runs/NAME/model.safetensors onnx_models

`style_encoder.onnx` takes a painting and gives its style vector; `stylizer.onnx` takes a picture of
any size and a style vector and gives a picture of the same size. Both take and give uint8.
"""

import argparse
import functools
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
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
from training.common.shipped_files import ENCODER_FILE, STYLIZER_FILE
from training.networks import unit_range
from training.networks.style_transfer import (
    StyleEncoder,
    StyleTransfer,
    Stylizer,
    load_style_transfer,
)
from training.networks.styled_layers import STYLE_CHANNELS

VERSION = "0.3"
GREY_LEVELS = 1
"""How far two pictures may be apart at any pixel, of 255, and still be the same."""

VECTOR_TOLERANCE = 1e-3


class ServedEncoder(nn.Module):
    """What is exported as the style encoder."""

    def __init__(self, encoder: StyleEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, image: Tensor) -> Tensor:
        """uint8 [N,H,W,3] -> style vectors, float32 [N,STYLE_CHANNELS]."""
        style: Tensor = self.encoder(unit_range(image))
        return style


class ServedStylizer(nn.Module):
    """What is exported as the stylizer."""

    def __init__(self, stylizer: Stylizer) -> None:
        super().__init__()
        self.stylizer = stylizer

    def forward(
        self,
        image: Tensor,
        style: Tensor,
        given: Tensor | None = None,
        share: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """uint8 [N,H,W,3] and more, see Stylizer.forward -> uint8 [N,H,W,3], statistics [N,S]."""
        picture, statistics = self.stylizer(unit_range(image), style, given, share)
        return (picture * 255 + 0.5).to(torch.uint8).permute(0, 2, 3, 1), statistics


def encoder_graph(encoder: StyleEncoder, metadata: dict[str, str]) -> onnx.ModelProto:
    """The style encoder, rounded already, as ONNX."""
    return make_graph(
        ServedEncoder(encoder).eval(),
        {"image": example_pictures()},
        {"image": any_size()},
        ["style"],
        metadata,
        prefix="encoder.",
        least_dimensions=2,
    )


def stylizer_graph(stylizer: Stylizer, metadata: dict[str, str]) -> onnx.ModelProto:
    """The stylizer, rounded already, as ONNX."""
    shapes, image, style = any_size(), example_pictures(), torch.zeros(2, STYLE_CHANNELS)
    with torch.inference_mode():
        statistics = stylizer(unit_range(image[:1]), style[:1])[1]
    inputs = {
        "image": image,
        "style": style,
        "given": torch.zeros(1, statistics.shape[1]),
        "share": torch.zeros(1),
    }
    return make_graph(
        ServedStylizer(stylizer).eval(),
        inputs,
        {"image": shapes, "style": {0: shapes[0]}},
        ["picture", "statistics"],
        metadata,
        prefix="stylizer.",
        least_dimensions=2,
        optional=("given", "share"),
        output_shapes={"picture": ["batch", "height", "width", 3]},
    )


def check(
    network: StyleTransfer, encoder: bytes, stylizer: bytes, photo: np.ndarray
) -> dict[str, float]:
    """How far ONNX Runtime is from PyTorch, at several sizes.

    Raises:
        ParityError: too far.
    """
    encode, stylize = cpu_session(encoder), cpu_session(stylizer)
    paintings = [{"image": photo[None, : height + 64, : width + 64]} for height, width in SIZES]
    scenes = [
        {"image": photo[None, :height, :width], "style": encode.run(None, painting)[0]}
        for (height, width), painting in zip(SIZES, paintings, strict=True)
    ]
    served_encoder = ServedEncoder(network.encoder).eval()
    served_stylizer = ServedStylizer(network.stylizer).eval()
    return {
        **require_parity(served_encoder, encode, paintings, VECTOR_TOLERANCE),
        **require_parity(served_stylizer, stylize, scenes, GREY_LEVELS),
    }


def export(network: StyleTransfer, card: dict[str, Any], folder: Path) -> dict[str, float]:
    """Write both files, atomically, once they have proved to compute what PyTorch computes."""
    network = network.eval()
    round_weights(network, least_dimensions=2)
    encoder = encoder_graph(
        network.encoder, file_metadata("Deep Brush style encoder", VERSION, card)
    )
    stylizer = stylizer_graph(network.stylizer, file_metadata("Deep Brush stylizer", VERSION, card))
    files = {
        ENCODER_FILE: encoder.SerializeToString(),
        STYLIZER_FILE: stylizer.SerializeToString(),
    }
    found = check(network, files[ENCODER_FILE], files[STYLIZER_FILE], pictures.bundled()[0])
    for name, content in files.items():
        save_atomically(folder / name, functools.partial(Path.write_bytes, data=content))
    return found


def main() -> None:
    """Read the command line, export, print what parity was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="networks of a run, model.safetensors")
    parser.add_argument("folder", type=Path, help="where to write both .onnx files")
    arguments = parser.parse_args()
    found = export(*load_style_transfer(arguments.source), arguments.folder)
    for name in (ENCODER_FILE, STYLIZER_FILE):
        print(f"{name}: {(arguments.folder / name).stat().st_size / 1e6:.1f} MB, opset {OPSET}")
    print(f"  style vectors differ from PyTorch by {found['style']:.1e} at most")
    print(f"  pictures differ from PyTorch by {found['picture']:.0f} of 255 at most")


if __name__ == "__main__":
    main()
