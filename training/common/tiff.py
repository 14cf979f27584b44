"""TIFFs that Pillow refuses or misreads: floats, deep integers and raw YCbCr. Torch-free.

OpenCV's libtiff unpacks every compression, but knows neither half floats nor channels that are
stored one after the other. tifffile knows both, uncompressed or deflated.
"""

import io
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np
from PIL import ExifTags, Image, TiffImagePlugin

from training.common.errors import UserError

if TYPE_CHECKING:
    from tifffile import TiffPage

logger = logging.getLogger(__name__)

_BYTES_A_PIXEL = 8
"""Times the limit of pixels: the limit of what a page may unpack to."""

_NEW_SUBFILE_TYPE, _COMPRESSION, _PLANAR, _ICC_PROFILE, _DNG_VERSION = 254, 259, 284, 34675, 50706
_GREY, _RGB, _YCBCR = 1, 2, 6  # Photometric interpretations.
_UNCOMPRESSED, _SEPARATE, _REDUCED = 1, 2, 1
_PREMULTIPLIED, _ALPHA = 1, (1, 2)  # What an extra channel is.


def pillow_misreads(image: Image.Image) -> bool:
    """Whether Pillow, which has opened a TIFF, would fail at its pixels or misplace them.

    Uncompressed, it takes YCbCr for RGB with padding, and the first of several deep channels that
    are stored one after the other for all of them. Compressed, it turns the bytes of 32 bits a
    second time in files that begin with their large end.
    """
    tags: TiffImagePlugin.ImageFileDirectory_v2 = image.tag_v2  # type: ignore[attr-defined]
    bits = max(tags.get(TiffImagePlugin.BITSPERSAMPLE, (1,)))
    if tags.get(_COMPRESSION, _UNCOMPRESSED) != _UNCOMPRESSED:
        return bits == 32 and tags.prefix == TiffImagePlugin.MM
    ycbcr = tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == _YCBCR
    return ycbcr or (bits > 8 and tags.get(_PLANAR) == _SEPARATE)


def is_raw(tags: "TiffImagePlugin.ImageFileDirectory_v2 | dict[int, object]") -> bool:
    """Whether these tags are those of a camera's raw file, whose first page is a thumbnail."""
    kind = tags.get(_NEW_SUBFILE_TYPE, 0)
    return bool(isinstance(kind, int) and kind & _REDUCED) or _DNG_VERSION in tags


def has_more_pages(file: BinaryIO) -> bool:
    """Whether a second page follows the first; a smaller copy of the first is none."""
    from tifffile import TiffFile

    try:
        with TiffFile(file) as tiff:
            if not tiff.pages.is_multipage:
                return False
            return not int(cast("TiffPage", tiff.pages[1]).subfiletype) & _REDUCED
    except Exception as error:  # As many kinds as of damage; what is no page cannot be read either.
        logger.info("Did not look for a second page: %r", error)
        return False


def read_tiff(
    data: bytes, max_pixels: int, check_tags: Callable[[int, int, dict[int, object]], None]
) -> Image.Image:
    """Decode the first page of a file that Pillow does not read.

    Args:
        data: the content of the file.
        max_pixels: limit on width x height; it limits what the page may unpack to as well.
        check_tags: called with width, height and the page's tags before a pixel is decoded.

    Returns:
        Mode L, RGB or RGBA, not yet upright, with its colour profile; see `to_eight_bits`.

    Raises:
        UserError: it would take too much memory, or `check_tags` says why not.
        Exception: of any other kind, if it is damaged or of a still more unusual variety.
    """
    from tifffile import TiffFile  # Slow to import, and seldom needed.

    with TiffFile(io.BytesIO(data)) as file:
        page = file.pages.first
        tags: dict[int, object] = {tag.code: tag.value for tag in page.tags}
        check_tags(page.imagewidth, page.imagelength, tags)
        _check_memory(page, max_pixels)
        values = _pixels(page, data)
        extra = [int(kind) for kind in page.extrasamples]
    image = _as_image(values, extra[0] if extra else 0)
    if isinstance(profile := tags.get(_ICC_PROFILE), bytes):
        image.info["icc_profile"] = profile
    image.getexif()[ExifTags.Base.Orientation] = tags.get(ExifTags.Base.Orientation, 1)
    return image


def to_eight_bits(values: np.ndarray) -> np.ndarray:
    """Scale deep values to 8 bits; only negative ones are clipped.

    White is 65535 for uint16. Wider integers are taken for 8 or 16 bits in a wide box where they
    fit, and floats for 0 to 1; where they do not fit, the brightest value is white.

    Args:
        values: of any real dtype and shape; what is no number counts as 0.

    Returns:
        uint8, of the same shape; uint8 as it was.
    """
    if values.dtype == np.uint8:
        return values
    known = values.dtype.kind == "u" and values.dtype.itemsize == 2
    usual = (1.0,) if values.dtype.kind == "f" else (255.0, 65535.0)
    with np.errstate(over="ignore"):
        values = values.astype(np.float32)  # A copy, which the rest changes in place.
    np.nan_to_num(values, copy=False, nan=0, posinf=0, neginf=0)
    brightest = float(values.max())
    white = next((value for value in usual if brightest <= value), brightest)
    values /= 65535 if known else white
    np.clip(values, 0, 1, out=values)
    values *= 255
    values += 0.5
    return values.astype(np.uint8)


def _as_image(values: np.ndarray, extra: int) -> Image.Image:
    """Pixels [H,W,C] as mode L or RGB, with alpha where there is any.

    Args:
        values: grey for one or two channels, RGB for three or four.
        extra: what a second or fourth channel is, as the TIFF's ExtraSamples say it.
    """
    count = values.shape[2] - 1 + values.shape[2] % 2  # Of channels of colour.
    colour, alpha = values[..., :count], None
    if values.shape[2] > count and extra in _ALPHA:
        white = 1.0 if values.dtype.kind == "f" else np.iinfo(values.dtype).max
        alpha = values[..., count] / np.float32(white)
        if extra == _PREMULTIPLIED:
            colour = (colour / np.maximum(alpha, 1e-6)[..., None]).astype(values.dtype)
    image = Image.fromarray(to_eight_bits(colour if count == 3 else colour[..., 0]))
    if alpha is not None:
        image.putalpha(Image.fromarray(to_eight_bits(alpha)))
    return image


def _check_memory(page: "TiffPage", max_pixels: int) -> None:
    most, needed = _BYTES_A_PIXEL * max_pixels, page.nbytes
    if needed > most:
        raise UserError(
            f"This TIFF unpacks to {needed / 1e6:,.0f} MB, more than the {most / 1e6:,.0f} MB"
            " allowed here; please make it smaller or save it with 8 bits a channel."
        )


def _pixels(page: "TiffPage", data: bytes) -> np.ndarray:
    """Decode a page to [H,W,C], C from 1 to 4."""
    channels, dtype = page.samplesperpixel, page.dtype
    expected = {_GREY: (1, 2), _RGB: (3, 4), _YCBCR: (3,)}.get(int(page.photometric), ())
    if dtype is None or channels not in expected:
        raise ValueError(f"photometric interpretation {page.photometric}, {channels} channels")
    separate = int(page.planarconfig) == _SEPARATE and channels > 1
    if int(page.photometric) == _YCBCR or (dtype.itemsize > 2 and not separate):
        return _by_opencv(data, page)
    values = page.asarray(maxworkers=1)
    values = np.moveaxis(values, 0, -1) if separate else values
    return values.reshape(page.imagelength, page.imagewidth, channels)


def _by_opencv(data: bytes, page: "TiffPage") -> np.ndarray:
    """The same for channels beside each other; YCbCr comes as RGB."""
    import cv2

    content = np.frombuffer(data, np.uint8).copy()
    if turned := page.tags.get(ExifTags.Base.Orientation):  # OpenCV would heed it in some kinds.
        upright = np.array([1], f"{page.parent.byteorder}u2").view(np.uint8)
        content[turned.valueoffset : turned.valueoffset + 2] = upright
    found = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
    if found is None:
        raise ValueError("libtiff cannot decode it")
    found = found.reshape(*found.shape[:2], -1)
    if found.shape != (page.imagelength, page.imagewidth, page.samplesperpixel):
        raise ValueError(f"{found.shape} decoded, unlike the header")
    return found[..., [2, 1, 0, 3][: found.shape[2]]] if found.shape[2] > 2 else found
