"""PyTorch to ONNX: exporting, parity, quantisation, benchmarks."""

import training  # noqa: F401 - it keeps libraries from phoning home, so it comes first
