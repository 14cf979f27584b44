"""Pictures that are painted in tiles."""

from collections.abc import Iterator
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from app.serving.resolution import NATIVE
from app.serving.stylizer import Stylizer, StylizeStep
from app.serving.tiled_stylizer import LARGEST
from app.serving.tiles import grid, paint_tiles
from tests.app.serving.conftest import LARGE


def whole_with(stylizer: Stylizer, picture: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """The picture in one pass, normalised like the tiles of a large one."""
    (*_, statistics) = thumbnail_statistics(stylizer, picture, vector)
    inputs = {"given": statistics, "share": np.ones(1, np.float32)}
    said = stylizer.painter.run(image=picture[None], style=vector[None], **inputs)
    return said["picture"][0].astype(int)


def thumbnail_statistics(
    stylizer: Stylizer, picture: np.ndarray, vector: np.ndarray
) -> Iterator[np.ndarray]:
    """What the network is given as statistics while a large picture is painted."""
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


def test_tiles_join_to_what_one_pass_would_have_painted(tiler: Stylizer, style: np.ndarray) -> None:
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


def test_a_large_picture_tells_how_far_it_has_come(tiler: Stylizer, style: np.ndarray) -> None:
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
