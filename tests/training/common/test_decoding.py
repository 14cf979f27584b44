import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.imaging import read_picture
from training.common.decoding import load_picture
from training.common.errors import UserError

RED, WHITE = (200, 30, 40), (255, 255, 255)


def palette_with_a_hole():
    image = Image.new("P", (8, 4), 1)
    image.putpalette([*RED, 10, 200, 30])
    image.paste(0, (0, 0, 4, 4))
    return image


def saved(path, image, **options):
    image.save(path, **options)
    return path


def turned():
    exif = Image.Exif()
    exif[0x0112] = 6  # It lies on its left side.
    return exif.tobytes()


DEEP = Image.fromarray(np.full((4, 8), 39168, np.uint16))
HALF = Image.new("RGBA", (8, 4), (*RED, 0))
HALF.paste((*RED, 255), (4, 0, 8, 4))
GREY = Image.new("LA", (8, 4), (100, 0))
GREY.paste((100, 255), (4, 0, 8, 4))
FRAMES = {"save_all": True, "append_images": [Image.new("RGB", (8, 4), "blue")]}
LEFT_RED = Image.new("RGB", (16, 8), "white")
LEFT_RED.paste(RED, (0, 0, 8, 8))

# Name, what is saved, how, and what a person sees at the left and at the right of the top.
KINDS = {
    "16-bit grey": ("a.png", DEEP, {}, (152,) * 3, (152,) * 3),
    "RGBA": ("a.png", HALF, {}, WHITE, RED),
    "LA": ("a.png", GREY, {}, WHITE, (100,) * 3),
    "transparent palette": ("a.png", palette_with_a_hole(), {"transparency": 0}, WHITE,
                            (10, 200, 30)),
    "CMYK": ("a.jpg", Image.new("CMYK", (8, 4), (0, 255, 255, 0)), {}, (255, 0, 0), (255, 0, 0)),
    "turned": ("a.jpg", LEFT_RED, {"exif": turned(), "quality": 95}, RED, RED),
    "animation": ("a.gif", Image.new("RGB", (8, 4), RED), FRAMES, RED, RED),
    "one bit": ("a.png", Image.new("1", (8, 4), 1), {}, WHITE, WHITE),
    "wrong name": ("a.jpg", Image.new("RGB", (8, 4), RED), {"format": "PNG"}, RED, RED),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_training_and_the_app_read_alike_what_a_person_sees(tmp_path, kind):
    name, image, options, left, right = KINDS[kind]
    path = saved(tmp_path / name, image, **options)
    picture = load_picture(path)
    np.testing.assert_array_equal(picture, read_picture(path))
    assert picture.dtype == np.uint8
    assert picture.shape == ((16, 8, 3) if kind == "turned" else (4, 8, 3))
    assert np.abs(picture[0, 0].astype(int) - left).max() <= 6
    assert np.abs(picture[0, -1].astype(int) - right).max() <= 6


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_ordinary_pictures_are_read_as_pillow_reads_them(tmp_path, kind, painting):
    path = saved(tmp_path / "painting", Image.fromarray(painting), format=kind)
    with Image.open(path) as image:
        expected = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(load_picture(path), expected)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("gone.jpg", None, "could not be opened"),
        ("empty.jpg", b"", "is empty"),
        ("words.jpg", b"no picture at all\n", "is a text file"),
        ("._double.jpg", b"\0\5\x16\7\0\2\0\0Mac OS X", "of an unknown kind"),
        ("cut.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0", "damaged"),
    ],
)
def test_unreadable_files_are_named_in_one_sentence(tmp_path, name, content, reason):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=reason) as caught:
        load_picture(path)
    assert str(caught.value).startswith(f"{path}: This ")
    assert str(caught.value).count(". ") == 0


def test_a_folder_that_is_called_like_a_picture_is_named(tmp_path):
    (tmp_path / "x.jpg").mkdir()
    with pytest.raises(UserError, match=r"x\.jpg: This file could not be opened"):
        load_picture(tmp_path / "x.jpg")


def test_reading_pictures_needs_no_torch():
    found = "{'torch', 'gradio'} & set(sys.modules)"
    code = f"import sys, training.common.decoding; sys.exit(bool({found}))"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=True)
