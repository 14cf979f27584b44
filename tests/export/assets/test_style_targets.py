from pathlib import Path

import numpy as np
import pytest
import torch

from app.optimize.objective import fit_style
from app.optimize.recipe import OptimizeRecipe
from app.optimize.tensors import to_tensor
from export.assets.style_targets import paintings
from export.assets.style_targets import style_statistics as compute_statistics
from tests.texture_fixture import random_encoder
from training.style.statistics import SIZES


def test_statistics_are_those_of_the_maps(painting: np.ndarray) -> None:
    encoder = random_encoder()
    statistics = compute_statistics(encoder, painting)
    for side in SIZES[:2]:
        picture = to_tensor(fit_style(painting, side**2, OptimizeRecipe("")), torch.device("cpu"))
        maps = encoder(picture, ["relu4_1"])["relu4_1"][0].flatten(1).numpy().astype(float)
        found = statistics.at(side**2)["relu4_1"]
        expected = maps @ maps.T / maps.shape[1]
        np.testing.assert_allclose(found.mean, maps.mean(1), rtol=2e-3, atol=2e-3)
        np.testing.assert_allclose(found.gram, expected, rtol=2e-3, atol=2e-3 * expected.max())


def test_a_painting_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"aivazovsky.*missing"):
        paintings(tmp_path)
