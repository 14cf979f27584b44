from collections.abc import Iterator
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from app.serving.resolution import NATIVE
from app.serving.stylizer import Stylizer, StylizeStep
from app.serving.tiles import (
    LARGEST,
    blend_below,
    blend_beside,
    grid,
    paint_tiles,
    reduced_box,
    spans,
)
from tests.app.serving.conftest import LARGE
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


def test_neighbours_share_the_overlap_and_no_part_is_thin() -> None:
    for length, tile, overlap in cases():
        parts = spans(length, tile, overlap, STEP)
        for (_, stop), (start, _) in pairwise(parts):
            assert stop - start >= overlap
        if len(parts) > 1:
            assert {stop - start for start, stop in parts[:-1]} == {tile}
            assert parts[-1][1] - parts[-1][0] > tile - STEP


def test_the_number_of_parts_is_minimal() -> None:
    for length, tile, overlap in cases():
        fewer = len(spans(length, tile, overlap, STEP)) - 1
        if fewer:  # Their reach when they share as little as allowed, and start on the grid.
            assert tile + (fewer - 1) * (tile - overlap) < length + STEP - 1


@pytest.mark.parametrize(("tile", "overlap"), [(100, 8), (96, 4), (96, 96), (96, -8)])
def test_tiles_off_the_grid_are_refused(tile: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="grid"):
        spans(1000, tile, overlap, STEP)


@pytest.mark.parametrize(("width", "height"), [(100, 70), (70, 300), (1, 500), (333, 65)])
def test_joining_unchanged_tiles_gives_the_picture(width: int, height: int) -> None:
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


def test_the_edge_of_a_tile_is_not_used() -> None:
    def paint(part: np.ndarray) -> np.ndarray:
        painted = np.full_like(part, 255)
        painted[8:-8, 8:-8] = 100  # right everywhere but in a frame of 8 pixels
        return painted

    canvas = np.zeros((200, 200, 3), np.uint8)
    list(paint_tiles(canvas.copy(), canvas, grid(200, 200, 96, 32, STEP), paint))
    assert (canvas[8:-8, 8:-8] == 100).all()


def test_only_the_given_tiles_are_painted() -> None:
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


def test_blending_below_fades_in_the_middle_half_only() -> None:
    canvas, part = np.zeros((60, 4, 3), np.uint8), np.full((40, 4, 3), 200, np.uint8)
    blend_below(canvas, part, 20, 36)
    column = canvas[:, 0, 0].astype(int)
    assert (column[:24] == 0).all()
    assert (column[32:] == 200).all()
    np.testing.assert_allclose(column[24:32], 200 * (np.arange(8) + 0.5) / 8, atol=0.5)


def test_blending_beside_is_blending_below_transposed() -> None:
    rng = np.random.default_rng(0)
    below = rng.integers(0, 256, (50, 30, 3), np.uint8)
    beside, part = below.swapaxes(0, 1).copy(), rng.integers(0, 256, (25, 30, 3), np.uint8)
    blend_below(below, part, 10, 22)
    blend_beside(beside, part.swapaxes(0, 1), 10, 22)
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


# With the stylizer.


def whole_with(stylizer: Stylizer, picture: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """The picture in one pass, normalised like the tiles of a large one."""
    (*_, statistics) = thumbnail_statistics(stylizer, picture, vector)
    inputs = {"given": statistics, "share": np.ones(1, np.float32)}
    outputs = stylizer.painter.run(image=picture[None], style=vector[None], **inputs)
    return outputs["picture"][0].astype(int)


def thumbnail_statistics(
    stylizer: Stylizer, picture: np.ndarray, vector: np.ndarray
) -> Iterator[np.ndarray]:
    """The statistics that the network gets while a large picture is painted."""
    given: list[np.ndarray] = []
    painter = stylizer.painter

    def run(**inputs: np.ndarray) -> dict[str, np.ndarray]:
        given.extend([inputs["given"]] if "given" in inputs else [])
        return painter.run(**inputs)

    watched = SimpleNamespace(
        metadata=painter.metadata, session=painter.session, run=run, provider="CPU"
    )
    limits = {"max_pixels": stylizer.max_pixels, "tile": stylizer.tile}
    Stylizer(stylizer.encoder, watched, overlap=stylizer.overlap, **limits).paint(
        picture, vector, stroke_size=NATIVE
    )
    assert all((statistics == given[0]).all() for statistics in given)
    yield from given


def test_tiles_equal_a_single_pass(tiler: Stylizer, style: np.ndarray) -> None:
    picture = LARGE
    tiled = tiler.paint(picture, style, stroke_size=NATIVE)
    assert tiled.tiles == 6
    difference = np.abs(tiled.picture - whole_with(tiler, picture, style))
    assert difference.mean() < 0.25
    assert np.percentile(difference, 99) <= 4


def test_there_is_no_step_where_tiles_join(tiler: Stylizer, style: np.ndarray) -> None:
    whole = whole_with(tiler, LARGE, style)
    error = tiler.paint(LARGE, style, stroke_size=NATIVE).picture - whole
    boxes = grid(1000, 700, 512, 256)[0]
    edges = [*(box.left for box in boxes[1:]), *(box.left + box.width for box in boxes[:-1])]
    steps, strokes = (np.abs(np.diff(x, axis=1)).mean((0, 2)) for x in (error, whole))
    assert max(steps[edge - 1] for edge in edges) < 0.02 * strokes.mean()


def test_tiles_without_shared_statistics_would_differ(tiler: Stylizer, style: np.ndarray) -> None:
    picture = LARGE
    apart = picture.copy()
    rows = grid(1000, 700, tiler.tile, tiler.overlap)
    for _ in paint_tiles(
        picture, apart, rows, lambda part: tiler.paint(part, style, stroke_size=NATIVE).picture
    ):
        pass
    whole = whole_with(tiler, picture, style)
    shared = tiler.paint(picture, style, stroke_size=NATIVE).picture
    assert np.abs(apart - whole).mean() > 10 * np.abs(shared - whole).mean()


def test_the_thumbnail_of_a_large_picture_has_a_tiles_area(
    tiler: Stylizer, style: np.ndarray
) -> None:
    first = next(tiler.steps(LARGE, style, stroke_size=NATIVE))
    height, width = first.picture.shape[:2]
    assert height * width == pytest.approx(tiler.tile**2, rel=0.01)
    assert width / height == pytest.approx(1000 / 700, rel=0.01)


@pytest.mark.parametrize(("width", "height"), [(LARGEST + 8, 1), (3, LARGEST + 99), (1201, 601)])
def test_large_pictures_of_extreme_shapes_keep_their_size(
    stylizer: Stylizer, tiler: Stylizer, style: np.ndarray, width: int, height: int
) -> None:
    picture = np.full((height, width, 3), 90, np.uint8)
    painter = tiler if height == 601 else stylizer
    painting = painter.paint(picture, style, stroke_size=NATIVE)
    assert painting.picture.shape == picture.shape
    assert painting.tiles > 1


def test_a_small_picture_takes_one_step(stylizer: Stylizer, style: np.ndarray) -> None:
    (step,) = stylizer.steps(LARGE, style, stroke_size=NATIVE)
    assert (step.step, step.total, step.eta) == (1, 1, 0)
    assert step.picture is step.painting.picture


def test_painting_a_large_picture_reports_progress(tiler: Stylizer, style: np.ndarray) -> None:
    steps = list(tiler.steps(LARGE, style, stroke_size=NATIVE))
    assert [step.step for step in steps] == list(range(1, 9))  # thumbnail, 6 tiles, joining
    assert {step.total for step in steps} == {8}
    assert [step.painting is not None for step in steps] == [False] * 7 + [True]
    seconds = [step.seconds for step in steps]
    assert seconds == sorted(seconds)
    assert steps[3].eta == pytest.approx(seconds[3], rel=1e-6)  # half is done
    assert steps[-1].eta == 0
    assert isinstance(steps[0], StylizeStep)


def test_the_preview_becomes_the_picture_tile_by_tile(tiler: Stylizer, style: np.ndarray) -> None:
    previews = [step.picture for step in tiler.steps(LARGE, style, stroke_size=NATIVE)]
    final, previews = previews[-1], previews[:-1]
    assert len({preview.shape for preview in previews}) == 1
    for before, after in pairwise(previews):
        changed = (before != after).any(2)
        assert 0 < changed.mean() < 0.45  # A new array each time, and only one tile of it.
    height, width = previews[-1].shape[:2]
    rows, columns = (np.arange(n) * side // n for n, side in ((height, 700), (width, 1000)))
    sampled = final[rows][:, columns].astype(int)
    assert np.abs(sampled - previews[-1]).mean() < np.abs(sampled - previews[0]).mean()


def test_painting_can_be_stopped(tiler: Stylizer, style: np.ndarray) -> None:
    steps = tiler.steps(LARGE, style, stroke_size=NATIVE)
    next(steps)
    steps.close()
    assert list(steps) == []
