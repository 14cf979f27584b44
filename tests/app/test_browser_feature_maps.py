"""Feature maps and textures in a real browser: pressed, shown and saved."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.app.browser_fixture import (  # noqa: F401 - fixtures
    check_widths,
    chromium,
    shared_visitor,
)

pytestmark = pytest.mark.browser

TITLE = "tableau"


@pytest.fixture(scope="module")
def page(shared_visitor, tmp_path_factory):  # noqa: F811
    """The See inside tab with an uploaded picture; all sections are filled."""
    path = tmp_path_factory.mktemp("pictures") / f"{TITLE}.png"
    Image.fromarray(data.coffee()).save(path)
    page = shared_visitor()
    page.get_by_role("tab", name="See inside").click()
    for fold in ("maps", "texture"):
        page.locator(f"#{fold}-fold > button").click()
    page.locator("#maps-channels button").first.wait_for()
    page.locator("#texture-channels button").first.wait_for()
    page.locator("#inside-image-input input[type=file]").set_input_files(path)
    page.locator("#texture-strokes figcaption").get_by_text(TITLE).wait_for()
    page.locator("#texture-channels button").first.wait_for()
    return page


def choose_depth(page, number: int, name: str) -> None:
    page.locator(f"#maps-network button[data-index='{number}']").click()
    page.locator("#maps-network .depth").get_by_text(f"{name}:").wait_for()


def source(page, slider: str) -> str:
    return page.locator(f"#{slider} img.overlay").get_attribute("src")


def save(page, button: str, path: Path) -> Path:
    with page.expect_download() as download:
        page.locator(f"#{button}").click()
    download.value.save_as(path)
    return path


def test_every_depth_can_be_pressed_and_shows_its_channels(page):
    choose_depth(page, 3, "conv3_block4")
    seen = {source(page, "maps-slider")}
    for number, name in ((1, "conv2_block2"), (6, "conv4_block16"), (9, "conv5_block16")):
        choose_depth(page, number, name)
        assert page.locator("#maps-channels button").count() == 12
        seen.add(source(page, "maps-slider"))
    assert len(seen) == 4


def test_depths_and_channels_are_chosen_by_keyboard(page):
    page.locator("#maps-network button[data-index='5']").focus()
    page.keyboard.press("Enter")
    page.locator("#maps-network button[data-index='5'][aria-pressed=true]").wait_for()
    channel = page.locator("#maps-channels button").nth(3)
    number = channel.locator("b").inner_text()
    channel.focus()
    page.keyboard.press("Space")
    page.locator("#maps-channel h3").get_by_text(f"Channel {number}", exact=True).wait_for()


def test_more_channels_can_be_shown(page):
    page.get_by_label("24", exact=True).check()
    page.locator("#maps-channels button").nth(23).wait_for()
    assert page.locator("#maps-channels button").count() == 24
    page.get_by_label("12 channels").check()
    page.locator("#maps-channels button").nth(12).wait_for(state="detached")


def test_maps_numbers_and_pictures_can_be_saved(page, tmp_path):
    choose_depth(page, 3, "conv3_block4")
    assert np.load(save(page, "maps-npy", tmp_path / "a.npy")).shape == (256, 24, 24)
    assert Image.open(save(page, "maps-png", tmp_path / "a.png")).size == (600, 400)
    rows = list(csv.reader(save(page, "maps-csv", tmp_path / "a.csv").open()))
    assert len(rows) == 1 + 256
    assert Image.open(save(page, "texture-png", tmp_path / "b.png")).size == (600, 400)
    measures = list(csv.DictReader(save(page, "texture-csv", tmp_path / "b.csv").open()))
    assert {row["kind"] for row in measures} == {"measure", "colour"}


def test_textures_are_compared_with_the_movements(page):
    assert page.locator("#texture-strips .measure").count() == 8
    assert page.locator("#texture-palette li").count() > 2
    page.locator("#texture-channels button").nth(7).click()
    page.locator("#texture-slider figcaption").get_by_text("conv4_block24").wait_for()
    before, after = (source(page, slider) for slider in ("texture-strokes", "texture-slider"))
    assert before != after


def test_nothing_is_wider_than_the_screen(page):
    check_widths(page, 390, 1280)
