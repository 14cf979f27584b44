"""Networks, data, preprocessing and the scripts that train and evaluate them."""

import os

# Nothing leaves the machine. This package is imported before every other one, because libraries
# read these when they are: ONNX Runtime would look up a host of Microsoft's for each network that
# it loads, and keep a device id and a database in the home folder.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
