"""The painter that is in onnx_models/, and its gallery."""

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from app import MODELS
from app.serving.stylizer_bundle import StylizerBundle
from training.common.movements import MOVEMENTS
from training.style.shipped_files import ENCODER_FILE, STYLIZER_FILE


@pytest.fixture(scope="module")
def shipped() -> StylizerBundle:
    return StylizerBundle.load(MODELS, provider="cpu", require_gpu=False)


def test_both_networks_are_small():
    sizes = [(MODELS / name).stat().st_size for name in (ENCODER_FILE, STYLIZER_FILE)]
    assert sum(sizes) <= 24e6


def test_the_gallery_has_paintings_and_all_movements_with_their_rights(shipped):
    assert len(shipped.presets.of_kind("painting")) >= 24
    assert {style.title for style in shipped.presets.of_kind("movement")} == set(MOVEMENTS)
    for style in shipped.presets:
        assert style.rights
        assert style.kind == "movement" or style.artist


def test_in_its_own_style_a_photograph_comes_nearly_back(shipped, painting):
    own = shipped.stylizer.encode(painting)
    night = shipped.presets.named("gogh-the-starry-night").vector
    faint, full = (shipped.stylizer.paint(painting, vector).picture for vector in (own, night))
    assert peak_signal_noise_ratio(painting, faint) > 18
    assert peak_signal_noise_ratio(painting, full) < 15


def test_every_brush_paints_differently(shipped, painting):
    small = painting[::4, ::4]
    vectors = np.stack([style.vector for style in shipped.presets])
    painted = shipped.stylizer.paint_batch(small[None], vectors).astype(np.float32)
    for index, each in enumerate(painted):
        others = np.abs(painted - each).mean((1, 2, 3))
        assert (others[np.arange(len(painted)) != index] > 2).all()


@pytest.mark.parametrize(("height", "width"), [(16, 16), (16, 1024), (333, 47)])
def test_sizes_are_kept(shipped, height, width):
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    vector = shipped.presets.named("cubism").vector
    assert shipped.stylizer.paint(picture, vector).picture.shape == picture.shape
