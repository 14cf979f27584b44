"""ONNX Runtime as all of export/ uses it."""

from pathlib import Path

import onnxruntime as ort


def cpu_session(network: Path | bytes, threads: int = 0) -> ort.InferenceSession:
    """A network in ONNX Runtime, on the CPU.

    Args:
        network: an .onnx file, or what is in one.
        threads: that it may use; 0 lets ONNX Runtime choose.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # it warns of every input that may be left out
    return ort.InferenceSession(network, options, providers=["CPUExecutionProvider"])
