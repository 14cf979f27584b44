"""Rare formats: TIFFs that Pillow does not read, JPEG 2000, icons."""

import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from app.errors import UserError
from app.imaging import note_on, read_picture
from tests.app import colour_profiles
from tests.app.uploads import BLUE, GREEN, RED, WHITE, assert_close, corners, encode, png

GREY = np.tile(np.linspace(0, 1, 256), (3, 1))
"""A ramp from black to white."""


def tiff(values: np.ndarray, **options: Any) -> bytes:
    file = io.BytesIO()
    options.setdefault("photometric", "rgb" if values.ndim == 3 else "minisblack")
    tifffile.imwrite(file, values, **options)
    return file.getvalue()


def shares() -> np.ndarray:
    """The four corners as shares of white, float64 [40,64,3]."""
    return corners() / 255


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [16, 32, 64])
def test_float_tiffs_are_read(bits: int, order: str) -> None:
    kind = f"f{bits // 8}"
    ramp = read_picture(tiff(GREY.astype(kind), byteorder=order))
    assert_close(ramp[0], np.arange(256)[:, None].repeat(3, 1), tolerance=1)
    picture = read_picture(tiff(shares().astype(kind), byteorder=order))
    assert_close(picture, corners(), tolerance=1)


@pytest.mark.parametrize("bits", [16, 32, 64])
def test_float_channels_may_be_stored_one_after_the_other_or_in_tiles(bits: int) -> None:
    values = shares().astype(f"f{bits // 8}")
    apart = tiff(np.moveaxis(values, 2, 0), planarconfig="separate")
    assert_close(read_picture(apart), corners(), tolerance=1)
    assert_close(read_picture(tiff(values, tile=(16, 16))), corners(), tolerance=1)


def test_floats_are_unpacked() -> None:
    for bits in (16, 32, 64):
        packed = tiff(shares().astype(f"f{bits // 8}"), compression="zlib")
        assert_close(read_picture(packed), corners(), tolerance=1)
    lzw = encode(Image.fromarray(GREY.astype(np.float32)), "TIFF", compression="tiff_lzw")
    assert read_picture(lzw)[0, :, 1].tolist() == list(range(256))


def test_packed_big_endian_floats() -> None:
    picture = read_picture(tiff(GREY.astype("f4"), byteorder=">", compression="zlib"))
    assert picture[0, :, 1].tolist() == list(range(256))


def test_bright_floats_are_scaled_and_what_is_no_number_is_black() -> None:
    values = np.float64([[[4, 2, 0], [np.nan, np.inf, 1e300]]])
    assert read_picture(tiff(values)).tolist() == [[[255, 128, 0], [0, 0, 0]]]


@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha"])
def test_transparency_of_floats_becomes_white(kind: str) -> None:
    colour, alpha = (0.8, 0.4, 0.0), 0.5
    stored = [c * alpha for c in colour] if kind == "assocalpha" else colour
    content = tiff(np.float32([[[*stored, alpha]]]), extrasamples=[kind])
    assert_close(read_picture(content)[0, 0], (230, 179, 128), tolerance=1)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
def test_ycbcr_tiffs_are_read(compression: str | None) -> None:
    stored = Image.fromarray(corners()).convert("YCbCr")
    options = {} if compression is None else {"compression": compression}
    assert_close(read_picture(encode(stored, "TIFF", **options)), corners(), tolerance=3)


def test_planar_16_bit_channels_are_read() -> None:
    deep = np.moveaxis(corners().astype(np.uint16) * 257, 2, 0)
    np.testing.assert_array_equal(read_picture(tiff(deep, planarconfig="separate")), corners())


def test_a_rare_tiff_becomes_upright_and_keeps_its_profile() -> None:
    turned = np.ascontiguousarray(np.rot90(shares()).astype(np.float32))
    picture = read_picture(tiff(turned, extratags=[(274, "H", 1, 6, True)]))
    assert_close(picture[8, 8], RED)
    assert_close(picture[8, -8], GREEN)
    assert_close(picture[-8, 8], BLUE)
    grey = np.full((4, 4, 3), 0.5, np.float32)
    linear = read_picture(tiff(grey, iccprofile=colour_profiles.adobe_rgb(gamma=1.0)))
    assert_close(linear[0, 0], (188,) * 3, tolerance=2)


def test_limits_hold_for_rare_tiffs() -> None:
    content = tiff(np.zeros((100, 100, 3), np.float64), compression="zlib")
    assert len(content) < 1500
    with pytest.raises(UserError, match="more than the 0"):
        read_picture(content, max_pixels=9_000)
    with pytest.raises(UserError, match=r"unpacks to 0 MB, .* or save it with 8 bits"):
        read_picture(content, max_pixels=10_000)
    assert read_picture(content, max_pixels=30_000).max() == 0


def test_a_rare_raw_file_is_named() -> None:
    with pytest.raises(UserError, match="raw file"):
        read_picture(tiff(shares().astype("f4"), extratags=[(50706, "B", 4, b"\1\4\0\0", True)]))


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_a_truncated_float_tiff_is_refused(kind: str) -> None:
    content = tiff(shares().astype(kind), compression="zlib")
    with pytest.raises(UserError, match="damaged, incomplete"):
        read_picture(content[: len(content) // 2])


def test_several_pages_are_noted_and_thumbnails_are_not_pages(tmp_path) -> None:
    first, second = Image.new("RGB", (8, 8), RED), Image.new("RGB", (8, 8), BLUE)
    files = {
        "pages.tif": encode(first, "TIFF", save_all=True, append_images=[second]),
        "page.tif": encode(first, "TIFF"),
        "moving.gif": encode(first, "GIF", save_all=True, append_images=[second]),
    }
    with tifffile.TiffWriter(tmp_path / "thumbnail.tif") as writer:
        writer.write(corners(), photometric="rgb")
        writer.write(corners()[::4, ::4], photometric="rgb", subfiletype=1)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    assert note_on(tmp_path / "pages.tif") == (
        "This TIFF has several pages; the first one was taken."
    )
    for name in ("page.tif", "moving.gif", "thumbnail.tif"):
        assert note_on(tmp_path / name) == ""
    (tmp_path / "cut.tif").write_bytes(files["pages.tif"][:100])
    assert note_on(tmp_path / "cut.tif") == ""


@pytest.mark.parametrize("boxed", [True, False], ids=["JP2", "code stream"])
def test_jpeg_2000(boxed: bool) -> None:
    np.testing.assert_array_equal(
        read_picture(encode(corners(), "JPEG2000", no_jp2=not boxed)), corners()
    )
    deep = encode(Image.fromarray(np.full((4, 4), 2570, np.uint16)), "JPEG2000")
    assert read_picture(deep).max() == 10
    clear = encode(Image.new("RGBA", (8, 8), (1, 2, 3, 0)), "JPEG2000")
    assert_close(read_picture(clear)[4, 4], WHITE, tolerance=0)


@pytest.mark.parametrize("kind", ["png", "bmp"])
def test_an_icon_gives_its_largest_picture(kind: str) -> None:
    square = np.zeros((64, 64, 3), np.uint8)
    square[:32, :32], square[32:, 32:] = RED, GREEN
    icon = encode(square, "ICO", sizes=[(16, 16), (64, 64), (32, 32)], bitmap_format=kind)
    assert_close(read_picture(icon), square, tolerance=2)


def test_a_picture_inside_an_icon_is_measured_before_it_is_decoded() -> None:
    content = png(9000, 9000, 8, 2)  # It holds no pixels.
    icon = struct.pack("<3H4B2H2I", 0, 1, 1, 0, 0, 0, 0, 1, 32, len(content), 22) + content
    with pytest.raises(UserError, match="81"):
        read_picture(icon)


@pytest.mark.parametrize(("kind", "options"), [("JPEG2000", {}), ("ICO", {"sizes": [(48, 48)]})])
def test_half_a_rare_file_is_refused(
    kind: str, options: dict[str, Any], painting: np.ndarray
) -> None:
    content = encode(painting[:48, :48], kind, **options)
    with pytest.raises(UserError, match="damaged, incomplete"):
        read_picture(content[: len(content) // 2])
