import numpy as np
import pytest

from app.serving.channels import LayerActivations, computed_by, new_channels
from training.common.depths import CHANNELS, DEPTHS, LAYERS
from training.common.preprocessing import Box

WHOLE = Box(0, 0, 192, 192)
WIDE = Box(0, 48, 192, 96)


def activations(maps: np.ndarray, box: Box = WHOLE, **more: object) -> LayerActivations:
    return LayerActivations("conv3_block12", maps.astype(np.float32), box, 192, **more)


def spike(place: tuple[int, int], height: float = 1) -> np.ndarray:
    cells = np.zeros((24, 24))
    cells[place] = height
    return cells


def test_the_padding_is_left_out():
    maps = np.stack([spike((0, 0), 99), spike((12, 5))])
    found = activations(maps, WIDE)
    assert found.cells.shape == (2, 12 * 24)
    assert found.means.tolist() == pytest.approx([0, 1 / 288])


@pytest.mark.parametrize("box", [Box(0, 96, 192, 1), Box(191, 0, 1, 192), WHOLE, WIDE])
def test_every_picture_has_a_cell(box):
    assert activations(np.ones((3, 24, 24)), box).cells.size > 0


def test_scores_are_deviations_above_the_mean_in_paintings():
    maps = np.stack([np.full((24, 24), 3.0), np.full((24, 24), 1.0), np.full((24, 24), 9.0)])
    statistics = np.array([1, 2, 9], np.float32), np.array([0.5, 2, 0], np.float32)
    found = activations(maps, statistics=statistics)
    assert found.scores.tolist() == [4, -0.5, 0]
    assert found.strongest(range(3), 2) == [0, 2]
    assert found.strongest([1], 5) == [1]
    assert found.sparsity.tolist() == [0, 1, 1]


def test_without_statistics_scores_are_how_far_the_best_cell_stands_out():
    maps = np.stack([np.ones((24, 24)), spike((3, 4)), np.random.default_rng(0).random((24, 24))])
    found = activations(maps)
    assert found.strongest(range(3), 3) == [1, 2, 0]
    assert found.scores[0] == 0


def test_a_heat_map_fits_the_picture():
    heat = activations(np.stack([spike((14, 6))]), WIDE).heat_map(0, 192, 96)
    assert heat.shape == (96, 192)
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    # The middle of the cell, less the padding above the picture.
    assert (row, column) == (pytest.approx(14.5 * 8 - 48, abs=1), pytest.approx(6.5 * 8, abs=1))


def test_a_flat_map_has_no_heat():
    assert not activations(np.full((1, 24, 24), 7.0)).heat_map(0, 30, 30).any()


def test_new_channels_of_all_depths_are_all_channels():
    for layer in LAYERS:
        parts = [new_channels(d.number) for d in DEPTHS if d.output == layer]
        assert [channel for part in parts for channel in part] == list(range(CHANNELS[layer]))


def test_every_channel_is_computed_by_a_layer():
    assert computed_by("conv2_block6", 63) == "the stem"
    assert computed_by("conv2_block6", 64) == "conv2_block1"
    assert computed_by("conv3_block12", 127) == "the transition after conv2_block6"
    assert computed_by("conv3_block12", 511) == "conv3_block12"
    assert computed_by("conv4_block24", 256 + 32 * 7) == "conv4_block8"
    assert computed_by("conv5_block16", 1023) == "conv5_block16"
