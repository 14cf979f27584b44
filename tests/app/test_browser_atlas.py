"""The Atlas tab in a real browser, with a small atlas."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app import MODELS
from app.serving.shipped_assets import ShippedAssets
from app.settings import Settings
from app.ui.static_files import share_file
from tests.app.browser_fixture import chromium, shared_visitor, visitor  # noqa: F401 - fixtures
from tests.atlas_fixture import colour, columns, make_atlas
from training.common.movements import MOVEMENTS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that ships, but a small atlas with a dictionary."""
    from export.assets.dictionary import facts, write

    folder = tmp_path_factory.mktemp("models")
    for file in MODELS.iterdir():
        if file.name != "atlas":
            (folder / file.name).symlink_to(file)
    (folder / "atlas").mkdir()
    make_atlas(folder / "atlas")
    write(folder / "atlas", columns(), facts("0.2", 10, 5))
    return folder


@pytest.fixture(scope="module")
def app_address(
    classifier, bundle, library: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where `visitor` goes."""
    from app.ui.page import build, launch_options

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("uploads")))
        page = build(classifier, Settings(), bundle, ShippedAssets(library, "cpu"))
        options = launch_options(Settings())
        _, address, _ = page.launch(**options, prevent_thread_lock=True, quiet=True)
        yield address
        page.close()


def open_tab(visitor):  # noqa: F811
    page = visitor()
    page.get_by_role("tab", name="Atlas").click()
    page.locator(".atlas-sheet button").first.wait_for()
    return page


@pytest.fixture(scope="module")
def sheet_page(shared_visitor):  # noqa: F811
    """A page at the first sheet; tests may open cards, but no other sheet."""
    return open_tab(shared_visitor)


def card(page, channel: int) -> None:
    page.locator("#atlas-card").get_by_role(
        "heading", name=f"Channel {channel}", exact=True
    ).wait_for()


def colour_of(page, tile) -> tuple[int, int, int]:
    """The colour in the middle of a tile, as the browser paints it."""
    from io import BytesIO

    from PIL import Image

    with Image.open(BytesIO(tile.screenshot())) as picture:
        return picture.convert("RGB").getpixel((picture.width // 2, picture.height // 2))


def search(page, words: str) -> None:
    page.get_by_label("Find channels by words").fill(words)
    page.keyboard.press("Enter")


def test_tiles_are_in_their_positions(visitor, library):  # noqa: F811
    page = visitor()
    address = share_file(library / "atlas" / "conv3_block12-0.webp")
    with page.expect_response(f"**/{address}") as sheet:
        page.get_by_role("tab", name="Atlas").click()
    assert sheet.value.headers["content-type"] == "image/webp"
    page.locator(".atlas-sheet button").first.wait_for()
    assert page.locator(".atlas-sheet button").count() == 256
    for position in (0, 17, 255):
        tile = page.locator(".atlas-sheet button").nth(position)
        assert colour_of(page, tile) == pytest.approx(colour("conv3_block12", position), abs=2)
    assert page.locator(".atlas-movements img").count() == len(MOVEMENTS)


def test_a_tile_opens_its_card_and_similar_channels_theirs(sheet_page):
    page = sheet_page
    page.locator(".atlas-sheet button").nth(40).click()
    card(page, 40)
    assert page.locator(".atlas-votes li").all_inner_texts()[1].startswith("Cubism")
    page.locator(".atlas-near button").first.click()
    card(page, 41)
    page.locator(".atlas-sheet button[aria-pressed=true][data-index='297']").wait_for()
    assert page.locator(".atlas-sheet button[aria-pressed=true]").count() == 1


def test_tiles_are_reached_by_the_keyboard(sheet_page):
    page = sheet_page
    page.locator(".atlas-sheet button").nth(5).focus()
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    card(page, 5 + 16 + 1)
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    card(page, 255)


def test_words_and_blocks_and_movements_find_channels(visitor):  # noqa: F811
    page = open_tab(visitor)
    search(page, "fine vertical")
    page.locator("#atlas-sheet").get_by_text("that fit your words").wait_for()
    page.locator("#atlas-network button", has_text="conv5_").click()
    page.locator("#atlas-sheet").get_by_text("in conv5_block16 that fit").wait_for()
    search(page, "banana")
    page.get_by_role("alert").get_by_text("'banana'; try horizontal").wait_for()
    page.locator(".atlas-movements button", has_text="Cubism").click()
    page.wait_for_function(
        "document.querySelector('#atlas-words :is(input, textarea)').value == 'votes for Cubism'"
    )
    assert page.get_by_role("alert").count() == 0


def test_an_address_opens_a_card(visitor, app_address):  # noqa: F811
    page = visitor()
    page.goto(f"{app_address}?layer=conv4_block24&channel=300")
    card(page, 300)
    assert (
        page.locator(".atlas-sheet button[aria-pressed=true]").get_attribute("data-index") == "1068"
    )
    link = page.get_by_role("link", name="A link to this card").get_attribute("href")
    assert link == "?layer=conv4_block24&channel=300"


def test_leaving_and_reopening_the_tab_keeps_its_state(visitor):  # noqa: F811
    page = open_tab(visitor)
    page.locator(".atlas-sheet button").nth(9).click()
    card(page, 9)
    search(page, "coarse")
    page.locator("#atlas-sheet").get_by_text("that fit your words").wait_for()
    before = page.locator(".atlas-sheet button").count()
    page.get_by_role("tab", name="Report").click()
    page.get_by_role("tab", name="Atlas").click()
    card(page, 9)
    assert page.locator(".atlas-sheet button").count() == before
    page.locator(".atlas-sheet button").nth(0).click()
    page.locator(".atlas-sheet button[aria-pressed=true]").first.wait_for()


@pytest.mark.parametrize(
    ("button", "name"),
    [("png", "conv3_block12 channel 7.png"), ("csv", "channels.csv"), ("raw", "dictionary.npz")],
)
def test_everything_can_be_saved(sheet_page, button, name):
    page = sheet_page
    page.locator(".atlas-sheet button").nth(7).click()
    card(page, 7)
    page.locator(f"#atlas-{button}:not([disabled])").wait_for()
    with page.expect_download() as download:
        page.locator(f"#atlas-{button}").click()
    assert download.value.suggested_filename == name


def test_nothing_is_wider_than_a_phone(visitor, app_address):  # noqa: F811
    page = visitor(390, 844)
    page.goto(f"{app_address}?layer=conv3_block12&channel=300")
    card(page, 300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".atlas-sheet button").nth(3).click()
    card(page, 259)
    page.wait_for_function(
        "Math.abs(document.querySelector('.atlas-card').getBoundingClientRect().top) < 100"
    )
