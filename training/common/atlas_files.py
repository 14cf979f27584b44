"""Names of the files in onnx_models/atlas/. Torch-free: the app imports it."""

LIST_FILE, MOVEMENTS_FILE = "atlas.json", "movements.webp"
"""How tiles lie on the sheets; and one tile for each movement, side by side."""

DICTIONARY_FILE = "dictionary.npz"
"""What was measured of each channel."""

TOP_PAINTINGS_FILE = "top_paintings.json"
"""The training paintings that excite each channel most, by name; it may be missing."""


def sheet_file(layer: str, number: int) -> str:
    """Name of a layer's sheet, counted from 0."""
    return f"{layer}-{number}.webp"
