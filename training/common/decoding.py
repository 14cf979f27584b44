"""Decoding of picture files, the same for training and the app.

    picture = load_picture("portrait.jpg")  # uint8 RGB [H,W,3]: upright, opaque, sRGB

Nothing about a file is trusted: its kind comes from its first bytes (never from its name), its size
from its header before a pixel is decoded. Torch-free: the app imports it.
"""

import functools
import io
import logging
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, IcoImagePlugin, Image, ImageCms, UnidentifiedImageError

from training.common.errors import UserError
from training.common.signatures import not_a_picture, recognise
from training.common.tiff import is_raw, pillow_misreads, read_tiff, to_eight_bits

logger = logging.getLogger(__name__)

PIXEL_CEILING = 2 * (Image.MAX_IMAGE_PIXELS or 50_000_000)
"""Pillow refuses more than this by itself, so no limit of ours can usefully lie above it."""

# Where people write a format unlike Pillow.
_SPELLING = {"WEBP": "WebP", "HEIF": "HEIC", "JPEG2000": "JPEG 2000"}

_UPRIGHT = {  # EXIF orientation -> what brings the stored pixels upright; 1 needs nothing.
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def load_picture(path: Path | str) -> np.ndarray:
    """A picture of a data set, read as `decode` does.

    Returns:
        uint8 RGB [H,W,3], contiguous and writable.

    Raises:
        UserError: the file is missing or no picture; the sentence begins with its path.
    """
    try:
        return decode(read_content(path))
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def read_content(path: Path | str) -> bytes:
    """The content of a file.

    Raises:
        UserError: it cannot be opened.
    """
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or "its name is not valid"
        raise UserError(f"This file could not be opened ({reason.lower()}).") from error


def decode(data: bytes, max_pixels: int = PIXEL_CEILING) -> np.ndarray:
    """Decode a picture as a person expects to see it.

    EXIF orientation and embedded colour profiles are applied, transparency is laid on white,
    animations give their first frame, TIFFs their first page, icons their largest picture, and
    every depth and colour model becomes 8-bit sRGB.

    Args:
        data: the content of a file.
        max_pixels: limit on width x height, checked before decoding.

    Returns:
        uint8 RGB [H,W,3], contiguous and writable.

    Raises:
        UserError: it is empty, too large, damaged, or no picture that we can read.
    """
    if not data:
        raise UserError("This file is empty; please choose another one.")
    return np.array(_flatten(_decode(data, recognise(data), max_pixels)))


def _decode(data: bytes, kind: str, max_pixels: int) -> Image.Image:
    """Decode the first frame, upright, in whatever mode it is stored."""
    if kind == "HEIF":
        _register_heif()
    try:
        image = _open(data, kind, max_pixels)
        _check_size(*image.size, max_pixels)
        image.load()
        _check_size(*image.size, max_pixels)  # A coded HEIC may differ from its header.
        return image.transpose(_UPRIGHT[turn]) if (turn := _orientation(image)) != 1 else image
    except UserError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_many_pixels("hundreds of millions of pixels", max_pixels) from error
    except Exception as error:  # Decoders raise anything at all when fed with broken files.
        logger.info("Could not decode a %s file: %r", kind, error)
        raise UserError(
            f"This {_SPELLING.get(kind, kind)} file is damaged, incomplete or of an unusual"
            " variety; please open it in a picture program, save it as JPEG or PNG and try again."
        ) from error


@functools.cache
def _register_heif() -> None:
    """Register Pillow's HEIC plugin with the first HEIC file: the import costs start-up time."""
    import pillow_heif

    pillow_heif.register_heif_opener()


def _open(data: bytes, kind: str, max_pixels: int) -> Image.Image:
    """An opened picture; pixels are not decoded yet, where its format allows that."""
    if kind == "TIFF":
        return _open_tiff(data, max_pixels)
    if kind == "ICO":  # Pillow opens the first of the largest, and decodes it at once.
        icon = IcoImagePlugin.IcoFile(io.BytesIO(data))
        sizes = [(entry.square, entry.color_depth) for entry in icon.entry]
        return icon.frame(sizes.index(max(sizes)))
    return Image.open(io.BytesIO(data), formats=(kind,))


def _open_tiff(data: bytes, max_pixels: int) -> Image.Image:
    def check(width: int, height: int, tags: Any) -> None:
        _check_size(width, height, max_pixels)
        if is_raw(tags):
            raise not_a_picture("a camera's raw file")

    try:
        image = Image.open(io.BytesIO(data), formats=("TIFF",))
        check(*image.size, image.tag_v2)  # type: ignore[attr-defined]
        if not pillow_misreads(image):
            return image
    except UnidentifiedImageError:
        pass
    return read_tiff(data, max_pixels, check)


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        millions = f"{width * height / 1e6:.1f} million pixels ({width} x {height})"
        raise _too_many_pixels(millions, max_pixels)
    if width * height == 0:
        raise ValueError("a side of zero pixels")


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation of a loaded picture, 1 to 8; impossible values count as 1."""
    try:
        turn = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception as error:  # A photo with broken EXIF is still a photo.
        logger.info("Ignored broken EXIF: %r", error)
        return 1
    return turn if turn in _UPRIGHT else 1


def _flatten(image: Image.Image) -> Image.Image:
    """A decoded picture as opaque sRGB, 8 bits a channel."""
    colour, alpha = _split_alpha(image)
    colour = _to_srgb(colour, image.info.get("icc_profile"))
    if alpha is None:
        return colour
    canvas = Image.new("RGB", colour.size, "white")
    canvas.paste(colour, mask=alpha)
    return canvas


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colour in mode L, RGB, CMYK or LAB, and alpha in mode L where there is any.

    They part before the colour profile is applied, because a profile knows nothing of alpha.
    """
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(to_eight_bits(np.asarray(image))), None
    if image.mode in ("L", "RGB", "CMYK", "LAB") and not image.has_transparency_data:
        return image, None
    base = "L" if image.mode in ("1", "L", "LA") else "RGB"
    if not image.has_transparency_data:
        return image.convert(base), None
    rgba = image.convert("RGBA")
    return rgba.convert(base), rgba.getchannel("A")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert L, RGB, CMYK or LAB to sRGB, through the file's own profile if it is sound."""
    if profile and image.mode != "LAB":
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if source.profile.xcolor_space == "RGB ":
                image = image.convert("RGB")  # Grey pictures often carry a colour profile.
            target = ImageCms.createProfile("sRGB")
            return ImageCms.buildTransform(source, target, image.mode, "RGB").apply(image)
        except (ImageCms.PyCMSError, OSError, ValueError) as error:
            logger.info("Ignored a broken colour profile: %r", error)
    return image.convert("RGB")


def _too_many_pixels(pixels: str, max_pixels: int) -> UserError:
    return UserError(
        f"This picture has {pixels}, more than the {max_pixels / 1e6:g} million allowed here;"
        " please make it smaller and try again."
    )
