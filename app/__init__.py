"""What people run: the web app, and the picture handling and serving behind it."""

import os
from pathlib import Path

import training  # noqa: F401 - it keeps libraries from phoning home, so it comes first

# PyTorch's threads wait for each other in a busy loop unless this is set before it is imported.
# Where another program takes a processor, a step then takes twenty times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

MODELS = Path(__file__).resolve().parents[1] / "onnx_models"
"""Where the networks lie that come with the app."""
