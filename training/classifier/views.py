"""Views of training pictures: the whole, six views, or a random view.

Random views keep a painting's brushwork and hide its file. Collections differ in resolution,
sharpness, compression and proportions, and a network easily learns the collection instead of the
movement. So each of these is drawn at random for every picture, whatever its source; nothing is
rotated, erased or recoloured beyond what two photographs of one painting differ in.

Proportions are the plainest of these clues: some collections cut or squash every painting to a
square, and few squares are Realist. So a view's proportions never depend on the file's own.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from training.common.preprocessing import Box, letterbox, resize, six_views
from training.data import Record, load_picture

Item = tuple[Tensor, int, int]
"""Image uint8 [size,size,3]; index of the movement or -1; index of the kind."""


@dataclass(frozen=True)
class View:
    """A random view, chosen before the picture's pixels are touched.

    Attributes:
        box: what part of the picture is seen.
        mirrored: left and right change places.
        width: of the view in pixels; what is left of the square is padding.
        height: likewise.
        reduced: width and height to which the part is resized at first.
        tone: factors of brightness, contrast and saturation.
        sharpness: an amount below zero blurs, above zero sharpens.
        sigma: of the blur that `sharpness` takes, in pixels.
        quality: of the JPEG.
    """

    box: Box
    mirrored: bool
    width: int
    height: int
    reduced: tuple[int, int]
    tone: tuple[float, float, float]
    sharpness: float
    sigma: float
    quality: int

    def of(self, picture: np.ndarray, size: int) -> np.ndarray:
        """The view of a picture.

        Args:
            picture: uint8 RGB [H,W,3].
            size: side of the square in pixels.

        Returns:
            uint8 RGB [size,size,3].
        """
        part = picture[self.box.slices]
        if self.mirrored:
            part = part[:, ::-1]
        part = self._change_tone(resize(part, *self.reduced))
        part = self._recompress(self._sharpen(part))
        return letterbox(resize(part, self.width, self.height), size)[0]

    def _change_tone(self, picture: np.ndarray) -> np.ndarray:
        brightness, contrast, saturation = self.tone
        values = picture.astype(np.float32) * brightness
        grey = values.mean(2, keepdims=True)
        values = grey + (values - grey) * saturation
        middle = grey.mean()
        return np.clip(middle + (values - middle) * contrast, 0, 255).astype(np.uint8)

    def _sharpen(self, picture: np.ndarray) -> np.ndarray:
        blurred = cv2.GaussianBlur(picture, (0, 0), self.sigma)
        return cv2.addWeighted(picture, 1 + self.sharpness, blurred, -self.sharpness, 0)

    def _recompress(self, picture: np.ndarray) -> np.ndarray:
        options = [cv2.IMWRITE_JPEG_QUALITY, self.quality]
        _, data = cv2.imencode(".jpg", picture[..., ::-1], options)
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1]


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the random changes; the defaults are the project's own recipe.

    Attributes:
        whole: probability of showing as much of the picture as goes into a letterboxed view of
            drawn proportions, instead of a square crop.
        square: probability that those proportions are exactly square.
        proportions: standard deviation of the natural logarithm of width / height of the others;
            paintings have about 0.33.
        smallest_crop: smallest side of a crop, as a fraction of the shorter side.
        aspect: largest stretch of width against height.
        reduction: largest loss of resolution.
        jpeg: range of JPEG quality.
        tone: largest relative change of brightness, contrast and saturation.
    """

    whole: float = 0.5
    square: float = 0.25
    proportions: float = 0.33
    smallest_crop: float = 0.5
    aspect: float = 4 / 3
    reduction: float = 2.5
    jpeg: tuple[int, int] = (30, 95)
    tone: float = 0.15

    def __call__(self, picture: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
        """One random view.

        Args:
            picture: uint8 RGB [H,W,3].
            size: side of the view in pixels.
            rng: source of randomness.

        Returns:
            uint8 RGB [size,size,3].
        """
        height, width = picture.shape[:2]
        return self.draw(height, width, size, rng).of(picture, size)

    def draw(self, height: int, width: int, size: int, rng: np.random.Generator) -> View:
        """Choose a view of a picture of this height and width; arguments as of a call."""
        if rng.random() < self.whole:
            box, target = self._whole(height, width, size, rng)
        else:
            box, target = self._crop(height, width, rng), (size, size)
        mirrored = bool(rng.random() < 0.5)
        # Every other time, up to `reduction` of the resolution still needed is thrown away.
        loss = self.reduction ** rng.random() if rng.random() < 0.5 else 1.0
        brightness, contrast, saturation = 1 + rng.uniform(-self.tone, self.tone, 3)
        return View(
            box,
            mirrored,
            *target,
            reduced=(max(8, round(target[0] / loss)), max(8, round(target[1] / loss))),
            tone=(brightness, contrast, saturation),
            sharpness=rng.uniform(-0.7, 1.5),
            sigma=rng.uniform(0.5, 1.2),
            quality=int(rng.integers(self.jpeg[0], self.jpeg[1] + 1)),
        )

    def _whole(
        self, height: int, width: int, size: int, rng: np.random.Generator
    ) -> tuple[Box, tuple[int, int]]:
        """The largest part that is stretched to drawn proportions, and its width and height."""
        square, shape = rng.random() < self.square, np.exp(rng.normal(0, self.proportions))
        shape = 1.0 if square else float(shape)
        # A random share of the way from the picture's proportions is stretched, the rest cut off.
        stretch = (shape * height / width) ** rng.random()
        shape_of_box = shape / float(np.clip(stretch, 1 / self.aspect, self.aspect))
        box_width = min(width, max(1, round(height * shape_of_box)))
        box_height = min(height, max(1, round(width / shape_of_box)))
        box = _somewhere(height, width, box_height, box_width, rng)
        scale = size / max(shape, 1.0)
        return box, (max(1, round(shape * scale)), max(1, round(scale)))

    def _crop(self, height: int, width: int, rng: np.random.Generator) -> Box:
        """A crop that becomes a square when it is stretched."""
        stretch = float(np.exp(rng.uniform(-0.5, 0.5) * np.log(self.aspect)))
        side = min(height, width) * rng.uniform(self.smallest_crop, 1)
        crop_height = min(height, max(1, round(side * stretch)))
        crop_width = min(width, max(1, round(side / stretch)))
        return _somewhere(height, width, crop_height, crop_width, rng)


def _somewhere(
    height: int, width: int, box_height: int, box_width: int, rng: np.random.Generator
) -> Box:
    """A box at a random place in a picture of this height and width."""
    top = int(rng.integers(height - box_height + 1))
    left = int(rng.integers(width - box_width + 1))
    return Box(left, top, box_width, box_height)


class Views(Dataset[Item]):
    """One view a picture; which one depends on seed, epoch and position alone.

    Args:
        records: the pictures.
        size: side of the view in pixels.
        augmentation: ranges for random views; None shows the whole picture, letterboxed.
        six: show the whole and five crops in turn, one an epoch, instead of random views.
        seed: of the random views.
    """

    def __init__(
        self,
        records: list[Record],
        size: int,
        augmentation: Augmentation | None = None,
        *,
        six: bool = False,
        seed: int = 0,
    ) -> None:
        self.records = records
        self.size = size
        self.augmentation = augmentation
        self.six = six
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index: int) -> Item:
        record = self.records[index]
        view = self._view(load_picture(record.path), index)
        return torch.from_numpy(np.ascontiguousarray(view)), record.label, record.kind

    def _view(self, picture: np.ndarray, index: int) -> np.ndarray:
        if self.six:
            views, _ = six_views(picture, self.size, crop_side=self.size)
            return views[(self.epoch + index) % len(views)]
        if self.augmentation is None:
            return letterbox(picture, self.size)[0]
        return self.draw(index, *picture.shape[:2]).of(picture, self.size)

    def draw(self, index: int, height: int, width: int) -> View:
        """Choose the random view of a picture of this height and width."""
        assert self.augmentation is not None
        rng = np.random.default_rng((self.seed, self.epoch, index))
        return self.augmentation.draw(height, width, self.size, rng)


class SixViews(Dataset[Item]):
    """All six views of a picture at once: uint8 [6,size,size,3], as the app sees it."""

    def __init__(self, records: list[Record], size: int) -> None:
        self.records = records
        self.size = size

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index: int) -> Item:
        record = self.records[index]
        views, _ = six_views(load_picture(record.path), self.size)
        return torch.from_numpy(views), record.label, record.kind
