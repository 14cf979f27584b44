import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from app.errors import UserError
from app.imaging import encode_png, read_picture
from tests.app import colour_profiles

FORMATS = ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"]
RED, GREEN, BLUE, WHITE, BLACK = (250, 10, 10), (10, 200, 10), (10, 10, 250), (255,) * 3, (0,) * 3


def encode(picture: np.ndarray | Image.Image, kind: str, **options: object) -> bytes:
    """The content of a file as other people's programs write it."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    file = io.BytesIO()
    if kind == "HEIF":  # Through the library, so that reading must bring its own plugin.
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


def assert_sentence(message: str) -> None:
    """One sentence for a person: it starts large, ends with a stop, and holds no Python."""
    assert message[0].isupper()
    assert message.endswith(".")
    assert message.count(". ") == 0
    assert "Error" not in message
    assert "0x" not in message


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_same_picture(kind: str) -> None:
    picture = read_picture(encode(corners(), kind))
    assert picture.dtype == np.uint8
    assert picture.shape == (40, 64, 3)
    assert picture.flags.writeable
    assert picture.flags.c_contiguous
    for (row, column), colour in zip(
        [(8, 8), (8, -8), (-8, 8), (-8, -8)], [RED, GREEN, BLUE, BLACK], strict=True
    ):
        assert_close(picture[row, column], colour, tolerance=16)


def test_a_photograph_keeps_its_pixels(painting: np.ndarray) -> None:
    np.testing.assert_array_equal(read_picture(encode(painting, "PNG")), painting)


def test_paths_and_files_are_read_like_bytes(tmp_path, painting: np.ndarray) -> None:
    path = tmp_path / "Gemälde № 5, 油絵 🎨.png"
    path.write_bytes(encode(painting, "PNG"))
    with path.open("rb") as file:
        for source in (path, str(path), file):
            np.testing.assert_array_equal(read_picture(source), painting)
        assert not file.closed


def test_the_name_of_a_file_means_nothing(tmp_path) -> None:
    path = tmp_path / "really a jpeg.png"
    path.write_bytes(encode(corners(), "JPEG"))
    assert_close(read_picture(path)[8, 8], RED)


# How the upright picture must be stored for each EXIF orientation, by numpy's own turns.
STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright),
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}


@pytest.mark.parametrize("orientation", STORED)
# AVIF and HEIC say it in the container and may repeat it in EXIF: heeding both would turn twice.
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_every_orientation_comes_upright(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(STORED[orientation](corners()))
    picture = read_picture(encode(stored, kind, exif=exif.tobytes()))
    assert picture.shape == (40, 64, 3)
    assert_close(picture[8, 8], RED, tolerance=16)
    assert_close(picture[8, -8], GREEN, tolerance=16)
    assert_close(picture[-8, 8], BLUE, tolerance=16)


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0not a directory", b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01"]
)
@pytest.mark.filterwarnings("ignore:Truncated File Read", "ignore:Corrupt EXIF")
def test_broken_exif_does_not_cost_the_picture(exif: bytes) -> None:
    assert_close(read_picture(encode(corners(), "JPEG", exif=exif))[8, 8], RED)


def test_an_impossible_orientation_is_ignored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 23
    assert read_picture(encode(corners(), "PNG", exif=exif)).shape == (40, 64, 3)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_alpha_is_laid_on_white(mode: str) -> None:
    image = Image.new("RGBA", (3, 1), (100, 100, 100, 0))
    image.putpixel((1, 0), (100, 100, 100, 128))
    image.putpixel((2, 0), (100, 100, 100, 255))
    picture = read_picture(encode(image.convert(mode), "TIFF" if mode == "PA" else "PNG"))
    assert_close(picture[0], [WHITE, (177,) * 3, (100,) * 3], tolerance=1)


def test_a_transparent_colour_of_a_palette_becomes_white() -> None:
    image = Image.fromarray(corners()).quantize(4)
    transparent = image.getpixel((0, 0))
    for kind in ("PNG", "GIF"):
        picture = read_picture(encode(image, kind, transparency=transparent))
        assert_close(picture[8, 8], WHITE, tolerance=0)
        assert_close(picture[8, -8], GREEN, tolerance=2)


def test_half_transparent_palette_entries_are_blended() -> None:
    image = Image.new("P", (1, 1))
    image.putpalette([200, 0, 0])
    picture = read_picture(encode(image, "PNG", transparency=bytes([128])))
    assert_close(picture[0, 0], (227, 127, 127), tolerance=1)


@pytest.mark.parametrize(("mode", "key"), [("RGB", RED), ("L", 82)])
def test_a_transparent_colour_without_a_palette_becomes_white(mode: str, key: object) -> None:
    image = Image.fromarray(corners()).convert(mode)
    picture = read_picture(encode(image, "PNG", transparency=key))
    assert_close(picture[8, 8], WHITE, tolerance=0)
    assert_close(picture[-8, -8], BLACK, tolerance=0)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])  # Adobe's JPEGs store ink inverted, TIFFs not.
@pytest.mark.parametrize(
    ("ink", "expected"),
    [
        ((0, 0, 0, 0), WHITE),
        ((255, 0, 0, 0), (0, 255, 255)),
        ((0, 0, 0, 255), BLACK),
        ((0, 100, 200, 30), (225, 137, 49)),
    ],
)
def test_cmyk(kind: str, ink: tuple[int, ...], expected: tuple[int, ...]) -> None:
    picture = read_picture(encode(Image.new("CMYK", (16, 16), ink), kind))
    assert_close(picture[8, 8], expected, tolerance=3)


def test_grey_and_black_and_white() -> None:
    ramp = np.arange(256, dtype=np.uint8)[None]
    np.testing.assert_array_equal(read_picture(encode(ramp, "PNG"))[0, :, 1], ramp[0])
    bits = Image.fromarray(ramp > 127)
    assert bits.mode == "1"
    for kind in ("PNG", "TIFF", "BMP"):
        assert read_picture(encode(bits, kind))[0, [127, 128], 2].tolist() == [0, 255]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.linspace(0, 65535, 256).astype("<u2"), "PNG"),
        (np.linspace(0, 65535, 256).astype("<u2"), "TIFF"),
        (np.linspace(0, 65535, 256).astype(">u2"), "TIFF"),
        (np.linspace(0, 65535, 256).astype(np.int32), "TIFF"),
        (np.linspace(0, 2**31 - 1, 256).astype(np.int32), "TIFF"),
        (np.linspace(0, 1, 256).astype(np.float32), "TIFF"),
        (np.linspace(0, 3.7, 256).astype(np.float32), "TIFF"),
    ],
    ids=["PNG 16", "TIFF 16", "TIFF 16 big-endian", "16 in 32", "32", "float", "bright float"],
)
def test_deep_greys_are_scaled_and_not_clipped(values: np.ndarray, kind: str) -> None:
    picture = read_picture(encode(np.tile(values, (2, 1)), kind))
    assert_close(picture[0], np.arange(256)[:, None].repeat(3, 1), tolerance=1)


def test_a_dark_16_bit_picture_stays_dark() -> None:
    assert read_picture(encode(np.full((4, 4), 2570, np.uint16), "PNG")).max() == 10


def test_float_pixels_that_are_no_numbers_do_not_spoil_the_others() -> None:
    values = np.float32([[0.5, np.nan, np.inf, -np.inf, -3]])
    assert read_picture(encode(values, "TIFF"))[0, :, 0].tolist() == [128, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("colour", "pixel", "expected"),
    [
        (2, [65535, 32896, 0], (255, 128, 0)),
        (6, [65535, 0, 0, 32896], (255, 127, 127)),
        (4, [0, 32896], (127, 127, 127)),
    ],
    ids=["RGB", "RGBA", "grey and alpha"],
)
def test_16_bit_colour_png(colour: int, pixel: list[int], expected: tuple[int, ...]) -> None:
    content = png(1, 1, 16, colour, b"\0" + np.array(pixel, ">u2").tobytes())
    assert_close(read_picture(content)[0, 0], expected, tolerance=1)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF", "TIFF", "MPO"])
def test_the_first_frame_of_many(kind: str) -> None:
    first, second = Image.new("RGB", (32, 16), RED), Image.new("RGB", (32, 16), BLUE)
    picture = read_picture(encode(first, kind, save_all=True, append_images=[second]))
    assert picture.shape == (16, 32, 3)
    assert_close(picture[8, 8], RED)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_a_wide_gamut_profile_becomes_srgb(kind: str) -> None:
    stored = np.array([200, 120, 60], np.uint8)
    linear = (stored / 255) ** colour_profiles.ADOBE_GAMMA
    expected = colour_profiles.srgb_of_xyz(colour_profiles.ADOBE_RGB @ linear)
    assert np.abs(expected.astype(int) - stored).max() > 20  # Ignoring the profile would show.
    exact = {"JPEG": {"quality": 100}, "WEBP": {"lossless": True}, "AVIF": {"quality": 100}}
    image = Image.new("RGB", (32, 32), tuple(stored))
    image.info["icc_profile"] = colour_profiles.adobe_rgb()  # Where pillow-heif looks for it.
    options = exact.get(kind, {}) | {"icc_profile": image.info["icc_profile"]}
    picture = read_picture(encode(image, kind, **({} if kind == "HEIF" else options)))
    assert_close(picture[16, 16], expected, tolerance=4)


def test_a_profile_leaves_alpha_alone() -> None:
    image = Image.new("RGBA", (2, 1), (*RED, 0))
    image.putpixel((1, 0), (128, 128, 128, 255))
    picture = read_picture(encode(image, "PNG", icc_profile=colour_profiles.adobe_rgb()))
    assert_close(picture[0], [WHITE, (128,) * 3], tolerance=2)


def test_a_grey_profile() -> None:
    linear = read_picture(
        encode(Image.new("L", (4, 4), 128), "PNG", icc_profile=colour_profiles.grey_gamma(1.0))
    )
    assert_close(linear[0, 0], (188,) * 3, tolerance=1)  # sRGB's code for half the light


def test_a_grey_picture_with_a_colour_profile() -> None:
    profile = colour_profiles.adobe_rgb(gamma=1.0)
    picture = read_picture(encode(Image.new("L", (4, 4), 128), "JPEG", icc_profile=profile))
    assert_close(picture[0, 0], (188,) * 3, tolerance=2)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_a_printers_profile_decides_what_cyan_is(kind: str) -> None:
    lab = (55, -35, -50)
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    picture = read_picture(encode(image, kind, icc_profile=colour_profiles.inks(lab)))
    assert_close(picture[8, 8], colour_profiles.srgb_of_lab(*lab), tolerance=3)


def test_a_lab_tiff() -> None:
    image = Image.new("LAB", (4, 4), (round(60 * 2.55), 128 + 20, 128 - 30))
    expected = colour_profiles.srgb_of_lab(60, 20, -30)
    assert_close(read_picture(encode(image, "TIFF"))[0, 0], expected, tolerance=2)


@pytest.mark.parametrize(
    "profile",
    [b"no profile at all", colour_profiles.inks((50, 0, 0)), colour_profiles.grey_gamma(2.2)],
    ids=["noise", "of another colour model", "grey"],
)
def test_a_broken_profile_is_ignored(profile: bytes) -> None:
    picture = read_picture(encode(corners(), "PNG", icc_profile=profile))
    np.testing.assert_array_equal(picture, corners())


def test_an_srgb_profile_changes_nothing(painting: np.ndarray) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = read_picture(encode(painting, "PNG", icc_profile=profile))
    assert_close(picture, painting, tolerance=1)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 5000), (5000, 1)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_smallest_and_the_thinnest(kind: str, width: int, height: int) -> None:
    picture = read_picture(encode(np.full((height, width, 3), 77, np.uint8), kind))
    assert picture.shape == (height, width, 3)
    assert_close(picture[-1, -1], (77,) * 3)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("part", [0.001, 0.5])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_truncated_file_is_refused(kind: str, part: float, painting: np.ndarray) -> None:
    content = encode(painting[:300, :300], kind)
    with pytest.raises(UserError, match="damaged, incomplete") as caught:
        read_picture(content[: max(32, int(len(content) * part))])
    assert_sentence(str(caught.value))


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_garbage_behind_a_good_beginning_is_refused() -> None:
    noise = np.random.default_rng(0).bytes(5000)
    for start in (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", b"MM\0*"):
        with pytest.raises(UserError):
            read_picture(start + noise)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"just words\n", "text file"),
        ("Grüße, 世界".encode(), "text file"),
        (b"BMW is a car and no bitmap", "text file"),
        (b"<?xml version='1.0'?>\n<!-- drawn -->\n<svg xmlns=''/>", "SVG"),
        (b"\n<!DOCTYPE html><html></html>", "web page"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"8BPS\0\x01" + bytes(20), "Photoshop"),
        (b"II*\0\x10\0\0\0CR\x02\0" + bytes(20), "raw file"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "raw file"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video"),
        (b"RIFF\x10\0\0\0AVI LIST", "video"),
        (b"\x1a\x45\xdf\xa3" + bytes(20), "video"),
        (b"\xff\x0a" + bytes(20), "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"PK\x03\x04" + bytes(20), "ZIP"),
        (bytes(64), "unknown kind"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path, content: bytes, named: str) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    with pytest.raises(UserError, match=named) as caught:
        read_picture(path)
    assert_sentence(str(caught.value))
    assert "JPEG, PNG" in str(caught.value)  # It says what would work.


@pytest.mark.parametrize("tags", [{254: 1}, {50706: b"\1\4\0\0"}], ids=["a thumbnail first", "DNG"])
def test_a_raw_file_in_a_tiff_is_not_taken_for_its_thumbnail(tags: dict[int, object]) -> None:
    with pytest.raises(UserError, match="raw file"):
        read_picture(encode(corners(), "TIFF", tiffinfo=tags))


def test_an_empty_file(tmp_path) -> None:
    path = tmp_path / "empty.jpg"
    path.touch()
    with pytest.raises(UserError, match="empty"):
        read_picture(path)


@pytest.mark.parametrize("name", ["nowhere.png", ".", "a null\0character.png"])
def test_a_file_that_cannot_be_opened(tmp_path, name: str) -> None:
    with pytest.raises(UserError, match="could not be opened") as caught:
        read_picture(tmp_path / name)
    assert_sentence(str(caught.value))
    assert str(tmp_path.parent) not in str(caught.value)  # Strangers learn nothing of our disk.


# Pillow's own warning starts at 89 million pixels; ours is the refusal.
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("width", "height"), [(10_000, 6_000), (10_000, 10_000), (60_000, 60_000), (2**31 - 1, 1)]
)
def test_too_many_pixels_are_refused_by_the_header_alone(width: int, height: int) -> None:
    content = png(width, height, 8, 2)  # It holds no pixels: decoding it would be "damaged".
    with pytest.raises(UserError, match="more than the 50 million") as caught:
        read_picture(content)
    assert_sentence(str(caught.value))


def test_a_real_decompression_bomb_is_refused() -> None:
    content = png(20_000, 20_000, 1, 0, bytes(2501 * 20_000))
    assert len(content) < 100_000
    with pytest.raises(UserError, match="million"):
        read_picture(content)
    assert Image.MAX_IMAGE_PIXELS is not None  # Pillow's own guard still stands.


def test_the_limits_are_the_callers(painting: np.ndarray) -> None:
    content = encode(painting, "PNG")
    pixels = painting.shape[0] * painting.shape[1]
    read_picture(content, max_pixels=pixels, max_bytes=len(content))
    with pytest.raises(UserError, match="million"):
        read_picture(content, max_pixels=pixels - 1)
    for source in (content, io.BytesIO(content)):
        with pytest.raises(UserError, match="MB"):
            read_picture(source, max_bytes=len(content) - 1)


def test_an_endless_file_is_not_read_to_its_end() -> None:
    class Endless(io.RawIOBase):
        asked = 0

        def read(self, size: int = -1) -> bytes:
            assert size > 0
            self.asked += size
            return bytes(size)

    endless = Endless()
    with pytest.raises(UserError, match="larger than the 1 MB"):
        read_picture(endless, max_bytes=2**20)
    assert endless.asked <= 2**20 + 1


def test_encode_png_keeps_pixels_and_words(painting: np.ndarray) -> None:
    content = encode_png(painting, {"Title": "Café № 5", "Software": "Deep Brush"})
    np.testing.assert_array_equal(read_picture(content), painting)
    with Image.open(io.BytesIO(content)) as image:
        assert image.text == {"Title": "Café № 5", "Software": "Deep Brush"}


def test_importing_stays_light() -> None:
    code = (
        "import sys, app.imaging, app.heatmap, app.settings;"
        "print({'torch', 'gradio', 'matplotlib', 'pillow_heif'} & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
