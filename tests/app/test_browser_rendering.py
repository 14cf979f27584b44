"""Feature visualization in a real browser, with the real network."""

from pathlib import Path

import numpy as np
import pytest

from tests.app.browser_fixture import appears, check_widths, chromium, visitor  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser

TIMEOUT = 90_000  # Milliseconds; torch is imported first.


@pytest.fixture
def section(visitor):  # noqa: F811
    """Opens pages at the section, with a small picture."""

    def enter(*args, steps: int = 32, **options):
        page = visitor(*args, **options)
        page.set_default_timeout(TIMEOUT)
        page.get_by_role("tab", name="Atlas").click()
        page.locator("#rendering figure").wait_for()
        page.locator("#rendering-advanced > button").click()
        page.locator("#rendering-size label", has_text="96 px").click()
        page.locator("#rendering-steps input[type=number]").fill(str(steps))
        page.locator("#rendering-steps input[type=number]").press("Tab")
        return page

    return enter


def expression(page):
    return page.locator("#rendering-expression").locator("input, textarea")


def expression_is(page, text: str) -> None:
    page.wait_for_function(
        "text => document.querySelector('#rendering-expression :is(input, textarea)').value"
        " === text",
        arg=text,
    )


def notice_says(page, text: str) -> None:
    page.locator("#rendering-notice").get_by_text(text).first.wait_for()


def test_a_channel_is_chosen_rendered_and_saved(section, tmp_path: Path):
    page = section()
    page.locator("#rendering-channel input").fill("17")
    expression_is(page, "conv4_block24:17")
    channel = page.locator(".atlas-card h3").inner_text().removeprefix("Channel ")
    with appears(page, "#rendering-notice progress"):
        page.locator("#atlas-larger").click()
    page.locator("#rendering figcaption").get_by_text(f"conv3_block12:{channel}").wait_for()
    notice_says(page, "Rendered, in")
    page.locator("#rendering-chart svg").wait_for()
    assert page.locator("#rendering img").get_attribute("src").startswith("data:image/webp")
    with page.expect_download() as download:
        page.locator("#rendering-npy").click()
    download.value.save_as(tmp_path / "picture.npy")
    assert np.load(tmp_path / "picture.npy").shape == (96, 96, 3)
    page.locator("#rendering-to-read").click()
    page.locator("#evidence figcaption").get_by_text(f"conv3_block12:{channel}").wait_for()


def test_a_movement_and_words_replace_each_other_and_mistakes_are_explained(section):
    page = section()
    page.locator("#rendering-movement").get_by_label("Cubism").check(force=True)
    expression_is(page, "Cubism")
    expression(page).press("End")
    expression(page).press_sequentially(" + nonsense")
    page.wait_for_function("() => !document.querySelector('#rendering-movement :checked')")
    page.locator("#rendering-render").click()
    notice_says(page, "no movement nonsense")
    assert page.locator("#rendering-render").is_visible()


def test_rendering_does_not_block_reading_and_can_be_stopped(section):
    page = section(steps=512)
    page.locator("#rendering-render").click()
    page.locator("#rendering-notice progress").wait_for()
    page.get_by_role("tab", name="Read", exact=True).click()
    page.locator("#examples button").nth(2).click()
    page.locator("#evidence figcaption").get_by_text("Table with guitar").wait_for()
    page.get_by_role("tab", name="Atlas").click()
    page.locator("#rendering-stop").click()
    notice_says(page, "Stopped at step")
    page.locator("#rendering-render").wait_for()


def test_a_closed_page_lets_the_next_visitor_render(section):
    first, second = section(steps=512), section()
    first.locator("#rendering-render").click()
    first.locator("#rendering-notice progress").wait_for()
    second.locator("#rendering-render").click()
    second.locator("#rendering-notice").get_by_text("queue: 1/1").wait_for()
    first.context.close()
    second.locator("#rendering-notice progress").wait_for()


def test_nothing_is_wider_than_the_screen(section):
    page = section()
    page.locator("#atlas-rendering").scroll_into_view_if_needed()
    check_widths(page, 390, 820)
