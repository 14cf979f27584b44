import numpy as np
import pytest

from app.serving import stylizer_bundle as studio_module
from app.serving.stylizer_bundle import PREVIEW_SIDE, StylizerBundle
from training.common.preprocessing import fit, resize


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
    small = fit(painting, studio_module._PREVIEW_PAINTED)
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
