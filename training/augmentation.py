"""Random views of a painting that keep its brushwork and hide its file.

Collections differ in resolution, sharpness, compression and proportions, and a network will
happily recognise the collection instead of the movement. So each of these is drawn at random for
every picture, whatever its source; nothing is rotated, erased or recoloured beyond what two
photographs of one painting differ in.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from training.preprocessing import Box, letterbox, resize


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
        whole: probability of showing the whole picture, letterboxed, instead of a square crop.
        smallest_crop: smallest side of a crop, as a fraction of the shorter side.
        aspect: largest stretch of width against height.
        reduction: largest loss of resolution.
        jpeg: range of JPEG quality.
        tone: largest relative change of brightness, contrast and saturation.
    """

    whole: float = 0.35
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
        stretch = float(np.exp(rng.uniform(-0.5, 0.5) * np.log(self.aspect)))
        if rng.random() < self.whole:
            box = Box(0, 0, width, height)
            stretched_height, stretched_width = height / stretch, width * stretch
            scale = size / max(stretched_height, stretched_width)
            target = max(1, round(stretched_width * scale)), max(1, round(stretched_height * scale))
        else:
            box = self._crop(height, width, stretch, rng)
            target = size, size
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

    def _crop(self, height: int, width: int, stretch: float, rng: np.random.Generator) -> Box:
        """A crop that becomes a square when it is stretched."""
        side = min(height, width) * rng.uniform(self.smallest_crop, 1)
        crop_height = min(height, max(1, round(side * stretch)))
        crop_width = min(width, max(1, round(side / stretch)))
        top = int(rng.integers(height - crop_height + 1))
        left = int(rng.integers(width - crop_width + 1))
        return Box(left, top, crop_width, crop_height)
