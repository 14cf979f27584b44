"""The examples in docstrings run as they are printed.

A module joins by a line in MODULES. Its examples are cheap: tiny tensors, no downloads.
"""

import doctest
import importlib

import pytest

MODULES = (
    "app.explain.cams",
    "app.explain.feature_visualization.fourier_image",
    "app.explain.feature_visualization.objective_parser",
    "app.explain.feature_visualization.objectives",
    "app.explain.feature_visualization.transforms",
    "app.explain.hooks",
    "app.explain.rollout",
    "app.explain.sanity_check",
    "app.optimize.objective",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_right(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.attempted > 0
    assert result.failed == 0
