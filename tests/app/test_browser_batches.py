"""Many pictures and films in a real browser: they can be stopped."""

import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.app.test_browser import chromium, picture, visitor  # noqa: F401 - fixtures
from tests.app.test_browser_stylize import painter  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser

COUNT = 60
"""Of pictures or frames: more than are painted before anyone can press Stop."""

PAUSE = 0.25
"""Seconds for each, in which the browser has the processor: a busy one is slow to press Stop."""


@pytest.fixture(scope="module")
def app_address(paint_address: str) -> str:
    """Where `visitor` goes."""
    return paint_address


@pytest.fixture(autouse=True)
def painted(bundle, monkeypatch) -> list[float]:
    """When each picture was painted, slowly."""
    times, steps = [], bundle.stylizer.steps

    def slowly(*args, **options):
        time.sleep(PAUSE)
        times.append(time.monotonic())
        return steps(*args, **options)

    monkeypatch.setattr(bundle.stylizer, "steps", slowly)
    return times


def hand_in(page, title: str, name: str, files: list[Path]) -> None:
    """Bring files, and wait until the first of them is painted."""
    page.get_by_role("button", name=title).click()
    page.locator(f"#{name}").locator("xpath=..").locator("input").set_input_files(files)
    page.locator(f"#{name}-notice progress").wait_for()


def stop(page, name: str) -> str:
    """Press Stop; what is said then."""
    page.locator(f"#stop-{name}").click()
    page.locator(f"#{name}-notice").get_by_text("Stopped after").wait_for()
    page.locator(f"#stop-{name}").wait_for(state="hidden")
    return page.locator(f"#{name}-notice").inner_text()


def taken(page, name: str, path: Path) -> Path:
    with page.expect_download() as download:
        page.locator(f"#take-{name}").click()
    download.value.save_as(path)
    return path


def test_many_pictures_are_stopped_and_the_finished_ones_taken_home(
    painter,  # noqa: F811
    picture,  # noqa: F811
    tmp_path,
):
    page = painter()
    hand_in(page, "Many pictures at once", "many", [picture] * COUNT)
    said = stop(page, "many")
    archive = zipfile.ZipFile(taken(page, "many", tmp_path / "painted.zip"))
    count = len(archive.namelist())
    assert 0 < count < COUNT
    assert f"Stopped after {count} of {COUNT}" in said


def test_a_film_is_stopped_and_ends_there(painter, tmp_path):  # noqa: F811
    still = np.full((240, 320, 3), 90, np.uint8)
    still[60:180, :40] = 250
    frames = [Image.fromarray(np.roll(still, 4 * i, 1)) for i in range(COUNT)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=40)
    page = painter()
    hand_in(page, "An animation or a short video", "moving", [tmp_path / "a.gif"])
    said = stop(page, "moving")
    with Image.open(taken(page, "moving", tmp_path / "painted.gif")) as film:
        assert f"Stopped after {film.n_frames} of {COUNT} frames" in said
    page.locator("#moving-notice img.film").wait_for()


def test_nothing_more_is_painted_for_who_has_left(painter, picture, painted):  # noqa: F811
    page = painter()
    hand_in(page, "Many pictures at once", "many", [picture] * COUNT)
    page.context.close()
    count = 0
    while count < len(painted):
        count = len(painted)
        time.sleep(2)
    assert count < COUNT
