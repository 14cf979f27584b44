"""Names of the files that painting ships in onnx_models/. Torch-free: the app imports it."""

ENCODER_FILE, STYLIZER_FILE = "style_encoder.onnx", "stylizer.onnx"
"""The two networks of the instant painter."""

TEXTURE_FILE = "texture_encoder.onnx"
"""The network that the slow painter optimises by."""

LIST_FILE, VECTORS_FILE, THUMBNAILS = "styles.json", "styles.npy", "styles"
"""The gallery: facts and names of its brushes, their vectors in the same order, and the folder of
their thumbnails."""
