"""Painting on a Space's GPU: in another process, with arguments that can be pickled."""

import inspect
import pickle
import sys
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app.optimize import zerogpu
from app.optimize.recipe import PRESETS
from app.optimize.spec import OptimizationSpec, StyleSpec
from app.serving import hardware


@pytest.fixture
def spec(painting: np.ndarray) -> OptimizationSpec:
    """Two steps at 48 pixels."""
    recipe = replace(PRESETS["deep-brush"], steps=2, scales=1)
    return OptimizationSpec(
        painting[:48, :64], (StyleSpec(painting[100:200, :100]),), recipe, side=48
    )


def test_specs_and_steps_can_be_pickled(spec: OptimizationSpec) -> None:
    sent = pickle.loads(pickle.dumps(spec))
    steps = [pickle.loads(pickle.dumps(step)) for step in zerogpu.paint(sent, "texture", "cpu")]
    assert [step.step for step in steps] == [1, 2]
    assert steps[-1].picture.shape == (36, 48, 3)


def test_the_gpu_is_asked_for_the_time_of_the_painting_and_half_a_minute(
    spec: OptimizationSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    decorated: dict[str, Any] = {}

    def gpu(duration: Callable[..., int]) -> Callable[[Any], Any]:
        decorated["duration"] = duration
        return lambda painter: decorated.setdefault("painter", painter)

    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=gpu))
    assert zerogpu.for_zerogpu(zerogpu.paint) is decorated["painter"]
    assert inspect.isgeneratorfunction(decorated["painter"])  # Others are called to their end.
    asked = decorated["duration"](replace(spec, seconds=60.0), "texture", "cuda")
    assert asked == 60 + zerogpu.MARGIN
    assert decorated["duration"](spec, "texture") == zerogpu.UNPLANNED + zerogpu.MARGIN


def test_without_spaces_the_decorator_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spaces", None)
    assert zerogpu.for_zerogpu(zerogpu.paint) is zerogpu.paint
    assert not zerogpu.ZERO


def test_on_zerogpu_the_app_s_own_process_does_not_touch_the_driver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setattr(hardware.ctypes, "CDLL", lambda name: pytest.fail("it was asked"))
    assert hardware.count_gpus.__wrapped__() == 0
