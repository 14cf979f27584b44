"""Paint what a channel looks for, in a real browser, with the real engine."""

from pathlib import Path

import numpy as np
import pytest

from tests.app.test_browser import appears, chromium, visitor  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser

PATIENCE = 90_000  # Milliseconds; torch is imported first.


@pytest.fixture
def dreamer(visitor):  # noqa: F811
    """Opens pages at the section, with a small canvas."""

    def enter(*args, steps: int = 32, **options):
        page = visitor(*args, **options)
        page.set_default_timeout(PATIENCE)
        page.get_by_role("tab", name="Atlas").click()
        page.locator("#dream figure").wait_for()
        page.locator("#dream-advanced > button").click()
        page.locator("#dream-size label", has_text="96 px").click()
        page.locator("#dream-steps input[type=number]").fill(str(steps))
        page.locator("#dream-steps input[type=number]").press("Tab")
        return page

    return enter


def wish(page):
    return page.locator("#dream-wish").locator("input, textarea")


def asks_for(page, text: str) -> None:
    page.wait_for_function(
        "text => document.querySelector('#dream-wish :is(input, textarea)').value === text",
        arg=text,
    )


def says(page, text: str) -> None:
    page.locator("#dream-notice").get_by_text(text).first.wait_for()


def test_a_channel_is_chosen_rendered_before_ones_eyes_and_taken_home(dreamer, tmp_path: Path):
    page = dreamer()
    page.locator("#dream-channel input").fill("17")
    asks_for(page, "conv4_block24:17")
    channel = page.locator(".atlas-card h3").inner_text().removeprefix("Channel ")
    with appears(page, "#dream-notice progress"):
        page.locator("#atlas-larger").click()
    page.locator("#dream figcaption").get_by_text(f"conv3_block12:{channel}").wait_for()
    says(page, "Rendered, in")
    page.locator("#dream-chart svg").wait_for()
    assert page.locator("#dream img").get_attribute("src").startswith("data:image/webp")
    with page.expect_download() as download:
        page.locator("#dream-npy").click()
    download.value.save_as(tmp_path / "home.npy")
    assert np.load(tmp_path / "home.npy").shape == (96, 96, 3)


def test_a_movement_and_words_replace_each_other_and_mistakes_are_said(dreamer):
    page = dreamer()
    page.locator("#dream-movement").get_by_label("Cubism").check(force=True)
    asks_for(page, "Cubism")
    wish(page).press("End")
    wish(page).press_sequentially(" + nonsense")
    page.wait_for_function("() => !document.querySelector('#dream-movement :checked')")
    page.locator("#dream-render").click()
    says(page, "no movement nonsense")
    assert page.locator("#dream-render").is_visible()


def test_it_is_stopped_and_reading_is_not_kept_waiting(dreamer):
    page = dreamer(steps=512)
    page.locator("#dream-render").click()
    page.locator("#dream-notice progress").wait_for()
    page.get_by_role("tab", name="Read", exact=True).click()
    page.locator("#examples button").nth(2).click()
    page.locator("#evidence figcaption").get_by_text("Table with guitar").wait_for()
    page.get_by_role("tab", name="Atlas").click()
    page.locator("#dream-stop").click()
    says(page, "Stopped at step")
    page.locator("#dream-render").wait_for()


def test_closing_the_page_frees_the_queue(dreamer):
    first, second = dreamer(steps=512), dreamer()
    first.locator("#dream-render").click()
    first.locator("#dream-notice progress").wait_for()
    second.locator("#dream-render").click()
    second.locator("#dream-notice").get_by_text("queue: 1/1").wait_for()
    first.context.close()
    second.locator("#dream-notice progress").wait_for()


@pytest.mark.parametrize("width", [390, 820])
def test_nothing_is_wider_than_the_screen(dreamer, width):
    page = dreamer()
    page.set_viewport_size({"width": width, "height": 844})
    page.locator("#atlas-dream").scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
