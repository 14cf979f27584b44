import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.errors import UserError
from app.imaging import encode_png, read_picture
from tests.app.uploads import BLACK, BLUE, GREEN, RED, assert_close, corners, encode, png

FORMATS = ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "AVIF", "HEIF"]


def assert_sentence(message: str) -> None:
    """One sentence: it starts with a capital, ends with a full stop, and has no Python in it."""
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


def test_the_name_of_a_file_is_ignored(tmp_path) -> None:
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
def test_every_orientation_becomes_upright(kind: str, orientation: int) -> None:
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
def test_a_picture_with_broken_exif_is_read(exif: bytes) -> None:
    assert_close(read_picture(encode(corners(), "JPEG", exif=exif))[8, 8], RED)


def test_an_impossible_orientation_is_ignored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 23
    assert read_picture(encode(corners(), "PNG", exif=exif)).shape == (40, 64, 3)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 5000), (5000, 1)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_smallest_and_the_thinnest_pictures_are_read(
    kind: str, width: int, height: int
) -> None:
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
def test_garbage_after_a_valid_header_is_refused() -> None:
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
        (b"PK\x03\x04" + bytes(20), "ZIP"),
        (bytes(64), "unknown kind"),
    ],
)
def test_other_kinds_of_files_are_named(tmp_path, content: bytes, named: str) -> None:
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
    assert str(tmp_path.parent) not in str(caught.value)  # The path on the server is not shown.


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


def test_encode_png_keeps_pixels_and_text(painting: np.ndarray) -> None:
    content = encode_png(painting, {"Title": "Café № 5", "Software": "Deep Brush"})
    np.testing.assert_array_equal(read_picture(content), painting)
    with Image.open(io.BytesIO(content)) as image:
        assert image.text == {"Title": "Café № 5", "Software": "Deep Brush"}


def test_importing_stays_light() -> None:
    code = (
        "import sys, app.imaging, app.heatmap, app.settings;"
        "print({'torch', 'gradio', 'matplotlib', 'pillow_heif', 'tifffile'} & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
