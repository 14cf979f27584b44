"""Names of the files that painting ships in onnx_models/. Torch-free: the app imports it."""

ENCODER_FILE, STYLIZER_FILE = "style_encoder.onnx", "stylizer.onnx"
"""The two networks of feed-forward style transfer."""

TEXTURE_FILE = "texture_encoder.onnx"
"""The network that pictures are optimised by."""

LIST_FILE, VECTORS_FILE, THUMBNAILS = "styles.json", "styles.npy", "styles"
"""The style presets: facts and names, their vectors in the same order, and the folder of
their thumbnails."""
