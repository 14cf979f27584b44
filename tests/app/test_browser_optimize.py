"""The Paint slowly tab in a real browser, with the real engine."""

import gc
import time
import weakref
from pathlib import Path

import pytest
from PIL import Image

from app.generation_parameters import read_parameters
from app.ui.tabs.optimize.job import OptimizationJob
from tests.app.browser_fixture import check_widths, chromium, visitor  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser

TIMEOUT = 90_000  # Milliseconds; torch is imported first, and a budget kept.


@pytest.fixture(scope="module")
def app_address(paint_address: str) -> str:
    """Where `visitor` goes."""
    return paint_address


@pytest.fixture
def painter(visitor):  # noqa: F811
    """Opens pages at the Paint slowly tab, with small pictures and little time."""

    def enter(*args, seconds: str = "10 s", **options):
        page = visitor(*args, **options)
        page.set_default_timeout(TIMEOUT)
        page.get_by_role("tab", name="Paint slowly").click()
        page.locator("#slowly figcaption").wait_for()
        page.get_by_label("preview").check(force=True)
        page.get_by_label(seconds, exact=True).check(force=True)
        return page

    return enter


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[weakref.ref[OptimizationJob]]:
    """All jobs that are begun, as long as anybody holds them."""
    begun, run = [], OptimizationJob.run

    def recorded_run(job: OptimizationJob) -> None:
        begun.append(weakref.ref(job))
        run(job)

    monkeypatch.setattr(OptimizationJob, "run", recorded_run)
    return begun


def painted(page) -> str:
    return page.locator("#slowly img.overlay").get_attribute("src")


def changes(page, before: str) -> str:
    page.wait_for_function(
        "before => document.querySelector('#slowly img.overlay').getAttribute('src') !== before",
        arg=before,
    )
    return painted(page)


def says(page, text: str) -> None:
    page.locator("#slowly-progress").get_by_text(text).first.wait_for()


def start(page) -> None:
    """Press Paint, and wait for the first step."""
    page.locator("#slowly-paint").click()
    page.locator("#slowly-progress progress").wait_for()


def test_ten_seconds_of_painting_are_stopped_continued_and_downloaded(painter, tmp_path: Path):
    page = painter()
    sketch = painted(page)
    start(page)
    says(page, "Planned: ")
    preview = changes(page, sketch)
    changes(page, preview)
    page.locator("#slowly-stop").click()
    says(page, "Stopped at step")
    page.locator("#slowly-go-on").click()
    says(page, "Painted, in")
    page.locator("#slowly-losses svg").wait_for()
    page.locator("#slowly-timelapse video").wait_for()
    with page.expect_download() as download:
        page.locator("#slowly-save").click()
    download.value.save_as(tmp_path / "saved.png")
    with Image.open(tmp_path / "saved.png") as image:
        assert image.width <= 384
    parameters = read_parameters(tmp_path / "saved.png")
    assert parameters is not None
    assert parameters.settings["painted"] == "slowly"


def test_the_queue_is_shown_and_closing_a_page_starts_the_next(painter, jobs):
    first, second = painter(seconds="10 min"), painter()
    start(first)
    second.locator("#slowly-paint").click()
    second.locator("#slowly-waiting").get_by_text("queue: 1/1").wait_for()
    second.locator("#slowly-paint").wait_for(state="hidden")
    second.locator("#slowly-leave").click()
    second.locator("#slowly-paint").click()
    second.locator("#slowly-waiting").get_by_text("queue: 1/1").wait_for()
    first.context.close()
    # Our patience is much shorter than the ten minutes that the first one wanted.
    second.locator("#slowly-progress progress").wait_for()
    gc.collect()
    assert jobs[0]() is None  # Its memory is free.
    assert jobs[1]() is not None


def test_a_waiting_page_that_is_closed_is_never_painted(painter, jobs):
    first, second = painter(seconds="30 s"), painter()
    start(first)
    second.locator("#slowly-paint").click()
    second.locator("#slowly-progress").get_by_text("queue: 1/1").wait_for()
    second.context.close()
    first.locator("#slowly-stop").click()
    says(first, "Stopped at step")
    time.sleep(1)
    assert len(jobs) == 1


def test_painting_goes_on_while_other_tabs_are_used(painter):
    page = painter()
    start(page)
    page.get_by_role("tab", name="Read", exact=True).click()
    page.locator("#verdict h2").wait_for()  # Reading is not kept waiting.
    page.locator("#examples button").nth(2).click()
    page.locator("#evidence figcaption").get_by_text("Table with guitar").wait_for()
    page.get_by_role("tab", name="Paint slowly").click()
    says(page, "Painted, in")
    assert page.locator("#slowly img.picture").get_attribute("src").startswith("pictures/")
    page.locator("#slowly-to-read").click()
    page.locator("#evidence figcaption").get_by_text("Painted here after").wait_for()


def test_a_picture_is_sent_from_paint(visitor):  # noqa: F811
    page = visitor()
    page.get_by_role("tab", name="Paint", exact=True).click()
    page.locator("#paint-examples button").first.click()
    page.locator("#painting figcaption").get_by_text("Harbour").wait_for()
    page.locator("#paint-to-slow").click()
    page.locator("#slowly figcaption").get_by_text("Harbour").wait_for()
    assert painted(page).startswith("data:")


def test_nothing_is_wider_than_the_screen(painter):
    page = painter()
    page.get_by_role("button", name="Advanced").click()
    page.locator("#slowly-mask").get_by_role("button", name="Draw a mask").click()
    check_widths(page, 390, 820, 1440)
