import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from skimage import data

from app.errors import UserError
from app.serving.runtime import Network, load_network
from app.serving.style import blend, towards
from app.serving.stylizer import LARGEST, PaintStep, Stylizer
from app.serving.tiles import grid, paint_tiles
from training.preprocessing import resize

ROOT = Path(__file__).parents[3]

FRESH = """
import sys
from pathlib import Path
from skimage.data import coffee
from app.serving.runtime import load_network
from app.serving.stylizer import Stylizer
files = [Path(sys.argv[1]) / name for name in ("style_encoder.onnx", "stylizer.onnx")]
stylizer = Stylizer(*(load_network(file, provider="cpu", fixed_shapes=False) for file in files))
print(stylizer.paint(coffee(), stylizer.encode(coffee())).picture.shape)
print(*sorted({"torch", "torchvision", "gradio", "onnx", "av"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def networks(random_networks: Path) -> tuple[Network, Network]:
    files = [random_networks / name for name in ("style_encoder.onnx", "stylizer.onnx")]
    encoder, painter = (load_network(f, provider="cpu", fixed_shapes=False) for f in files)
    return encoder, painter


@pytest.fixture(scope="module")
def stylizer(networks: tuple[Network, Network]) -> Stylizer:
    return Stylizer(*networks)


@pytest.fixture(scope="module")
def tiler(networks: tuple[Network, Network]) -> Stylizer:
    """Takes every picture of more than 256 x 256 pixels for a large one."""
    return Stylizer(*networks, max_pixels=256 * 256, tile=224, overlap=96)


LARGE = data.coffee()[40:376, 80:528]
"""336 x 448 pixels: six tiles in two rows."""


@pytest.fixture(scope="module")
def style(stylizer: Stylizer) -> np.ndarray:
    return stylizer.encode(data.astronaut())


@pytest.fixture(scope="module")
def other(stylizer: Stylizer) -> np.ndarray:
    return stylizer.encode(data.chelsea())


def test_a_fresh_interpreter_paints_without_torch_or_gradio(random_networks: Path) -> None:
    command = [sys.executable, "-c", FRESH, str(random_networks)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split("\n")[:2] == ["(400, 600, 3)", ""]


def test_a_painting_says_how_it_was_made(stylizer: Stylizer, style: np.ndarray) -> None:
    painting = stylizer.paint(data.coffee(), style)
    assert (painting.picture.shape, painting.picture.dtype) == ((400, 600, 3), np.uint8)
    np.testing.assert_array_equal(painting.vector, style)
    assert (painting.tiles, painting.provider) == (1, "CPU")
    assert painting.milliseconds > 0
    with pytest.raises(FrozenInstanceError):
        painting.tiles = 2


def test_a_vector_is_what_the_encoder_gives_for_the_prepared_picture(
    stylizer: Stylizer, style: np.ndarray
) -> None:
    assert (style.shape, style.dtype) == ((stylizer.length,), np.float32)
    (seen,) = stylizer.encoder.run(image=data.astronaut()[None, ::2, ::2])["style"]
    away = np.linalg.norm(stylizer.encode(data.chelsea()) - style)
    assert np.linalg.norm(seen - style) < away  # nearly the same picture, subsampled


def test_style_size_changes_what_is_seen(stylizer: Stylizer, style: np.ndarray) -> None:
    large, small = (stylizer.encode(data.astronaut(), size) for size in (2, 0.5))
    assert not np.allclose(large, style, atol=1e-3)
    assert not np.allclose(small, style, atol=1e-3)
    for size in (0.49, 2.01, float("nan")):
        with pytest.raises(UserError, match=r"style size .* 0\.5 to 2"):
            stylizer.encode(data.astronaut(), size)


def test_different_styles_paint_differently(
    stylizer: Stylizer, style: np.ndarray, other: np.ndarray
) -> None:
    one, two = (stylizer.paint(data.coffee(), v).picture.astype(int) for v in (style, other))
    assert np.abs(one - two).mean() > 1


SIZES = [
    *[(side, side) for side in range(16, 27)],
    *[(1, 1), (1, 16), (15, 16), (2, 333), (333, 3), (7, 9)],
    *[(16, 2000), (2000, 17), (121, 203), (1, 3000)],
]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_size_is_kept(stylizer: Stylizer, style: np.ndarray, width: int, height: int) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    painting = stylizer.paint(picture, style, strength=0.5)
    assert painting.picture.shape == (height, width, 3)
    assert painting.picture.flags.c_contiguous
    assert painting.picture.flags.writeable


def test_a_picture_too_small_for_the_network_is_the_corner_of_an_extended_one(
    stylizer: Stylizer, style: np.ndarray
) -> None:
    small = data.coffee()[200:210, 300:320]
    extended = np.concatenate([small, small[::-1]])[:16]  # mirrored at its lower edge
    whole = stylizer.paint(np.ascontiguousarray(extended), style).picture
    np.testing.assert_array_equal(stylizer.paint(small, style).picture, whole[:10])


def test_a_part_of_an_array_is_painted_like_a_copy(stylizer: Stylizer, style: np.ndarray) -> None:
    part = data.coffee()[::-2, 10:300]
    before = part.copy()
    painted = stylizer.paint(part, style).picture
    np.testing.assert_array_equal(painted, stylizer.paint(before, style).picture)
    np.testing.assert_array_equal(part, before)


@pytest.mark.parametrize(
    "picture", [np.zeros((9, 9, 3)), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9), np.uint8)]
)
def test_other_arrays_are_no_pictures(
    stylizer: Stylizer, style: np.ndarray, picture: np.ndarray
) -> None:
    with pytest.raises(ValueError, match="picture is uint8"):
        stylizer.paint(picture, style)


def test_strength_goes_from_the_pictures_own_style_to_the_chosen_one(
    stylizer: Stylizer, style: np.ndarray
) -> None:
    picture = data.coffee()[:200, :200]
    own = stylizer.encode(picture)
    for strength in (0, 0.4, 1):
        painting = stylizer.paint(picture, style, strength=strength)
        vector = towards(own, style, strength)
        np.testing.assert_array_equal(painting.vector, vector)
        np.testing.assert_array_equal(painting.picture, stylizer.paint(picture, vector).picture)


def test_an_own_style_that_is_given_is_used(
    stylizer: Stylizer, style: np.ndarray, other: np.ndarray
) -> None:
    painting = stylizer.paint(data.coffee(), style, strength=0.25, own=other)
    np.testing.assert_array_equal(painting.vector, towards(other, style, 0.25))
    with pytest.raises(UserError, match="strength"):
        stylizer.paint(data.coffee(), style, strength=1.5)
    with pytest.raises(UserError, match="strength"):
        stylizer.paint(data.coffee(), style, strength=float("nan"))


def test_a_blend_lies_between_its_styles(
    stylizer: Stylizer, style: np.ndarray, other: np.ndarray
) -> None:
    picture = data.coffee()[100:228, 100:228]
    near, middle, far = (
        stylizer.paint(picture, blend([style, other], [1 - t, t])).picture.astype(int)
        for t in (0.1, 0.5, 0.9)
    )
    away = [np.abs(x - stylizer.paint(picture, style).picture).mean() for x in (near, middle, far)]
    assert away == sorted(away)


def test_visitors_do_not_disturb_each_other(
    stylizer: Stylizer, tiler: Stylizer, style: np.ndarray, other: np.ndarray
) -> None:
    jobs = [(LARGE, style), (LARGE[::-1, :300], other), (LARGE, other)] * 2
    for painter in (stylizer, tiler):
        alone = [painter.paint(*job).picture for job in jobs[:3]]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda job, p=painter: p.paint(*job).picture, jobs))
        for index, picture in enumerate(together):
            assert np.abs(picture.astype(int) - alone[index % 3]).max() <= 1


def test_a_batch_is_painted_like_single_pictures(
    stylizer: Stylizer, style: np.ndarray, other: np.ndarray
) -> None:
    pictures = np.stack([data.coffee()[:96, :80], data.chelsea()[:96, :80]])
    painted = stylizer.paint_batch(pictures, np.stack([style, other]))
    for index, vector in enumerate((style, other)):
        single = stylizer.paint(pictures[index], vector).picture
        assert np.abs(painted[index].astype(int) - single).max() <= 1


def test_a_batch_repeats_the_one_picture_or_the_one_style(
    networks: tuple[Network, Network], style: np.ndarray, other: np.ndarray
) -> None:
    runs: list[int] = []
    encoder, painter = networks

    def run(**inputs: np.ndarray) -> dict[str, np.ndarray]:
        runs.append(len(inputs["image"]))
        return painter.run(**inputs)

    counting = SimpleNamespace(metadata=painter.metadata, session=painter.session, run=run)
    stylizer = Stylizer(encoder, counting, max_pixels=5 * 32 * 48)
    runs.clear()
    pictures = np.stack([data.coffee()[:32, i : i + 48] for i in range(12)])
    painted = stylizer.paint_batch(pictures, style[None])
    assert painted.shape == (12, 32, 48, 3)
    assert runs == [5, 5, 2]  # no more pixels at once than in a single picture
    styled = stylizer.paint_batch(pictures[:1], np.stack([style, other, style]))
    np.testing.assert_array_equal(styled[0], styled[2])
    assert (styled[0] != styled[1]).any()
    with pytest.raises(ValueError, match="broadcast"):
        stylizer.paint_batch(pictures, np.stack([style, other]))


# Large pictures.


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
    Stylizer(stylizer.encoder, watched, overlap=stylizer.overlap, **limits).paint(picture, vector)
    assert all((statistics == given[0]).all() for statistics in given)
    yield from given


def test_tiles_join_to_what_one_pass_would_have_painted(tiler: Stylizer, style: np.ndarray) -> None:
    picture = LARGE
    tiled = tiler.paint(picture, style)
    assert tiled.tiles == 6
    difference = np.abs(tiled.picture - whole_with(tiler, picture, style))
    assert difference.mean() < 0.25
    assert np.percentile(difference, 99) <= 4


def test_there_is_no_step_where_tiles_join(tiler: Stylizer, style: np.ndarray) -> None:
    whole = whole_with(tiler, LARGE, style)
    error = tiler.paint(LARGE, style).picture - whole
    boxes = grid(448, 336, 224, 96)[0]
    edges = [*(box.left for box in boxes[1:]), *(box.left + box.width for box in boxes[:-1])]
    steps, strokes = (np.abs(np.diff(x, axis=1)).mean((0, 2)) for x in (error, whole))
    assert max(steps[edge - 1] for edge in edges) < 0.02 * strokes.mean()


def test_tiles_without_shared_statistics_would_differ(tiler: Stylizer, style: np.ndarray) -> None:
    picture = LARGE
    apart = picture.copy()
    rows = grid(448, 336, tiler.tile, tiler.overlap)
    for _ in paint_tiles(picture, apart, rows, lambda part: tiler.paint(part, style).picture):
        pass
    whole = whole_with(tiler, picture, style)
    shared = tiler.paint(picture, style).picture
    assert np.abs(apart - whole).mean() > 10 * np.abs(shared - whole).mean()


def test_the_thumbnail_of_a_large_picture_has_a_tiles_area(
    tiler: Stylizer, style: np.ndarray
) -> None:
    first = next(tiler.steps(LARGE, style))
    height, width = first.picture.shape[:2]
    assert height * width == pytest.approx(tiler.tile**2, rel=0.01)
    assert width / height == pytest.approx(448 / 336, rel=0.01)


@pytest.mark.parametrize(("width", "height"), [(LARGEST + 8, 1), (3, LARGEST + 99), (1201, 301)])
def test_large_pictures_of_extreme_shapes_keep_their_size(
    stylizer: Stylizer, tiler: Stylizer, style: np.ndarray, width: int, height: int
) -> None:
    picture = np.full((height, width, 3), 90, np.uint8)
    painter = tiler if height > 100 else stylizer
    painting = painter.paint(picture, style)
    assert painting.picture.shape == picture.shape
    assert painting.tiles > 1


def test_a_small_picture_takes_one_step(stylizer: Stylizer, style: np.ndarray) -> None:
    (step,) = stylizer.steps(LARGE, style)
    assert (step.step, step.total, step.eta) == (1, 1, 0)
    assert step.picture is step.painting.picture


def test_a_large_picture_tells_how_far_it_has_come(tiler: Stylizer, style: np.ndarray) -> None:
    steps = list(tiler.steps(LARGE, style))
    assert [step.step for step in steps] == list(range(1, 9))  # thumbnail, 6 tiles, joining
    assert {step.total for step in steps} == {8}
    assert [step.painting is not None for step in steps] == [False] * 7 + [True]
    seconds = [step.seconds for step in steps]
    assert seconds == sorted(seconds)
    assert steps[3].eta == pytest.approx(seconds[3], rel=1e-6)  # half is done
    assert steps[-1].eta == 0
    assert isinstance(steps[0], PaintStep)


def test_the_preview_becomes_the_picture_tile_by_tile(tiler: Stylizer, style: np.ndarray) -> None:
    previews = [step.picture for step in tiler.steps(LARGE, style)]
    final, previews = previews[-1], previews[:-1]
    assert len({preview.shape for preview in previews}) == 1
    for before, after in pairwise(previews):
        changed = (before != after).any(2)
        assert 0 < changed.mean() < 0.4  # A new array each time, and only one tile of it.
    height, width = previews[-1].shape[:2]
    rows, columns = (np.arange(n) * side // n for n, side in ((height, 336), (width, 448)))
    sampled = final[rows][:, columns].astype(int)
    assert np.abs(sampled - previews[-1]).mean() < np.abs(sampled - previews[0]).mean()


def test_painting_can_be_stopped(tiler: Stylizer, style: np.ndarray) -> None:
    steps = tiler.steps(LARGE, style)
    next(steps)
    steps.close()
    assert list(steps) == []


# Masks.


def circle(height: int, width: int, radius: int) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return (rows - radius) ** 2 + (columns - radius) ** 2 < radius**2


@pytest.mark.parametrize("large", [False, True])
def test_outside_a_mask_the_picture_stays_to_the_bit(
    stylizer: Stylizer, tiler: Stylizer, style: np.ndarray, large: bool
) -> None:
    picture, mask = LARGE, circle(336, 448, 150)
    painter = tiler if large else stylizer
    masked = painter.paint(picture, style, mask=mask, feather=0)
    np.testing.assert_array_equal(masked.picture[~mask], picture[~mask])
    whole = painter.paint(picture, style).picture
    np.testing.assert_array_equal(masked.picture[mask], whole[mask])


def test_tiles_that_the_mask_leaves_out_are_not_painted(tiler: Stylizer, style: np.ndarray) -> None:
    steps = list(tiler.steps(LARGE, style, mask=circle(336, 448, 50)))
    assert steps[-1].painting.tiles == 1
    assert [step.total for step in steps] == [3] * 3
    for step in steps:  # The previews, too, are painted nowhere else.
        height, width = step.picture.shape[:2]
        away = (slice(height // 2, None), slice(width // 2, None))
        np.testing.assert_array_equal(step.picture[away], resize(LARGE, width, height)[away])


def test_an_empty_mask_gives_the_picture_back(
    stylizer: Stylizer, tiler: Stylizer, style: np.ndarray
) -> None:
    for painter in (stylizer, tiler):
        painting = painter.paint(LARGE, style, mask=np.zeros((336, 448), np.uint8))
        np.testing.assert_array_equal(painting.picture, LARGE)


def test_a_mask_that_does_not_fit_is_refused_at_once(stylizer: Stylizer, style: np.ndarray) -> None:
    with pytest.raises(ValueError, match="mask"):
        next(stylizer.steps(LARGE, style, mask=np.ones((448, 336), bool)))


# Files that do not belong together.


def test_two_versions_are_refused(networks: tuple[Network, Network]) -> None:
    encoder, painter = networks
    assert Stylizer(encoder, painter).version == painter.metadata["version"]
    for metadata in ({}, {"version": "other"}):
        with pytest.raises(UserError, match="two versions"):
            Stylizer(replace(encoder, metadata=metadata), painter)
        with pytest.raises(UserError, match="two versions"):
            Stylizer(encoder, replace(painter, metadata=metadata))


def test_a_network_of_one_size_is_refused(networks: tuple[Network, Network]) -> None:
    encoder, painter = networks
    image = SimpleNamespace(name="image", shape=["batch", 512, 512, 3])
    session = SimpleNamespace(get_inputs=lambda: [image])
    with pytest.raises(UserError, match="one size only"):
        Stylizer(encoder, replace(painter, session=session))
