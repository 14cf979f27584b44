"""Files as other programs write them, for tests of decoding."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
from PIL import Image

RED, GREEN, BLUE, WHITE, BLACK = (250, 10, 10), (10, 200, 10), (10, 10, 250), (255,) * 3, (0,) * 3


def encode(picture: np.ndarray | Image.Image, kind: str, **options: object) -> bytes:
    """The content of a file as other people's programs write it."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    file = io.BytesIO()
    if kind == "HEIF":  # Through the library, so that reading must load its own plugin.
        pillow_heif.from_pillow(image).save(file, **options)
    else:
        image.save(file, kind, **options)
    return file.getvalue()


def png(width: int, height: int, depth: int, colour: int, data: bytes = b"") -> bytes:
    """A PNG of a kind that Pillow does not write, or of a size that nobody should decode."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def corners() -> np.ndarray:
    """Four colours, one a corner, wider than high: no turn or flip of it equals another."""
    picture = np.zeros((40, 64, 3), np.uint8)
    picture[:20, :32], picture[:20, 32:], picture[20:, :32] = RED, GREEN, BLUE
    return picture


def assert_close(actual: np.ndarray, expected: object, tolerance: int = 8) -> None:
    difference = np.abs(actual.astype(int) - np.asarray(expected, int))
    assert difference.max() <= tolerance, (actual, expected)
