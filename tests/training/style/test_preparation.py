import numpy as np
import pytest

from training.style.preparation import STYLE_RATIO, prepare_style


@pytest.mark.parametrize("side", [128, 256, 512])
@pytest.mark.parametrize(
    ("width", "height"), [(600, 400), (400, 600), (1, 1), (1, 5000), (5000, 1), (33, 131), (64, 64)]
)
def test_the_shorter_side_is_as_asked_and_the_longer_is_bounded(
    width: int, height: int, side: int
) -> None:
    seen = prepare_style(np.zeros((height, width, 3), np.uint8), side)
    assert (min(seen.shape[:2]), seen.dtype) == (side, np.uint8)
    assert max(seen.shape[:2]) <= STYLE_RATIO * side
    if max(width, height) <= STYLE_RATIO * min(width, height):
        assert seen.shape[1] / seen.shape[0] == pytest.approx(width / height, rel=0.01)


def test_of_a_very_long_picture_the_middle_is_seen() -> None:
    picture = np.zeros((1000, 100, 3), np.uint8)
    picture[300:700] = 200
    assert (prepare_style(picture, 100) == 200).all()


def test_shrinking_is_antialiased() -> None:
    chequered = np.indices((512, 512)).sum(0) % 2 * np.uint8(255)
    seen = prepare_style(np.stack([chequered.astype(np.uint8)] * 3, -1), 128)
    assert np.abs(seen.astype(int) - 127).max() <= 2
