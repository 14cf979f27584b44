"""Journeys of a visitor: between tabs, with quick presses, and by the address."""

import re
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from app.ui.tabs.optimize.job import OptimizationJob
from app.ui.tabs.stylize.session import StylizeSession
from tests.app.browser_fixture import chromium, picture, read, visitor  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app_address(paint_address: str) -> str:
    """Where `visitor` goes."""
    return paint_address


def address_says(page, **query: str) -> None:
    """Wait until the page's address is that."""
    page.wait_for_url(
        lambda url: parse_qs(urlsplit(url).query) == {k: [v] for k, v in query.items()}
    )


def seen(page, slider: str, text: str) -> None:
    page.locator(f"#{slider} figcaption p").filter(has_text=text).first.wait_for()


def chosen(page, title: str, gallery: str = "painting-styles") -> None:
    page.locator(f"#{gallery} [aria-pressed=true]", has_text=title).wait_for()


def test_picture_and_style_are_sent_together_and_the_address_follows(visitor, picture):  # noqa: F811
    page = visitor()
    read(page, picture)
    page.locator("#read-to-paint").click()
    seen(page, "painting", picture.name)
    address_says(page, tab="paint", preset="the-coffee")
    page.locator("#painting-styles button", has_text="the-cat").click()
    seen(page, "painting", "after the-cat")
    address_says(page, tab="paint", preset="the-cat")
    page.locator("#paint-to-slow").click()
    seen(page, "slowly", f"{picture.name} after the-cat")
    chosen(page, "the-cat", "slowly-painting-styles")
    address_says(page, tab="paint-slowly", preset="the-cat")
    page.go_back()
    page.locator("#painting").wait_for()
    address_says(page, tab="paint", preset="the-cat")
    page.go_back()
    page.locator("#verdict h2").wait_for()
    page.go_forward()
    seen(page, "painting", "after the-cat")
    page.reload()
    seen(page, "painting", picture.name)
    chosen(page, "the-cat")
    seen(page, "painting", "after the-cat")
    address_says(page, tab="paint", preset="the-cat")
    page.get_by_role("tab", name="Read", exact=True).click()
    seen(page, "evidence", picture.name)


def test_a_reload_keeps_a_blend_with_a_style_of_ones_own(visitor, picture):  # noqa: F811
    page = visitor()
    page.get_by_role("tab", name="Paint", exact=True).click()
    page.locator("#painting-styles button", has_text="the-cat").click()
    seen(page, "painting", "after the-cat")
    page.get_by_label("Blend up to").check()
    page.get_by_role("tab", name="Your own").click()
    uploads = page.locator("#upload-style").locator("xpath=..").locator("input")
    uploads.set_input_files(picture)
    seen(page, "painting", "50 % the-cat and 50 % my tableau")
    page.locator("#weights input").first.fill("25")
    seen(page, "painting", "80 % my tableau é.jpg and 20 % the-cat")
    page.locator("#colours").get_by_text("the picture's palette").click()
    page.locator("#results figure").nth(3).wait_for()
    page.locator("#paint-to-slow").click()
    seen(page, "slowly", "80 % my tableau é.jpg and 20 % the-cat")
    for slider, tab in (("slowly", "paint-slowly"), ("painting", "paint")):
        page.wait_for_url(lambda url, tab=tab: parse_qs(urlsplit(url).query)["tab"] == [tab])
        page.reload()
        seen(page, slider, "80 % my tableau é.jpg and 20 % the-cat")
        prefix = "slowly-" if slider == "slowly" else ""
        chosen(page, "my tableau", f"{prefix}uploaded-styles")
        assert page.locator(f"#{prefix}blend input").is_checked()
        assert page.locator(f"#{prefix}weights input").first.input_value() == "25"
        page.get_by_role("tab", name="Paint", exact=True).click()
    assert page.locator("#colours").get_by_label("the picture's palette").is_checked()
    assert page.locator("#results figure").count() == 4
    page.locator("#previews", has_text="point at one").wait_for()  # Nothing is painted at the end.


def test_a_link_to_a_choice_is_followed(visitor, app_address):  # noqa: F811
    page = visitor()
    page.goto(f"{app_address}?tab=paint&preset=cubism")
    page.locator("#movement-styles [aria-pressed=true]", has_text="Cubism").wait_for()
    seen(page, "painting", "after Cubism")
    seen(page, "painting", "Chelsea")  # Another visitor's picture stays with them.


@pytest.fixture
def slowly_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Painting takes longer than a press."""
    paint = StylizeSession.paint

    def sleepily(self: StylizeSession, *args: object) -> StylizeSession:
        time.sleep(0.5)
        return paint(self, *args)

    monkeypatch.setattr(StylizeSession, "paint", sleepily)


def press_quickly(page, *titles: str) -> None:
    """Press tiles at a third of a second from each other."""
    page.locator("#movement-styles").evaluate(
        """async (gallery, titles) => {
            for (const title of titles) {
                [...gallery.querySelectorAll("button")].find(
                    button => button.innerText.includes(title)).click();
                await new Promise(done => setTimeout(done, 350));
            }
        }""",
        list(titles),
    )


def test_during_work_the_last_press_counts_and_a_blend_uses_all(visitor, slowly_at_once):  # noqa: F811
    page = visitor()
    page.get_by_role("tab", name="Paint", exact=True).click()
    page.get_by_role("tab", name="Movements").click()
    gallery = page.locator("#movement-styles")
    gallery.locator("button").first.wait_for()
    press_quickly(page, "Cubism", "Realism", "Abstract")
    seen(page, "painting", "after Abstract")
    page.wait_for_function("!document.querySelector('.style-gallery .waiting')")
    assert gallery.locator("[aria-pressed=true]").all_inner_texts() == ["Abstract"]
    press_quickly(page, "Abstract")  # An answer that changes nothing ends the wait too.
    page.wait_for_function("!document.querySelector('.style-gallery .waiting')")
    page.get_by_label("Blend up to").check()
    press_quickly(page, "Cubism", "Realism", "Expressionism")
    seen(page, "painting", "Expressionism")
    page.wait_for_function("!document.querySelector('.style-gallery .waiting')")
    assert gallery.locator("[aria-pressed=true]").count() == 4
    assert re.findall("Cubism|Realism", page.locator("#painting figcaption").inner_text())


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An optimisation that yields no step until its visitor leaves."""

    def steps(job: OptimizationJob) -> Iterator[None]:
        while not job.stop_requested:
            time.sleep(0.05)
        yield from ()

    monkeypatch.setattr(OptimizationJob, "_steps", steps)


def test_leaving_during_painting_asks_first(visitor, endless):  # noqa: F811
    page = visitor()
    page.get_by_role("tab", name="Paint slowly").click()
    page.locator("#slowly-paint").click()
    page.locator("#slowly-stop").wait_for()
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.accept()
