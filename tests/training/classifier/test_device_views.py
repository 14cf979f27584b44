"""Views made on a device, here the CPU, are those that the same choices give from files."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from training.classifier.device_views import (
    bicubic,
    change_tone,
    recompress,
    resident_views,
    sharpen,
)
from training.classifier.views import Augmentation, Views
from training.common.preprocessing import resize
from training.data import PHOTOGRAPH, Record
from training.run.resident import ResidentPictures

NEUTRAL = Augmentation(jpeg=(100, 100), tone=0.0)


@pytest.fixture
def records(painting, tmp_path):
    """Wide, tall and tiny pictures."""
    pictures = [painting, painting[:, :60], painting[:40], painting[:7, :5]]
    records = []
    for i, picture in enumerate(pictures):
        path = tmp_path / f"{i}.png"
        Image.fromarray(picture).save(path)
        records.append(Record(str(path), ("Cubism", "Realism", PHOTOGRAPH, "other")[i]))
    return records


def both(views, epoch):
    """All pictures as the device and as the files give them."""
    views.epoch = epoch
    pictures = ResidentPictures(views.records, torch.device("cpu"), 1)
    ((images, labels, kinds),) = resident_views(views, pictures, [range(len(views))])
    items = [views[i] for i in range(len(views))]
    assert labels.tolist() == [item[1] for item in items]
    assert kinds.tolist() == [item[2] for item in items]
    assert images.dtype == torch.uint8
    return images.numpy().astype(int), np.stack([item[0].numpy() for item in items]).astype(int)


@pytest.mark.parametrize("epoch", range(6))
def test_six_views_are_those_of_the_files(records, epoch):
    ours, expected = both(Views(records[:3], 48, six=True), epoch)
    assert np.abs(ours - expected).max() <= 4


@pytest.mark.parametrize("size", [50, 96])
def test_random_views_are_those_of_the_files(records, size):
    for epoch in range(8):
        ours, expected = both(Views(records, size, Augmentation()), epoch)
        # JPEG's rounding makes more of the rounding before it, most of all at low quality.
        differences = np.abs(ours - expected).mean((1, 2, 3))
        assert differences.max() < 8
        assert np.median(differences) < 3
        padding = (expected == (124, 116, 104)).all(-1).mean()
        assert (ours == (124, 116, 104)).all(-1).mean() == pytest.approx(padding, abs=0.01)


def test_without_jpeg_only_rounding_differs(records):
    for epoch in range(8):
        ours, expected = both(Views(records, 64, NEUTRAL), epoch)
        assert (np.abs(ours - expected).mean((1, 2, 3)) < 2).all()


def test_another_choice_is_another_view(records):
    """What the other tests allow is little beside what the choices make of a picture."""
    views = Views(records[:1], 64, Augmentation())
    first, second = both(views, 0)[0], both(views, 1)[0]
    assert np.abs(first - second).mean() > 8


def test_tone_and_sharpness_are_the_files(painting):
    """On a canvas that is larger than the picture."""
    height, width = 40, 56
    part = resize(painting, width, height)
    padded = np.pad(part, ((0, 24), (0, 8), (0, 0)), mode="edge")
    canvas = torch.from_numpy(padded).permute(2, 0, 1)[None].float()
    view = Augmentation().draw(*painting.shape[:2], 64, np.random.default_rng(0))
    view = replace(view, tone=(1.1, 0.9, 1.15), sharpness=1.4, sigma=1.1)
    sizes = torch.tensor([width]), torch.tensor([height])
    toned = change_tone(canvas, torch.tensor([view.tone]), *sizes)
    expected = view._change_tone(part)
    ours = toned[0, :, :height, :width].permute(1, 2, 0).numpy()
    assert np.abs(ours - expected).max() <= 1
    sharp = sharpen(canvas, torch.tensor([view.sharpness]), torch.tensor([view.sigma]))
    inside = np.s_[4 : height - 4, 4 : width - 4]  # OpenCV mirrors the edges that we repeat
    ours = sharp[0, :, :height, :width].permute(1, 2, 0).numpy()
    assert np.abs(ours - view._sharpen(part))[inside].max() <= 3


@pytest.mark.parametrize(("size", "target"), [(20, 33), (33, 20), (12, 12), (1, 9)])
def test_matrices_resize_as_pillow_does(size, target):
    values = np.random.default_rng(0).random((1, size)).astype(np.float32)
    image = Image.fromarray(values).resize((target, 1), Image.Resampling.BICUBIC)
    (matrix,) = bicubic(*(torch.tensor([n]) for n in (size, 3, target)), 48, 40)
    result = matrix @ torch.from_numpy(np.pad(values[0], (0, 40 - size)))
    assert np.allclose(result[3 : 3 + target], np.asarray(image)[0], atol=1e-5)
    assert not matrix[:3].any()
    assert not matrix[3 + target :].any()


def test_opencvs_kernel_reaches_no_further_than_ours():
    point = np.zeros((31, 31), np.uint8)
    point[15] = 255
    point = point.T.copy()
    assert not cv2.GaussianBlur(point, (0, 0), 1.2)[:, :11].any()


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
