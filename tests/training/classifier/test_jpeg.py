"""The oracle is OpenCV's JPEG."""

import cv2
import numpy as np
import pytest
import torch

from training.classifier.jpeg import recompress


def opencv(picture, quality):
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32)


def ours(pictures, qualities):
    batch = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float()
    return recompress(batch, torch.tensor(qualities)).permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("quality", [30, 49, 50, 75, 95])
def test_pictures_lose_what_opencv_takes_from_them(painting, quality):
    picture = cv2.resize(painting, (96, 64), interpolation=cv2.INTER_AREA)
    expected = opencv(picture, quality)
    taken = np.abs(expected - picture).mean()
    assert np.abs(ours([picture], [quality])[0] - expected).mean() < min(1, taken / 2)


def test_each_picture_of_a_batch_has_its_own_quality(painting):
    picture = cv2.resize(painting, (48, 32), interpolation=cv2.INTER_AREA)
    together = ours([picture, picture], [30, 90])
    for single, quality in zip(together, (30, 90), strict=True):
        assert (single == ours([picture], [quality])[0]).all()
    assert np.abs(together[0] - picture).mean() > 1.5 * np.abs(together[1] - picture).mean()


def test_one_colour_stays_as_it_is():
    for colour in [(0, 0, 0), (255, 255, 255), (128, 128, 128)]:
        picture = np.full((16, 16, 3), colour, np.uint8)
        assert np.abs(ours([picture], [95])[0] - picture).max() <= 1
