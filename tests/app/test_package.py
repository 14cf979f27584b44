"""Effects of importing the package."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
import app.optimize.engine
names = list(sys.modules)
print(os.environ["OMP_WAIT_POLICY"], names.index("app") < names.index("torch"))
"""


@pytest.mark.parametrize("package", ["app", "export", "training", "tests"])
def test_telemetry_is_disabled_before_onnx_runtime_is_imported(package: str) -> None:
    program = f"import os, sys, {package}\nprint(os.environ['ORT_DISABLE_TELEMETRY'], *sys.modules)"
    environment = os.environ | {"ORT_DISABLE_TELEMETRY": "0"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    printed, *modules = done.stdout.split()
    assert printed == "1"
    assert "onnxruntime" not in modules


@pytest.mark.parametrize(("given", "used"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_waiting_threads_do_not_spin(given: str | None, used: str) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"}
    if given:
        environment["OMP_WAIT_POLICY"] = given
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.split() == [used, "True"]
