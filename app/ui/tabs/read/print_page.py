"""A printed page: A4, drawn as pixels, written as PNG or PDF.

OpenCV brings its own scalable typeface (Rubik, with Latin, Greek, Cyrillic and Chinese letters), so
the page looks the same on every machine; letters it lacks become question marks.
"""

import io

import cv2
import numpy as np
from PIL import Image

from app.imaging import encode_png
from training.common.preprocessing import resize

Colour = tuple[int, int, int]

PER_MM = 8
"""Pixels to a millimetre: 203 dots per inch."""

WIDTH, HEIGHT = 210, 297
"""Of the page, in millimetres."""

INK: Colour = (31, 28, 24)
SOFT: Colour = (95, 88, 78)
LINE: Colour = (200, 192, 180)

_LEADING = 1.4  # From one line of text to the next, in heights of the letters.
_BASE = 1.0  # From the top of a line of text to the feet of its letters, the same.
_DOTS_PER_INCH = 25.4 * PER_MM
_JPEG_QUALITY = 92  # A PDF holds the page as a JPEG; below this, letters have fringes.


class PrintPage:
    """A white page to draw on. All places and lengths are in millimetres from the top left."""

    def __init__(self) -> None:
        self._pixels = np.full((HEIGHT * PER_MM, WIDTH * PER_MM, 3), 255, np.uint8)
        self._font = cv2.FontFace("sans")

    def write(
        self,
        words: str,
        left: float,
        top: float,
        width: float,
        *,
        size: float = 3.4,
        weight: int = 400,
        colour: Colour = INK,
    ) -> float:
        """Write a paragraph, in as many lines as it needs.

        Args:
            words: the paragraph.
            left: of the paragraph.
            top: of the paragraph.
            width: that a line has.
            size: height of the letters with their ascenders.
            weight: 400 is regular, 700 is bold.
            colour: of the letters.

        Returns:
            Where the next paragraph may begin, below this one.
        """
        for line in self._lines(words, width, size, weight):
            place = round(left * PER_MM), round((top + _BASE * size) * PER_MM)
            cv2.putText(self._pixels, line, place, colour, self._font, round(size * PER_MM), weight)
            top += _LEADING * size
        return top

    def place(
        self, picture: np.ndarray, left: float, top: float, width: float, height: float
    ) -> tuple[float, float]:
        """Put a picture, uint8 RGB [H,W,3], as large as it fits into a space.

        Returns:
            Its width and height on the page.
        """
        rows, columns = picture.shape[:2]
        scale = min(width / columns, height / rows)
        width, height = columns * scale, rows * scale
        sides = (max(1, round(length * PER_MM)) for length in (width, height))
        small = resize(picture, *sides)
        y, x = round(top * PER_MM), round(left * PER_MM)
        self._pixels[y : y + len(small), x : x + small.shape[1]] = small
        return width, height

    def fill(
        self, left: float, top: float, width: float, height: float, colour: Colour = LINE
    ) -> None:
        """Fill a rectangle."""
        y, x = round(top * PER_MM), round(left * PER_MM)
        below, right = round((top + height) * PER_MM), round((left + width) * PER_MM)
        self._pixels[y : max(y + 1, below), x:right] = colour

    def png(self) -> bytes:
        """The page as the content of a PNG file."""
        return encode_png(self._pixels)

    def pdf(self, title: str) -> bytes:
        """The page as the content of a PDF file, A4, which bears a title."""
        file = io.BytesIO()
        Image.fromarray(self._pixels).save(
            file, "PDF", resolution=_DOTS_PER_INCH, quality=_JPEG_QUALITY, title=title
        )
        return file.getvalue()

    def _lines(self, words: str, width: float, size: float, weight: int) -> list[str]:
        """A paragraph, broken into lines between words, or within one that fills more than one."""
        lines: list[str] = []
        pieces = [piece for word in words.split() for piece in self._cut(word, width, size, weight)]
        for word in pieces:
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self._length(longer, size, weight) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def _cut(self, word: str, width: float, size: float, weight: int) -> list[str]:
        """A word in pieces that fit into a line; usually it does itself."""
        pieces = []
        while self._length(word, size, weight) > width and len(word) > 1:
            fitting = len(word) - 1
            while fitting > 1 and self._length(word[:fitting], size, weight) > width:
                fitting -= 1
            pieces.append(word[:fitting])
            word = word[fitting:]
        return [*pieces, word]

    def _length(self, words: str, size: float, weight: int) -> float:
        """Of a line of text."""
        pixels = round(size * PER_MM)
        _, _, length, _ = cv2.getTextSize((0, 0), words, (0, 0), self._font, pixels, weight)
        return length / PER_MM
