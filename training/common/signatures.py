"""The format of a file by its first bytes, never by its name."""

import re

from training.common.errors import UserError

FORMATS = "JPEG, PNG, WebP, GIF, BMP, TIFF, JPEG 2000, ICO, HEIC or AVIF"
"""The accepted formats, for sentences."""

SUFFIXES = frozenset(
    # No icons: in a folder of paintings they are the folder's.
    (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif")
) | {".jp2", ".jpx", ".j2k"}
"""How names of pictures end where a folder is searched; what a file is, its first bytes say."""

_HEAD = 1024  # Bytes that are searched; an SVG may begin with a long comment.

# Pillow's name of each accepted format and how its files begin.
_ACCEPTED = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "WEBP": rb"RIFF....WEBP",
    "GIF": rb"GIF8[79]a",
    # Two letters alone would take any text that starts with "BM": ask for a known header size too.
    "BMP": rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0",
    # "CR" marks Canon's raw files, TIFFs only by their first four bytes.
    "TIFF": rb"II[*+]\0(?!....CR)|MM\0[*+]",
    "JPEG2000": rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51",
    # Its number of pictures, then the first one's header with a zero in the middle: four bytes
    # alone begin other files as well.
    "ICO": rb"\0\0\x01\0[^\0]\0...\0",
    # Both live in the same container and may share their first brand: the list of brands decides.
    "AVIF": rb"....ftyp(?:....){0,14}?avi[fs]",
    "HEIF": rb"....ftyp(?:he[iv][cxms]|mif1|msf1)",
}

# Names of other formats that people upload by mistake; the first that matches is shown.
_REFUSED = {
    "a web page": rb"\s*(?i:<!doctype html|<html)",
    "an SVG drawing": rb".*<svg[\s>]",
    "a PDF document": rb"%PDF",
    "a Photoshop document": rb"8BPS",
    "a camera's raw file": rb"II\*\0....CR|....ftypcrx|FUJIFILM|II(?:RO|RS|U\0)",
    "a video": rb"....(?:ftyp|moov|mdat|wide)|RIFF....AVI |\x1a\x45\xdf\xa3",
    "a JPEG XL picture": rb"\xff\x0a|\0\0\0\x0cJXL ",
    "a ZIP archive or an office document": rb"PK\x03\x04",
    "a text file": rb"[^\0-\x08\x0e-\x1f]+\Z",
}


def recognise(data: bytes) -> str:
    """Name the accepted format that a file's content begins as.

    Returns:
        Pillow's name of the format, such as "JPEG".

    Raises:
        UserError: it is none of them; the sentence names what it is where that is known.
    """
    head = data[:_HEAD]
    for name, start in _ACCEPTED.items():
        if re.match(start, head, re.DOTALL):
            return name
    names = (name for name, start in _REFUSED.items() if re.match(start, head, re.DOTALL))
    raise not_a_picture(next(names, "a file of an unknown kind"))


def not_a_picture(what: str) -> UserError:
    """The sentence for a file that is `what` instead of a picture in an accepted format."""
    return UserError(f"This is {what}; please choose a picture saved as {FORMATS}.")
