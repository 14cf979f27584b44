"""Names of the files in onnx_models/. Torch-free: the app imports it."""

ENCODER_FILE, STYLIZER_FILE = "style_encoder.onnx", "stylizer.onnx"
"""The two networks of feed-forward style transfer."""

TEXTURE_FILE = "texture_encoder.onnx"
"""The network that pictures are optimised by."""

PRESETS_FILE, VECTORS_FILE, THUMBNAILS = "styles.json", "styles.npy", "styles"
"""The style presets: facts and names, their vectors in the same order, and the folder of
their thumbnails."""

ATLAS_FILE, MOVEMENTS_FILE = "atlas.json", "movements.webp"
"""In atlas/: how tiles are arranged on sheets; and a tile for each movement, side by side."""

DICTIONARY_FILE = "dictionary.npz"
"""In atlas/: what was measured of each channel."""

TOP_PAINTINGS_FILE = "top_paintings.json"
"""In atlas/: the training paintings that excite each channel most; it may be missing."""


def sheet_file(layer: str, number: int) -> str:
    """Name of a layer's sheet in atlas/, counted from 0."""
    return f"{layer}-{number}.webp"
