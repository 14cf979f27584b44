"""Decoding and encoding of pictures: every upload becomes uint8 RGB, or a UserError.

    picture = read_picture("phone photo.heic")  # uint8 RGB [H,W,3]: upright, opaque, sRGB

Uploads are limited here; `training.common.decoding` decodes them, as it decodes the pictures that
networks learn from. An upload is kept in memory only.
"""

import base64
import io
import os
from typing import BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin

from app.errors import UserError
from app.translation import gettext as _
from training.common.decoding import PIXEL_CEILING as PIXEL_CEILING  # beside the limits below it
from training.common.decoding import decode
from training.common.tiff import has_more_pages

MAX_PIXELS = 50_000_000
"""Default limit on width x height: a 50-megapixel phone photo still fits."""

MAX_BYTES = 50 * 2**20
"""Default limit on the file itself."""


def read_picture(
    source: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
) -> np.ndarray:
    """Decode a picture as a person expects to see it.

    EXIF orientation and embedded colour profiles are applied, transparency becomes white,
    animations give their first frame, TIFFs their first page (see `note_on`), and every depth and
    colour model becomes 8-bit sRGB.

    Args:
        source: a path, a file's content, or a binary file object, which is read from its
            position and left open.
        max_pixels: limit on width x height, checked before decoding.
        max_bytes: limit on the size of the file.

    Returns:
        uint8 RGB [H,W,3], contiguous and writable.

    Raises:
        UserError: the file is missing, empty, too large, damaged, or no picture that we can read.
    """
    return decode(_read_bytes(source, max_bytes), max_pixels)


def note_on(path: str | os.PathLike[str]) -> str:
    """What a person should know of a file that was read: a sentence, or nothing."""
    with open(path, "rb") as file:
        if not file.read(4).startswith((b"II", b"MM")):
            return ""
        file.seek(0)
        pages = has_more_pages(file)
    return _("This TIFF has several pages; the first one was taken.") if pages else ""


def encode_png(picture: np.ndarray, text: dict[str, str] | None = None) -> bytes:
    """Encode a picture losslessly.

    Args:
        picture: uint8 RGB [H,W,3].
        text: what to write inside the file, by keyword (such as "Title" or "Software").

    Returns:
        The content of a PNG file.
    """
    notes = PngImagePlugin.PngInfo()
    for keyword, value in (text or {}).items():
        notes.add_itxt(keyword, value)
    file = io.BytesIO()
    # Level 3 takes less than half the time of the default, for a file 15 % larger.
    Image.fromarray(picture).save(file, "PNG", compress_level=3, pnginfo=notes)
    return file.getvalue()


def encode_jpeg(picture: np.ndarray, quality: int = 92) -> bytes:
    """Encode a picture, uint8 RGB [H,W,3], as a JPEG file with colours in full resolution."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling="4:4:4")
    return file.getvalue()


def _read_bytes(source: str | os.PathLike[str] | bytes | BinaryIO, max_bytes: int) -> bytes:
    """The content of a file, never more than one byte over the limit."""
    if isinstance(source, bytes):
        data = source
    elif isinstance(source, str | os.PathLike):
        try:
            with open(source, "rb") as file:
                data = file.read(max_bytes + 1)
        except (OSError, ValueError) as error:  # ValueError: a null character in the name
            reason = getattr(error, "strerror", None) or _("its name is not valid")
            sentence = _(
                "The file {name!r} could not be opened ({reason}); please choose another one."
            )
            name = os.path.basename(source)
            raise UserError(sentence.format(name=name, reason=reason.lower())) from error
    else:
        data = source.read(max_bytes + 1)
    if len(data) > max_bytes:
        sentence = _(
            "This file is larger than the {size:g} MB allowed here; please upload a smaller"
            " version, such as a JPEG."
        )
        raise UserError(sentence.format(size=max_bytes / 2**20))
    return data


def data_uri(picture: np.ndarray, quality: int = 86) -> str:
    """A picture as the `src` of an <img>: it is in no file, so nobody else can ask for it.

    Args:
        picture: uint8 RGB [H,W,3].
        quality: of the WebP, 0 to 100.
    """
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "WEBP", quality=quality, method=2)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()
