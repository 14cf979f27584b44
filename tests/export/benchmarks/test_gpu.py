import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from app.serving import runtime
from export.benchmarks import __main__, gpu
from export.benchmarks.gatys import OURS
from export.benchmarks.gpu import Measurement, Record
from export.benchmarks.gpu_networks import Case, Networks, bound, cases
from tests.export.conftest import SHIPPED


@pytest.fixture
def networks(tmp_path: Path) -> Networks:
    """Of the shipped networks, at 64 pixels."""
    return Networks(SHIPPED.parent, tmp_path, 64)


def test_without_cuda_the_cpu_is_measured_and_a_notice_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runtime, "count_gpus", lambda: 0)
    monkeypatch.setattr(gpu, "OURS_VGG", OURS)  # VGG19 takes seconds to be made.
    command = (
        f"gpu --size 64 --batches 1 2 --each 0.01 --threads 1 --out {tmp_path / 'a' / 'b.json'}"
    )
    monkeypatch.setattr(sys, "argv", ["benchmark", *command.split()])
    __main__.main()
    output, record = capsys.readouterr().out, json.loads((tmp_path / "a" / "b.json").read_text())
    sentence = "no NVIDIA GPU, or no driver for it, was found on this machine"
    assert record["notice"] == f"CUDA does not run: {sentence}. The CPU is used instead."
    assert output.count(record["notice"]) == 1
    assert record["cuda"] is False
    assert len(record["networks"]) == len(list(cases(False, [1, 2]))) == 16
    assert {each["device"] for each in record["networks"]} == {"cpu"}
    assert all(each["pictures_per_second"] > 0 for each in record["networks"])
    assert all(each["steps_per_second"] > 0 for each in record["gatys"])
    assert (record["left_out"], record["failed"]) == ([], {})


def test_half_precision_changes_hardly_anything(networks: Networks) -> None:
    assert networks.difference("classifier", "cpu")["most"] < 0.1  # of logits
    assert networks.difference("stylizer", "cpu")["mean"] < 1  # of 255


def test_bound_sessions_compute_the_same(networks: Networks) -> None:
    session = networks.network("classifier", "float32", "cpu").session
    inputs = networks.inputs("classifier", 2)
    binding: list[Any] = []
    make = session.io_binding

    class Kept:
        """A session whose binding can be looked at."""

        get_outputs, run_with_iobinding = session.get_outputs, session.run_with_iobinding

        def io_binding(self) -> Any:
            binding.append(make())
            return binding[0]

    bound(Kept(), inputs, "cpu")()  # type: ignore[arg-type]
    for ours, plain in zip(binding[0].get_outputs(), session.run(None, inputs), strict=True):
        np.testing.assert_allclose(ours.numpy(), plain, atol=1e-5)
        assert isinstance(ours, ort.OrtValue)


def test_on_a_gpu_the_cpu_is_measured_as_the_baseline() -> None:
    found = list(cases(True, [1, 32]))
    cpu = {(each.precision, each.transfer) for each in found if each.device == "cpu"}
    assert cpu == {("float32", "bound")}
    assert len([each for each in found if each.device == "cuda"]) == 16


def test_a_failed_or_late_measurement_does_not_end_the_others(
    networks: Networks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "count_gpus", lambda: 0)
    record = Record(True, "", {}, 64)
    measurement = Measurement(networks, record, each=0.01, limit=60)
    measurement.case(Case("classifier", "cuda", "float32", "bound", 1))
    measurement.end = measurement.begin
    measurement.case(Case("classifier", "cpu", "float32", "bound", 1))
    assert list(record.failed) == ["classifier, cuda, float32, bound, batch 1"]
    assert "RuntimeError" in record.failed["classifier, cuda, float32, bound, batch 1"]
    assert record.left_out == ["classifier, cpu, float32, bound, batch 1"]
    assert record.networks == []
