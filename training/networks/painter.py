"""The style encoder and the stylizer together, in training and on disk."""

import json
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from training.common.files import save_atomically
from training.networks.style_encoder import StyleEncoder
from training.networks.stylizer import Stylizer
from training.style.shipped_files import ENCODER_FILE, STYLIZER_FILE


class Painter(nn.Module):
    """Both networks, as they are trained and kept."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = StyleEncoder()
        self.stylizer = Stylizer()

    def forward(self, photograph: Tensor, style: Tensor) -> Tensor:
        """Paint pictures like others, all RGB float32 in [0,1] [N,3,H,W]."""
        painted: Tensor = self.stylizer(photograph, self.encoder(style))[0]
        return painted


def save_painter(path: Path, painter: nn.Module, card: dict[str, Any]) -> None:
    """Write both networks and JSON-serialisable facts to one safetensors file, atomically."""
    state = {key: value.contiguous() for key, value in painter.state_dict().items()}
    metadata = {"card": json.dumps(card)}
    save_atomically(path, lambda partial: save_file(state, partial, metadata))


def load_painter(path: Path) -> tuple[Painter, dict[str, Any]]:
    """Read both networks, in evaluation mode, and what is known of them.

    Args:
        path: a `.safetensors` file written by `save_painter`, or the folder of the shipped files.

    Raises:
        FileNotFoundError: there is no such file.
    """
    if path.is_dir():
        from training.networks.shipped import load_state  # onnx is needed for this alone

        painter = Painter()
        for part, name in ((painter.encoder, ENCODER_FILE), (painter.stylizer, STYLIZER_FILE)):
            part.load_state_dict(load_state(path / name, part))
        return painter.eval(), {}
    with safe_open(path, framework="pt") as file:
        card: dict[str, Any] = json.loads(file.metadata()["card"])
        state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    painter = Painter()
    painter.load_state_dict(state)
    return painter.eval(), card
