"""What people run: the web app, and the picture handling and serving behind it."""

from pathlib import Path

MODELS = Path(__file__).resolve().parents[1] / "onnx_models"
"""Where the networks lie that come with the app."""
