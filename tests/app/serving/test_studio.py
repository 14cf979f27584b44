import numpy as np
import pytest

from app.serving import studio as studio_module
from app.serving.studio import PREVIEW_SIDE, Studio
from training.preprocessing import fit, resize


@pytest.mark.parametrize(
    ("height", "width"),
    [(400, 600), (600, 200), (40, 40), (1, 1), (1, 5000), (5000, 1), (33, 4000)],
)
def test_there_is_a_preview_for_each_preset_in_the_pictures_shape(
    studio: Studio, height: int, width: int
) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    previews = studio.previews(picture)
    assert len(previews) == len(studio.presets)
    for preview in previews:
        assert preview.dtype == np.uint8
        assert preview.shape == fit(picture, PREVIEW_SIDE).shape


def test_previews_are_in_the_order_of_the_presets(studio: Studio, painting: np.ndarray) -> None:
    small = fit(painting, studio_module._PREVIEW_PAINTED)
    for preset, preview in zip(studio.presets, studio.previews(painting), strict=True):
        alone = studio.stylizer.paint(small, preset.vector).picture
        alone = resize(alone, preview.shape[1], preview.shape[0])
        assert np.abs(alone.astype(int) - preview).max() <= 2


def test_previews_are_painted_a_few_at_a_time(
    studio: Studio, painting: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = []
    paint = studio.stylizer.paint_batch

    def counting(pictures: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        batches.append(len(vectors))
        return paint(pictures, vectors)

    monkeypatch.setattr(studio.stylizer, "paint_batch", counting)
    studio.previews(painting)
    assert sum(batches) == len(studio.presets) > max(batches)
