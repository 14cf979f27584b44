"""Colours of decoded pictures: transparency, CMYK, grey, bit depth and profiles."""

import numpy as np
import pytest
from PIL import Image, ImageCms

from app.imaging import read_picture
from tests.app import colour_profiles
from tests.app.uploads import BLACK, BLUE, GREEN, RED, WHITE, assert_close, corners, encode, png


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparency_becomes_white(mode: str) -> None:
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


def test_a_profile_does_not_change_alpha() -> None:
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
def test_a_cmyk_profile_is_applied(kind: str) -> None:
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
