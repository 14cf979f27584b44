"""Random views of a painting that keep its brushwork and hide its file.

Collections differ in resolution, sharpness, compression and proportions, and a network will
happily recognise the collection instead of the movement. So each of these is drawn at random for
every picture, whatever its source; nothing is rotated, erased or recoloured beyond what two
photographs of one painting differ in.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from training.preprocessing import letterbox, resize


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
        stretch = np.exp(rng.uniform(-0.5, 0.5) * np.log(self.aspect))
        if rng.random() < self.whole:
            height, width = picture.shape[0] / stretch, picture.shape[1] * stretch
            scale = size / max(height, width)
            target = max(1, round(width * scale)), max(1, round(height * scale))
        else:
            picture = self._crop(picture, stretch, rng)
            target = size, size
        if rng.random() < 0.5:
            picture = picture[:, ::-1]
        picture = self._reduce(picture, *target, rng)
        picture = self._recompress(self._sharpness(self._tone(picture, rng), rng), rng)
        return letterbox(resize(picture, *target), size)[0]

    def _crop(self, picture: np.ndarray, stretch: float, rng: np.random.Generator) -> np.ndarray:
        """A crop that becomes a square when it is stretched."""
        height, width = picture.shape[:2]
        side = min(height, width) * rng.uniform(self.smallest_crop, 1)
        crop_height = min(height, max(1, round(side * stretch)))
        crop_width = min(width, max(1, round(side / stretch)))
        top = rng.integers(height - crop_height + 1)
        left = rng.integers(width - crop_width + 1)
        return picture[top : top + crop_height, left : left + crop_width]

    def _reduce(
        self, picture: np.ndarray, width: int, height: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Every other time, throw away up to `reduction` of the resolution still needed."""
        loss = self.reduction ** rng.random() if rng.random() < 0.5 else 1.0
        reduced = (max(8, round(side / loss)) for side in (width, height))
        return resize(picture, *reduced)

    def _tone(self, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        brightness, contrast, saturation = 1 + rng.uniform(-self.tone, self.tone, 3)
        values = picture.astype(np.float32) * brightness
        grey = values.mean(2, keepdims=True)
        values = grey + (values - grey) * saturation
        middle = grey.mean()
        return np.clip(middle + (values - middle) * contrast, 0, 255).astype(np.uint8)

    def _sharpness(self, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Blur or unsharp-mask: an amount below zero blurs, above zero sharpens."""
        amount = rng.uniform(-0.7, 1.5)
        blurred = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 1.2))
        return cv2.addWeighted(picture, 1 + amount, blurred, -amount, 0)

    def _recompress(self, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        quality = int(rng.integers(self.jpeg[0], self.jpeg[1] + 1))
        _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1]
