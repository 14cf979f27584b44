"""Batches of pictures and videos in a real browser: they can be stopped."""

import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.app.browser_fixture import chromium, picture, visitor  # noqa: F401 - fixtures
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
    """Times at which pictures were painted; each takes `PAUSE`."""
    times, steps = [], bundle.stylizer.steps

    def slowly(*args, **options):
        time.sleep(PAUSE)
        times.append(time.monotonic())
        return steps(*args, **options)

    monkeypatch.setattr(bundle.stylizer, "steps", slowly)
    return times


def upload(page, title: str, name: str, files: list[Path]) -> None:
    """Upload files, and wait until the first of them is painted."""
    page.get_by_role("button", name=title).click()
    page.locator(f"#{name}").locator("xpath=..").locator("input").set_input_files(files)
    page.locator(f"#{name}-notice progress").wait_for()


def stop(page, name: str) -> str:
    """Press Stop; the notice after it."""
    page.locator(f"#stop-{name}").click()
    page.locator(f"#{name}-notice").get_by_text("Stopped after").wait_for()
    page.locator(f"#stop-{name}").wait_for(state="hidden")
    return page.locator(f"#{name}-notice").inner_text()


def saved(page, name: str, path: Path) -> Path:
    with page.expect_download() as download:
        page.locator(f"#save-{name}").click()
    download.value.save_as(path)
    return path


def test_stop_keeps_the_pictures_painted_so_far(
    painter,  # noqa: F811
    picture,  # noqa: F811
    tmp_path,
):
    page = painter()
    upload(page, "Many pictures at once", "image-batch", [picture] * COUNT)
    notice = stop(page, "image-batch")
    archive = zipfile.ZipFile(saved(page, "image-batch", tmp_path / "painted.zip"))
    count = len(archive.namelist())
    assert 0 < count < COUNT
    assert f"Stopped after {count} of {COUNT}" in notice


def test_stop_keeps_the_frames_painted_so_far(painter, tmp_path):  # noqa: F811
    still = np.full((240, 320, 3), 90, np.uint8)
    still[60:180, :40] = 250
    frames = [Image.fromarray(np.roll(still, 4 * i, 1)) for i in range(COUNT)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=40)
    page = painter()
    upload(page, "An animation or a short video", "video-batch", [tmp_path / "a.gif"])
    notice = stop(page, "video-batch")
    with Image.open(saved(page, "video-batch", tmp_path / "painted.gif")) as video:
        assert f"Stopped after {video.n_frames} of {COUNT} frames" in notice
    page.locator("#video-batch-notice img.film").wait_for()


def test_nothing_more_is_painted_once_the_visitor_has_left(painter, picture, painted):  # noqa: F811
    page = painter()
    upload(page, "Many pictures at once", "image-batch", [picture] * COUNT)
    page.context.close()
    count = 0
    while count < len(painted):
        count = len(painted)
        time.sleep(2)
    assert count < COUNT
