"""PyTorch to ONNX: exporting, parity, quantisation."""
