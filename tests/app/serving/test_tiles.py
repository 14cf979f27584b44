from itertools import pairwise

import numpy as np
import pytest

from app.serving.tiles import grid, lay_below, lay_beside, paint_tiles, reduced_box, spans
from training.common.preprocessing import Box

STEP = 8


def cases() -> list[tuple[int, int, int]]:
    """Lengths, tiles and overlaps: the awkward ones, and many drawn by chance."""
    rng = np.random.default_rng(0)
    awkward = [(1, 16, 0), (16, 16, 8), (17, 16, 8), (24, 16, 8), (25, 16, 8), (8000, 1536, 128)]
    for _ in range(2000):
        tile = STEP * int(rng.integers(2, 40))
        overlap = STEP * int(rng.integers(0, tile // STEP))
        awkward.append((int(rng.integers(1, 3000)), tile, overlap))
    return awkward


def test_spans_cover_a_length_on_the_networks_grid() -> None:
    for length, tile, overlap in cases():
        parts = spans(length, tile, overlap, STEP)
        assert (parts[0][0], parts[-1][1]) == (0, length)
        assert all(start % STEP == 0 and 0 < stop - start <= tile for start, stop in parts)


def test_neighbours_share_enough_and_no_part_is_a_sliver() -> None:
    for length, tile, overlap in cases():
        parts = spans(length, tile, overlap, STEP)
        for (_, stop), (start, _) in pairwise(parts):
            assert stop - start >= overlap
        if len(parts) > 1:
            assert {stop - start for start, stop in parts[:-1]} == {tile}
            assert parts[-1][1] - parts[-1][0] > tile - STEP


def test_no_fewer_parts_would_do() -> None:
    for length, tile, overlap in cases():
        fewer = len(spans(length, tile, overlap, STEP)) - 1
        if fewer:  # Their reach when they share as little as allowed, and start on the grid.
            assert tile + (fewer - 1) * (tile - overlap) < length + STEP - 1


@pytest.mark.parametrize(("tile", "overlap"), [(100, 8), (96, 4), (96, 96), (96, -8)])
def test_tiles_off_the_grid_are_refused(tile: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="grid"):
        spans(1000, tile, overlap, STEP)


@pytest.mark.parametrize(("width", "height"), [(100, 70), (70, 300), (1, 500), (333, 65)])
def test_joining_unchanged_tiles_gives_the_picture_back(width: int, height: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    canvas = np.zeros_like(picture)
    rows = grid(width, height, 64, 24, STEP)
    places = [box for box, _ in paint_tiles(picture, canvas, rows, lambda part: part)]
    np.testing.assert_array_equal(canvas, picture)
    assert places == [box for row in rows for box in row]


def test_tiles_of_different_grey_join_in_a_slope_without_a_step() -> None:
    greys = iter(range(0, 240, 20))
    canvas = np.zeros((150, 200, 3), np.uint8)
    rows = grid(200, 150, 96, 40, STEP)
    for _ in paint_tiles(canvas.copy(), canvas, rows, lambda p: np.full_like(p, next(greys))):
        pass
    grey = canvas[..., 0].astype(int)
    # Over half of at least 40 shared pixels: rows of tiles are 60 grey levels apart, columns 20.
    assert np.abs(np.diff(grey, axis=1)).max() <= 20 / 20 + 1
    assert np.abs(np.diff(grey, axis=0)).max() <= 60 / 20 + 1


def test_what_a_tile_paints_at_its_own_edge_is_not_trusted() -> None:
    def paint(part: np.ndarray) -> np.ndarray:
        painted = np.full_like(part, 255)
        painted[8:-8, 8:-8] = 100  # right everywhere but in a frame of 8 pixels
        return painted

    canvas = np.zeros((200, 200, 3), np.uint8)
    list(paint_tiles(canvas.copy(), canvas, grid(200, 200, 96, 32, STEP), paint))
    assert (canvas[8:-8, 8:-8] == 100).all()


def test_only_what_is_needed_is_painted() -> None:
    picture = np.zeros((200, 200, 3), np.uint8)
    first, _, third = grid(200, 200, 96, 16, STEP)
    rows = [[first[0], first[2]], [], [third[1]]]
    needed = [first[0], first[2], third[1]]
    canvas = picture.copy()
    painted = list(paint_tiles(picture, canvas, rows, lambda part: np.full_like(part, 9)))
    assert [box for box, _ in painted] == needed
    covered = np.zeros((200, 200), bool)
    for box in needed:
        covered[box.slices] = True
    np.testing.assert_array_equal(canvas[..., 0], np.where(covered, 9, 0))


def test_laying_below_fades_in_the_middle_half_only() -> None:
    canvas, part = np.zeros((60, 4, 3), np.uint8), np.full((40, 4, 3), 200, np.uint8)
    lay_below(canvas, part, 20, 36)
    column = canvas[:, 0, 0].astype(int)
    assert (column[:24] == 0).all()
    assert (column[32:] == 200).all()
    np.testing.assert_allclose(column[24:32], 200 * (np.arange(8) + 0.5) / 8, atol=0.5)


def test_laying_beside_is_laying_below_turned() -> None:
    rng = np.random.default_rng(0)
    below = rng.integers(0, 256, (50, 30, 3), np.uint8)
    beside, part = below.swapaxes(0, 1).copy(), rng.integers(0, 256, (25, 30, 3), np.uint8)
    lay_below(below, part, 10, 22)
    lay_beside(beside, part.swapaxes(0, 1), 10, 22)
    np.testing.assert_array_equal(beside, below.swapaxes(0, 1))


def test_boxes_cover_their_place_in_a_preview() -> None:
    picture, preview = np.empty((700, 1000, 3), np.uint8), np.empty((70, 99, 3), np.uint8)
    covered = np.zeros(preview.shape[:2], bool)
    for row in grid(1000, 700, 320, 64, STEP):
        for box in row:
            place = reduced_box(box, picture, preview)
            assert preview[place.slices].shape == (place.height, place.width, 3)
            covered[place.slices] = True
    assert covered.all()
    assert reduced_box(Box(10, 0, 10, 10), picture, preview) == Box(0, 0, 2, 1)
