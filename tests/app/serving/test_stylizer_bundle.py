"""The bundle of stylizer and presets: previews, warm starts, and the shipped networks."""

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from app import MODELS
from app.errors import UserError
from app.serving import stylizer_bundle
from app.serving.stylizer import Stylizer, warm_start
from app.serving.stylizer_bundle import PREVIEW_SIDE, StylizerBundle
from training.common.movements import MOVEMENTS
from training.common.preprocessing import fit, resize
from training.common.shipped_files import ENCODER_FILE, STYLIZER_FILE


@pytest.fixture(scope="module")
def shipped() -> StylizerBundle:
    return StylizerBundle.load(MODELS, provider="cpu", require_gpu=False)


@pytest.fixture(scope="module")
def stylizer(shipped: StylizerBundle) -> Stylizer:
    """The shipped one."""
    return shipped.stylizer


@pytest.mark.parametrize(
    ("height", "width"),
    [(400, 600), (600, 200), (40, 40), (1, 1), (1, 5000), (5000, 1), (33, 4000)],
)
def test_there_is_a_preview_for_each_preset_in_the_pictures_shape(
    bundle: StylizerBundle, height: int, width: int
) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    previews = bundle.previews(picture)
    assert len(previews) == len(bundle.presets)
    for preview in previews:
        assert preview.dtype == np.uint8
        assert preview.shape == fit(picture, PREVIEW_SIDE).shape


def test_previews_are_in_the_order_of_the_presets(
    bundle: StylizerBundle, painting: np.ndarray
) -> None:
    small = fit(painting, stylizer_bundle._PREVIEW_PAINTED)
    for preset, preview in zip(bundle.presets, bundle.previews(painting), strict=True):
        alone = bundle.stylizer.paint(small, preset.vector).picture
        alone = resize(alone, preview.shape[1], preview.shape[0])
        assert np.abs(alone.astype(int) - preview).max() <= 2


def test_previews_are_painted_a_few_at_a_time(
    bundle: StylizerBundle, painting: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = []
    paint = bundle.stylizer.paint_batch

    def counting(pictures: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        batches.append(len(vectors))
        return paint(pictures, vectors)

    monkeypatch.setattr(bundle.stylizer, "paint_batch", counting)
    bundle.previews(painting)
    assert sum(batches) == len(bundle.presets) > max(batches)


def style_pictures(painting: np.ndarray) -> list[np.ndarray]:
    return [painting[:200, :200], 255 - painting[100:300, 200:400]]


def test_a_warm_start_is_what_the_stylizer_paints(stylizer: Stylizer, painting: np.ndarray) -> None:
    one, other = style_pictures(painting)
    content = painting[:120, :160]
    vector = (0.75 * stylizer.encode(one) + 0.25 * stylizer.encode(other)).astype(np.float32)
    expected = stylizer.paint(content, vector).picture
    vectors = [stylizer.encode(one), stylizer.encode(other)]
    started = warm_start(stylizer, content, vectors, [3, 1])
    assert np.abs(started.astype(int) - expected).max() <= 1


def test_the_size_of_a_warm_start_is_limited(stylizer: Stylizer, painting: np.ndarray) -> None:
    (one, _) = style_pictures(painting)
    vector = stylizer.encode(one)
    assert warm_start(stylizer, painting, [vector], [1], side=96).shape == (64, 96, 3)


def test_each_region_of_a_warm_start_has_its_own_style(
    stylizer: Stylizer, painting: np.ndarray
) -> None:
    vectors, content = list(map(stylizer.encode, style_pictures(painting))), painting[:128, :128]
    left = np.zeros((8, 8), np.uint8)
    left[:, :3] = 255
    started = warm_start(stylizer, content, vectors, [1, 1], regions=[None, left])
    whole, inside = (stylizer.paint(content, vector).picture for vector in vectors)
    np.testing.assert_array_equal(started[:, 64:], whole[:, 64:])
    np.testing.assert_array_equal(started[8:-8, 8:24], inside[8:-8, 8:24])
    alone = warm_start(stylizer, content, vectors[1:], [1], regions=[left])
    np.testing.assert_array_equal(alone[:, 64:], content[:, 64:])


def test_invalid_weights_are_refused(stylizer: Stylizer, painting: np.ndarray) -> None:
    vectors = list(map(stylizer.encode, style_pictures(painting)))
    with pytest.raises(UserError, match="weights"):
        warm_start(stylizer, painting, vectors, [1, -1])


def test_both_networks_are_small():
    sizes = [(MODELS / name).stat().st_size for name in (ENCODER_FILE, STYLIZER_FILE)]
    assert sum(sizes) <= 24e6


def test_the_gallery_has_paintings_and_all_movements_with_their_rights(shipped):
    assert len(shipped.presets.of_kind("painting")) >= 24
    assert {style.title for style in shipped.presets.of_kind("movement")} == set(MOVEMENTS)
    for style in shipped.presets:
        assert style.rights
        assert style.kind == "movement" or style.artist


def test_in_its_own_style_a_photograph_is_nearly_unchanged(shipped, painting):
    own = shipped.stylizer.encode(painting)
    night = shipped.presets.named("gogh-the-starry-night").vector
    faint, full = (shipped.stylizer.paint(painting, vector).picture for vector in (own, night))
    assert peak_signal_noise_ratio(painting, faint) > 18
    assert peak_signal_noise_ratio(painting, full) < 15


def test_every_preset_paints_differently(shipped, painting):
    small = painting[::4, ::4]
    vectors = np.stack([style.vector for style in shipped.presets])
    painted = shipped.stylizer.paint_batch(small[None], vectors).astype(np.float32)
    for index, each in enumerate(painted):
        others = np.abs(painted - each).mean((1, 2, 3))
        assert (others[np.arange(len(painted)) != index] > 2).all()


@pytest.mark.parametrize(("height", "width"), [(16, 16), (16, 1024), (333, 47)])
def test_the_shipped_stylizer_keeps_sizes(shipped, height, width):
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    vector = shipped.presets.named("cubism").vector
    assert shipped.stylizer.paint(picture, vector).picture.shape == picture.shape
