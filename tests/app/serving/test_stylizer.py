import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from skimage import data

from app.errors import UserError
from app.serving.resolution import NATIVE
from app.serving.runtime import Network
from app.serving.style import blend, blend_photograph, interpolate
from app.serving.stylizer import Stylizer
from tests.app.serving.conftest import LARGE
from training.common.preprocessing import resize

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


def test_painting_imports_neither_torch_nor_gradio(random_networks: Path) -> None:
    command = [sys.executable, "-c", FRESH, str(random_networks)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split("\n")[:2] == ["(400, 600, 3)", ""]


def test_a_result_has_vector_tiles_provider_and_time(stylizer: Stylizer, style: np.ndarray) -> None:
    painting = stylizer.paint(data.coffee(), style)
    assert (painting.picture.shape, painting.picture.dtype) == ((400, 600, 3), np.uint8)
    np.testing.assert_array_equal(painting.vector, style)
    assert (painting.tiles, painting.provider) == (1, "CPU")
    assert painting.milliseconds > 0
    with pytest.raises(FrozenInstanceError):
        painting.tiles = 2


def test_a_style_vector_is_near_that_of_the_subsampled_picture(
    stylizer: Stylizer, style: np.ndarray
) -> None:
    assert (style.shape, style.dtype) == ((stylizer.length,), np.float32)
    (seen,) = stylizer.encoder.run(image=data.astronaut()[None, ::2, ::2])["style"]
    away = np.linalg.norm(stylizer.encode(data.chelsea()) - style)
    assert np.linalg.norm(seen - style) < away  # nearly the same picture, subsampled


def test_the_style_size_changes_the_vector(stylizer: Stylizer, style: np.ndarray) -> None:
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
def test_arrays_of_other_types_or_shapes_are_refused(
    stylizer: Stylizer, style: np.ndarray, picture: np.ndarray
) -> None:
    with pytest.raises(ValueError, match="picture is uint8"):
        stylizer.paint(picture, style)


def test_strength_interpolates_from_the_pictures_own_style(
    stylizer: Stylizer, style: np.ndarray
) -> None:
    picture = data.coffee()[:200, :200]
    own = stylizer.encode(picture)
    for strength in (0, 0.4, 1):
        painting = stylizer.paint(picture, style, strength=strength)
        vector = interpolate(own, style, strength)
        np.testing.assert_array_equal(painting.vector, vector)
        full = stylizer.paint(picture, vector).picture
        np.testing.assert_array_equal(painting.picture, blend_photograph(picture, full, strength))


def test_at_strength_0_the_result_is_the_picture(stylizer: Stylizer, style: np.ndarray) -> None:
    picture = data.coffee()[:200, :200]
    np.testing.assert_array_equal(stylizer.paint(picture, style, strength=0).picture, picture)


def test_a_given_own_style_is_used(
    stylizer: Stylizer, style: np.ndarray, other: np.ndarray
) -> None:
    painting = stylizer.paint(data.coffee(), style, strength=0.25, own=other)
    np.testing.assert_array_equal(painting.vector, interpolate(other, style, 0.25))
    with pytest.raises(UserError, match="strength"):
        stylizer.paint(data.coffee(), style, strength=1.5)
    with pytest.raises(UserError, match="strength"):
        stylizer.paint(data.coffee(), style, strength=float("nan"))


def test_a_blend_is_between_its_styles(
    stylizer: Stylizer, style: np.ndarray, other: np.ndarray
) -> None:
    picture = data.coffee()[100:228, 100:228]
    near, middle, far = (
        stylizer.paint(picture, blend([style, other], [1 - t, t])).picture.astype(int)
        for t in (0.1, 0.5, 0.9)
    )
    away = [np.abs(x - stylizer.paint(picture, style).picture).mean() for x in (near, middle, far)]
    assert away == sorted(away)


def test_threads_get_their_own_results(
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


# Masks.


def circle(height: int, width: int, radius: int) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return (rows - radius) ** 2 + (columns - radius) ** 2 < radius**2


@pytest.mark.parametrize("large", [False, True])
def test_outside_a_mask_the_picture_is_unchanged(
    stylizer: Stylizer, tiler: Stylizer, style: np.ndarray, large: bool
) -> None:
    picture, mask = LARGE, circle(700, 1000, 300)
    painter = tiler if large else stylizer
    native = {"stroke_size": NATIVE}
    masked = painter.paint(picture, style, mask=mask, feather=0, **native)
    np.testing.assert_array_equal(masked.picture[~mask], picture[~mask])
    whole = painter.paint(picture, style, **native).picture
    np.testing.assert_array_equal(masked.picture[mask], whole[mask])


def test_tiles_outside_the_mask_are_not_painted(tiler: Stylizer, style: np.ndarray) -> None:
    steps = list(tiler.steps(LARGE, style, mask=circle(700, 1000, 90), stroke_size=NATIVE))
    assert steps[-1].painting.tiles == 1
    assert [step.total for step in steps] == [3] * 3
    for step in steps:  # The previews, too, are painted nowhere else.
        height, width = step.picture.shape[:2]
        away = (slice(height // 2, None), slice(width // 2, None))
        np.testing.assert_array_equal(step.picture[away], resize(LARGE, width, height)[away])


def test_an_empty_mask_gives_the_picture(
    stylizer: Stylizer, tiler: Stylizer, style: np.ndarray
) -> None:
    for painter in (stylizer, tiler):
        painting = painter.paint(LARGE, style, mask=np.zeros((700, 1000), np.uint8))
        np.testing.assert_array_equal(painting.picture, LARGE)


def test_a_mask_that_does_not_fit_is_refused_at_once(stylizer: Stylizer, style: np.ndarray) -> None:
    with pytest.raises(ValueError, match="mask"):
        next(stylizer.steps(LARGE, style, mask=np.ones((1000, 700), bool)))


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
