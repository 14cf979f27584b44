"""The Paint tab in a real browser."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from app.generation_parameters import (
    GenerationParameters,
    StyleShare,
    encode_with_parameters,
    read_parameters,
)
from tests.app.browser_fixture import chromium, picture, visitor  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app_address(paint_address: str) -> str:
    """Where `visitor` goes."""
    return paint_address


@pytest.fixture
def painter(visitor):  # noqa: F811
    """Opens pages at the Paint tab."""

    def enter(*args, **options):
        page = visitor(*args, **options)
        page.get_by_role("tab", name="Paint", exact=True).click()
        page.locator("#painting figcaption").wait_for()
        return page

    return enter


@pytest.fixture
def style(tmp_path: Path) -> Path:
    path = tmp_path / "my style.png"
    Image.fromarray(data.astronaut()[:200, :300]).save(path)
    return path


def upload(page, path: Path) -> None:
    page.locator("#paint-image-input input[type=file]").set_input_files(path)
    shows(page, path.name)


def upload_style(page, path: Path) -> None:
    page.get_by_role("tab", name="Your own").click()
    page.locator("#upload-style").wait_for()
    page.locator("#upload-style").locator("xpath=..").locator("input").set_input_files(path)
    shows(page, f"after {path.name}")


def shows(page, text: str) -> None:
    page.locator("#painting figcaption p").filter(has_text=text).first.wait_for()


def painted(page) -> str:
    return page.locator("#painting img.overlay").get_attribute("src")


def pixels(page) -> str:
    """The painting as PNG, whether it comes as a file or in the page."""
    return page.locator("#painting img.overlay").evaluate(
        """async (image) => {
            await image.decode();
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
            canvas.getContext("2d").drawImage(image, 0, 0);
            return canvas.toDataURL();
        }"""
    )


def changes(page, before: str) -> None:
    page.wait_for_function(
        "before => document.querySelector('#painting img.overlay').getAttribute('src') !== before",
        arg=before,
    )


def press(page, title: str, kind: str = "painting") -> None:
    page.locator(f"#{kind}-styles button", has_text=title).click()
    shows(page, f"after {title}")


def draw(page, *points: tuple[float, float]) -> None:
    """Draw on the painting; points are shares of its width and height."""
    canvas = page.locator(".compare-slider .mask-canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def tool(page, name: str) -> None:
    page.locator("#mask").get_by_role("button", name=name).click()


def save(page, path: Path) -> Path:
    with page.expect_download() as download:
        page.locator("#save").click()
    download.value.save_as(path)
    return path


def test_an_upload_is_painted_with_a_preset_and_downloaded(painter, picture, tmp_path):  # noqa: F811
    page = painter()
    upload(page, picture)
    press(page, "the-cat")
    page.locator("#painting-styles [aria-pressed=true]", has_text="the-cat").wait_for()
    saved = save(page, tmp_path / "saved.png")
    assert Image.open(saved).size == (600, 400)
    parameters = read_parameters(saved)
    assert parameters is not None
    assert parameters.styles[0].preset == "the-cat"


def test_an_upload_is_painted_with_an_uploaded_style(painter, picture, style, tmp_path):  # noqa: F811
    page = painter()
    upload(page, picture)
    upload_style(page, style)
    page.locator("#uploaded-styles [aria-pressed=true]").wait_for()
    saved = save(page, tmp_path / "saved.png")
    assert Image.open(saved).size == (600, 400)


def test_strength_and_colours_change_the_painting_and_earlier_ones_are_restored(painter):
    page = painter()
    before = painted(page)
    page.get_by_label("the picture's palette").click()
    changes(page, before)
    before = painted(page)
    page.locator("#strength").get_by_label("Strength").focus()
    page.keyboard.press("Home")
    changes(page, before)
    shows(page, "at under 1")
    results = page.locator("#results")
    results.get_by_role("button", name="Compare with").last.click()
    page.locator("#painting .legend").get_by_text("Left of the line: Chelsea").wait_for()
    results.get_by_role("button", name="Go back to").last.click()
    page.wait_for_function(
        "input => input.value === '100'",
        arg=page.locator("#strength input").element_handle(),
    )


def test_broad_strokes_are_painted_smaller(painter, tmp_path):
    page = painter()
    page.locator("#stroke-size").get_by_label("Stroke size").focus()
    page.keyboard.press("End")
    page.locator("#painting .legend").filter(has_text="scaled to").first.wait_for()
    parameters = read_parameters(save(page, tmp_path / "saved.png"))
    assert parameters is not None
    assert parameters.settings["stroke size"] == 2


def test_the_mixer_paints_live_and_follows_pressed_styles(painter):
    page = painter()
    page.get_by_role("tab", name="Movements").click()
    press(page, "Cubism", "movement")
    cubism = page.locator("#mixer").get_by_label("Cubism")
    page.wait_for_function("input => input.value === '100'", arg=cubism.element_handle())
    page.locator("#mixer").get_by_label("Realism").focus()
    page.keyboard.press("End")
    shows(page, "50\N{NO-BREAK SPACE}% Realism")


def test_styles_are_blended_with_weights_or_by_masks(painter):
    page = painter()
    page.get_by_label("Blend up to 4").click()
    page.locator("#painting-styles button", has_text="the-cat").click()
    shows(page, "and")
    tool(page, "Draw a mask")
    page.get_by_label("Each style where I draw it").click()
    page.locator("#pens").get_by_role("button", name="the-cat").click()
    draw(page, (0.2, 0.2), (0.2, 0.8))
    shows(page, "each in its place")
    coffee = page.locator("#weights").get_by_label("the-coffee")
    coffee.focus()
    page.keyboard.press("Home")
    shows(page, "after the-cat")
    assert coffee.get_attribute("aria-valuetext") == "0\N{NO-BREAK SPACE}%"
    page.get_by_label("Blend up to 4").click()
    page.locator("#weights").wait_for(state="hidden")


def preview(page, title: str):
    return page.locator(".style-gallery button", has_text=title).locator(".preview")


def previewed(page, title: str) -> np.ndarray:
    """What a tile shows instead of its swatch, uint8 RGB [H,W,3], once it is opaque."""
    tile = preview(page, title).element_handle()
    page.wait_for_function(
        """tile => ["1", "visible"].join() ===
            [getComputedStyle(tile).opacity, getComputedStyle(tile).visibility].join()""",
        arg=tile,
    )
    source = tile.evaluate("tile => getComputedStyle(tile).backgroundImage")
    content = source.removeprefix('url("data:image/webp;base64,').removesuffix('")')
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def has_previews(page) -> None:
    page.locator("#previews").get_by_text("point at one").wait_for()


def test_a_hovered_tile_shows_the_visitors_picture(painter, bundle, painting, tmp_path):
    page = painter()
    has_previews(page)  # of the example
    Image.fromarray(painting).save(tmp_path / "mine.png")
    upload(page, tmp_path / "mine.png")
    page.locator("#previews").get_by_text("Painting").wait_for(state="hidden")
    has_previews(page)
    assert preview(page, "the-cat").evaluate("tile => getComputedStyle(tile).opacity") == "0"
    page.locator(".style-gallery button", has_text="the-cat").hover()
    shown = previewed(page, "the-cat").astype(int)
    possible = np.stack([*bundle.previews(painting), *bundle.previews(data.chelsea()[:, :450])])
    differences = np.abs(possible - shown).mean((1, 2, 3))
    assert differences.argmin() == 1  # of this picture, and in this style
    page.locator("#painting").hover()
    page.wait_for_function(
        "tile => getComputedStyle(tile).visibility === 'hidden'",
        arg=preview(page, "the-cat").element_handle(),
    )


def test_a_focused_tile_shows_the_visitors_picture(painter):
    page = painter(reduced_motion="reduce")
    has_previews(page)
    page.locator(".style-gallery button", has_text="the-coffee").focus()
    page.keyboard.press("Tab")
    previewed(page, "the-cat")
    assert page.get_by_role("button", name="Your picture in this style the-cat").count() == 1


def test_all_tiles_show_the_picture_on_a_touch_screen(painter):
    page = painter(390, 844, has_touch=True, is_mobile=True)
    has_previews(page)
    page.get_by_label("Show your picture in all").tap()
    found = {previewed(page, title).tobytes() for title in ("the-cat", "the-coffee")}
    page.get_by_role("tab", name="Movements").tap()  # which was not laid out before
    found |= {previewed(page, title).tobytes() for title in ("Cubism", "Realism")}
    assert len(found) == 4
    press(page, "Realism", "movement")
    previewed(page, "Realism")
    page.locator("#style-picker").evaluate("picker => picker.scrollIntoView()")
    painting = page.locator("#painting").bounding_box()  # It stays in sight, small.
    assert painting["y"] == pytest.approx(0, abs=1)
    assert painting["height"] < 844 / 2


def test_a_mask_is_drawn_erased_undone_and_cleared(painter):
    page = painter()
    before, shown = painted(page), pixels(page)
    tool(page, "Draw a mask")
    draw(page, (0.1, 0.2), (0.4, 0.5))
    changes(page, before)
    masked, drawn = painted(page), pixels(page)
    tool(page, "Eraser")
    draw(page, (0.1, 0.2), (0.2, 0.3))
    changes(page, masked)
    erased = painted(page)
    tool(page, "Undo")
    changes(page, erased)
    assert pixels(page) == drawn
    again = painted(page)
    tool(page, "Clear")
    changes(page, again)
    assert pixels(page) == shown


def drop(page, path: Path) -> None:
    """Drop a file beside the image input."""
    page.evaluate(
        """async (bytes) => {
            const box = new DataTransfer();
            const content = new Uint8Array(bytes);
            box.items.add(new File([content], "saved.png", { type: "image/png" }));
            const event = new Event("drop", { bubbles: true, cancelable: true });
            Object.defineProperty(event, "dataTransfer", { value: box });
            document.body.dispatchEvent(event);
        }""",
        list(path.read_bytes()),
    )


def test_a_dropped_painting_is_restored_or_used_as_a_picture(painter, tmp_path):
    page = painter()
    press(page, "the-cat")
    page.get_by_label("the picture's own").click()
    page.locator("#painting figcaption").wait_for()
    saved = save(page, tmp_path / "saved.png")
    page = painter()
    drop(page, saved)
    page.get_by_role("button", name="Restore the settings").click()
    shows(page, "after the-cat")
    page.locator("#paint-notice").get_by_text("as they were").wait_for()
    assert page.get_by_label("the picture's own").is_checked()
    assert "photograph" not in page.locator("#paint-notice").inner_text()
    drop(page, saved)
    page.get_by_role("button", name="Use it as a picture").click()
    shows(page, "saved.png")


def test_either_tab_recognises_a_painting_of_the_other(painter, tmp_path):
    page = painter()
    for begin, settings, words in (
        ("paint", {"painted": "slowly"}, "painted slowly"),
        ("slowly", {"strength": 0.5}, "painted at once"),
    ):
        parameters = GenerationParameters((StyleShare("the-cat", 1, "the-cat"),), settings)
        content = encode_with_parameters(np.zeros((8, 8, 3), np.uint8), parameters)
        (tmp_path / "saved.png").write_bytes(content)
        page.locator(f"#{begin}-image-input input[type=file]").set_input_files(
            tmp_path / "saved.png"
        )
        notice = page.locator(f"#{begin}-notice")
        notice.get_by_role("button", name="Restore the settings").click()
        notice.get_by_text(words).wait_for()
        assert notice.inner_text().count("photograph") == 1
        page.get_by_role("tab", name="Paint slowly").click()


def test_a_bad_file_is_refused_and_nothing_is_lost(painter, tmp_path):
    page = painter()
    before = painted(page)
    (tmp_path / "letter.png").write_text("Dear reader, I am no picture.")
    page.locator("#paint-image-input input[type=file]").set_input_files(tmp_path / "letter.png")
    page.get_by_role("alert").get_by_text("text file").wait_for()
    assert painted(page) == before
    page.get_by_role("tab", name="Movements").click()  # What was out of sight has lost nothing.
    page.locator("#mixer input").nth(4).wait_for(state="attached")
    page.get_by_role("button", name="Advanced").click()
    page.locator("#style-size input").first.wait_for(state="attached")


def test_pictures_are_sent_between_the_tabs(painter, visitor, picture):  # noqa: F811
    page = visitor()  # which has not entered the Paint tab yet
    page.locator("#image-input input[type=file]").set_input_files(picture)
    page.locator("#evidence figcaption").get_by_text(picture.name).wait_for()
    page.locator("#read-to-style").click()
    shows(page, f"after {picture.name}")
    assert page.locator("#painting img.picture").get_attribute("src").startswith("data:")
    page.locator("#painting-to-read").click()
    page.locator("#evidence figcaption").get_by_text("Painted here").wait_for()


def test_many_pictures_are_saved_as_an_archive(painter, picture, style, tmp_path):  # noqa: F811
    page = painter()
    page.get_by_role("button", name="Many pictures at once").click()
    page.locator("#image-batch").locator("xpath=..").locator("input").set_input_files(
        [picture, style]
    )
    page.locator("#image-batch-notice").get_by_text("2 of 2 pictures painted").wait_for()
    with page.expect_download() as download:
        page.locator("#save-image-batch").click()
    assert download.value.suggested_filename == "painted.zip"


def test_visitors_do_not_see_each_other(painter, picture):  # noqa: F811
    one, other = painter(), painter()
    upload(one, picture)
    press(other, "the-cat")
    shows(other, "Chelsea")
    shows(one, picture.name)


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_nothing_is_wider_than_the_screen(painter, width):
    page = painter(width)
    tool(page, "Draw a mask")
    page.get_by_role("button", name="Advanced").click()
    page.get_by_role("tab", name="Movements").click()
    page.locator("#mixer").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_touch_draws_a_mask(painter):
    page = painter(390, 844, has_touch=True, is_mobile=True)
    before = painted(page)
    page.locator("#mask").get_by_role("button", name="Draw a mask").tap()
    canvas = page.locator(".compare-slider .mask-canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    changes(page, before)
    assert np.prod(json.loads(canvas.evaluate("c => JSON.stringify([c.width, c.height])"))) > 0
