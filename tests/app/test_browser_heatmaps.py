"""Heat maps in a real browser, with the real networks."""

import numpy as np
import pytest

from tests.app.browser_fixture import (  # noqa: F401 - fixtures
    check_widths,
    chromium,
    picture,
    visitor,
)

pytestmark = pytest.mark.browser

TIMEOUT = 90_000  # Milliseconds; torch is imported first.


@pytest.fixture
def inside(visitor):  # noqa: F811
    """Opens pages at the See inside tab."""

    def open_tab(*args, **options):
        page = visitor(*args, **options)
        page.set_default_timeout(TIMEOUT)
        page.get_by_role("tab", name="See inside").click()
        page.locator("#inside-heat figcaption").wait_for()
        return page

    return open_tab


def heat_map(page) -> str:
    return page.locator("#inside-heat img.overlay").get_attribute("src")


def changes(page, before: str) -> str:
    page.wait_for_function(
        "before => "
        "document.querySelector('#inside-heat img.overlay').getAttribute('src') !== before",
        arg=before,
    )
    return heat_map(page)


def caption_says(page, text: str) -> None:
    page.locator("#inside-heat figcaption").get_by_text(text).first.wait_for()


def test_heat_maps_at_every_depth_their_faithfulness_and_files(inside, picture, tmp_path):  # noqa: F811
    page = inside()
    caption_says(page, "exact class map")
    before = heat_map(page)
    assert before.startswith("pictures/")  # An example's, the same for everybody.
    page.locator("#inside-image-input input[type=file]").set_input_files(picture)
    caption_says(page, picture.name)
    exact = changes(page, before)
    page.locator("#inside-depth input[type=range]").focus()
    page.keyboard.press("ArrowLeft")
    caption_says(page, "depth 8 of 9")
    changes(page, exact)
    page.locator("#inside-nine").click()
    tiles = page.locator("#inside-all-depths button")
    tiles.nth(8).wait_for()
    assert tiles.count() == 9
    page.wait_for_function(
        "document.querySelector('#inside-all-depths .depths').getBoundingClientRect().bottom"
        " <= innerHeight + 1"
    )
    tiles.nth(2).click()
    caption_says(page, "conv3_block4")
    page.locator("#inside-trust").click()
    page.locator("#inside-faithfulness .sanity-check img").first.wait_for()
    assert page.locator("#inside-faithfulness svg").count() == 2
    with page.expect_download() as download:
        page.locator("#inside-heat-npy").click()
    download.value.save_as(tmp_path / "map.npy")
    assert np.load(tmp_path / "map.npy").shape == (24, 24)


def test_a_mistake_is_explained_and_the_map_stays(inside):
    page = inside()
    before = heat_map(page)
    page.locator("#inside-minus input").click()
    chosen = page.locator("#inside-this input").input_value()
    page.get_by_role("option", name=chosen).click()
    page.locator("#inside-heat-notice").get_by_text("two different movements").wait_for()
    assert heat_map(page) == before


def test_nothing_is_wider_than_the_screen(inside):
    page = inside()
    page.locator("#inside-nine").click()
    page.locator("#inside-all-depths button").nth(8).wait_for()
    page.locator("#inside-heat-advanced > button").click()
    page.locator("#inside-method").wait_for()
    check_widths(page, 390, 1440)
